"""Lockdown: what a process gives up for good, asked of the Linux kernel directly.

Each layer is tried, and those that hold are named. A process that has given up a right cannot take it back.

    network    a network namespace of its own, with nothing in it
    limits     3 GiB of memory, no file growth, no core dump, no new processes, CPU time
    landlock   files: read the libraries' folders and nothing else; run nothing; no TCP, no signals out
    seccomp    system calls: no exec, fork, socket, ptrace, kill, opening for writing, renaming, ...

References
----------
Linux Documentation/userspace-api/landlock.rst, seccomp_filter.rst, no_new_privs.rst.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable
from typing import Any

MEMORY = 3 * 2**30
CPU_SECONDS = 3600
NEEDED = ("landlock",)
"""Layers without which a pickle needs --allow-reduced-sandbox."""

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_PDEATHSIG, _SECCOMP, _NO_NEW_PRIVS = 1, 22, 38
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3


def leave_network() -> bool:
    """Move into an empty network; must come before the process has a second thread."""
    return sys.platform == "linux" and bool(_libc().unshare(_NEW_USER | _NEW_NET) == 0)


def die_with_parent() -> None:
    """Be killed when whoever started this process is gone."""
    if sys.platform == "linux":
        _libc().prctl(_PDEATHSIG, 9, 0, 0, 0)


def lock_down(readable: Iterable[str], *, memory: int = MEMORY) -> list[str]:
    """Give up what can be given up; the names of the layers that hold."""
    layers = ["limits"] if _limit(memory) else []
    if sys.platform != "linux" or _libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return layers
    if _landlock(readable):
        layers.append("landlock")
    if _seccomp():
        layers.append("seccomp")
    return layers


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _limit(memory: int) -> bool:
    """Limits of this process, soft and hard."""
    try:
        import resource
    except ImportError:  # Windows
        return False
    limits = {"AS": memory, "CPU": CPU_SECONDS, "FSIZE": 0, "CORE": 0, "NPROC": 0, "NOFILE": 256}
    for name, value in limits.items():
        which = getattr(resource, f"RLIMIT_{name}", None)
        if which is None:
            continue
        _, hard = resource.getrlimit(which)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(which, (value, value))
        except (ValueError, OSError):
            return False
    return True


def _landlock(readable: Iterable[str]) -> bool:
    """A ruleset that handles every right there is, and grants reading below some folders."""
    syscall = _libc().syscall
    version = syscall(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return False
    rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    told = struct.pack("<QQQ", (1 << rights) - 1, 3, 3)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = syscall(444, ctypes.c_char_p(told), ctypes.c_size_t(len(told)), ctypes.c_uint32(0))
    if rules < 0:
        return False
    try:
        for path in readable:
            _grant(syscall, rules, path)
        return bool(syscall(446, ctypes.c_int(rules), ctypes.c_uint32(0)) == 0)
    finally:
        os.close(rules)


def _grant(syscall: Any, rules: int, path: str) -> None:
    """Reading of a file, or of a folder and all below it; a path that is not there grants nothing."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)
        told = struct.pack("<Qi", rights, place)
        syscall(445, ctypes.c_int(rules), ctypes.c_int(1), ctypes.c_char_p(told), ctypes.c_uint32(0))
    finally:
        os.close(place)


# System calls that a model needs for nothing, by machine. Left: memory, threads, reading, clocks.
_X86 = """execve:59 execveat:322 fork:57 vfork:58 socket:41 connect:42 bind:49 listen:50 socketpair:53 ptrace:101
kill:62 tkill:200 tgkill:234 rt_sigqueueinfo:129 rt_tgsigqueueinfo:297 pidfd_open:434 pidfd_send_signal:424 pidfd_getfd:438
process_vm_readv:310 process_vm_writev:311 process_madvise:440 bpf:321 perf_event_open:298 userfaultfd:323 io_uring_setup:425
add_key:248 request_key:249 keyctl:250 mount:165 umount2:166 unshare:272 setns:308 chroot:161 pivot_root:155
open_by_handle_at:304 init_module:175 finit_module:313 kexec_load:246 kexec_file_load:320 reboot:169 swapon:167
creat:85 openat2:437 unlink:87 unlinkat:263 rename:82 renameat:264 renameat2:316 mkdir:83 mkdirat:258 rmdir:84 link:86
linkat:265 symlink:88 symlinkat:266 mknod:133 mknodat:259 truncate:76 ftruncate:77 fallocate:285 chmod:90 fchmod:91
fchmodat:268 fchmodat2:452 chown:92 fchown:93 lchown:94 fchownat:260 utime:132 utimes:235 utimensat:280 futimesat:261
setxattr:188 lsetxattr:189 fsetxattr:190 removexattr:197 lremovexattr:198 fremovexattr:199 shmget:29 msgget:68 semget:64
mq_open:240 prlimit64:302 setpriority:141 sched_setaffinity:203"""
_ARM = """execve:221 execveat:281 socket:198 connect:203 bind:200 listen:201 socketpair:199 ptrace:117
kill:129 tkill:130 tgkill:131 rt_sigqueueinfo:138 rt_tgsigqueueinfo:240 pidfd_open:434 pidfd_send_signal:424 pidfd_getfd:438
process_vm_readv:270 process_vm_writev:271 process_madvise:440 bpf:280 perf_event_open:241 userfaultfd:282 io_uring_setup:425
add_key:217 request_key:218 keyctl:219 mount:40 umount2:39 unshare:97 setns:268 chroot:51 pivot_root:41
open_by_handle_at:265 init_module:105 finit_module:273 kexec_load:104 kexec_file_load:294 reboot:142 swapon:224
openat2:437 unlinkat:35 renameat:38 renameat2:276 mkdirat:34 linkat:37 symlinkat:36 mknodat:33 truncate:45 ftruncate:46
fallocate:47 fchmod:52 fchmodat:53 fchmodat2:452 fchownat:54 fchown:55 utimensat:88 setxattr:5 lsetxattr:6 fsetxattr:7
removexattr:14 lremovexattr:15 fremovexattr:16 shmget:194 msgget:186 semget:190 mq_open:180 prlimit64:261
setpriority:140 sched_setaffinity:122"""
# name: (AUDIT_ARCH, denied, clone, clone3, [(open call, which argument has the flags)])
_MACHINES = {
    "x86_64": (0xC000003E, _X86, 56, 435, [(2, 1), (257, 2)]),
    "aarch64": (0xC00000B7, _ARM, 220, 435, [(56, 2)]),
}
_LOAD, _EQUAL, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _DENY, _ABSENT, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # EPERM, ENOSYS
_CLONE_THREAD = 0x10000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _seccomp() -> bool:
    """A filter of system calls; False on machines whose numbers are not written down here."""
    if platform.machine() not in _MACHINES or sys.maxsize < 2**32:
        return False
    program = _program(*_MACHINES[platform.machine()])
    filters = ctypes.create_string_buffer(program)
    told = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(filters))
    return bool(_libc().prctl(_SECCOMP, 2, ctypes.c_char_p(told), 0, 0) == 0)


def _program(arch: int, denied: str, clone: int, clone3: int, opens: list[tuple[int, int]]) -> bytes:
    """Classic BPF: (code, jump if true, jump if false, operand)."""
    steps: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (0x35, 0, 1, 0x40000000),  # the x32 numbers of x86-64
        (_RETURN, 0, 0, _DENY),
        (_EQUAL, 0, 1, clone3),  # callers fall back to clone, whose flags can be looked at
        (_RETURN, 0, 0, _ABSENT),
        *_unless(clone, 0, _CLONE_THREAD, allowed=True),
    ]
    for number, argument in opens:
        steps += _unless(number, argument, _WRITING, allowed=False)
    for one in denied.split():
        steps += [(_EQUAL, 0, 1, int(one.split(":")[1])), (_RETURN, 0, 0, _DENY)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


def _unless(number: int, argument: int, bits: int, *, allowed: bool) -> list[tuple[int, int, int, int]]:
    """This call is allowed only if its flags have one of the bits, or only if they have none."""
    yes, no = (_ALLOW, _DENY) if allowed else (_DENY, _ALLOW)
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, 16 + 8 * argument),
        (_SET, 0, 1, bits),
        (_RETURN, 0, 0, yes),
        (_RETURN, 0, 0, no),
    ]

"""Work for workers: at home in a module of its own, which a child process can import by name."""

from __future__ import annotations

import os
import threading
import time

from riskaudit.errors import InputError


def square(number):
    time.sleep(0.02 * (number % 2))  # the even ones overtake
    return number * number


def invert(number):
    return 1 / number


def refuse(number):
    raise InputError("cannot be read", "give another") from None


def where(_):
    time.sleep(0.05)
    return os.getpid(), threading.get_ident()


def environment(name):
    return os.environ.get(name)


def library_threads(_):
    """How many threads OpenMP and BLAS would use here."""
    import sklearn.utils._openmp_helpers  # noqa: F401  # loads OpenMP
    from threadpoolctl import threadpool_info

    time.sleep(0.05)
    return {pool["user_api"]: pool["num_threads"] for pool in threadpool_info()}

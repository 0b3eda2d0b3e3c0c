"""Eyes: how colours look to people who lack one kind of cone, and how far apart two colours are."""

from __future__ import annotations

# Machado, Oliveira, Fernandes 2009, table 1, severity 1.0; for linear RGB.
EYES = {
    "all cones": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
Triple = tuple[float, float, float]


def apart(one: str, other: str, eyes: str) -> float:
    """CIE 1976 distance of two `#rrggbb` colours as these eyes see them; 2.3 is just noticeable."""
    a, b = (_lab(_seen(colour, eyes)) for colour in (one, other))
    return sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5


def _seen(colour: str, eyes: str) -> Triple:
    """The colour in linear RGB, as seen."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    r, g, b = (min(1.0, max(0.0, sum(m * v for m, v in zip(row, linear, strict=True)))) for row in EYES[eyes])
    return r, g, b


def _lab(rgb: Triple) -> Triple:
    """Linear sRGB as CIELAB under D65."""
    rows = (
        (0.4124564, 0.3575761, 0.1804375),
        (0.2126729, 0.7151522, 0.0721750),
        (0.0193339, 0.1191920, 0.9503041),
    )
    xyz = [sum(m * v for m, v in zip(row, rgb, strict=True)) for row in rows]
    x, y, z = (v / w for v, w in zip(xyz, (0.95047, 1.0, 1.08883), strict=True))
    fx, fy, fz = (v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)

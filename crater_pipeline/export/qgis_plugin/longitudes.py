"""From where to where a set of longitudes reaches. Imports nothing of QGIS."""

from __future__ import annotations

from collections.abc import Sequence

WIDEST_DEG = 12.0
"""Longitudes that leave no gap as wide as this are taken for all of them."""


def spanned(longitudes: Sequence[float]) -> tuple[float, float]:
    """West and east ends, -180 to 180, of the shortest arc that holds all; west > east across the antimeridian."""
    inside = sorted((longitude + 180.0) % 360.0 - 180.0 for longitude in longitudes)
    following = [*inside[1:], inside[0] + 360.0]
    gaps = [after - before for before, after in zip(inside, following)]
    widest = max(range(len(gaps)), key=gaps.__getitem__)
    if gaps[widest] < WIDEST_DEG:
        return -180.0, 180.0
    return inside[(widest + 1) % len(inside)], inside[widest]

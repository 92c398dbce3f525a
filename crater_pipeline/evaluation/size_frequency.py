"""Size-frequency distributions: histogram, cumulative density and R-plot, with sqrt(N) errors.

After the Crater Analysis Techniques Working Group (1979), doi 10.1016/0019-1035(79)90009-5.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

BINS_PER_OCTAVE = 2
"""Borders at powers of sqrt(2) km, the working group's standard."""


def diameter_borders(*diameters_km: ArrayLike) -> FloatArray:
    """Borders at powers of sqrt(2) km that hold all diameters; empty if there are none."""
    values = np.concatenate([np.asarray(each, dtype=float).ravel() for each in diameters_km])
    if len(values) == 0:
        return np.zeros(0)
    first = int(np.floor(np.log2(values.min()) * BINS_PER_OCTAVE))
    last = int(np.floor(np.log2(values.max()) * BINS_PER_OCTAVE)) + 1
    return 2.0 ** (np.arange(first, last + 1) / BINS_PER_OCTAVE)


def size_frequency(diameter_km: ArrayLike, borders_km: FloatArray, area_km2: float) -> dict[str, Any]:
    """Counts between `borders_km` (n + 1,), cumulative density at the lower borders and R values; lists of n.

    `cumulative` is N(>= lower border) / area in km^-2, relative error 1 / sqrt(N). R = D^3 N / (A (b - a)) with D
    the geometric mean of the bin's borders a, b, dimensionless, same relative error; NaN in empty bins.
    """
    diameter_km = np.asarray(diameter_km, dtype=float)
    count = np.histogram(diameter_km, borders_km)[0] if len(borders_km) > 1 else np.zeros(0, dtype=int)
    low, high = borders_km[:-1], borders_km[1:]
    above = np.cumsum(count[::-1])[::-1]
    cubed = np.sqrt(low * high) ** 3
    density = above / area_km2 if area_km2 > 0 else np.full(len(count), np.nan)
    relative = cubed * count / (area_km2 * (high - low)) if area_km2 > 0 else np.full(len(count), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "count": count,
            "cumulative": np.where(above > 0, density, np.nan),
            "cumulative_error": np.where(above > 0, density / np.sqrt(above), np.nan),
            "r": np.where(count > 0, relative, np.nan),
            "r_error": np.where(count > 0, relative / np.sqrt(count), np.nan),
        }

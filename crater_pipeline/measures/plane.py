"""A plane through heights around a point, of which some belong to hills and craters."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

STARTS, LEFT_OUT = 12, np.pi / 2
"""Fits to begin with, each without a wedge of that angle: what does not belong mostly lies on one side."""

STEPS = 8

TUNING = 4.685
"""Of Tukey's biweight, in standard deviations: 95 % efficient for normal errors (Huber 1981, Robust Statistics)."""

TO_SIGMA = 1.4826
"""Standard deviation over median absolute deviation of the normal distribution."""

LEAST_M = 1e-6
"""Residuals below this weigh alike: a plane that is met exactly needs no better."""


def robust_plane(x: FloatArray, y: FloatArray, height: FloatArray) -> tuple[FloatArray, float]:
    """(a, b, c) of height = a + b x + c y, and the standard deviation of heights about it by their median deviation.

    Of least-squares planes through all points and through those outside each of several wedges about the origin, that
    with the least median deviation is improved by Tukey's biweight, in which what lies far off has no weight. A massif
    on a quarter of the ground would spoil a start that counts it. Arrays (n,), n >= 3, on several sides of the origin.
    """
    design = np.column_stack([np.ones_like(x), x, y])
    angle = np.arctan2(y, x)
    wedges = [(angle - start) % (2 * np.pi) >= LEFT_OUT for start in np.arange(STARTS) * 2 * np.pi / STARTS]
    starts = [_fitted(design, weight.astype(float), height) for weight in (np.ones(len(x), bool), *wedges)]
    plane, sigma = min(starts, key=lambda start: start[1])
    for _ in range(STEPS):
        distance = (height - design @ plane) / (TUNING * sigma)
        plane, sigma = _fitted(design, np.clip(1.0 - distance**2, 0.0, None) ** 2, height)
    return plane, sigma


def _fitted(design: FloatArray, weight: FloatArray, height: FloatArray) -> tuple[FloatArray, float]:
    """The weighted least-squares plane, and the standard deviation of all heights about it."""
    weighted = design.T * weight
    plane = np.linalg.lstsq(weighted @ design, weighted @ height, rcond=None)[0]
    return np.asarray(plane, dtype=np.float64), max(spread_about(height - design @ plane), LEAST_M)


def spread(values: FloatArray) -> float:
    """Standard deviation of values (n,) by the median of their deviations from their median; NaN of none."""
    return spread_about(values - np.median(values)) if len(values) else float("nan")


def spread_about(deviations: FloatArray) -> float:
    """The same of deviations from a centre that is known."""
    return TO_SIGMA * float(np.median(np.abs(deviations)))

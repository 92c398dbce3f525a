"""A plane through heights of which some belong to hills and craters."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

STEPS_L1, STEPS_BIWEIGHT = 5, 5

TUNING = 4.685
"""Of Tukey's biweight, in standard deviations: 95 % efficient for normal errors (Huber 1981, Robust Statistics)."""

TO_SIGMA = 1.4826
"""Standard deviation over median absolute deviation of the normal distribution."""

LEAST_M = 1e-6
"""Residuals below this weigh alike: a plane that is met exactly needs no better."""


def robust_plane(x: FloatArray, y: FloatArray, height: FloatArray) -> tuple[FloatArray, float]:
    """(a, b, c) of height = a + b x + c y, and the standard deviation of heights about it by their median deviation.

    Least absolute deviations first, by reweighted least squares, then Tukey's biweight, which leaves out what lies far
    off. Arrays (n,), n >= 3, not all on one line.
    """
    design = np.column_stack([np.ones_like(x), x, y])
    weight = np.ones_like(height)
    for step in range(STEPS_L1 + STEPS_BIWEIGHT):
        weighted = design.T * weight
        plane = np.linalg.solve(weighted @ design, weighted @ height)
        residual = np.abs(height - design @ plane)
        sigma = max(TO_SIGMA * float(np.median(residual)), LEAST_M)
        if step < STEPS_L1:
            weight = sigma / np.maximum(residual, 0.1 * sigma)
        else:
            weight = np.clip(1.0 - (residual / (TUNING * sigma)) ** 2, 0.0, None) ** 2
    return np.asarray(plane, dtype=np.float64), sigma


def spread(values: FloatArray) -> float:
    """Standard deviation of values (n,) by the median of their deviations from their median; NaN of none."""
    return TO_SIGMA * float(np.median(np.abs(values - np.median(values)))) if len(values) else float("nan")

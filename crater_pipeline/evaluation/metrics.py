"""Precision, recall, F1, average precision and errors of position and size, as pure functions of counts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

RECALL_LEVELS = np.linspace(0.0, 1.0, 101)
"""COCO samples precision at these recalls."""


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> FloatArray:
    """Quotient, NaN where the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(
        np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    )
    return np.asarray(np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0))


def precision(counts: FloatArray) -> FloatArray:
    """TP / (TP + FP) of counts (..., 3) = (TP, FP, FN); NaN without predictions that count."""
    return ratio(counts[..., 0], counts[..., 0] + counts[..., 1])


def recall(counts: FloatArray) -> FloatArray:
    """TP / (TP + FN) of counts (..., 3) = (TP, FP, FN); NaN without catalogue craters that count."""
    return ratio(counts[..., 0], counts[..., 0] + counts[..., 2])


def f1(counts: FloatArray) -> FloatArray:
    """2PR / (P + R) = 2TP / (2TP + FP + FN) of counts (..., 3); 0 where nothing matches, NaN without craters."""
    return np.where(
        counts[..., 0] + counts[..., 2] > 0,
        ratio(2 * counts[..., 0], 2 * counts[..., 0] + counts[..., 1] + counts[..., 2]),
        np.nan,
    )


def average_precision(is_crater: ArrayLike, n_truth: float, weights: ArrayLike | None = None) -> float:
    """COCO's average precision of predictions that are sorted by falling score.

    Precision is made non-increasing from the right, sampled at 101 recalls (0, 0.01 ... 1) at the first prediction
    that reaches each, 0 beyond the highest recall, and averaged. NaN if `n_truth` is 0. `weights` (bootstrap
    multiplicities) count a prediction several times; `n_truth` must then be weighted likewise.
    """
    if n_truth <= 0:
        return float("nan")
    hit = np.asarray(is_crater, dtype=float)
    weight = np.ones(len(hit)) if weights is None else np.asarray(weights, dtype=float)
    hits, total = np.cumsum(hit * weight), np.cumsum(weight)
    # The guard against a first prediction of weight 0 must not disturb the values of the others.
    envelope = np.maximum.accumulate(np.divide(hits, total, out=np.zeros(len(hit)), where=total > 0)[::-1])[::-1]
    position = np.searchsorted(hits / n_truth, RECALL_LEVELS, side="left")
    return float(np.append(envelope, 0.0)[np.minimum(position, len(hit))].mean())

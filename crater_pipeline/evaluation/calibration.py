"""From the network's raw score to the probability of being a catalogue crater."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from crater_pipeline.evaluation.curves import reliability
from crater_pipeline.models.scores import IDENTITY, Calibration

FloatArray = NDArray[np.float64]

KNOTS = np.round(np.linspace(0.0, 1.0, 51), 2)
"""Raw scores at which the calibration is given; between them it is linear."""

MIN_LEVEL = 8
"""Least predictions behind one step of the isotonic function; smaller ones are pooled with their neighbour."""

STEADY_COUNT = 300
"""Craters (or false alarms, whichever are fewer) at which the isotonic and the logistic fit weigh the same."""

LEAST_SCORE = 1e-4
"""Scores nearer to 0 or 1 than this are taken for this, so that their logit is finite."""

TIE_BREAK = 1e-3
"""Share of the raw score mixed into the calibrated one, so that it always rises and the ranking stays."""

ECE_FOLDS = 5


def fit(raw: ArrayLike, is_crater: ArrayLike) -> Calibration:
    """Calibration of raw scores in [0, 1], shape (n,), as a rising function given at `KNOTS`; identity if n is 0.

    It is a weighted mean of an isotonic and a logistic fit. The isotonic one assumes nothing but needs hundreds of
    craters to be smooth; the logistic one of the score's logit (Platt 1999) is steady with tens but may have the
    wrong shape. With m members of the rarer class the isotonic one weighs m / (m + `STEADY_COUNT`). `TIE_BREAK` of
    the raw score is mixed in, so that the function always rises and ranking, AP and curves are the raw score's.
    """
    raw, label = np.asarray(raw, dtype=float), np.asarray(is_crater, dtype=float)
    if len(raw) == 0:
        return IDENTITY
    rarer = min(label.sum(), len(label) - label.sum())
    share = rarer / (rarer + STEADY_COUNT)
    values = share * _isotonic(raw, label) + (1.0 - share) * _logistic(raw, label)
    values = (1.0 - TIE_BREAK) * np.maximum.accumulate(values) + TIE_BREAK * KNOTS
    return Calibration(kind="isotonic", raw=tuple(KNOTS.tolist()), calibrated=tuple(values.tolist()))


def _logistic(raw: FloatArray, label: FloatArray) -> FloatArray:
    """Logistic regression on the logit of the score, never falling, at `KNOTS`.

    One imagined crater of the highest score and one false alarm of the lowest keep it finite whatever the labels.
    """
    raw, label = np.append(raw, [0.0, 1.0]), np.append(label, [0.0, 1.0])
    model = LogisticRegression(C=100.0).fit(_logit(raw)[:, None], label)
    slope = max(float(model.coef_[0, 0]), 0.0)
    return np.asarray(expit(slope * _logit(KNOTS) + float(model.intercept_[0])))


def _logit(score: FloatArray) -> FloatArray:
    return np.asarray(logit(np.clip(score, LEAST_SCORE, 1.0 - LEAST_SCORE)))


def _isotonic(raw: FloatArray, label: FloatArray) -> FloatArray:
    """Pool-adjacent-violators at `KNOTS`: steps pooled until each holds `MIN_LEVEL`, joined between their means."""
    order = np.argsort(raw, kind="stable")
    raw, label = raw[order], label[order]
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(raw, label)
    starts = np.flatnonzero(np.append(True, np.diff(fitted) > 0))
    levels = _pooled(np.split(np.arange(len(raw)), starts[1:]), MIN_LEVEL)
    return np.asarray(np.interp(KNOTS, [raw[rows].mean() for rows in levels], [label[rows].mean() for rows in levels]))


def _pooled(levels: list[NDArray[np.int64]], least: int) -> list[NDArray[np.int64]]:
    """Neighbouring levels joined, from the highest score down, until each has `least` members.

    Means of unions of neighbouring levels rise as the levels do. What is left at the bottom joins the last.
    """
    pooled: list[NDArray[np.int64]] = []
    current = np.zeros(0, dtype=np.int64)
    for level in reversed(levels):
        current = np.concatenate([level, current])
        if len(current) >= least:
            pooled.append(current)
            current = np.zeros(0, dtype=np.int64)
    if len(current):
        pooled[-1:] = [np.concatenate([current, *pooled[-1:]])]
    return pooled[::-1]


def cross_fitted_error(raw: FloatArray, is_crater: NDArray[np.bool_], block: NDArray[np.int64]) -> float | None:
    """Expected calibration error of scores calibrated without their own spatial blocks (five folds of blocks)."""
    _, number = np.unique(block, return_inverse=True)
    fold = number % ECE_FOLDS
    if len(np.unique(fold)) < 2:
        return None
    calibrated = np.zeros(len(raw))
    for each in np.unique(fold):
        held_out = fold == each
        calibrated[held_out] = fit(raw[~held_out], is_crater[~held_out]).apply(raw[held_out])
    error: float | None = reliability(calibrated, is_crater)["expected_calibration_error"]
    return error

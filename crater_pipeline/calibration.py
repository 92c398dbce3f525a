"""From the network's raw score to the probability of being a catalogue crater, and the operating threshold.

Both are fitted on the validation part only, over the diameters that are judged, with the rules of
`evaluation.judging`; where that part holds too few craters those that came with the weights are used.
"""

import logging
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.isotonic import IsotonicRegression

from crater_pipeline.bodies import Body
from crater_pipeline.errors import UserError
from crater_pipeline.evaluation.curves import reliability, threshold_curve
from crater_pipeline.evaluation.intervals import spatial_blocks
from crater_pipeline.evaluation.judging import Scene, make_scene, ranked

logger = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]

CRITERION = "iou50"
SPLIT = "val"

MIN_TRUTH = 25
"""Fewer craters in the validation part say less than the weights' own calibration does."""

MAX_CUT_FRACTION = 0.25
"""As `evaluation.EvaluationSettings.max_cut_fraction`."""

MIN_LEVEL = 15
"""Least predictions behind one level of the isotonic function; smaller ones are pooled with their neighbour."""

TIE_BREAK = 1e-3
"""Share of the raw score mixed into the calibrated one, so that it always rises and the ranking stays."""

MAX_THRESHOLDS = 200
ECE_FOLDS, ECE_BLOCK_KM = 5, 25.0

IDENTITY: dict[str, Any] = {"kind": "identity", "raw": [], "calibrated": []}


def apply(calibration: Mapping[str, Any], raw: ArrayLike) -> FloatArray:
    """Calibrated scores in [0, 1] of raw ones, same shape, never falling with the raw score.

    `calibration` is {"kind": "identity"} or {"kind": "isotonic", "raw": [...], "calibrated": [...]}, the latter
    interpolated linearly between its knots (both lists rising) and held constant beyond them.

    Raises
    ------
    UserError
        If it is neither, or its lists do not make a rising function.
    """
    scores = np.asarray(raw, dtype=float)
    kind = calibration.get("kind")
    if kind == "identity":
        return np.clip(scores, 0.0, 1.0)
    if kind != "isotonic":
        raise UserError(f"calibration: unknown kind {kind!r}; it must be 'isotonic' or 'identity'")
    knots = np.asarray(calibration.get("raw", ()), dtype=float)
    values = np.asarray(calibration.get("calibrated", ()), dtype=float)
    if knots.shape != values.shape or knots.ndim != 1 or len(knots) == 0:
        raise UserError("calibration: 'raw' and 'calibrated' must be lists of the same length, at least one long")
    if np.any(np.diff(knots) <= 0) or np.any(np.diff(values) < 0):
        raise UserError("calibration: 'raw' must rise and 'calibrated' must not fall")
    return np.clip(np.interp(scores, knots, values), 0.0, 1.0)


def fit(raw: ArrayLike, is_crater: ArrayLike) -> dict[str, Any]:
    """Isotonic calibration of raw scores in [0, 1], shape (n,), by pool-adjacent-violators; identity if n is 0.

    The steps are pooled until each holds `MIN_LEVEL` predictions, then joined by straight lines between their mean
    scores, from (0, 0) on, with `TIE_BREAK` of the raw score mixed in: strictly rising, so that ranking, AP and
    curves are those of the raw score.
    """
    raw, label = np.asarray(raw, dtype=float), np.asarray(is_crater, dtype=float)
    if len(raw) == 0:
        return dict(IDENTITY)
    order = np.argsort(raw, kind="stable")
    raw, label = raw[order], label[order]
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(raw, label)
    starts = np.flatnonzero(np.append(True, np.diff(fitted) > 0))
    members = [
        rows for rows in _pooled(np.split(np.arange(len(raw)), starts[1:]), MIN_LEVEL) if 0.0 < raw[rows].mean() < 1.0
    ]
    knots = np.array([0.0, *(raw[rows].mean() for rows in members), 1.0])
    values = np.array([0.0, *(label[rows].mean() for rows in members), label[members[-1]].mean() if members else 1.0])
    values = (1.0 - TIE_BREAK) * np.maximum.accumulate(values) + TIE_BREAK * knots
    return {"kind": "isotonic", "raw": knots.tolist(), "calibrated": values.tolist()}


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
        calibrated[held_out] = apply(fit(raw[~held_out], is_crater[~held_out]), raw[held_out])
    error: float | None = reliability(calibrated, is_crater)["expected_calibration_error"]
    return error


def candidate_thresholds(ranking: pd.DataFrame) -> FloatArray:
    """Raw scores at which to try a threshold, rising, at most `MAX_THRESHOLDS`.

    The best F1 always lies at the score of a true positive; the threshold is put midway to the next lower score.
    """
    score = ranking["score"].to_numpy(dtype=float)
    distinct = np.unique(score)
    hits = np.unique(score[ranking["is_crater"].to_numpy(dtype=bool)])
    position = np.searchsorted(distinct, hits)
    lower = np.where(position > 0, distinct[np.maximum(position - 1, 0)], hits)
    thresholds = (hits + lower) / 2
    chosen = np.linspace(0, len(thresholds) - 1, min(len(thresholds), MAX_THRESHOLDS)).round().astype(int)
    return thresholds[np.unique(chosen)]


def crossing(curve: pd.DataFrame) -> float | None:
    """Threshold at which precision and recall are nearest to each other; None for an empty curve."""
    gap = (curve["precision"] - curve["recall"]).abs().to_numpy(dtype=float)
    return None if np.isnan(gap).all() else float(curve["threshold"].to_numpy()[np.nanargmin(gap)])


def operating_point(
    craters: pd.DataFrame,
    catalogue: pd.DataFrame,
    footprint: gpd.GeoDataFrame,
    weights: Mapping[str, Any],
    trained: bool,
    min_diameter_km: float,
    body: Body,
) -> dict[str, Any]:
    """Threshold and calibration of a region, as `operating_point.json` holds them.

    `craters` has lon, lat, diameter_km and score (raw); `weights` is the weights' metadata with threshold and
    calibration. Scores under "threshold" are calibrated, those under "raw_threshold" the network's own.
    """
    raw_scored = craters.assign(score=craters["score"].to_numpy(dtype=float))
    scene = make_scene(raw_scored, catalogue, footprint, SPLIT, min_diameter_km, MAX_CUT_FRACTION, body)
    n_truth = int(scene.truth["counts"].sum())
    fitted = _fitted(scene) if trained and n_truth >= MIN_TRUTH else None
    if fitted is None:
        if trained:
            logger.warning(
                "the validation part holds %d craters of %g km or more (%d are needed) or none was found: the weights' "
                "own threshold and calibration are used",
                n_truth,
                min_diameter_km,
                MIN_TRUTH,
            )
        own = weights.get("calibration") or IDENTITY
        fitted = {
            "raw_threshold": float(weights["threshold"]),
            "raw_crossing": None,
            "calibration": dict(own),
            "source": "weights",
            "expected_calibration_error": None,
            "curve": [],
        }
    calibration = fitted["calibration"]
    return {
        "threshold": float(apply(calibration, fitted["raw_threshold"])),
        **fitted,
        "split": SPLIT,
        "n_validation_truth": n_truth,
        "min_diameter_km": min_diameter_km,
    }


def _fitted(scene: Scene) -> dict[str, Any] | None:
    """What the validation part says; None if nothing in it is found."""
    pairs = scene.pairs(CRITERION)
    ranking = ranked(scene, pairs)
    thresholds = candidate_thresholds(ranking)
    curve = threshold_curve(scene, pairs, thresholds)
    if curve.empty or not curve["f1"].max() > 0:
        return None
    raw, is_crater = ranking["score"].to_numpy(dtype=float), ranking["is_crater"].to_numpy(dtype=bool)
    calibration = fit(raw, is_crater)
    where = scene.pred.loc[ranking["pred"]]
    block = spatial_blocks(where["lon"], where["lat"], ECE_BLOCK_KM, scene.body)
    raw_crossing = crossing(curve)
    in_calibrated = curve.assign(threshold=apply(calibration, curve["threshold"]))
    return {
        "raw_threshold": float(thresholds[np.nanargmax(curve["f1"].to_numpy(dtype=float))]),
        "raw_crossing": raw_crossing,
        "calibration": calibration,
        "source": "validation",
        "expected_calibration_error": cross_fitted_error(raw, is_crater, block),
        "curve": in_calibrated.astype(object).where(in_calibrated.notna(), None).to_dict("records"),
    }

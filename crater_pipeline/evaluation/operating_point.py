"""The operating threshold, chosen on the validation part only, over the diameters that are judged.

It is applied unchanged to the test part. Where the validation part holds too few craters, or nothing was trained, the
weights' own threshold and calibration are used.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.evaluation import calibration, uncertainty
from crater_pipeline.evaluation.curves import threshold_curve
from crater_pipeline.evaluation.intervals import spatial_blocks
from crater_pipeline.evaluation.judging import JudgedScene, judge, make_scene, ranked
from crater_pipeline.models.scores import CurvePoint, OperatingPoint, Scoring, Uncertainty, scaled
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.tiles.splits import Part

logger = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]

CRITERION = "iou50"
SPLIT: Part = "val"

MIN_TRUTH = 25
"""Fewer craters in the validation part say less than the weights' own calibration does."""

MAX_THRESHOLDS = 200

STEADY_SIZES = 30
"""Found craters whose sizes say as much as the weights' own scale: the median of so many is off by two percent."""

ECE_BLOCK_KM = 25.0


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
    return np.asarray(thresholds[np.unique(chosen)])


def crossing(curve: pd.DataFrame) -> float | None:
    """Threshold at which precision and recall are nearest to each other; None for an empty curve."""
    gap = (curve["precision"] - curve["recall"]).abs().to_numpy(dtype=float)
    return None if np.isnan(gap).all() else float(curve["threshold"].to_numpy()[np.nanargmin(gap)])


def operating_point(
    craters: pd.DataFrame,
    catalogue: pd.DataFrame,
    footprint: gpd.GeoDataFrame,
    own: Scoring,
    trained: bool,
    min_diameter_km: float,
    max_cut_fraction: float,
    body: Body,
) -> OperatingPoint:
    """Threshold, calibration and uncertainty of a region.

    `craters` has lon, lat, diameter_km, diameter_px and score (raw); `own` is how the weights' scores are read where
    nothing is fitted. Which craters count, `judging.make_scene` says.
    """
    scene = _raw_scene(craters, catalogue, footprint, min_diameter_km, max_cut_fraction, body)
    if not trained:
        point = OperatingPoint.of_weights(own, min_diameter_km)
        return point.model_copy(update={"n_validation_truth": _count(scene)})
    return _of_scene(scene, own)


def pooled_operating_point(
    surveys: Sequence[tuple[pd.DataFrame, gpd.GeoDataFrame]],
    catalogues: Sequence[pd.DataFrame],
    own: Scoring,
    min_diameters_km: Sequence[float],
    max_cut_fraction: float,
    body: Body,
) -> OperatingPoint:
    """`operating_point` of several regions together, each with its craters, footprint, catalogue and limit.

    They must lie apart from one another.
    """
    scenes = [
        _raw_scene(craters, catalogue, area, least, max_cut_fraction, body)
        for (craters, area), catalogue, least in zip(surveys, catalogues, min_diameters_km, strict=True)
    ]
    pred, truth = (pd.concat([getattr(s, name) for s in scenes], ignore_index=True) for name in ("pred", "truth"))
    return _of_scene(JudgedScene(pred, truth, min(min_diameters_km), body), own)


def _raw_scene(
    craters: pd.DataFrame,
    catalogue: pd.DataFrame,
    footprint: gpd.GeoDataFrame,
    min_diameter_km: float,
    max_cut_fraction: float,
    body: Body,
) -> JudgedScene:
    raw_scored = craters.assign(score=craters["score"].to_numpy(dtype=float))
    return make_scene(raw_scored, catalogue, footprint, SPLIT, min_diameter_km, max_cut_fraction, body)


def _count(scene: JudgedScene) -> int:
    return int(scene.truth["counts"].sum())


def _of_scene(scene: JudgedScene, own: Scoring) -> OperatingPoint:
    """Fitted on the validation part of a scene, or the weights' own where that holds too little."""
    n_truth = _count(scene)
    point = _fitted(scene, own, scene.min_diameter_km) if n_truth >= MIN_TRUTH else None
    if point is None:
        logger.warning(
            "the validation part holds %d craters of %g km or more (%d are needed) or none was found: the weights' "
            "own threshold and calibration are used",
            n_truth,
            scene.min_diameter_km,
            MIN_TRUTH,
        )
        point = OperatingPoint.of_weights(own, scene.min_diameter_km)
    return point.model_copy(update={"n_validation_truth": n_truth})


def _fitted(scene: JudgedScene, own: Scoring, min_diameter_km: float) -> OperatingPoint | None:
    """What the validation part says; None if nothing in it is found."""
    first = _tried(scene)
    if first is None:
        return None
    diameter_scale = fitted_scale(scene, first[2], own)
    scene = replace(scene, pred=scaled(scene.pred, diameter_scale))
    second = _tried(scene)
    if second is None:
        return None
    ranking, curve, raw_threshold = second
    raw, is_crater = ranking["score"].to_numpy(dtype=float), ranking["is_crater"].to_numpy(dtype=bool)
    fitted = calibration.fit(raw, is_crater)
    where = scene.pred.loc[ranking["pred"]]
    block = spatial_blocks(where["lon"], where["lat"], ECE_BLOCK_KM, scene.body)
    in_calibrated = curve.assign(threshold=fitted.apply(curve["threshold"]))
    rows = in_calibrated.astype(object).where(in_calibrated.notna(), None).to_dict("records")
    return OperatingPoint(
        threshold=float(fitted.apply(raw_threshold)),
        raw_threshold=raw_threshold,
        raw_crossing=crossing(curve),
        calibration=fitted,
        uncertainty=errors_model(scene, raw_threshold) or own.uncertainty,
        diameter_scale=diameter_scale,
        source="validation",
        expected_calibration_error=calibration.cross_fitted_error(raw, is_crater, block),
        curve=tuple(CurvePoint.model_validate(row) for row in rows),
        split=SPLIT,
        min_diameter_km=min_diameter_km,
    )


def _tried(scene: JudgedScene) -> tuple[pd.DataFrame, pd.DataFrame, float] | None:
    """Ranking, curve over the raw score, and the raw score with the best F1; None if nothing is found."""
    pairs = scene.pairs(CRITERION)
    ranking = ranked(scene, pairs)
    thresholds = candidate_thresholds(ranking)
    curve = threshold_curve(scene, pairs, thresholds)
    if curve.empty or not curve["f1"].max() > 0:
        return None
    return ranking, curve, float(thresholds[np.nanargmax(curve["f1"].to_numpy(dtype=float))])


def fitted_scale(scene: JudgedScene, raw_threshold: float, own: Scoring) -> float:
    """The median of catalogue diameter over found one, of craters found at the threshold.

    With n of them it weighs n / (n + `STEADY_SIZES`) against the weights' own scale.
    """
    table = judge(scene, scene.pairs(CRITERION), raw_threshold)
    found = table[table["outcome"] == "true_positive"]
    if found.empty:
        return own.diameter_scale
    diameters_km = scene.pred["diameter_km"].to_numpy(dtype=float)[found["pred"].to_numpy(dtype=int)]
    median = float(np.median(np.log(found["diameter_km"].to_numpy(dtype=float) / diameters_km)))
    share = len(found) / (len(found) + STEADY_SIZES)
    return float(np.exp(share * median + (1 - share) * np.log(own.diameter_scale)))


def errors_model(scene: JudgedScene, raw_threshold: float) -> Uncertainty | None:
    """How far centres and diameters are off, see `uncertainty.fit`, from the craters found at the threshold.

    Errors are in pixels of the level on which a crater was found; None where too few are found.
    """
    table = judge(scene, scene.pairs(CRITERION), raw_threshold)
    found = table[table["outcome"] == "true_positive"]
    pred = scene.pred.iloc[found["pred"]]
    diameter_px, score = (pred[name].to_numpy(dtype=float) for name in ("diameter_px", "score"))
    # the errors are shares of the catalogue's diameter
    pixels = found["diameter_km"].to_numpy(dtype=float) * diameter_px / pred["diameter_km"].to_numpy(dtype=float)
    centre, diameter = (pixels * found[name].to_numpy(dtype=float) for name in ("centre_error", "diameter_error"))
    return uncertainty.fit(centre, diameter, diameter_px, score)

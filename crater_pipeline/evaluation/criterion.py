"""All figures of one criterion."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.evaluation.bins import COUNTED, binned_figures, figures
from crater_pipeline.evaluation.curves import ranking_curves, threshold_curve
from crater_pipeline.evaluation.intervals import block_sums, bootstrap_weights, interval, spatial_blocks
from crater_pipeline.evaluation.judging import Scene, judge, ranked
from crater_pipeline.evaluation.metrics import average_precision, f1
from crater_pipeline.evaluation.nested import nested, nested_recall
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.size_frequency import diameter_borders

FloatArray = NDArray[np.float64]

CURVE_THRESHOLDS = np.round(np.arange(0.0, 1.0, 0.01), 2)

RESAMPLES, RESAMPLE_SHARE = 10, 0.8
"""F1 over ten 80 % resamples, as published; here the share is of blocks, drawn without replacement."""


@dataclass(frozen=True)
class Case:
    """What all criteria share: the scene with the diameter limit and the one without, and how it is judged."""

    scene: Scene
    unlimited: Scene
    threshold: float
    area_km2: float
    km_per_px: float | None
    settings: EvaluationSettings

    def _numbers(self, points: pd.DataFrame) -> NDArray[np.int64]:
        return spatial_blocks(points["lon"], points["lat"], self.settings.block_km, self.scene.body)

    @cached_property
    def blocks(self) -> NDArray[np.int64]:
        """Numbers of the spatial blocks that hold anything, rising; the bootstrap draws among them."""
        tables = (self.scene.pred, self.scene.truth)
        return np.unique(self._numbers(pd.concat([table.loc[table["inside"], ["lon", "lat"]] for table in tables])))

    def block_of(self, points: pd.DataFrame) -> NDArray[np.int64]:
        """Positions in `blocks` of points (lon, lat) inside the judged part."""
        return np.searchsorted(self.blocks, self._numbers(points))

    @cached_property
    def weights(self) -> FloatArray:
        """Draws of the blocks (samples, n_blocks), the same for every criterion and figure."""
        return bootstrap_weights(len(self.blocks), self.settings.bootstrap_samples, self.settings.seed)

    @cached_property
    def truth_blocks(self) -> FloatArray:
        """Catalogue craters that count, per block."""
        counted = self.scene.truth[self.scene.truth["counts"]]
        return block_sums(np.ones(len(counted)), self.block_of(counted), len(self.blocks))


def criterion_figures(case: Case, criterion: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """(figures for metrics.json, outcomes of every crater of the judged part; see `judging.judge`)."""
    pairs, settings = case.scene.pairs(criterion), case.settings
    outcomes = judge(case.scene, pairs, case.threshold)
    outcomes["block"] = case.block_of(outcomes)
    below = judge(case.unlimited, pairs, case.threshold)
    below["block"] = case.block_of(below)
    ranking = ranked(case.scene, pairs)
    n_truth = int(case.scene.truth["counts"].sum())

    def bins(borders: tuple[float, ...], km_per_unit: float) -> list[dict[str, Any]]:
        limit = case.scene.min_diameter_km
        return binned_figures(outcomes, below, km_per_unit, borders, limit, case.weights, settings.confidence)

    result = figures(outcomes, case.weights, settings.confidence)
    result["average_precision"] = _average_precision(case, ranking, n_truth)
    result["n_ignored"] = int((outcomes["outcome"] == "ignored").sum())
    result["n_unverifiable"] = int((outcomes["outcome"] == "unverifiable").sum())
    result["resampled_f1"] = _resampled_f1(case, outcomes)
    result["nested"] = _nested(case, outcomes)
    result["bins_px"] = None if case.km_per_px is None else bins(settings.bins_px, case.km_per_px)
    result["bins_km"] = bins(settings.bins_km, 1.0)
    result["bins_fine"] = bins(tuple(diameter_borders(below["diameter_km"])), 1.0) if len(below) else []
    curve = threshold_curve(case.scene, pairs, CURVE_THRESHOLDS)
    result["threshold_curve"] = {name: curve[name].to_numpy() for name in curve}
    result["ranking_curve"] = ranking_curves(ranking, n_truth, case.area_km2)
    return result, outcomes


def _average_precision(case: Case, ranking: pd.DataFrame, n_truth: int) -> dict[str, float | None]:
    """AP with its interval. A crater's position is the catalogue's where it is matched, as in the outcomes."""
    hit, truth_position = ranking["is_crater"].to_numpy(dtype=bool), ranking["truth"].to_numpy()
    points = case.scene.pred.loc[ranking["pred"], ["lon", "lat"]].reset_index(drop=True)
    matched = case.scene.truth.loc[truth_position[hit], ["lon", "lat"]]
    points.loc[hit, ["lon", "lat"]] = matched.to_numpy()
    block = case.block_of(points)
    point = average_precision(hit, n_truth)
    samples = [
        average_precision(hit, n, drawn[block])
        for drawn, n in zip(case.weights, case.weights @ case.truth_blocks, strict=True)
    ]
    low, high = interval(samples, point, case.settings.confidence) or (None, None)
    return {"value": point, "low": low, "high": high}


def _resampled_f1(case: Case, outcomes: pd.DataFrame) -> list[float]:
    indicators = np.column_stack([outcomes["outcome"] == name for name in COUNTED]).astype(float)
    counts = block_sums(indicators, outcomes["block"].to_numpy(), len(case.blocks))
    generator = np.random.default_rng(case.settings.seed)
    size = max(1, round(RESAMPLE_SHARE * len(counts))) if len(counts) else 0
    drawn = (generator.choice(len(counts), size, replace=False) for _ in range(RESAMPLES if size else 0))
    return [float(f1(counts[rows].sum(axis=0))) for rows in drawn]


def _nested(case: Case, outcomes: pd.DataFrame) -> dict[str, Any] | None:
    truth = case.scene.truth
    found = np.zeros(len(truth), dtype=bool)
    found[outcomes.loc[outcomes["outcome"] == "true_positive", "truth"].to_numpy()] = True
    counts = truth["counts"].to_numpy(dtype=bool)
    is_nested = nested(truth, case.scene.body)
    result: dict[str, Any] | None = nested_recall(
        truth.loc[counts, "diameter_km"].to_numpy(dtype=float), is_nested[counts], found[counts]
    )
    return result

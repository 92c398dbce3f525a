"""All figures of one criterion."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.evaluation.bins import COUNTED, binned_figures, figures
from crater_pipeline.evaluation.curves import counts_at, ranking_curves, rates
from crater_pipeline.evaluation.intervals import block_sums, bootstrap_weights, spatial_blocks, with_interval
from crater_pipeline.evaluation.judging import JudgedScene, judge, ranked
from crater_pipeline.evaluation.metrics import average_precision, f1
from crater_pipeline.evaluation.nested import nested, nested_figures
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.size_frequency import diameter_borders
from crater_pipeline.sphere.bodies import Body

FloatArray = NDArray[np.float64]

CURVE_THRESHOLDS = np.round(np.arange(0.0, 1.0, 0.01), 2)

RESAMPLES, RESAMPLE_SHARE = 10, 0.8
"""F1 over ten 80 % resamples, as published; here the share is of blocks, drawn without replacement."""


@dataclass(frozen=True)
class JudgedPart:
    """The judged part of one region: the scene with the diameter limit and the one without, and its threshold."""

    scene: JudgedScene
    unlimited: JudgedScene
    threshold: float


@dataclass(frozen=True)
class Case:
    """What all criteria share: the judged parts of one or more regions, pooled, and how they are judged.

    Each part is matched by itself and at its own threshold; counts, rankings and blocks are pooled. `more_blocks` are
    blocks that another case holds: two cases with the same blocks share the draws of the bootstrap.
    """

    parts: tuple[JudgedPart, ...]
    area_km2: float
    km_per_px: float | None
    settings: EvaluationSettings
    more_blocks: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def _numbers(self, points: pd.DataFrame) -> NDArray[np.int64]:
        return spatial_blocks(points["lon"], points["lat"], self.settings.block_km, self.parts[0].scene.body)

    @cached_property
    def blocks(self) -> NDArray[np.int64]:
        """Numbers of the spatial blocks that hold anything, rising; the bootstrap draws among them."""
        tables = [table for part in self.parts for table in (part.scene.pred, part.scene.truth)]
        inside = pd.concat([table.loc[table["inside"], ["lon", "lat"]] for table in tables])
        return np.union1d(self._numbers(inside), self.more_blocks)

    def block_of(self, points: pd.DataFrame) -> NDArray[np.int64]:
        """Positions in `blocks` of points (lon, lat) inside the judged part."""
        return np.searchsorted(self.blocks, self._numbers(points))

    @cached_property
    def weights(self) -> FloatArray:
        """Draws of the blocks (samples, n_blocks), the same for every criterion and figure."""
        return bootstrap_weights(len(self.blocks), self.settings.bootstrap_samples, self.settings.seed)

    @cached_property
    def truth(self) -> pd.DataFrame:
        """Catalogue craters that count; lon, lat, diameter_km, `nested` and block."""
        tables = []
        for part in self.parts:
            table = part.scene.truth[["lon", "lat", "diameter_km"]].assign(nested=nested(part.scene.truth, self.body))
            tables.append(table[part.scene.truth["counts"]])
        pooled = pd.concat(tables, keys=range(len(tables)), names=["part", "truth"])
        return pooled.assign(block=self.block_of(pooled))

    @property
    def body(self) -> Body:
        return self.parts[0].scene.body

    @cached_property
    def truth_blocks(self) -> FloatArray:
        """Catalogue craters that count, per block."""
        return block_sums(np.ones(len(self.truth)), self.truth["block"].to_numpy(), len(self.blocks))

    def outcomes(self, criterion: str, limited: bool = True) -> pd.DataFrame:
        """The outcome of every crater (see `judging.judge`) with its part (position) and block."""
        tables = [
            judge(part.scene if limited else part.unlimited, part.scene.pairs(criterion), part.threshold)
            for part in self.parts
        ]
        pooled = pd.concat([table.assign(part=i) for i, table in enumerate(tables)], ignore_index=True)
        return pooled.assign(block=self.block_of(pooled))

    def ranking(self, criterion: str) -> pd.DataFrame:
        """Predictions by falling score (see `judging.ranked`) with part and block.

        A crater's block is that of the catalogue's position where it is matched, as in the outcomes.
        """
        tables = []
        for i, part in enumerate(self.parts):
            table = ranked(part.scene, part.scene.pairs(criterion))
            hit = table["is_crater"].to_numpy(dtype=bool)
            points = part.scene.pred.loc[table["pred"], ["lon", "lat"]].reset_index(drop=True)
            points.loc[hit, ["lon", "lat"]] = part.scene.truth.loc[table["truth"][hit], ["lon", "lat"]].to_numpy()
            tables.append(table.assign(part=i, block=self.block_of(points)))
        return pd.concat(tables).sort_values("score", ascending=False, kind="stable", ignore_index=True)


def criterion_figures(case: Case, criterion: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """(figures for metrics.json, outcomes of every crater of the judged part; see `judging.judge`)."""
    settings = case.settings
    outcomes, below = case.outcomes(criterion), case.outcomes(criterion, limited=False)
    ranking = case.ranking(criterion)

    def bins(borders: tuple[float, ...], km_per_unit: float) -> list[dict[str, Any]]:
        limit = case.parts[0].scene.min_diameter_km
        return binned_figures(outcomes, below, km_per_unit, borders, limit, case.weights, settings.confidence)

    result = figures(outcomes, case.weights, settings.confidence)
    point, samples = average_precisions(case, ranking)
    result["average_precision"] = with_interval(point, samples, settings.confidence)
    result["n_ignored"] = int((outcomes["outcome"] == "ignored").sum())
    result["n_unverifiable"] = int((outcomes["outcome"] == "unverifiable").sum())
    result["resampled_f1"] = _resampled_f1(case, outcomes)
    result["nested"] = _nested(case, outcomes)
    result["bins_px"] = None if case.km_per_px is None else bins(settings.bins_px, case.km_per_px)
    result["bins_km"] = bins(settings.bins_km, 1.0)
    result["bins_fine"] = bins(tuple(diameter_borders(below["diameter_km"])), 1.0) if len(below) else []
    counts = [counts_at(part.scene, part.scene.pairs(criterion), CURVE_THRESHOLDS) for part in case.parts]
    curve = rates(CURVE_THRESHOLDS, np.sum(counts, axis=0))
    result["threshold_curve"] = {name: curve[name].to_numpy() for name in curve}
    result["ranking_curve"] = ranking_curves(ranking, len(case.truth), case.area_km2)
    return result, outcomes


def block_counts(case: Case, outcomes: pd.DataFrame) -> FloatArray:
    """(TP, FP, FN) per block, shape (n_blocks, 3)."""
    indicators = np.column_stack([outcomes["outcome"] == name for name in COUNTED]).astype(float)
    return block_sums(indicators, outcomes["block"].to_numpy(), len(case.blocks))


def average_precisions(case: Case, ranking: pd.DataFrame) -> tuple[float, FloatArray]:
    """AP, and AP in every bootstrap sample, shape (samples,)."""
    hit, block = ranking["is_crater"].to_numpy(dtype=bool), ranking["block"].to_numpy()
    samples = [
        average_precision(hit, n, drawn[block])
        for drawn, n in zip(case.weights, case.weights @ case.truth_blocks, strict=True)
    ]
    return average_precision(hit, len(case.truth)), np.asarray(samples)


def _resampled_f1(case: Case, outcomes: pd.DataFrame) -> list[float]:
    counts = block_counts(case, outcomes)
    generator = np.random.default_rng(case.settings.seed)
    size = max(1, round(RESAMPLE_SHARE * len(counts))) if len(counts) else 0
    drawn = (generator.choice(len(counts), size, replace=False) for _ in range(RESAMPLES if size else 0))
    return [float(f1(counts[rows].sum(axis=0))) for rows in drawn]


def _nested(case: Case, outcomes: pd.DataFrame) -> dict[str, Any] | None:
    truth = case.truth
    hits = outcomes.loc[outcomes["outcome"] == "true_positive", ["part", "truth"]]
    found = truth.index.isin(pd.MultiIndex.from_frame(hits))
    return nested_figures(
        truth["diameter_km"].to_numpy(dtype=float),
        truth["nested"].to_numpy(dtype=bool),
        found,
        truth["block"].to_numpy(),
        case.weights,
        case.settings.confidence,
    )

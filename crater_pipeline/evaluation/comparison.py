"""Entries side by side: each pools the test parts of one or more regions, and differs from the first by so much.

Every region is matched by itself, with its own scores and at its own threshold; counts are summed, and the average
precision is over all craters together. A difference is taken on the ground that both entries have as test part, with
the same draws of spatial blocks for both, so that what makes a block hard for both cancels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from crater_pipeline.evaluation.bins import COUNTED, RATES
from crater_pipeline.evaluation.criterion import Case, JudgedPart, average_precisions, block_counts, criterion_figures
from crater_pipeline.evaluation.curves import reliability
from crater_pipeline.evaluation.intervals import paired_difference, with_interval
from crater_pipeline.evaluation.judging import JudgedScene, make_scene
from crater_pipeline.evaluation.matching import CRITERIA
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.summary import HEADLINE, SCHEMA_VERSION, SPLIT, km_per_pixel
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.tiles.inside import footprint_part

SAME_PIXEL = 1.01
"""Regions whose pixels differ by a larger factor have no bins in pixels in common."""


@dataclass(frozen=True)
class RegionResult:
    """What one region's run has left: all craters with calibrated scores, and what they are judged by."""

    name: str
    craters: pd.DataFrame
    catalogue: pd.DataFrame
    footprint: gpd.GeoDataFrame
    operating_point: OperatingPoint
    weights: Mapping[str, Any]

    @property
    def threshold(self) -> float:
        return self.operating_point.threshold

    @property
    def area_km2(self) -> float:
        """Area of the test part."""
        return float(self.footprint.loc[self.footprint["split"] == SPLIT, "area_km2"].sum())


def compare(entries: Mapping[str, Sequence[RegionResult]], settings: EvaluationSettings, body: Body) -> dict[str, Any]:
    """All figures of a comparison; may hold numpy values and NaN.

    `settings.min_diameter_km` must be given: all entries are judged from the same diameter. `entries` lists their
    figures by criterion, `differences` (one fewer) those to the first entry; None where they share no ground.
    """
    assert settings.min_diameter_km is not None
    cases = {label: pooled(regions, settings, body) for label, regions in entries.items()}
    grounds = {label: judged_ground(regions) for label, regions in entries.items()}
    first, *others = entries
    return {
        "schema_version": SCHEMA_VERSION,
        "body": body.model_dump(),
        "headline": HEADLINE,
        "split": SPLIT,
        "min_diameter_km": settings.min_diameter_km,
        "confidence": settings.confidence,
        "block_km": settings.block_km,
        "entries": [entry_figures(label, entries[label], case) for label, case in cases.items()],
        "differences": [
            {"label": label, "reference": first}
            | differences(cases[label], cases[first], shapely.intersection(grounds[label], grounds[first]))
            for label in others
        ],
    }


def pooled(regions: Sequence[RegionResult], settings: EvaluationSettings, body: Body) -> Case:
    """The case of one entry."""
    assert settings.min_diameter_km is not None

    def scene(region: RegionResult, least: float) -> JudgedScene:
        tables = (region.craters, region.catalogue, region.footprint)
        return make_scene(*tables, SPLIT, least, settings.max_cut_fraction, body)

    parts = tuple(JudgedPart(scene(r, settings.min_diameter_km), scene(r, 0.0), r.threshold) for r in regions)
    pixels = [km for km in (km_per_pixel(region.craters) for region in regions) if km is not None]
    same = len(pixels) > 0 and max(pixels) <= SAME_PIXEL * min(pixels)
    return Case(parts, sum(r.area_km2 for r in regions), float(np.median(pixels)) if same else None, settings)


def judged_ground(regions: Sequence[RegionResult]) -> BaseGeometry:
    """The ground (degrees) that an entry is judged on."""
    return shapely.union_all([footprint_part(region.footprint, SPLIT) for region in regions])


def entry_figures(label: str, regions: Sequence[RegionResult], case: Case) -> dict[str, Any]:
    """Figures of one entry by criterion, and of each of its regions by the headline criterion."""
    criteria = {name: criterion_figures(case, name) for name in CRITERIA}
    outcomes, ranking = criteria[HEADLINE][1], case.ranking(HEADLINE)
    return {
        "label": label,
        "regions": [
            region_figures(region, outcomes[outcomes["part"] == position]) for position, region in enumerate(regions)
        ],
        "area_km2": case.area_km2,
        "km_per_px": case.km_per_px,
        "n_blocks": len(case.blocks),
        "n_truth": len(case.truth),
        "criteria": {name: figures for name, (figures, _) in criteria.items()},
        "reliability": reliability(ranking["score"], ranking["is_crater"]),
    }


def region_figures(region: RegionResult, outcomes: pd.DataFrame) -> dict[str, Any]:
    """What one region contributes to its entry."""
    counts = np.array([(outcomes["outcome"] == name).sum() for name in COUNTED], dtype=float)
    return {
        "name": region.name,
        "backbone": region.weights["backbone"],
        "weights": region.weights["hash"],
        "threshold": region.threshold,
        "threshold_source": region.operating_point.source,
        "area_km2": region.area_km2,
        **{f"n_{name}": int(n) for name, n in zip(COUNTED, counts, strict=True)},
        **{name: float(rate(counts)) for name, rate in RATES.items()},
    }


def differences(case: Case, reference: Case, ground: BaseGeometry) -> dict[str, Any]:
    """Figures of `case` minus those of `reference` on the common `ground`, by criterion, each {value, low, high}."""
    mine, theirs = clipped(case, ground), clipped(reference, ground)
    mine, theirs = replace(mine, more_blocks=theirs.blocks), replace(theirs, more_blocks=mine.blocks)
    n_truth = [len(mine.truth), len(theirs.truth)]
    return {
        "n_truth": n_truth,
        "n_blocks": len(mine.blocks),
        "criteria": {name: criterion_differences(mine, theirs, name) for name in CRITERIA} if all(n_truth) else None,
    }


def criterion_differences(mine: Case, theirs: Case, criterion: str) -> dict[str, dict[str, float | None]]:
    """Paired differences of two cases with the same blocks, by one criterion."""
    settings, pair = mine.settings, (mine, theirs)
    counts_a, counts_b = (block_counts(case, case.outcomes(criterion)) for case in pair)
    result: dict[str, dict[str, float | None]] = {}
    for name, rate in RATES.items():
        point, bounds = paired_difference(
            counts_a, counts_b, rate, settings.bootstrap_samples, settings.seed, settings.confidence
        )
        low, high = bounds or (None, None)
        result[name] = {"value": point, "low": low, "high": high}
    (point_a, samples_a), (point_b, samples_b) = (average_precisions(case, case.ranking(criterion)) for case in pair)
    result["average_precision"] = with_interval(point_a - point_b, samples_a - samples_b, settings.confidence)
    return result


def clipped(case: Case, ground: BaseGeometry) -> Case:
    """The case judged on `ground` only. Matching still sees every crater."""
    shapely.prepare(ground)

    def inside(table: pd.DataFrame) -> pd.DataFrame:
        here = shapely.contains_xy(ground, table["lon"].to_numpy(float), table["lat"].to_numpy(float))
        return table.assign(inside=table["inside"] & here, counts=table["counts"] & here)

    def on_ground(scene: JudgedScene) -> JudgedScene:
        return replace(scene, pred=inside(scene.pred), truth=inside(scene.truth))

    parts = (replace(part, scene=on_ground(part.scene), unlimited=on_ground(part.unlimited)) for part in case.parts)
    return replace(case, parts=tuple(parts))

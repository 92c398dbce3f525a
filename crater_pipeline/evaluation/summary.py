"""All figures of one region, put together: what `metrics.json` holds, and the table of matches behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from crater_pipeline.evaluation.confirmation import Witness, confirmations
from crater_pipeline.evaluation.criterion import Case, JudgedPart, criterion_figures
from crater_pipeline.evaluation.curves import reliability
from crater_pipeline.evaluation.judging import JudgedScene, make_scene
from crater_pipeline.evaluation.matching import CRITERIA
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.size_frequency import diameter_borders, size_frequency
from crater_pipeline.evaluation.subsets import subset_figures
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.tiles.inside import footprint_part, rows_inside

SCHEMA_VERSION = 1
HEADLINE = "iou50"
SPLIT = "test"

MATCH_TYPES = {
    "criterion": "str",
    "outcome": "str",
    "crater_id": "str",
    "catalogue_id": "str",
    "lon": "float",
    "lat": "float",
    "diameter_km": "float",
    "predicted_diameter_km": "float",
    "score": "float",
    "centre_error": "float",
    "diameter_error": "float",
}
"""Columns of `matches.parquet`."""

MATCH_COLUMNS = list(MATCH_TYPES)


def evaluate_region(
    craters: pd.DataFrame,
    catalogue: pd.DataFrame,
    footprint: gpd.GeoDataFrame,
    point: OperatingPoint,
    settings: EvaluationSettings,
    body: Body,
    witnesses: Sequence[Witness] = (),
) -> tuple[dict[str, Any], pd.DataFrame]:
    """(figures, matches) of the test part; `witnesses` are other catalogues, which may confirm detections.

    `craters` are all deduplicated craters with raw_score and calibrated score, `catalogue` may be empty: then
    `criteria` and `reliability` are None and the table of matches is empty. Figures may hold numpy values and NaN.
    """
    limit = settings.min_diameter_km or point.min_diameter_km
    threshold = point.threshold
    part_area = float(footprint.loc[footprint["split"] == SPLIT, "area_km2"].sum())
    result: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "body": body.model_dump(),
        "headline": HEADLINE,
        "split": SPLIT,
        "min_diameter_km": limit,
        "max_cut_fraction": settings.max_cut_fraction,
        "confidence": settings.confidence,
        "block_km": settings.block_km,
        "threshold": threshold,
        "threshold_source": point.source,
        "area_km2": {"searched": float(footprint["area_km2"].sum()), SPLIT: part_area},
        "km_per_px": km_per_pixel(craters),
        "product": _product(craters, threshold),
        "sizes": _sizes(craters[craters["score"] >= threshold], catalogue, footprint, part_area),
        "truth": None,
        "criteria": None,
        "subsets": None,
        "confirmation": None,
        "reliability": None,
    }
    if len(catalogue) == 0:
        return result, pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in MATCH_TYPES.items()})

    scenes = [
        make_scene(craters, catalogue, footprint, SPLIT, least, settings.max_cut_fraction, body)
        for least in (limit, 0.0)
    ]
    case = Case((JudgedPart(scenes[0], scenes[1], threshold),), part_area, result["km_per_px"], settings)
    result["truth"] = _truth(scenes[0])
    result["criteria"], tables = {}, []
    for criterion in CRITERIA:
        result["criteria"][criterion], outcomes = criterion_figures(case, criterion)
        tables.append(_matches(scenes[0], criterion, outcomes))
    result["n_blocks"] = len(case.blocks)
    result["subsets"] = subset_figures(case, HEADLINE)
    result["confirmation"] = confirmations(case, HEADLINE, list(witnesses)) if witnesses else None
    ranking = case.ranking(HEADLINE)
    raw = scenes[0].pred["raw_score"].to_numpy(dtype=float)[ranking["pred"]]
    result["reliability"] = {
        "calibrated": reliability(ranking["score"], ranking["is_crater"]),
        "raw": reliability(np.clip(raw, 0.0, 1.0), ranking["is_crater"]),
    }
    return result, pd.concat(tables, ignore_index=True)


def km_per_pixel(craters: pd.DataFrame) -> float | None:
    """Median ground size of a level-0 pixel in km, from the craters' diameters in both units; None without craters."""
    if len(craters) == 0:
        return None
    pixels = craters["diameter_px"].to_numpy(dtype=float) * 2.0 ** craters["level"].to_numpy(dtype=float)
    return float(np.median(craters["diameter_km"].to_numpy(dtype=float) / pixels))


def _product(craters: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """What the region's map holds, all parts."""
    exported = craters[craters["score"] >= threshold]
    by_status = exported["status"].value_counts()
    return {
        "n_all": len(craters),
        "n_craters": len(exported),
        "status": {name: int(by_status.get(name, 0)) for name in ("matched", "candidate", "unverifiable")},
        "split": {str(name): int(count) for name, count in exported["split"].value_counts().items()},
    }


def _truth(scene: JudgedScene) -> dict[str, int]:
    truth = scene.truth
    inside, small = truth["inside"], truth["diameter_km"] < scene.min_diameter_km
    return {
        "n": int(truth["counts"].sum()),
        "n_below_limit": int((inside & small).sum()),
        "n_cut": int((inside & ~small & ~truth["counts"]).sum()),
    }


def _sizes(
    craters: pd.DataFrame, catalogue: pd.DataFrame, footprint: gpd.GeoDataFrame, part_area: float
) -> dict[str, Any]:
    """Size-frequency distributions of prediction and catalogue over the whole searched area and its test part."""
    borders = diameter_borders(craters["diameter_km"], catalogue["diameter_km"])
    result: dict[str, Any] = {"borders_km": borders}
    areas = {"searched": (None, float(footprint["area_km2"].sum())), SPLIT: (SPLIT, part_area)}
    for name, (split, area) in areas.items():
        geometry = footprint_part(footprint, split)
        result[name] = {
            kind: size_frequency(rows_inside(table, geometry)["diameter_km"], borders, area)
            for kind, table in (("predicted", craters), ("catalogue", catalogue))
        }
    return result


def _matches(scene: JudgedScene, criterion: str, outcomes: pd.DataFrame) -> pd.DataFrame:
    """The rows of `matches.parquet` of one criterion."""
    pred, truth = scene.pred, scene.truth
    # Position -1 means no crater: reindexing by it gives missing values.
    by_pred, by_truth = pred.reindex(outcomes["pred"]), truth.reindex(outcomes["truth"])
    return outcomes.assign(
        criterion=criterion,
        crater_id=by_pred["crater_id"].to_numpy(),
        catalogue_id=by_truth["catalogue_id"].to_numpy(),
        predicted_diameter_km=by_pred["diameter_km"].to_numpy(),
        score=by_pred["score"].to_numpy(),
    )[MATCH_COLUMNS]


def plain(value: Any) -> Any:
    """`value` as JSON's own types: arrays as lists, NaN and infinities as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value

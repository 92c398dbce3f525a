"""The page: figures, pictures and tables put into the template. One file, nothing fetched when it opens."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from crater_pipeline.code_files import code_version
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.reporting import curves, figures, size_figures
from crater_pipeline.reporting.depth_figure import depth_figure
from crater_pipeline.reporting.gallery import gallery
from crater_pipeline.reporting.heat_pictures import HeatPictures
from crater_pipeline.reporting.map_data import map_data
from crater_pipeline.reporting.pages import asset, number, page
from crater_pipeline.reporting.pictures import crops, drawn_craters, missable
from crater_pipeline.reporting.published import published_figures
from crater_pipeline.reporting.theme import GOOD, PREDICTED, WARN
from crater_pipeline.sphere.bodies import Body

CRITERION_NOTES = {
    "iou50": "the bounding squares overlap by half of their union (COCO's rule; the headline)",
    "deepmoon": "d² / min(r)² < 1.8 and |Δr| / min(r) < 1 (Silburt et al. 2019; loose)",
    "strict": "d < 0.31 min(r) and |Δr| / min(r) < 0.14 (tolerance of NASA's 2025 crater challenge)",
}

CRITERION_STYLE = {"iou50": (PREDICTED, "-"), "deepmoon": (GOOD, "--"), "strict": (WARN, ":")}
"""Colour and dash."""


@dataclass(frozen=True)
class ReportInputs:
    """What the report is made of: documents read from JSON, tables as read from Parquet."""

    title: str
    metrics: Mapping[str, Any]
    operating_point: OperatingPoint
    weights: Mapping[str, Any]
    matches: pd.DataFrame
    craters: pd.DataFrame
    catalogue: pd.DataFrame
    footprint: gpd.GeoDataFrame
    images: list[Path]
    overview: Path | None
    heat: HeatPictures
    ages: Mapping[str, Any] | None
    body: Body


def render(inputs: ReportInputs) -> str:
    """The report as HTML."""
    return page("report.html.j2", context(inputs))


def context(inputs: ReportInputs) -> dict[str, Any]:
    """The template's variables."""
    metrics = inputs.metrics
    criteria = metrics["criteria"]
    limit = metrics["min_diameter_km"]
    lost = missable(inputs.catalogue, inputs.footprint, limit, metrics["max_cut_fraction"], inputs.body)
    drawn = drawn_craters(inputs.craters, lost, metrics["threshold"])
    windows = inputs.heat.windows
    mapped = map_data(
        inputs.overview or inputs.images[0],
        inputs.craters,
        lost,
        inputs.footprint,
        metrics["km_per_px"],
        inputs.body,
        conformal=inputs.overview is None,
    )
    headline_matches = inputs.matches[inputs.matches["criterion"] == metrics["headline"]]
    return {
        "title": inputs.title,
        "body": inputs.body.name.capitalize(),
        "version": code_version(),
        "metrics": metrics,
        "headline": None if criteria is None else criteria[metrics["headline"]],
        "criteria": criteria,
        "criterion_notes": CRITERION_NOTES,
        "operating_point": inputs.operating_point,
        "weights": inputs.weights,
        "training": list(flattened(inputs.weights.get("training", {}))),
        "charts": charts(inputs),
        "pictures": crops(
            drawn, [(each.image, each.x, each.y) for each in windows], [each.heat for each in windows], inputs.body
        ),
        "gallery": gallery(inputs.images, headline_matches, inputs.craters, inputs.catalogue, inputs.body)
        if criteria
        else [],
        "ages": inputs.ages,
        "map": mapped,
        "least_score": min([metrics["threshold"], *mapped["craters"]["score"]]),
        "leaflet": {name: asset(f"leaflet.{name}") for name in ("js", "css")},
        "map_script": asset("map.js"),
        "published": published_figures(),
        "surest_candidates": candidates(inputs.craters, metrics["threshold"]),
    }


def charts(inputs: ReportInputs) -> dict[str, str | None]:
    """Every chart as SVG by name; None where there is nothing to draw."""
    metrics, criteria = inputs.metrics, inputs.metrics["criteria"]
    sizes, limit = metrics["sizes"], metrics["min_diameter_km"]
    known = criteria is not None
    drawn: dict[str, str | None] = {
        "histogram": size_figures.histogram_figure(sizes, metrics["split"], limit, known),
        "cumulative": size_figures.size_frequency_figure(
            sizes, "cumulative", "cumulative", "craters ≥ D per km²", limit, known
        ),
        "depth": depth_figure(inputs.craters, inputs.catalogue, metrics["threshold"]),
        "r_plot": size_figures.size_frequency_figure(sizes, "r", "r-plot", "R value", limit, known),
    }
    if not known:
        return drawn
    headline = criteria[metrics["headline"]]
    matched = inputs.matches[
        (inputs.matches["criterion"] == metrics["headline"]) & (inputs.matches["outcome"] == "true_positive")
    ]
    errors = (matched[key].to_numpy(dtype=float) for key in ("centre_error", "diameter_error"))
    area_km2 = metrics["area_km2"][metrics["split"]]
    series = [curves.Series(name, each, area_km2, *CRITERION_STYLE[name]) for name, each in criteria.items()]
    return drawn | {
        "threshold": figures.threshold_figure(headline, metrics["threshold"]),
        "precision_recall": curves.precision_recall_figure(series),
        "froc": curves.froc_figure(series),
        "roc": curves.roc_figure(series),
        "resamples": curves.resample_figure(series),
        "completeness": size_figures.completeness_figure(headline, limit),
        "reliability": figures.reliability_figure(metrics["reliability"]),
        "errors": figures.error_figure(*errors),
    }


def candidates(craters: pd.DataFrame, threshold: float, count: int = 15) -> list[dict[Hashable, Any]]:
    """The candidates that the detector is surest of, the larger first where scores are equal."""
    rows = craters[(craters["score"] >= threshold) & (craters["status"] == "candidate")]
    columns = ["crater_id", "lon", "lat", "diameter_km", "score"]
    return list(rows.nlargest(count, ["score", "diameter_km"])[columns].to_dict("records"))


def flattened(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """(dotted key, value) pairs of a nested document; long lists are cut."""
    rows: list[tuple[str, str]] = []
    for key, value in document.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            rows += flattened(value, f"{prefix}{key} · ")
        elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
            for position, each in enumerate(value, start=1):
                rows += flattened(each, f"{prefix}{key} {position} · ")
        elif isinstance(value, list) and len(value) > 8:
            rows.append((name, f"{len(value)} values, last {number(value[-1])}"))
        else:
            rows.append((name, ", ".join(map(number, value)) if isinstance(value, list) else number(value)))
    return rows

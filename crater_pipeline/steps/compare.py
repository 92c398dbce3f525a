"""Step: several models, folds or regions side by side."""

import json
import logging
from pathlib import Path

from crater_pipeline.atomic import write_text
from crater_pipeline.evaluation.comparison import RegionResult
from crater_pipeline.evaluation.comparison import compare as compare_entries
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.summary import plain
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.reporting.comparison_report import RATES, render
from crater_pipeline.reporting.comparison_table import comparison_table
from crater_pipeline.reporting.heat_pictures import HeatPictures
from crater_pipeline.reporting.pages import number
from crater_pipeline.reporting.side_by_side import Shown, common_windows
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import HtmlPage, JsonFile, MarkdownTable
from crater_pipeline.tables import read_geotable, read_json, read_model, read_table

logger = logging.getLogger(__name__)

CRATERS = ["crater_id", "lon", "lat", "diameter_km", "score", "level", "diameter_px", "status", "catalogue_id"]


def compare(
    *,
    region: list[str],
    craters: list[Path],
    operating_point: list[Path],
    catalogue: list[Path],
    footprint: list[Path],
    metadata: list[Path],
    heatmaps: list[Path],
    entry: list[str],
    output: JsonFile,
    output_report: HtmlPage,
    output_table: MarkdownTable,
    title: str,
    body: Body,
    settings: EvaluationSettings,
) -> None:
    """Compare entries, each pooling the test parts of one or more regions, and write figures and a page.

    Parameters
    ----------
    region
        Names of the regions; the tables below are in the same order.
    craters
        Parquet tables of all deduplicated craters with calibrated scores.
    operating_point
        JSON with the regions' thresholds.
    catalogue
        Parquet tables of catalogue craters.
    footprint
        GeoParquet of the searched areas by part.
    metadata
        The weights' JSON.
    heatmaps
        JSON of the windows that the regions' pages show, with heatmaps.
    entry
        `region,region,...=label` of the entries: which regions each pools. Differences are to the first.
    output
        JSON with every figure.
    output_report
        One self-contained HTML page.
    output_table
        The headline figures as a Markdown table.
    title
        Heading of the page.
    body
        The body as JSON: name and radius_m.
    settings
        The evaluation's settings as JSON; min_diameter_km holds for all regions.
    """
    columns = zip(region, craters, operating_point, catalogue, footprint, metadata, strict=True)
    known = {name: read_result(name, *files) for name, *files in columns}
    pooled = (each.partition("=") for each in entry)
    entries = {label: [known[name] for name in names.split(",")] for names, _, label in pooled}
    figures = plain({"title": title, **compare_entries(entries, settings, body)})
    shown = dict(zip(region, heatmaps, strict=True))
    windows = [Shown(regions[0], read_model(shown[regions[0].name], HeatPictures)) for regions in entries.values()]
    pictures = common_windows(windows, figures["min_diameter_km"], settings.max_cut_fraction, body)
    write_text(output_report, render(title, figures, pictures))
    write_text(output_table, comparison_table(figures))
    write_text(output, json.dumps(figures, indent=1, allow_nan=False) + "\n")
    for each in figures["entries"]:
        headline = each["criteria"][figures["headline"]]
        rates = (number(headline[name]["value"]) for name in RATES)
        logger.info("%s: P %s, R %s, F1 %s, AP %s", each["label"], *rates)


def read_result(
    name: str, craters: Path, operating_point: Path, catalogue: Path, footprint: Path, metadata: Path
) -> RegionResult:
    """One region's files."""
    return RegionResult(
        name,
        read_table(craters, CRATERS),
        read_table(catalogue, ["catalogue_id", "lon", "lat", "diameter_km"]),
        read_geotable(footprint, ["split", "area_km2", "geometry"]),
        read_model(operating_point, OperatingPoint),
        read_json(metadata),
    )


if __name__ == "__main__":
    run(compare)

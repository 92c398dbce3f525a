"""Step: the report, one self-contained HTML file."""

import logging
from pathlib import Path

from crater_pipeline.atomic import write_text
from crater_pipeline.evaluation.summary import MATCH_COLUMNS
from crater_pipeline.measures.table import read_depths, with_depths
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.reporting.heat_pictures import HeatPictures
from crater_pipeline.reporting.report import ReportInputs, render
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import HtmlPage
from crater_pipeline.tables import read_geotable, read_json, read_model, read_table

logger = logging.getLogger(__name__)

CRATERS = ["crater_id", "lon", "lat", "diameter_km", "score", "status", "catalogue_id", "split"]


def report(
    *,
    metrics: Path,
    matches: Path,
    craters: Path,
    catalogue: Path,
    footprint: Path,
    operating_point: Path,
    image: list[Path],
    overview: Path | None = None,
    metadata: Path,
    heatmaps: Path,
    output: HtmlPage,
    title: str,
    body: Body,
    ages: Path | None = None,
    depths: Path | None = None,
) -> None:
    """Write figures, pictures and tables as one HTML page that fetches nothing.

    Parameters
    ----------
    metrics
        JSON of figures, from `evaluate`.
    matches
        Parquet table of outcomes, from `evaluate`.
    craters
        Parquet table of all craters with scores and status.
    catalogue
        Parquet table of catalogue craters, possibly empty.
    footprint
        GeoParquet of the searched area by part.
    operating_point
        JSON with threshold and calibration.
    image
        The raster that was searched; of a region that is searched by zones one a zone.
    overview
        Picture of all zones on a plate carrée, to draw the map on.
    metadata
        The weights' JSON.
    heatmaps
        JSON of the windows to show with the network's heatmaps over them, from `heatmaps`.
    output
        The HTML file.
    title
        Heading of the page.
    body
        The body as JSON: name and radius_m.
    ages
        JSON of the region's model ages, from `date_surface`.
    depths
        Parquet table of the craters' depths, from `measure_depth`.
    """
    page = render(
        ReportInputs(
            title=title,
            metrics=read_json(metrics),
            operating_point=read_model(operating_point, OperatingPoint),
            weights=read_json(metadata),
            matches=read_table(matches, MATCH_COLUMNS),
            craters=with_depths(read_table(craters, CRATERS), read_depths(depths)),
            catalogue=read_table(catalogue, ["catalogue_id", "lon", "lat", "diameter_km"]),
            footprint=read_geotable(footprint, ["split", "area_km2", "geometry"]),
            images=image,
            overview=overview,
            heat=read_model(heatmaps, HeatPictures),
            ages=None if ages is None else read_json(ages),
            body=body,
        )
    )
    write_text(output, page)
    logger.info("%s: %.1f MB", output, len(page) / 1e6)


if __name__ == "__main__":
    run(report)

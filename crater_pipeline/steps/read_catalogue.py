"""Step: a published catalogue as a table of the region's craters."""

import logging
from pathlib import Path

from crater_pipeline.atomic import atomic_path
from crater_pipeline.labels import catalogues
from crater_pipeline.labels.catalogues import CatalogueFormat
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import ParquetFile

logger = logging.getLogger(__name__)


def read_catalogue(
    *,
    catalogue: Path | None = None,
    output: ParquetFile,
    format: CatalogueFormat = "table",
    body: Body,
    bounds: tuple[float, float, float, float],
    name: str = "",
) -> None:
    """Read a crater catalogue and keep the craters whose circle meets the region.

    Parameters
    ----------
    catalogue
        The published file (text, gzipped or zipped); without one the table is empty.
    output
        Parquet table (columns `labels.catalogues.COLUMNS`), largest crater first.
    format
        Which columns the file has: `robbins`, `wang_wu`, `table` (lon, lat, diameter_km) or `simulated`.
    body
        The body as JSON: name and radius_m.
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian.
    name
        The catalogue's name in the configuration, for messages.
    """
    table = catalogues.empty_catalogue()
    if catalogue is not None:
        table = catalogues.clip_catalogue(catalogues.read_catalogue(catalogue, format, body), Bounds(*bounds), body)
        if table.empty:
            logger.warning("catalogue '%s' (%s) has no crater inside %s", name, catalogue, list(bounds))
    with atomic_path(output) as temporary:
        table.to_parquet(temporary, index=False)
    logger.info("%d craters of catalogue '%s'", len(table), name)


if __name__ == "__main__":
    run(read_catalogue)

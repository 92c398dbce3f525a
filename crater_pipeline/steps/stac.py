"""Step: a region's results as a STAC item, for those who ask for it."""

import json
from pathlib import Path

from crater_pipeline.atomic import write_text
from crater_pipeline.export.stac import item
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile
from crater_pipeline.tables import read_geotable


def stac(
    *,
    region: str,
    title: str,
    file: list[Path],
    footprint: Path,
    output: JsonFile,
    bounds: tuple[float, float, float, float],
    body: Body,
    acquired: str | None = None,
) -> None:
    """Write a STAC item that lists the region's files, so that catalogues of geodata find them.

    Parameters
    ----------
    region
        The region's name.
    title
        Its heading.
    file
        What the item lists: GeoPackage, rasters, report and whatever else of the region there is.
    footprint
        GeoParquet of the area that was searched.
    output
        STAC item (JSON); its paths are relative to it.
    bounds
        West, south, east, north in degrees; west > east crosses the antimeridian.
    body
        The body as JSON: name and radius_m.
    acquired
        First and last day of the measurements, such as 2009-11-01/2011-02-28.
    """
    searched = read_geotable(footprint, ["split", "area_km2", "geometry"])
    document = item(region, title, file, searched, Bounds(*bounds), body, acquired, output)
    write_text(output, json.dumps(document, indent=1, allow_nan=False) + "\n")


if __name__ == "__main__":
    run(stac)

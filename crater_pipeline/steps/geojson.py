"""Step: the exported craters as GeoJSON, for those who ask for it."""

from pathlib import Path

from crater_pipeline.export.geojson import write_craters
from crater_pipeline.export.publication import COLUMNS, exported_craters
from crater_pipeline.measures.table import read_depths, with_depths
from crater_pipeline.models.scores import OperatingPoint
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import GeoJsonFile
from crater_pipeline.tables import read_model, read_table


def geojson(
    *,
    craters: Path,
    operating_point: Path,
    output: GeoJsonFile,
    body: Body,
    depths: Path | None = None,
    vertices: int = 72,
) -> None:
    """Write the craters at or above the operating threshold as polygons: the rows of the GeoPackage's `craters`.

    Parameters
    ----------
    craters
        Parquet table of every crater, `craters_all.parquet`.
    operating_point
        JSON with the threshold.
    output
        GeoJSON file.
    body
        The body as JSON: name and radius_m.
    depths
        Parquet table of their depths, from `measure_depth` (default: none; the columns are there and empty).
    vertices
        Vertices of a crater's polygon.
    """
    point = read_model(operating_point, OperatingPoint)
    published = with_depths(read_table(craters, COLUMNS), read_depths(depths))
    write_craters(output, exported_craters(published, point), body, vertices)


if __name__ == "__main__":
    run(geojson)

"""Step: detections of all tiles and levels as unique craters."""

from pathlib import Path

from crater_pipeline.atomic import atomic_path
from crater_pipeline.detection import merging
from crater_pipeline.detection.merging import MergingSettings
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import ParquetFile
from crater_pipeline.tables import read_geotable, read_table

COLUMNS = ["lon", "lat", "diameter_km", "diameter_px", "score", "level", "core_distance", "touches_edge"]


def merge(*, craters: Path, footprint: Path, output: ParquetFile, body: Body, settings: MergingSettings) -> None:
    """Keep every crater once: the tile that owns it, then the better of similar circles, inside the footprint.

    Parameters
    ----------
    craters
        Parquet table of georeferenced detections.
    footprint
        GeoParquet of the area that was searched, with the split of each part.
    output
        Parquet table: crater_id, lon, lat, diameter_km, score, level, diameter_px, touches_edge, split.
    body
        The body as JSON: name and radius_m.
    settings
        The section `merging` as JSON.
    """
    unique = merging.merge(
        read_table(craters, COLUMNS), read_geotable(footprint, ["split", "geometry"]), body, settings
    )
    with atomic_path(output) as temporary:
        unique.to_parquet(temporary, index=False)


if __name__ == "__main__":
    run(merge)

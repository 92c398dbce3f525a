"""Step: detections of all tiles, levels and zones as unique craters."""

from pathlib import Path

from crater_pipeline.atomic import atomic_path
from crater_pipeline.detection import merging
from crater_pipeline.detection.merging import MergingSettings
from crater_pipeline.detection.zonal_merging import DETECTIONS, ZoneDetections, merge_zones
from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import ParquetFile
from crater_pipeline.tables import read_geotable, read_table


def merge(
    *,
    craters: list[Path],
    zone: list[tuple[float, float, float, float]] | None = None,
    footprint: Path,
    output: ParquetFile,
    body: Body,
    settings: MergingSettings,
) -> None:
    """Keep every crater once: the tile and the zone that own it, then the better of similar circles, in the footprint.

    Parameters
    ----------
    craters
        Parquet table of georeferenced detections; of a region that is searched by zones one a zone.
    zone
        The zones' west, south, east, north in degrees, in the order of the tables.
    footprint
        GeoParquet of the area that was searched, with the split of each part.
    output
        Parquet table: crater_id, lon, lat, diameter_km, score, level, diameter_px, touches_edge, split.
    body
        The body as JSON: name and radius_m.
    settings
        The section `merging` as JSON.
    """
    if len(craters) != len(zone or [()]):
        raise UserError(f"{len(craters)} tables of detections and {len(zone or [])} zones; give as many of both")
    searched = read_geotable(footprint, ["split", "geometry"])
    if zone:
        tables = [ZoneDetections(path, Bounds(*bounds)) for path, bounds in zip(craters, zone, strict=True)]
        unique = merge_zones(tables, searched, body, settings)
    else:
        unique = merging.merge(read_table(craters[0], DETECTIONS), searched, body, settings)
    with atomic_path(output) as temporary:
        unique.to_parquet(temporary, index=False)


if __name__ == "__main__":
    run(merge)

"""The same windows of the raster as several networks see them, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from crater_pipeline.evaluation.comparison import RegionResult
from crater_pipeline.reporting.heat_pictures import HeatPictures
from crater_pipeline.reporting.pictures import Picture, crops, drawn_craters, missable
from crater_pipeline.sphere.bodies import Body

MOST_WINDOWS = 3


@dataclass(frozen=True)
class Shown:
    """What a comparison shows of one entry: its first region and its windows."""

    region: RegionResult
    heat: HeatPictures


def common_windows(
    entries: Sequence[Shown], limit_km: float, max_cut_fraction: float, body: Body
) -> list[tuple[str, list[Picture]]]:
    """(place, one picture an entry) of the windows that all entries have; none where their rasters differ."""
    heat = [{(each.image, each.x, each.y): each.heat for each in entry.heat.windows} for entry in entries]
    first, *others = heat
    corners = [corner for corner in first if all(corner in other for other in others)][:MOST_WINDOWS]
    columns = []
    for entry, known in zip(entries, heat, strict=True):
        region = entry.region
        lost = missable(region.catalogue, region.footprint, limit_km, max_cut_fraction, body)
        drawn = drawn_craters(region.craters, lost, region.threshold)
        columns.append(crops(drawn, corners, [known[corner] for corner in corners], body))
    return [(pictures[0].caption, list(pictures)) for pictures in zip(*columns, strict=True)]

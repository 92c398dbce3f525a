"""What the zones of a search under way have given, zone by zone on disk: a search that was cut off goes on from it."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from crater_pipeline.atomic import atomic_path, write_text
from crater_pipeline.detection.zonal_merging import ZoneDetections
from crater_pipeline.sphere.bounds import Bounds


@dataclass(frozen=True)
class SearchedZone:
    """A zone, by its number in a folder of the search's own: its detections and the area searched, or why not."""

    folder: Path
    number: int
    zone: Bounds

    @property
    def workplace(self) -> Path:
        """Folder for what is only needed until the zone is done."""
        return self.folder / f"zone_{self.number:04}"

    @property
    def detections(self) -> ZoneDetections:
        return ZoneDetections(self._file("detections.parquet"), self.zone)

    @property
    def area(self) -> gpd.GeoDataFrame:
        return gpd.read_parquet(self._file("area.parquet"))

    @property
    def nothing(self) -> str | None:
        """Why there was nothing to search, if there was nothing."""
        path = self._file("nothing.txt")
        return path.read_text(encoding="utf-8") if path.is_file() else None

    @property
    def is_done(self) -> bool:
        searched = self._file("area.parquet").is_file() and self.detections.path.is_file()
        return searched or self.nothing is not None

    def add(self, found: pd.DataFrame, area: gpd.GeoDataFrame) -> None:
        """Keep what was found; each file is there whole or not at all."""
        for table, path in ((area, self._file("area.parquet")), (found, self.detections.path)):
            with atomic_path(path) as temporary:
                table.to_parquet(temporary, index=False)

    def add_nothing(self, why: str) -> None:
        write_text(self._file("nothing.txt"), why)

    def _file(self, name: str) -> Path:
        return self.folder / f"zone_{self.number:04}_{name}"

"""The detections of a search under way, part by part on disk: a search that was cut off goes on from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from crater_pipeline.atomic import atomic_path
from crater_pipeline.detection.rows import empty_detections


@dataclass(frozen=True)
class FoundParts:
    """Tables of detections by number, in a folder of the search's own."""

    folder: Path

    def __contains__(self, number: int) -> bool:
        return self._path(number).is_file()

    def add(self, number: int, found: pd.DataFrame) -> None:
        """Keep a part; it is there whole or not at all."""
        with atomic_path(self._path(number)) as temporary:
            found.to_parquet(temporary, index=False)

    def tables(self) -> Iterator[pd.DataFrame]:
        """All parts in their order."""
        return (pd.read_parquet(path) for path in sorted(self.folder.glob("part_*.parquet")))

    def table(self) -> pd.DataFrame:
        """All parts as one table."""
        return pd.concat([empty_detections(), *self.tables()], ignore_index=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"part_{number:07}.parquet"

"""Files written by libraries that tell of a full disk in errors of their own."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyogrio.errors import DataLayerError, DataSourceError

from crater_pipeline.atomic import atomic_path
from crater_pipeline.errors import UserError, excerpt


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """As `atomic_path`; what GDAL's vector drivers or SQLite cannot write is a `UserError` that names `path`."""
    try:
        with atomic_path(path) as temporary:
            yield temporary
    except (DataLayerError, DataSourceError, sqlite3.OperationalError) as error:
        raise UserError(f"{path}: could not be written ({excerpt(error, 200)}); make room, and run it again") from error

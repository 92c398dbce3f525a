"""Reading the tables that pass between the steps."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from crater_pipeline.errors import UserError


def read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A Parquet table with at least `columns`; `UserError` if it is missing, unreadable or lacks one."""
    return _checked(pd.read_parquet, path, columns)


def read_geotable(path: Path, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """A GeoParquet table with at least `columns`; errors as `read_table`."""
    return _checked(gpd.read_parquet, path, columns)


def _checked(read, path, columns):  # type: ignore[no-untyped-def]
    if not path.is_file():
        raise UserError(f"{path}: no such table; run the step that makes it")
    try:
        table = read(path)
    except (pa.ArrowException, ValueError) as error:
        raise UserError(f"{path}: not a table of this pipeline ({error}); delete it and make it again") from error
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise UserError(f"{path}: lacks the columns {', '.join(missing)}; delete it and make it again")
    return table

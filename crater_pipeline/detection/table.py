"""`detections.parquet`: detections in tile space, with the grid that they refer to."""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crater_pipeline.atomic import atomic_path
from crater_pipeline.detection.rows import empty_detections
from crater_pipeline.tables import METADATA_KEY
from crater_pipeline.tiles.grid import TileGrid


def write_detections(tables: Iterable[pd.DataFrame], grid: TileGrid, weights_hash: str, output: Path) -> int:
    """Write tables of detections as one, a row group each, and return its length.

    The grid and the weights' hash go into its metadata under `METADATA_KEY` as JSON.
    """
    described = {
        "tile_size": grid.size,
        "overlap": grid.overlap,
        "levels": grid.levels,
        "raster_width": grid.width,
        "raster_height": grid.height,
        "weights_hash": weights_hash,
    }
    schema = pa.Schema.from_pandas(empty_detections(), preserve_index=False)
    schema = schema.with_metadata({**(schema.metadata or {}), METADATA_KEY: json.dumps(described)})
    count = 0
    with atomic_path(output) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for table in tables:
            writer.write_table(pa.Table.from_pandas(table, schema=schema, preserve_index=False))
            count += len(table)
    return count

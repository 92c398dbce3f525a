"""`detections.parquet`: detections in tile space, with the grid that they refer to."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crater_pipeline.atomic import atomic_path
from crater_pipeline.tables import METADATA_KEY
from crater_pipeline.tiles.grid import TileGrid


def write_detections(detections: pd.DataFrame, grid: TileGrid, weights_hash: str, output: Path) -> None:
    """Write the table; the grid and the weights' hash go into its metadata under `METADATA_KEY` as JSON."""
    described = {
        "tile_size": grid.size,
        "overlap": grid.overlap,
        "levels": grid.levels,
        "raster_width": grid.width,
        "raster_height": grid.height,
        "weights_hash": weights_hash,
    }
    table = pa.Table.from_pandas(detections, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), METADATA_KEY: json.dumps(described)})
    with atomic_path(output) as temporary:
        pq.write_table(table, temporary)

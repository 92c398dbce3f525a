"""Craters as GeoParquet (version 1.1.0 of the format), for data frames and databases that work in the cloud."""

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from crater_pipeline.atomic import atomic_path
from crater_pipeline.export.streams import circles_of, feature_stream
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import crosses_antimeridian

COLUMN = "geometry"


def write_craters(path: Path, craters: pd.DataFrame, body: Body, vertices: int) -> None:
    """Craters as polygons, longitude first, in the body's geographic reference system, a few thousand at a time."""
    cut = crosses_antimeridian(craters["lon"], craters["lat"], craters["diameter_km"], body).any()
    metadata = {b"geo": _metadata(body, bool(cut))}
    reader = feature_stream(craters, circles_of(body, vertices), name=COLUMN, metadata=metadata)
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)


def _metadata(body: Body, multi: bool) -> bytes:
    """What the format wants to know of the geometries: https://geoparquet.org/releases/v1.1.0/."""
    column = {
        "encoding": "WKB",
        "geometry_types": ["Polygon", "MultiPolygon"] if multi else ["Polygon"],
        "crs": body.geographic_crs.to_json_dict(),
        "edges": "planar",
    }
    return json.dumps({"version": "1.1.0", "primary_column": COLUMN, "columns": {COLUMN: column}}).encode()

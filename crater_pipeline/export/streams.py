"""Features as a stream: geometries of a few thousand rows at a time, so that memory does not grow with their number."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import circle_polygons

Geometries = NDArray[np.object_]

BATCH = 5_000
"""Features whose geometries exist at once: of circles with 360 vertices some 200 MB, with all that is copied."""

GEOMETRY = "geom"


def feature_stream(
    table: pd.DataFrame,
    geometries: Callable[[pd.DataFrame], Geometries],
    multi: bool = False,
    name: str = GEOMETRY,
    metadata: dict[bytes, bytes] | None = None,
) -> pa.RecordBatchReader:
    """The rows of `table` with their geometries as well-known binary in the column `name`, in batches.

    `geometries` makes those of any rows, shape (n,); with `multi` polygons become MultiPolygons. A column `geometry` of
    the table is left out. `metadata` goes into the schema.
    """
    attributes = _attributes(table)
    schema = attributes.schema.append(pa.field(name, pa.binary())).with_metadata(metadata)
    return pa.RecordBatchReader.from_batches(schema, _batches(table, attributes, geometries, multi, schema))


def circles_of(body: Body, vertices: int) -> Callable[[pd.DataFrame], Geometries]:
    """What makes the circles of craters (rows with lon, lat, diameter_km) as polygons, cut at the antimeridian."""
    return lambda rows: circle_polygons(rows["lon"], rows["lat"], rows["diameter_km"], body, vertices)


def _attributes(table: pd.DataFrame) -> pa.Table:
    """Columns without geometry, texts with 32-bit offsets as GDAL's drivers expect them."""
    plain = pa.Table.from_pandas(table.drop(columns="geometry", errors="ignore"), preserve_index=False)
    fields = [field.with_type(pa.string()) if pa.types.is_large_string(field.type) else field for field in plain.schema]
    return plain.cast(pa.schema(fields))


def _batches(
    table: pd.DataFrame,
    attributes: pa.Table,
    geometries: Callable[[pd.DataFrame], Geometries],
    multi: bool,
    schema: pa.Schema,
) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(table), BATCH):
        shapes = geometries(table.iloc[start : start + BATCH])
        if multi:
            single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
            shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(single.sum()))
        wkb = pa.array(shapely.to_wkb(shapes), type=pa.binary())
        rows = attributes.slice(start, BATCH).append_column(schema.field(len(schema) - 1), wkb)
        yield from rows.replace_schema_metadata(schema.metadata).combine_chunks().to_batches()

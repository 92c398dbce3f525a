"""Geometries are made a batch at a time."""

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from crater_pipeline.export import streams
from crater_pipeline.export.streams import GEOMETRY, Geometries, feature_stream


def test_no_more_than_a_batch_exists_at_once() -> None:
    count = 2 * streams.BATCH + 7
    table = pd.DataFrame({"lon": np.arange(count) * 1e-3, "name": pd.Series(["x"] * count, dtype="str")})
    made: list[int] = []

    def points(rows: pd.DataFrame) -> Geometries:
        made.append(len(rows))
        return np.asarray(shapely.points(rows["lon"], 0.0), dtype=object)

    reader = feature_stream(table, points)
    assert made == []
    sizes = []
    for number, batch in enumerate(reader, start=1):
        assert len(made) == number
        sizes.append(batch.num_rows)
        x = shapely.get_x(shapely.from_wkb(batch.column(GEOMETRY).to_pylist()))
        assert x.tolist() == batch.column("lon").to_pylist()
    assert sizes == made == [streams.BATCH, streams.BATCH, 7]


def test_schema_suits_gdal() -> None:
    table = pd.DataFrame({"name": pd.Series(["a", None], dtype="str"), "geometry": [None, None]})
    reader = feature_stream(table, lambda rows: np.array([shapely.box(0, 0, 1, 1)] * len(rows)), multi=True)
    assert [(field.name, field.type) for field in reader.schema] == [("name", pa.string()), (GEOMETRY, pa.binary())]
    shapes = shapely.from_wkb(reader.read_all().column(GEOMETRY).to_pylist())
    assert {shape.geom_type for shape in shapes} == {"MultiPolygon"}


def test_an_empty_table_has_a_schema_too() -> None:
    reader = feature_stream(pd.DataFrame({"lon": pd.Series([], dtype=float)}), lambda rows: np.empty(0, dtype=object))
    assert reader.read_all().num_rows == 0
    assert GEOMETRY in reader.schema.names

"""Tables between the steps."""

import json
from pathlib import Path
from random import Random

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.tables import METADATA_KEY, read_geotable, read_json, read_table


def test_facts_of_the_schema_become_attributes_and_stay_with_the_table(tmp_path: Path) -> None:
    table = pa.table({"a": [1]}).replace_schema_metadata({METADATA_KEY: json.dumps({"tile_size": 512})})
    pq.write_table(table, tmp_path / "first.parquet")
    first = read_table(tmp_path / "first.parquet", ["a"])
    assert first.attrs == {"tile_size": 512}
    first.to_parquet(tmp_path / "second.parquet")
    assert read_table(tmp_path / "second.parquet", ["a"]).attrs == {"tile_size": 512}


@pytest.mark.parametrize("read", [read_table, read_geotable])
def test_mistakes_name_the_file(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match=r"none\.parquet: no such table"):
        read(tmp_path / "none.parquet", [])
    (tmp_path / "page.parquet").write_text("<html>")
    with pytest.raises(UserError, match=r"page\.parquet: not a table"):
        read(tmp_path / "page.parquet", [])


def test_missing_columns(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(UserError, match=r"t\.parquet: lacks the columns b, c"):
        read_table(tmp_path / "t.parquet", ["a", "b", "c"])


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"a": 1}')
    assert read_json(path) == {"a": 1}
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"x\.json: not valid JSON"):
        read_json(path)


def test_text_where_numbers_belong(tmp_path: Path) -> None:
    pd.DataFrame({"lon": ["1,5"], "lat": [2.0]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(UserError, match=r"t\.parquet: the columns lon must hold numbers"):
        read_table(tmp_path / "t.parquet", ["lon", "lat"])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1, 3, 30]), st.booleans(), st.booleans())
def test_damage_is_one_message_or_none(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, cut: bool, geographic: bool
) -> None:
    """Bytes changed anywhere, also within pages: whatever the libraries say of it."""
    random = Random(seed)
    numbers = [random.uniform(-90, 90) for _ in range(100)]
    table = pd.DataFrame({"catalogue_id": [f"K{i}" for i in range(100)], "lon": numbers, "lat": numbers})
    table.attrs = {"weights_hash": "abc"}
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    if geographic:
        gpd.GeoDataFrame(table, geometry=shapely.points(numbers, numbers), crs=MOON.geographic_crs).to_parquet(path)
    else:
        table.to_parquet(path)
    damaged = bytearray(path.read_bytes())
    for _ in range(count):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    path.write_bytes(damaged[: random.randrange(len(damaged))] if cut else damaged)
    try:
        (read_geotable if geographic else read_table)(path, ["catalogue_id", "lon", "lat"])
    except UserError as error:
        assert len(str(error)) < 500  # noqa: PT017 (it may, but need not, be raised)
        assert str(error).isprintable()  # noqa: PT017

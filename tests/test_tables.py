"""Tables between the steps."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crater_pipeline.errors import UserError
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

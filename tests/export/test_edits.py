"""An edited GeoPackage survives the next run; one that was only looked at is simply replaced."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from crater_pipeline.errors import UserError
from crater_pipeline.export.edits import content_hash, is_edited
from crater_pipeline.export.geopackage import region_layers, write_geopackage
from crater_pipeline.export.styles import styles
from tests.export.small_region import MOON, catalogue_of, craters_of, footprint_of


def write(path: Path) -> None:
    craters = craters_of([0, 0.5, 179.99], [0, 1, 2], [5, 6, 7], [0.9, 0.8, 0.7]).assign(status="candidate")
    catalogue = catalogue_of([0], [0], [5]).assign(found=True)
    footprint = footprint_of({"test": [(-1, -1, 180, 3)]})
    write_geopackage(path, region_layers(craters, footprint, catalogue, MOON, 72), styles(), [("key", "value")], MOON)


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A file just written."""
    write(tmp_path / "craters.gpkg")
    return tmp_path / "craters.gpkg"


def connected(path: Path) -> sqlite3.Connection:
    """A connection with the functions that the spatial index names (and does not call for attributes)."""
    database = sqlite3.connect(path)
    for name in ("IsEmpty", "MinX", "MaxX", "MinY", "MaxY"):
        database.create_function(f"ST_{name}", 1, lambda shape: 1 / 0)
    return database


def sql(path: Path, *statements: str) -> None:
    with closing(connected(path)) as database, database:
        for statement in statements:
            database.execute(statement)


def move_in_a_gis(path: Path) -> None:
    """Read a layer, shift a crater, write the layer anew: row numbers and blob headers are all new."""
    craters = gpd.read_file(path, layer="craters")
    craters.loc[1, "geometry"] = shapely.transform(craters.geometry[1], lambda xy: xy + 0.001)
    pyogrio.write_dataframe(craters, path, layer="craters", driver="GPKG")


EDITS: dict[str, Callable[[Path], None]] = {
    "a crater is moved": move_in_a_gis,
    "a mark is set": lambda path: sql(path, "UPDATE craters SET review = 'reject' WHERE fid = 2"),
    "an attribute is changed": lambda path: sql(path, "UPDATE craters SET diameter_km = 5.5 WHERE fid = 1"),
    "a catalogue crater is marked": lambda path: sql(path, "UPDATE catalogue SET review = 'reject'"),
    "a column is added": lambda path: sql(path, "ALTER TABLE craters ADD COLUMN remark TEXT"),
    "a style is changed": lambda path: sql(path, "UPDATE layer_styles SET styleQML = '<qgis/>' WHERE id = 1"),
    "a project is stored": lambda path: sql(
        path,
        "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, content BLOB)",
        "INSERT INTO qgis_projects VALUES (1, 2)",
    ),
}


def delete_a_crater(path: Path) -> None:
    pyogrio.write_dataframe(gpd.read_file(path, layer="craters").iloc[1:], path, layer="craters", driver="GPKG")


def draw_a_layer(path: Path) -> None:
    mine = gpd.GeoDataFrame({"name": ["mine"]}, geometry=[shapely.Point(0, 0)], crs="IAU_2015:30100")
    pyogrio.write_dataframe(mine, path, layer="mine", driver="GPKG")


EDITS |= {"a crater is deleted": delete_a_crater, "a layer is drawn": draw_a_layer}

LOOKS: dict[str, Callable[[Path], None]] = {
    "nothing": lambda path: None,
    "journal mode": lambda path: sql(path, "PRAGMA journal_mode = wal"),
    "times": lambda path: sql(path, "UPDATE gpkg_contents SET last_change = '2026-01-01T00:00:00.000Z'"),
    "columns and times of styles": lambda path: sql(
        path,
        "ALTER TABLE layer_styles ADD COLUMN extra TEXT",
        "UPDATE layer_styles SET update_time = 'now', owner = 'me'",
    ),
    "housekeeping": lambda path: sql(path, "VACUUM"),
    "tables of GDAL's own": lambda path: sql(path, "CREATE TABLE gpkg_metadata (id INTEGER PRIMARY KEY, md TEXT)"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_a_user_edited_is_kept_beside_the_new_file(
    first: Path, edit: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    fresh = first.read_bytes()
    edit(first)
    edited = first.read_bytes()
    write(first)
    assert first.read_bytes() == fresh
    assert first.with_name("craters_edited_1.gpkg").read_bytes() == edited
    assert "kept as craters_edited_1.gpkg" in caplog.text


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_file_only_looked_at_is_replaced(first: Path, look: Callable[[Path], None]) -> None:
    fresh = first.read_bytes()
    look(first)
    write(first)
    assert first.read_bytes() == fresh
    assert sorted(path.name for path in first.parent.glob("*.gpkg*")) == ["craters.gpkg"]


def test_reading_a_layer_and_writing_it_back_is_no_edit(first: Path) -> None:
    styles = gpd.read_file(first, layer="layer_styles")
    for name in ("craters", "catalogue"):
        layer = gpd.read_file(first, layer=name).sample(frac=1, random_state=1)
        pyogrio.write_dataframe(layer, first, layer=name, driver="GPKG")
    assert len(styles) == 4
    assert not is_edited(first)


def test_every_edited_file_is_kept(first: Path) -> None:
    for number in (1, 2):
        sql(first, f"UPDATE craters SET review = 'mine {number}'")
        write(first)
    kept = [
        gpd.read_file(first.with_name(f"craters_edited_{number}.gpkg"), layer="craters")["review"].unique().tolist()
        for number in (1, 2)
    ]
    assert kept == [["mine 1"], ["mine 2"]]


def test_what_another_program_has_open_goes_on_living_there(first: Path) -> None:
    """As QGIS has it: a journal beside the file holds what was saved, and more is saved after the rerun."""
    with closing(connected(first)) as database:
        database.execute("PRAGMA journal_mode = wal")
        with database:
            database.execute("UPDATE craters SET review = 'before'")
        write(first)
        with database:
            database.execute("UPDATE craters SET review = 'after' WHERE fid = 1")
    kept = gpd.read_file(first.with_name("craters_edited_1.gpkg"), layer="craters")
    assert sorted(kept["review"]) == ["after", "before", "before"]
    assert gpd.read_file(first, layer="craters")["review"].isna().all()
    assert not is_edited(first)


def notes(path: Path) -> None:
    path.write_text("notes of mine")


def folder(path: Path) -> None:
    path.mkdir()


def database(path: Path) -> None:
    sql(path, "CREATE TABLE mine (a)", "INSERT INTO mine VALUES (1)")


def geopackage(path: Path) -> None:
    draw_a_layer(path)


def damaged(path: Path) -> None:
    write(path)
    content = bytearray(path.read_bytes())
    content[200:] = b"x" * (len(content) - 200)
    path.write_bytes(content)


@pytest.mark.parametrize("make", [notes, folder, database, geopackage, damaged])
def test_what_was_not_written_here_stays_where_it_is(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "craters.gpkg"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UserError, match=r"craters\.gpkg: what is there is not known to be this program's"):
        write(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [each.name for each in tmp_path.iterdir()] == ["craters.gpkg"]


def test_an_empty_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "craters.gpkg").touch()
    write(tmp_path / "craters.gpkg")
    assert [each.name for each in tmp_path.iterdir()] == ["craters.gpkg"]


def test_the_hash_takes_no_notice_of_order() -> None:
    table = pd.DataFrame({"a": [1.5, None, 2.0], "b": ["x", "y", None], "c": [b"GPx", b"", b"GP\0\1____1234"]})

    def hashed(rows: pd.DataFrame) -> str:
        with closing(sqlite3.connect(":memory:")) as database:
            rows.to_sql("t", database, index=False)
            return content_hash(database)

    assert hashed(table.iloc[[2, 0, 1]]) == hashed(table) == hashed(table[["c", "a", "b"]])
    swapped = table.assign(b=table["b"].iloc[[1, 0, 2]].to_numpy())
    twice = pd.concat([table, table.iloc[:1]])
    assert len({hashed(each) for each in (table, swapped, twice, table.rename(columns={"b": "d"}))}) == 4

"""Every column of every exported file is described, and nothing else is."""

from collections.abc import Iterable, Mapping

import pandas as pd
import pytest

from crater_pipeline.configuration.column_tables import blocks, layer, table
from crater_pipeline.export import columns
from crater_pipeline.export.columns import Column
from crater_pipeline.export.publication import COLUMNS
from crater_pipeline.export.shapefile import NAMES
from crater_pipeline.measures.table import COLUMNS as DEPTHS
from tests.export.small_region import Exported

TABLES: dict[tuple[str, str | None], Iterable[str]] = {
    ("craters.gpkg", "craters"): [*columns.CRATERS, *columns.REVIEW],
    ("craters.gpkg", "centres"): columns.CRATERS,
    ("craters.gpkg", "footprint"): columns.FOOTPRINT,
    ("craters.gpkg", "provenance"): columns.PROVENANCE,
    ("craters.csv", None): columns.CRATERS,
    ("craters.shp", None): [NAMES.get(name, name) for name in columns.CRATERS],
    ("small_CRATER.shp", None): columns.CRATERSTATS_CRATERS,
    ("small_AREA.shp", None): columns.CRATERSTATS_AREA,
}


@pytest.mark.parametrize(("file", "name"), TABLES)
def test_what_is_written_is_what_is_described(exported: Exported, file: str, name: str | None) -> None:
    assert [column for column, _ in layer(exported[file], name)] == list(TABLES[file, name])


def test_the_catalogue_has_what_its_format_has(exported_empty: Exported) -> None:
    names = [column for column, _ in layer(exported_empty["craters.gpkg"], "catalogue")]
    assert names == [*columns.CATALOGUE, *columns.REVIEW]


def test_tables_between_the_steps_hold_what_the_page_says_of_them(exported: Exported) -> None:
    assert list(pd.read_parquet(exported["craters_all.parquet"]).columns) == COLUMNS
    assert [*COLUMNS, *DEPTHS] == list(columns.CRATERS)
    assert COLUMNS[-1] == "diameter_sigma_km"


@pytest.mark.parametrize("ending", ["diam", "scc"])
def test_columns_of_counts_are_described(exported: Exported, ending: str) -> None:
    found = dict(blocks(exported[f"small.{ending}"]))
    assert "crater" in found
    assert {name for names in found.values() for name in names} <= set(columns.COUNT_BLOCKS)


def test_a_column_that_nobody_described_stops_the_page() -> None:
    described: Mapping[str, Column] = {"lon": Column("degrees", "east")}
    assert table([("lon", "")], described).splitlines()[-1] == "| `lon` | degrees | east |"
    assert (
        table([("lon", "number")], described, {"lon": "l"}).splitlines()[-1]
        == "| `lon` | `l` | number | degrees | east |"
    )
    with pytest.raises(KeyError, match="age"):
        table([("age", "number")], described)

"""Comma-separated values and GeoParquet: the same rows as the GeoPackage, read by others."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest

from crater_pipeline.export import geoparquet as format_of_parquet
from crater_pipeline.steps.geoparquet import geoparquet
from crater_pipeline.steps.read_catalogue import read_catalogue
from tests.export.small_region import MOON, Exported


def as_geoparquet(exported: Exported, folder: Path) -> Path:
    geoparquet(
        craters=exported["craters_all.parquet"],
        operating_point=exported.folder.parent / "operating_point.json",
        output=folder / "craters.parquet",
        body=MOON,
    )
    return folder / "craters.parquet"


def test_csv_holds_the_rows_of_the_geopackage(exported: Exported) -> None:
    table = pd.read_csv(exported["craters.csv"])
    layer = gpd.read_file(exported["craters.gpkg"], layer="craters").drop(columns=["geometry", "review"])
    assert table.columns.tolist() == layer.columns.tolist()
    for name in table.columns:
        if pd.api.types.is_float_dtype(layer[name]):
            assert table[name].to_numpy() == pytest.approx(layer[name].to_numpy(), abs=1e-6, nan_ok=True)
        else:
            assert table[name].fillna("").tolist() == layer[name].fillna("").tolist()


def test_csv_can_be_the_next_regions_catalogue(exported: Exported, tmp_path: Path) -> None:
    output, bounds = tmp_path / "known.parquet", (170.0, 8.0, -176.0, 17.0)
    read_catalogue(catalogue=exported["craters.csv"], output=output, format="table", body=MOON, bounds=bounds)
    known = pd.read_parquet(output)
    assert sorted(known["diameter_km"]) == pytest.approx([1.5, 5.0, 10.0, 20.0])


def test_csv_of_nothing_has_a_header(exported_empty: Exported) -> None:
    assert exported_empty["craters.csv"].read_text().startswith("crater_id,lon,lat,diameter_km,score,")
    assert len(pd.read_csv(exported_empty["craters.csv"])) == 0


def test_geoparquet_holds_the_rows_of_the_geopackage(exported: Exported, tmp_path: Path) -> None:
    table = gpd.read_parquet(as_geoparquet(exported, tmp_path))
    layer = gpd.read_file(exported["craters.gpkg"], layer="craters").drop(columns="review")
    assert table.columns.tolist() == layer.columns.tolist()
    assert table["crater_id"].tolist() == layer["crater_id"].tolist()
    assert table.crs == MOON.geographic_crs
    assert table.crs.to_authority() == ("IAU_2015", "30100")
    assert table.geometry.geom_equals(layer.geometry).all()
    assert table["centre_sigma_km"].tolist() == layer["centre_sigma_km"].tolist()


def test_geoparquet_says_what_the_format_asks_for(exported: Exported, tmp_path: Path) -> None:
    """Required members of the specification 1.1.0: version, primary_column, columns with encoding, geometry_types."""
    metadata = json.loads(pq.read_schema(as_geoparquet(exported, tmp_path)).metadata[b"geo"])
    assert metadata["version"] == "1.1.0"
    column = metadata["columns"][metadata["primary_column"]]
    assert column["encoding"] == "WKB"
    assert set(column["geometry_types"]) == {"Polygon", "MultiPolygon"}
    assert column["crs"]["type"] == "GeographicCRS"
    assert column["crs"]["id"]["code"] == 30100


def test_geoparquet_of_nothing(exported_empty: Exported, tmp_path: Path) -> None:
    table = gpd.read_parquet(as_geoparquet(exported_empty, tmp_path))
    assert len(table) == 0
    assert table.crs == MOON.geographic_crs


def test_geoparquet_is_written_in_batches(exported: Exported, tmp_path: Path) -> None:
    """Row groups are the batches of the stream: no more than those many polygons exist at once."""
    row = pd.read_parquet(exported["craters_all.parquet"]).iloc[:1]
    many = pd.concat([row] * 5001, ignore_index=True)
    format_of_parquet.write_craters(tmp_path / "many.parquet", many, MOON, 12)
    groups = pq.ParquetFile(tmp_path / "many.parquet").metadata
    assert [groups.row_group(i).num_rows for i in range(groups.num_row_groups)] == [5000, 1]

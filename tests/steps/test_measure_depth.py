"""The step, and its depths in every format that craters are exported in."""

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from crater_pipeline.errors import UserError
from crater_pipeline.export.depth_style import NAME
from crater_pipeline.measures.settings import DepthSettings
from crater_pipeline.measures.table import COLUMNS
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.steps.geoparquet import geoparquet
from crater_pipeline.steps.measure_depth import measure_depth
from tests.export.small_region import MOON, catalogue_of, craters_of, export_published, footprint_of, run_export
from tests.measures.terrain import DEPTH_M, crater, grid_around, write_terrain

BOUNDS = (-0.5, -0.5, 0.5, 0.5)
GRID = grid_around(0.0, 0.0, choose_projection(Bounds(*BOUNDS), MOON), 100.0, 360)
SHAPEFILE = ["depth_m", "depth_sd_m", "rim_m", "rim_sd_m", "d_to_d", "d_to_d_sd"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published crater of 8 km, its double below the threshold, one of 1 km, and the terrain that holds the first."""
    folder = tmp_path_factory.mktemp("depths")
    craters = craters_of([0.0, 0.02, 0.3], [0.0, 0.0, 0.3], [8.0, 7.0, 1.0], [0.9, 0.1, 0.8])
    run_export(folder, craters, catalogue_of([], [], []), footprint_of({"test": [BOUNDS]}))
    write_terrain(folder / "terrain.tif", GRID, crater(0.0, 0.0, 8.0))
    return folder


def depths(folder: Path, terrain: Path, name: str = "depths.parquet", **more: object) -> pd.DataFrame:
    measure_depth(
        craters=folder / "out" / "craters_all.parquet",
        operating_point=folder / "operating_point.json",
        terrain=terrain,
        output=folder / name,
        bounds=BOUNDS,
        body=MOON,
        **more,  # type: ignore[arg-type]
    )
    return pd.read_parquet(folder / name)


def test_every_crater_has_its_row(folder: Path) -> None:
    found = depths(folder, folder / "terrain.tif")
    published = pd.read_parquet(folder / "out" / "craters_all.parquet")
    assert found.columns.tolist() == ["crater_id", *COLUMNS]
    assert found["crater_id"].tolist() == published["crater_id"].tolist()
    assert found["depth_m"].notna().tolist() == [True, True, False]
    assert found["depth_m"][0] == pytest.approx(DEPTH_M, rel=0.03)
    assert published["diameter_sigma_km"][0] > 0
    assert found["depth_to_diameter_sd"][0] > found["depth_sd_m"][0] / 8000


def test_the_unit_can_be_told(folder: Path) -> None:
    km = write_terrain(folder / "km.tif", GRID, lambda lon, lat: crater(0.0, 0.0, 8.0)(lon, lat) / 1000)
    found = depths(folder, km, "km.parquet", elevation_unit="km")
    assert found["depth_m"][0] == pytest.approx(DEPTH_M, rel=0.03)


def test_a_missing_terrain_model_leaves_nothing(folder: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.tif"):
        depths(folder, folder / "nowhere.tif", "none.parquet")
    assert not (folder / "none.parquet").exists()


def test_settings_are_those_given(folder: Path) -> None:
    found = depths(folder, folder / "terrain.tif", "strict.parquet", settings=DepthSettings(min_diameter_px=75))
    assert found["depth_m"].notna().tolist() == [True, False, False]


def test_depths_are_in_every_format(folder: Path) -> None:
    known = depths(folder, folder / "terrain.tif").set_index("crater_id")
    out = export_published(folder, "measured", folder / "depths.parquet")
    geoparquet(
        craters=folder / "out" / "craters_all.parquet",
        operating_point=folder / "operating_point.json",
        depths=folder / "depths.parquet",
        output=out["craters.parquet"],
        body=MOON,
    )
    tables = [
        gpd.read_file(out["craters.gpkg"], layer="craters"),
        gpd.read_file(out["craters.gpkg"], layer="centres"),
        pd.read_csv(out["craters.csv"]),
        gpd.read_parquet(out["craters.parquet"]),
        gpd.read_file(out["craters.shp"]).rename(columns=dict(zip(SHAPEFILE, COLUMNS, strict=True))),
    ]
    for table in tables:
        expected = known.loc[table["crater_id"], COLUMNS]
        assert len(table) == 2
        np.testing.assert_allclose(table[COLUMNS].to_numpy(dtype=float), expected, atol=1e-5)


def test_without_terrain_the_columns_are_there_and_empty(folder: Path) -> None:
    layer = gpd.read_file(folder / "out" / "craters.gpkg", layer="craters")
    assert layer[COLUMNS].isna().all(axis=None)
    assert [layer[name].dtype.kind for name in COLUMNS] == ["f"] * len(COLUMNS)
    assert set(SHAPEFILE) <= set(gpd.read_file(folder / "out" / "craters.shp").columns)


def test_a_style_by_depth_is_offered_beside_the_default(folder: Path) -> None:
    depths(folder, folder / "terrain.tif")
    out = export_published(folder, "styled", folder / "depths.parquet")
    with closing(sqlite3.connect(out["craters.gpkg"])) as database:
        rows = database.execute("SELECT f_table_name, styleName, useAsDefault FROM layer_styles").fetchall()
    assert {(layer, default) for layer, name, default in rows if name == NAME} == {("craters", 0), ("centres", 0)}
    assert {layer for layer, _, default in rows if default} == {"craters", "centres", "footprint", "catalogue"}
    with closing(sqlite3.connect(folder / "out" / "craters.gpkg")) as database:
        assert database.execute("SELECT count(*) FROM layer_styles").fetchone() == (4,)

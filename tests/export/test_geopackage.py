"""The GeoPackage of the contract: layers, columns, reference system, styles, provenance."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from crater_pipeline.export.geopackage import circle_layer, write_geopackage
from crater_pipeline.measures.table import COLUMNS
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import great_circle_km
from tests.export.small_region import MOON, Exported, catalogue_of, craters_of, footprint_of, run_export

LAYERS = ["craters", "centres", "footprint", "catalogue"]


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


def layer(exported: Exported, name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(exported["craters.gpkg"], layer=name)


def test_layers_in_order(exported: Exported, exported_empty: Exported) -> None:
    for each in (exported, exported_empty):
        names = [name for name, _ in pyogrio.list_layers(each["craters.gpkg"])]
        assert names == [*LAYERS, "layer_styles", "provenance"]


def test_craters(exported: Exported) -> None:
    craters = layer(exported, "craters")
    assert list(craters.columns[:-1]) == [
        "crater_id",
        "lon",
        "lat",
        "diameter_km",
        "score",
        "raw_score",
        "status",
        "catalogue_id",
        "level",
        "diameter_px",
        "split",
        "touches_edge",
        "centre_sigma_km",
        "diameter_sigma_km",
        *COLUMNS,
        "review",
    ]
    assert craters["review"].isna().all()
    assert craters["status"].tolist() == ["matched", "matched", "candidate", "unverifiable"]
    assert craters["catalogue_id"].fillna("-").tolist() == ["K0", "K1", "-", "-"]
    assert craters["score"].min() >= 0.5
    assert craters["touches_edge"].dtype == bool
    assert craters["lon"].between(-180, 180).all()
    everything = pd.read_parquet(exported["craters_all.parquet"])
    assert len(everything) == 6
    same = everything[everything["score"] >= 0.5].reset_index(drop=True)
    for column in ("lon", "lat", "diameter_km", "score"):
        assert same[column].tolist() == craters[column].tolist()


def test_polygons_are_circles_and_cut_at_the_antimeridian(exported: Exported) -> None:
    craters = layer(exported, "craters")
    assert craters.is_valid.all()
    assert set(craters.geom_type) == {"MultiPolygon"}
    assert [len(geometry.geoms) for geometry in craters.geometry] == [1, 2, 1, 1]
    for row in craters.itertuples():
        lon, lat = shapely.get_coordinates(row.geometry).T
        rim = np.abs(lon) < 180
        distance = great_circle_km(lon[rim], lat[rim], row.lon, row.lat, MOON)
        assert distance == pytest.approx(row.diameter_km / 2, rel=1e-6)


def test_a_region_away_from_the_antimeridian_has_plain_polygons(tmp_path: Path) -> None:
    run = run_export(
        tmp_path, craters_of([0], [0], [5], [0.9]), catalogue_of([], [], []), footprint_of({"test": [(-1, -1, 1, 1)]})
    )
    assert pyogrio.read_info(run["craters.gpkg"], layer="craters")["geometry_type"] == "Polygon"


def test_centres_are_the_same_rows(exported: Exported) -> None:
    craters, centres = layer(exported, "craters"), layer(exported, "centres")
    pd.testing.assert_frame_equal(
        pd.DataFrame(centres.drop(columns="geometry")), pd.DataFrame(craters.drop(columns=["geometry", "review"]))
    )
    assert centres.geometry.x.tolist() == centres["lon"].tolist()
    assert centres.geometry.y.tolist() == centres["lat"].tolist()


def test_catalogue_and_footprint(exported: Exported) -> None:
    catalogue, footprint = layer(exported, "catalogue"), layer(exported, "footprint")
    assert dict(zip(catalogue["catalogue_id"], catalogue["found"], strict=True)) == {
        "K0": True,
        "K1": True,
        "K2": False,  # found only below the threshold
        "K3": False,
    }
    assert footprint["split"].tolist() == ["train", "test", "val"]
    assert (footprint["area_km2"] > 0).all()


def test_empty_layers_are_layers(exported_empty: Exported) -> None:
    for name, kind in zip(LAYERS, ("Polygon", "Point", "MultiPolygon", "Polygon"), strict=True):
        info = pyogrio.read_info(exported_empty["craters.gpkg"], layer=name)
        assert info["geometry_type"] == kind
        assert info["features"] == (1 if name == "footprint" else 0)
    assert "found" in pyogrio.read_info(exported_empty["craters.gpkg"], layer="catalogue")["fields"]


def test_reference_system_is_the_registered_one(exported: Exported) -> None:
    for name in LAYERS:
        crs = layer(exported, name).crs
        assert crs.to_authority() == ("IAU_2015", "30100")
        assert crs == MOON.geographic_crs
    rows = query(
        exported["craters.gpkg"],
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = 30100",
    )
    assert rows[0][:2] == ("IAU_2015", 30100)
    assert rows[0][2].startswith('GEOGCS["Moon (2015) - Sphere / Ocentric"')
    assert "AUTHORITY" not in rows[0][2]


def test_another_body(tmp_path: Path) -> None:
    mars = Body(name="mars", radius_m=3_396_190.0)
    footprint = footprint_of({"test": [(-1, -1, 1, 1)]}).set_crs(mars.geographic_crs, allow_override=True)
    run = run_export(tmp_path, craters_of([0], [0], [5], [0.9]), catalogue_of([], [], []), footprint, mars)
    crs = layer(run, "craters").crs
    assert crs.ellipsoid.semi_major_metre == 3_396_190.0
    assert crs.is_geographic


def test_version_and_integrity(exported: Exported, exported_empty: Exported) -> None:
    for each in (exported, exported_empty):
        path = each["craters.gpkg"]
        assert query(path, "PRAGMA application_id") == [(0x47504B47,)]  # "GPKG"
        assert query(path, "PRAGMA user_version") == [(10300,)]
        assert query(path, "PRAGMA integrity_check") == [("ok",)]
        assert query(path, "PRAGMA foreign_key_check") == []
        for name, kind in query(path, "SELECT table_name, data_type FROM gpkg_contents"):
            assert kind == ("features" if name in LAYERS else "attributes")
            count = query(path, f'SELECT count(*) FROM "{name}"')
            assert query(path, f"SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = '{name}'") == count


def test_a_style_for_every_layer_as_qgis_looks_for_it(exported: Exported) -> None:
    rows = query(
        exported["craters.gpkg"],
        "SELECT f_table_name, f_table_catalog, f_table_schema, f_geometry_column, useAsDefault, styleQML "
        "FROM layer_styles",
    )
    assert sorted(row[0] for row in rows) == sorted(LAYERS)
    geometry_columns = dict(
        query(exported["craters.gpkg"], "SELECT table_name, column_name FROM gpkg_geometry_columns")
    )
    for name, table_catalog, schema, geometry, default, qml in rows:
        assert (table_catalog, schema, default) == ("", "", 1)
        assert geometry == geometry_columns[name]
        assert "renderer-v2" in qml


def test_provenance(exported: Exported) -> None:
    facts = dict(query(exported["craters.gpkg"], "SELECT key, value FROM provenance"))
    assert facts["configuration_hash"] == "c0ffee"
    assert facts["weights_hash"] == "abc123"
    assert facts["sources.0.url"] == "a.tif"
    assert facts["sources.0.sha256"] == "beef"
    assert facts["region"] == "small"
    assert facts["operating_point.threshold"] == "0.5"
    assert "code_version" in facts


def test_the_same_craters_give_the_same_bytes(tmp_path: Path) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        run = run_export(
            folder,
            craters_of([0, 1], [0, 1], [5, 6], [0.9, 0.8]),
            catalogue_of([0], [0], [5]),
            footprint_of({"test": [(-1, -1, 2, 2)]}),
        )
        return {path.name: path.read_bytes() for path in sorted(run.folder.iterdir())}

    # several: a dependence on the clock shows in one run of eight
    first, *others = (files(tmp_path / str(i)) for i in range(8))
    for other in others:
        assert first.keys() == other.keys()
        assert [name for name in first if first[name] != other[name]] == []


def test_unknown_standard_deviations_are_null(tmp_path: Path) -> None:
    craters = craters_of([0], [0], [5], [0.9]).assign(centre_sigma_km=np.nan)
    layers = [circle_layer("craters", craters, MOON, 72)]
    write_geopackage(tmp_path / "x.gpkg", layers, {}, [], MOON)
    assert query(tmp_path / "x.gpkg", "SELECT centre_sigma_km FROM craters") == [(None,)]

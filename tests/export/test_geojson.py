"""GeoJSON: the rows of the GeoPackage as RFC 7946 has them, read back by others."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from crater_pipeline.export.geojson import web_shapes
from crater_pipeline.export.geojson import write_craters as write
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import circle_polygons
from crater_pipeline.steps.geojson import geojson
from tests.export.small_region import MOON, Exported


def made(exported: Exported, folder: Path) -> Path:
    geojson(
        craters=exported["craters_all.parquet"],
        operating_point=exported.folder.parent / "operating_point.json",
        output=folder / "craters.geojson",
        body=MOON,
    )
    return folder / "craters.geojson"


def test_it_holds_the_rows_of_the_geopackage(exported: Exported, tmp_path: Path) -> None:
    table = gpd.read_file(made(exported, tmp_path))
    layer = gpd.read_file(exported["craters.gpkg"], layer="craters").drop(columns="review")
    assert set(layer.columns) <= set(table.columns)
    assert table["crater_id"].tolist() == layer["crater_id"].tolist()
    assert table["id"].tolist() == layer["crater_id"].tolist()
    for name in ("lon", "lat", "diameter_km", "score", "centre_sigma_km"):
        assert table[name].to_numpy(float) == pytest.approx(layer[name].to_numpy(float), abs=1e-6, nan_ok=True)
    assert table["catalogue_id"].fillna("").tolist() == layer["catalogue_id"].fillna("").tolist()
    # GDAL reads the body from the older specification's member
    assert table.crs is not None
    assert table.crs.ellipsoid.semi_major_metre == MOON.radius_m
    assert shapely.hausdorff_distance(table.geometry, layer.geometry).max() < 1e-6


def test_it_is_what_the_rfc_asks_for(exported: Exported, tmp_path: Path) -> None:
    document = json.loads(made(exported, tmp_path).read_text(), parse_constant=lambda name: pytest.fail(name))
    assert document["type"] == "FeatureCollection"
    assert {each["geometry"]["type"] for each in document["features"]} == {"Polygon", "MultiPolygon"}
    for feature in document["features"]:
        assert set(feature) == {"type", "id", "properties", "geometry"}
        rings = [ring for polygon in polygons_of(feature["geometry"]) for ring in polygon]
        for ring in rings:
            assert ring[0] == ring[-1]
            assert shapely.LinearRing(ring).is_ccw
            assert np.abs(np.array(ring)[:, 0]).max() <= 180.0
    crossing = next(each for each in document["features"] if each["geometry"]["type"] == "MultiPolygon")
    sides = {np.sign(np.array(polygon[0])[:, 0]).mean() for polygon in polygons_of(crossing["geometry"])}
    assert sides == {-1.0, 1.0}


def polygons_of(geometry: dict[str, Any]) -> list[Any]:
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]


@pytest.mark.parametrize("lat", [0.0, 60.0, 89.9, -90.0])
@pytest.mark.parametrize("lon", [0.0, 179.9, -180.0])
def test_shapes_stay_what_they_were(lon: float, lat: float) -> None:
    circles = circle_polygons([lon], [lat], [50.0], MOON)
    shapes = web_shapes(circles)
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapes) == pytest.approx(shapely.area(circles), rel=1e-6)
    for part in shapely.get_parts(shapes):
        assert shapely.get_exterior_ring(part).is_ccw


def test_nothing_found_is_a_collection_of_nothing(exported_empty: Exported, tmp_path: Path) -> None:
    assert json.loads(made(exported_empty, tmp_path).read_text())["features"] == []


def test_the_same_craters_give_the_same_bytes(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    assert made(exported, tmp_path).read_bytes() == made(exported, tmp_path / "again").read_bytes()


def test_batches_follow_each_other_without_a_gap(exported: Exported, tmp_path: Path) -> None:
    row = pd.read_parquet(exported["craters_all.parquet"]).iloc[:1]
    write(tmp_path / "many.geojson", pd.concat([row] * 5001, ignore_index=True), MOON, 12)
    assert len(json.loads((tmp_path / "many.geojson").read_text())["features"]) == 5001


def test_a_body_without_a_number_is_named_too(exported: Exported, tmp_path: Path) -> None:
    ryugu = Body(name="ryugu", radius_m=448.0)
    rows = pd.read_parquet(exported["craters_all.parquet"]).iloc[:1].assign(diameter_km=0.1)
    write(tmp_path / "craters.geojson", rows, ryugu, 12)
    crs = gpd.read_file(tmp_path / "craters.geojson").crs
    assert crs is not None
    assert crs.ellipsoid.semi_major_metre == 448.0

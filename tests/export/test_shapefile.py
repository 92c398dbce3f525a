"""Shapefiles that any program reads."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from crater_pipeline.export.reference_systems import authority, wkt1
from crater_pipeline.export.shapefile import write_shapefile
from crater_pipeline.sphere.bodies import Body
from tests.export.small_region import MOON, Exported


def test_all_its_files_and_no_others(exported: Exported) -> None:
    for stem in ("craters", "small_CRATER", "small_AREA"):
        suffixes = {
            path.suffix for path in exported.folder.glob(f"{stem}.*") if path.suffix not in {".gpkg", ".qgz", ".csv"}
        }
        assert suffixes == {".shp", ".shx", ".dbf", ".prj", ".cpg"}
    assert not [path for path in exported.folder.iterdir() if path.name.startswith(".")]


def test_craters(exported: Exported) -> None:
    table = gpd.read_file(exported["craters.shp"])
    names = [name for name in table.columns if name != "geometry"]
    assert all(len(name) <= 10 for name in names)
    everything = pd.read_parquet(exported["craters_all.parquet"])
    same = everything[everything["score"] >= 0.5]
    assert table["crater_id"].tolist() == same["crater_id"].tolist()
    assert table["diam_km"].tolist() == pytest.approx(same["diameter_km"].tolist())
    assert table["status"].tolist() == same["status"].tolist()
    assert table["edge"].tolist() == [0, 0, 0, 0]
    assert table.is_valid.all()


def test_reference_system_is_one_line_of_version_1(exported: Exported) -> None:
    text = exported["craters.prj"].read_text()
    assert text.startswith("GEOGCS[")
    assert "\n" not in text
    assert CRS.from_wkt(text).ellipsoid.semi_major_metre == MOON.radius_m  # type: ignore[union-attr]
    crs = gpd.read_file(exported["craters.shp"]).crs
    assert crs.equals(MOON.geographic_crs, ignore_axis_order=True)
    assert exported["craters.cpg"].read_text().strip() == "UTF-8"


def test_no_craters_is_a_shapefile_too(exported_empty: Exported) -> None:
    table = gpd.read_file(exported_empty["craters.shp"])
    assert len(table) == 0
    assert "crater_id" in table.columns


def test_names_that_would_be_cut_are_refused(tmp_path: Path) -> None:
    polygons = np.array([shapely.box(0, 0, 1, 1)], dtype=object)
    with pytest.raises(ValueError, match="elevenchars"):
        write_shapefile(tmp_path / "x.shp", pd.DataFrame({"elevenchars": [1]}), lambda rows: polygons, MOON)
    assert not list(tmp_path.iterdir())


def test_reference_systems_of_bodies() -> None:
    assert authority(MOON) == ("IAU_2015", 30100)
    assert authority(Body(name="eros", radius_m=8_420.0)) is None
    mars = CRS.from_wkt(wkt1(Body(name="mars", radius_m=3_396_190.5)))
    assert mars.ellipsoid is not None
    assert (mars.ellipsoid.semi_major_metre, mars.ellipsoid.semi_minor_metre) == (3_396_190.5, 3_396_190.5)
    assert CRS.from_wkt(wkt1(MOON, axes=True)) == MOON.geographic_crs

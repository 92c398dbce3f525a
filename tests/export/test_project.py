"""The QGIS project as a file (that QGIS opens it is shown in test_qgis_project.py)."""

import logging
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from pyproj import CRS

from crater_pipeline.errors import UserError
from crater_pipeline.export.mosaic_view import mosaic_view
from crater_pipeline.export.project import shown_extent, write_project
from crater_pipeline.export.styles import symbology
from tests.export.small_region import MOON, Exported, footprint_of, write_mosaic

FOOTPRINT = footprint_of({"test": [(10, 30, 14, 34)]})


def document(path: Path) -> ET.Element:
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [f"{path.stem}.qgs"]
        return ET.fromstring(archive.read(f"{path.stem}.qgs"))


def written(folder: Path) -> Path:
    write_mosaic(folder / "here" / "projected.tif", FOOTPRINT, MOON)
    view = mosaic_view(folder / "here" / "projected.tif")
    write_project(folder / "out" / "my.qgz", "Here", folder / "out" / "craters.gpkg", view, FOOTPRINT, MOON)
    return folder / "out" / "my.qgz"


def test_layers_and_their_relative_sources(tmp_path: Path) -> None:
    root = document(written(tmp_path))
    sources = {layer.findtext("layername"): layer.findtext("datasource") for layer in root.iter("maplayer")}
    assert sources == {
        "Craters": "./craters.gpkg|layername=craters",
        "Catalogue": "./craters.gpkg|layername=catalogue",
        "Footprint": "./craters.gpkg|layername=footprint",
        "Mosaic": "../here/projected.tif",
    }
    identifiers = [layer.findtext("id", "") for layer in root.iter("maplayer")]
    assert [node.attrib["id"] for node in root.iter("layer-tree-layer")] == identifiers
    assert len(set(identifiers)) == 4
    assert all(len(identifier) > 10 for identifier in identifiers)
    assert str(tmp_path) not in ET.tostring(root, encoding="unicode")


def test_every_layer_and_the_map_have_a_lunar_reference_system(tmp_path: Path) -> None:
    root = document(written(tmp_path))
    systems = [CRS.from_wkt(element.findtext("wkt", "")) for element in root.iter("spatialrefsys")]
    assert len(systems) == 6  # four layers, the project and its canvas
    for crs in systems:
        assert crs.ellipsoid is not None
        assert crs.ellipsoid.semi_major_metre == MOON.radius_m
    canvas = root.find("mapcanvas/destinationsrs/spatialrefsys/wkt")
    assert canvas is not None
    assert CRS.from_wkt(canvas.text or "").is_projected


def test_styles_are_those_of_the_geopackage(tmp_path: Path) -> None:
    embedded = {
        layer.findtext("layername", "").lower(): layer for layer in document(written(tmp_path)).iter("maplayer")
    }
    for name in ("craters", "catalogue", "footprint"):
        for element in symbology()[name]:
            found = embedded[name].find(element.tag)
            assert found is not None
            assert ET.canonicalize(ET.tostring(found), strip_text=True) == ET.canonicalize(ET.tostring(element))


def test_the_searched_area_is_shown(tmp_path: Path) -> None:
    write_mosaic(tmp_path / "m.tif", footprint_of({"test": [(5, 25, 20, 40)]}), MOON)
    view = mosaic_view(tmp_path / "m.tif")
    extent = shown_extent(FOOTPRINT, view, MOON)
    assert view.extent[0] < extent[0] < extent[2] < view.extent[2]
    assert view.extent[1] < extent[1] < extent[3] < view.extent[3]
    height_km = np.radians(4.0) * MOON.radius_km
    assert (extent[3] - extent[1]) / 1000 == pytest.approx(height_km, rel=0.1)
    assert shown_extent(footprint_of({}), view, MOON) == view.extent


def test_black_and_white_follow_the_raster(tmp_path: Path) -> None:
    write_mosaic(tmp_path / "m.tif", FOOTPRINT, MOON)
    low, high = mosaic_view(tmp_path / "m.tif").stretch
    assert 40 <= low < 42
    assert 117 < high <= 119


def test_a_missing_raster(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        mosaic_view(tmp_path / "none.tif")


def test_a_project_that_a_user_saved_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(tmp_path)
    written(tmp_path)
    assert [each.name for each in path.parent.iterdir()] == ["my.qgz"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("my.qgs", "<qgis saved='by a user'/>")
    theirs = path.read_bytes()
    with caplog.at_level(logging.WARNING):
        written(tmp_path)
    assert (path.parent / "my_edited_1.qgz").read_bytes() == theirs
    assert "my_edited_1.qgz" in caplog.text
    assert document(path).findtext("title") == "Here"


def test_of_a_region(exported: Exported, exported_empty: Exported) -> None:
    for each in (exported, exported_empty):
        assert document(each["craters.qgz"]).findtext("title") == "Small"

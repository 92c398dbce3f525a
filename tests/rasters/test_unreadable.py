"""Paths that are no raster: told what they are, and what to give instead."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import raster_info

PDS4 = """<?xml version="1.0" encoding="UTF-8"?>
<Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1">
  <File_Area_Observational><File><file_name>wac.img</file_name></File>
    <Array_2D_Image><offset unit="byte">0</offset><axes>2</axes>
      <Element_Array><data_type>UnsignedByte</data_type></Element_Array>
      <Axis_Array><axis_name>Line</axis_name><elements>10</elements><sequence_number>1</sequence_number></Axis_Array>
      <Axis_Array><axis_name>Sample</axis_name><elements>10</elements><sequence_number>2</sequence_number></Axis_Array>
    </Array_2D_Image>
  </File_Area_Observational>
</Product_Observational>
"""
PDS3 = """PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = 10
FILE_RECORDS = 10
^IMAGE = "DEM.IMG"
OBJECT = IMAGE
  LINES = 10
  LINE_SAMPLES = 10
  SAMPLE_TYPE = UNSIGNED_INTEGER
  SAMPLE_BITS = 8
END_OBJECT = IMAGE
END
"""


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        raster_info(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    return str(caught.value)


@pytest.mark.parametrize(
    "address", ["https://host/a.tif", "http://host/a.tif", "/vsicurl/https://host/a.tif", "s3://b/a"]
)
def test_an_address_is_no_file(address: str) -> None:
    assert "an address, not a file" in refusal(Path(address))


def test_a_label_whose_raster_is_not_there_names_it(tmp_path: Path) -> None:
    for name, text, wanted in (("wac.xml", PDS4, "wac.img"), ("dem.lbl", PDS3, "DEM.IMG")):
        (tmp_path / name).write_text(text)
        message = refusal(tmp_path / name)
        assert "a label" in message
        assert f"{wanted}, which it names, is not beside it" in message
        assert "web page" not in message


@pytest.mark.parametrize(("data", "label"), [("DEM.IMG", "DEM.LBL"), ("DEM.IMG", "dem.lbl"), ("a.img", "a.img.lbl")])
def test_bare_numbers_are_read_by_their_label(data: str, label: str, tmp_path: Path) -> None:
    (tmp_path / data).write_bytes(bytes(range(100)))
    assert "label" not in refusal(tmp_path / data)
    (tmp_path / label).write_text(PDS3.replace("DEM.IMG", data))
    assert f"its label {label} describes it: give that instead" in refusal(tmp_path / data)
    assert raster_info(tmp_path / label).width == 10


def test_vector_layers_are_named(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs="EPSG:4326")
    for name in ("craters.gpkg", "craters.shp", "craters.geojson"):
        frame.to_file(tmp_path / name)
        assert "vector layers (craters)" in refusal(tmp_path / name)


def test_a_page_and_nonsense_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "page.tif").write_text("\n<!DOCTYPE html><html><body>404</body></html>")
    assert "a web page, not a raster" in refusal(tmp_path / "page.tif")
    (tmp_path / "noise.tif").write_bytes(bytes(range(256)) * 4)
    assert "not a raster that GDAL can read, or damaged" in refusal(tmp_path / "noise.tif")
    (tmp_path / "empty.tif").touch()
    assert "not a raster" in refusal(tmp_path / "empty.tif")
    (tmp_path / "other.xml").write_text("<?xml version='1.0'?><catalogue/>")
    assert "not a raster" in refusal(tmp_path / "other.xml")

"""STAC: items that the specification's own schema accepts, whose assets are where they say."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pystac
import pytest
import rasterio
import shapely
from pyproj import CRS
from pystac.validation.stac_validator import JsonSchemaSTACValidator

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.cog import write_cog
from crater_pipeline.steps.stac import stac
from tests.export.small_region import MOON, Exported, footprint_of

BOUNDS = (170.0, 8.0, -176.0, 17.0)


def made(exported: Exported, files: list[Path], acquired: str | None = None) -> dict[str, Any]:
    """The item of the exported region, after the specification's schema has accepted it."""
    stac(
        region="small",
        title="A small region",
        file=files,
        footprint=exported.folder.parent / "footprint.parquet",
        output=exported["stac.json"],
        bounds=BOUNDS,
        acquired=acquired,
        body=MOON,
    )
    document: dict[str, Any] = json.loads(exported["stac.json"].read_text())
    JsonSchemaSTACValidator().validate_core(document, pystac.STACObjectType.ITEM, "1.1.0")
    return document


def test_an_item_lists_what_is_there(exported: Exported) -> None:
    write_cog(exported["projected.tif"], exported["projected.cog.tif"])
    names = ["craters.gpkg", "craters.csv", "craters_all.parquet", "projected.tif", "projected.cog.tif"]
    item = pystac.Item.from_dict(made(exported, [exported[name] for name in names]), href=str(exported["stac.json"]))
    assert list(item.assets) == names
    for asset in item.assets.values():
        assert Path(str(asset.get_absolute_href())).is_file()
        assert not Path(asset.href).is_absolute()
    assert item.assets["craters.gpkg"].media_type == pystac.MediaType.GEOPACKAGE
    assert item.assets["projected.cog.tif"].media_type == pystac.MediaType.COG
    assert item.assets["craters.gpkg"].extra_fields["proj:code"] == "IAU_2015:30100"


def test_a_raster_says_where_it_lies(exported: Exported) -> None:
    """Enough, as the projection extension has it, to lay it on a map without opening it."""
    asset = made(exported, [exported["projected.tif"]])["assets"]["projected.tif"]
    with rasterio.open(exported["projected.tif"]) as raster:
        assert asset["proj:shape"] == list(raster.shape)
        assert asset["proj:transform"] == list(raster.transform)[:6]
        assert asset["proj:bbox"] == pytest.approx(list(raster.bounds))
        assert asset["bands"][0]["data_type"] == raster.dtypes[0]
        assert asset["bands"][0]["nodata"] == raster.nodata
        assert asset["bands"][0]["raster:spatial_resolution"] == pytest.approx(raster.res[0])
        assert CRS.from_wkt(raster.crs.to_wkt()) == CRS.from_wkt(asset["proj:wkt2"])
    assert asset["proj:code"] is None
    assert CRS.from_json_dict(asset["proj:projjson"]) == CRS.from_wkt(asset["proj:wkt2"])


def test_place_and_body_are_those_of_the_region(exported: Exported) -> None:
    """Across the antimeridian: a bbox whose west is larger than its east, a geometry in two parts."""
    item = made(exported, [])
    assert item["bbox"] == list(BOUNDS)
    assert item["properties"]["ssys:targets"] == ["Moon"]
    outline = shapely.from_geojson(json.dumps(item["geometry"]))
    searched = gpd.read_parquet(exported.folder.parent / "footprint.parquet").geometry.union_all()
    assert outline.geom_type == "MultiPolygon"
    assert shapely.symmetric_difference(outline, searched).area < 0.01 * searched.area
    prefixes = {"proj": "projection", "raster": "raster", "ssys": "ssys"}
    for name in prefixes.values():
        assert any(f"/{name}/" in each for each in item["stac_extensions"])


def test_time_is_said_where_it_is_known(exported: Exported) -> None:
    known = made(exported, [], "2009-11-01/2011-02-28")["properties"]
    assert (known["start_datetime"], known["end_datetime"]) == ("2009-11-01T00:00:00Z", "2011-02-28T23:59:59Z")
    unknown = made(exported, [])["properties"]
    assert unknown["datetime"] is None
    assert "not known" in unknown["description"]


def test_where_nothing_was_searched_there_is_no_outline(exported: Exported, tmp_path: Path) -> None:
    footprint_of({"test": []}).iloc[:0].to_parquet(tmp_path / "footprint.parquet")
    empty = Exported(tmp_path / "out")
    empty.folder.mkdir()
    item = made(empty, [])
    assert item["geometry"] is None
    assert "bbox" not in item


def test_the_same_files_give_the_same_bytes_and_a_missing_raster_is_named(exported: Exported) -> None:
    made(exported, [exported["projected.tif"]])
    before = exported["stac.json"].read_bytes()
    made(exported, [exported["projected.tif"]])
    assert exported["stac.json"].read_bytes() == before
    with pytest.raises(UserError, match=r"nowhere\.tif: no such file"):
        made(exported, [exported["nowhere.tif"]])
    assert exported["stac.json"].read_bytes() == before

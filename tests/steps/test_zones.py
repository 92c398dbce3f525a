"""The steps of a region that is searched by zones, on terrain of a whole body that lacks the north."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine

from crater_pipeline.detection.merging import MergingSettings
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.errors import UserError
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.rasters.files import create_raster, raster_info
from crater_pipeline.rasters.reprojection import ReprojectionSettings
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.craters import great_circle_km
from crater_pipeline.sphere.zones import zone_margin_px, zones
from crater_pipeline.steps.detect import detect
from crater_pipeline.steps.footprint import footprint
from crater_pipeline.steps.georeference import georeference
from crater_pipeline.steps.heatmaps import heatmaps
from crater_pipeline.steps.merge import merge
from crater_pipeline.steps.overview import overview
from crater_pipeline.steps.pool import pool
from crater_pipeline.steps.reproject import reproject
from crater_pipeline.steps.shade import shade
from crater_pipeline.tiles.grid import TilingSettings

WHOLE = (-180.0, -90.0, 180.0, 90.0)
ZONES = [(each.west, each.south, each.east, each.north) for each in zones(Bounds(*WHOLE))]
NORTH = 30.0
PIXEL_DEG = 0.5
BOWLS = [(180.0, 0.0), (-90.0, -37.0), (10.0, -37.0), (60.0, -90.0), (100.0, 5.0), (-60.0, -60.0)]
DIAMETER_KM = 400.0
TILING = TilingSettings(size=256, overlap=64, levels=2)


def write_terrain(path: Path) -> Path:
    """Bowls with raised rims on the cut, on a seam and on the pole, and some noise; nothing north of 30 N."""
    lat = np.arange(NORTH - PIXEL_DEG / 2, -90, -PIXEL_DEG)
    lon, lat = np.meshgrid(np.arange(-180 + PIXEL_DEG / 2, 180, PIXEL_DEG), lat)
    heights = np.random.default_rng(0).normal(0, 20, lon.shape).astype(np.float32)
    for at in BOWLS:
        share = great_circle_km(lon, lat, *at, MOON) / (DIAMETER_KM / 2)
        heights += np.where(share < 1, 12_000 * (share**2 - 0.75), 3_000 * np.exp(-8 * (share - 1)))
    transform = Affine(PIXEL_DEG, 0, -180, 0, -PIXEL_DEG, NORTH)
    height, width = heights.shape
    with create_raster(path, width, height, MOON.geographic_crs, transform, "float32", None) as dataset:
        dataset.write(heights, 1)
    return path


class Zoned:
    """Files of the region, made by the steps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.weights = shipped_weights("hourglass_terrain")
        mosaic = write_terrain(folder / "terrain.tif")
        pixel_m = raster_info(mosaic).pixel_size_m
        for number, zone in enumerate(ZONES):
            projected, shaded = self.of(number, "projected.tif"), self.of(number, "shaded.tif")
            margin = ReprojectionSettings(margin_px=zone_margin_px(Bounds(*zone), pixel_m, MOON))
            reproject(mosaic=mosaic, output=projected, kind="dtm", bounds=WHOLE, zone=zone, body=MOON, settings=margin)
            shade(elevation=projected, output=shaded, body=MOON, settings=ShadingSettings())
            area = self.of(number, "footprint.parquet")
            footprint(image=shaded, output=area, bounds=zone, body=MOON, tiling=TILING, zone=True)
            detections = self.of(number, "detections.parquet")
            detect(
                image=shaded,
                elevation=projected,
                weights=self.weights,
                metadata=metadata_path(self.weights),
                output=detections,
                bounds=WHOLE,
                zone=zone,
                body=MOON,
                tiling=TILING,
                settings=InferenceSettings(engine="torch"),
                shading=ShadingSettings(),
            )
            georeference(
                detections=detections, image=shaded, output=self.of(number, "georeferenced.parquet"), body=MOON
            )
        pool(footprint=self.every("footprint.parquet"), output=folder / "footprint.parquet", body=MOON)
        merge(
            craters=self.every("georeferenced.parquet"),
            zone=ZONES,
            footprint=folder / "footprint.parquet",
            output=folder / "merged.parquet",
            body=MOON,
            settings=MergingSettings(),
        )

    def of(self, number: int, name: str) -> Path:
        folder = self.folder / f"zone_{number}"
        folder.mkdir(exist_ok=True)
        return folder / name

    def every(self, name: str) -> list[Path]:
        return [self.of(number, name) for number in range(len(ZONES))]


@pytest.fixture(scope="module")
def zoned(tmp_path_factory: pytest.TempPathFactory) -> Zoned:
    return Zoned(tmp_path_factory.mktemp("zoned"))


def test_a_zone_of_which_the_mosaic_shows_nothing_has_no_area_and_no_detections(zoned: Zoned) -> None:
    assert len(gpd.read_parquet(zoned.of(2, "footprint.parquet"))) == 0
    assert len(pd.read_parquet(zoned.of(2, "georeferenced.parquet"))) == 0
    with rasterio.open(zoned.of(2, "shaded.tif")) as raster:
        assert not raster.read_masks(1).any()


def test_the_areas_are_one_without_seams_and_end_where_the_mosaic_does(zoned: Zoned) -> None:
    area = gpd.read_parquet(zoned.folder / "footprint.parquet")
    assert area["split"].tolist() == ["test"]
    shown = 2 * np.pi * MOON.radius_km**2 * (1 + np.sin(np.radians(NORTH)))
    assert area["area_km2"][0] == pytest.approx(shown, rel=0.01)
    assert len(area.geometry[0].geoms) == 1
    assert len(area.geometry[0].geoms[0].interiors) == 0


def test_bowls_on_seams_the_pole_and_the_cut_are_found_once_each(zoned: Zoned) -> None:
    craters = pd.read_parquet(zoned.folder / "merged.parquet")
    for lon, lat in BOWLS:
        distance = great_circle_km(lon, lat, craters["lon"], craters["lat"], MOON)
        same = (distance < DIAMETER_KM / 4) & craters["diameter_km"].between(DIAMETER_KM / 1.5, DIAMETER_KM * 1.5)
        assert same.sum() == 1, (lon, lat)


def test_one_small_picture_shows_all_zones(zoned: Zoned) -> None:
    picture = zoned.folder / "overview.tif"
    overview(image=zoned.every("shaded.tif"), zone=ZONES, output=picture, bounds=WHOLE, body=MOON)
    with rasterio.open(picture) as raster:
        values = raster.read(1)
    assert values.shape == (360, 720)
    rows = np.linspace(89.75, -89.75, 360)
    assert (values[rows < NORTH - 1] > 0).all()
    assert not values[rows > NORTH + 1].any()


def test_pages_show_windows_of_the_zones_rasters(zoned: Zoned) -> None:
    made = zoned.folder / "heatmaps.json"
    empty = pd.DataFrame({"lon": [], "lat": [], "diameter_km": []}, dtype=float)
    empty.to_parquet(zoned.folder / "catalogue.parquet")
    heatmaps(
        image=zoned.every("shaded.tif"),
        elevation=zoned.every("projected.tif"),
        weights=zoned.weights,
        metadata=metadata_path(zoned.weights),
        craters=zoned.folder / "merged.parquet",
        catalogue=zoned.folder / "catalogue.parquet",
        footprint=zoned.folder / "footprint.parquet",
        output=made,
        body=MOON,
        settings=InferenceSettings(engine="torch"),
        shading=ShadingSettings(),
    )
    windows = json.loads(made.read_text())["windows"]
    assert windows
    assert {Path(each["image"]) for each in windows} <= set(zoned.every("shaded.tif")[:2])
    assert all(each["heat"].startswith("data:image/webp") for each in windows)


def test_a_region_whose_zones_are_all_empty_is_an_error(zoned: Zoned, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none of the 2 zones holds enough data"):
        pool(footprint=[zoned.of(2, "footprint.parquet")] * 2, output=tmp_path / "footprint.parquet", body=MOON)


def test_tables_and_zones_must_be_as_many(zoned: Zoned, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="3 tables of detections and 2 zones"):
        merge(
            craters=zoned.every("georeferenced.parquet"),
            zone=ZONES[:2],
            footprint=zoned.folder / "footprint.parquet",
            output=tmp_path / "merged.parquet",
            body=MOON,
            settings=MergingSettings(),
        )

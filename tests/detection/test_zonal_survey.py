"""Craters planted on every seam, around the poles and on the antimeridian of a whole body come out once each."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from pyproj import CRS, Transformer

from crater_pipeline.detection.georeferencing import georeference
from crater_pipeline.detection.merging import MergingSettings, merge
from crater_pipeline.detection.zonal_survey import owned, pooled_area, zone_margin_px
from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.rasters.region_grid import region_grid
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.craters import great_circle_km, rim_points
from crater_pipeline.sphere.zones import zones
from crater_pipeline.tiles.grid import TileGrid, TilingSettings

WHOLE = Bounds(-180, -90, 180, 90)
TILING = TilingSettings(levels=4)
PIXEL_M = 2132.0
EQC = CRS.from_dict({"proj": "eqc", "R": MOON.radius_m})
HALF_TURN_M = np.pi * MOON.radius_m
MOSAIC = RasterInfo(
    Path("mosaic.tif"),
    round(2 * HALF_TURN_M / PIXEL_M),
    round(HALF_TURN_M / PIXEL_M),
    Affine(PIXEL_M, 0, -HALF_TURN_M, 0, -PIXEL_M, HALF_TURN_M / 2),
    EQC,
    "uint8",
    None,
)

Planted = np.ndarray
"""lon, lat, diameter_km (n, 3)."""


def plant() -> Planted:
    """Circles centred on and a hair beside each seam, on the cut, at the poles, and anywhere; none two the same."""
    random = np.random.default_rng(5)
    edges = sorted({zone.north for zone in zones(WHOLE)} - {90.0})
    lon = np.arange(-180.0, 180.0, 4.0)
    on_seams = [(x, lat + random.choice([0, 0.01, -0.05, 0.3]), size) for lat in edges for x in lon for size in SIZES]
    on_cut = [(180 - random.choice([0, 0.01, -0.2]), y, size) for y in np.arange(-34.0, 35.0, 4.0) for size in SIZES]
    polar = [(x, y, size) for y in (-90.0, -89.9, 90.0, 89.0) for x in (0.0, 120.0) for size in SIZES]
    anywhere = [
        (x, y, 50.0)
        for x, y in zip(random.uniform(-180, 180, 300), np.degrees(np.arcsin(random.uniform(-1, 1, 300))), strict=True)
    ]
    planted: list[tuple[float, float, float]] = []
    for crater in [*on_seams, *on_cut, *polar, *anywhere]:
        others = np.array(planted).reshape(-1, 3)
        distance = great_circle_km(crater[0], crater[1], others[:, 0], others[:, 1], MOON)
        alike = (others[:, 2] < 1.8 * crater[2]) & (crater[2] < 1.8 * others[:, 2])
        if not (alike & (distance < 0.6 * crater[2])).any():
            planted.append(crater)
    return np.array(planted)


SIZES = (25.0, 70.0, 180.0, 500.0)


def images(planted: Planted, grid: Grid) -> np.ndarray:
    """Boxes (n, 4) around the circles' images on a zone's raster: x, y, width, height in pixels of level 0.

    On a belt all around the body the same circle may be shown at both ends.
    """
    to_map = Transformer.from_crs(MOON.geographic_crs, grid.crs, always_xy=True)
    assert grid.crs.coordinate_operation is not None
    belt = grid.crs.coordinate_operation.method_name.startswith("Mercator")
    # a cylinder is the same everywhere along the equator: draw at its middle, then shift
    lon = np.zeros(len(planted)) if belt else planted[:, 0]
    rim_lon, rim_lat = rim_points(lon, planted[:, 1], planted[:, 2], MOON, 360)
    east, north = to_map.transform(rim_lon, rim_lat)
    low, high = (np.column_stack([edge(east, axis=1), edge(north, axis=1)]) for edge in (np.min, np.max))
    boxes = np.column_stack([(low + high) / 2, high - low])
    if belt:
        per_degree = to_map.transform(1.0, 0.0)[0] - to_map.transform(0.0, 0.0)[0]
        shifts = [(planted[:, 0] + turn) * per_degree for turn in (-360.0, 0.0, 360.0)]
        boxes = np.concatenate([boxes + np.outer(shift, [1.0, 0, 0, 0]) for shift in shifts])
    pixel = grid.transform.a
    boxes = (boxes - [grid.transform.c, grid.transform.f, 0, 0]) / [pixel, -pixel, pixel, pixel]
    shown = (boxes[:, 0] > 0) & (boxes[:, 1] > 0) & (boxes[:, 0] < grid.width) & (boxes[:, 1] < grid.height)
    # a circle almost as large as its distance to the projection's far side is no crater's image
    return boxes[shown & np.isfinite(boxes).all(axis=1) & (boxes[:, 2] < grid.width)]


def detected(boxes: np.ndarray, grid: Grid, random: np.random.Generator) -> pd.DataFrame:
    """What a network reports: every tile of every level that holds a circle's centre, each a little off."""
    tiles = TileGrid.of(grid.width, grid.height, TILING)
    rows = []
    for tile in tiles.tiles():
        x, y = tile.from_level0(boxes[:, 0], boxes[:, 1])
        size = boxes[:, 2:].mean(axis=1) / tile.scale
        for i in np.flatnonzero((x > 0) & (x < tile.size) & (y > 0) & (y < tile.size) & (size > 5) & (size < 200)):
            at = np.array([x[i], y[i]]) + random.normal(0, min(0.04 * size[i], 1.0), 2)
            side = size[i] * np.exp(random.normal(0, 0.03))
            distance = float(tiles.core_distance(tile, *at))
            where = (tile.level, tile.x_off, tile.y_off)
            rows.append((*where, *at, side, side, random.uniform(0.3, 0.9), distance, False))
    columns = ["level", "x_off", "y_off", "x", "y", "width", "height", "score", "core_distance", "touches_edge"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="module")
def planted() -> Planted:
    return plant()


@pytest.fixture(scope="module")
def reported(planted: Planted) -> list[pd.DataFrame]:
    """Each zone's georeferenced detections, with what lies in its margin."""
    random = np.random.default_rng(9)
    tables = []
    for zone in zones(WHOLE):
        grid = region_grid(MOSAIC, zone, MOON, zone_margin_px(zone, PIXEL_M, MOON))
        tables.append(georeference(detected(images(planted, grid), grid, random), grid, MOON))
    return tables


def test_every_planted_crater_comes_out_once(planted: Planted, reported: list[pd.DataFrame]) -> None:
    assert sum(map(len, reported)) > 4 * len(planted)
    found = pd.concat(
        [owned(table, zone, MOON) for table, zone in zip(reported, zones(WHOLE), strict=True)], ignore_index=True
    )
    everywhere = gpd.GeoDataFrame({"split": ["test"]}, geometry=[shapely.box(*WHOLE)], crs=MOON.geographic_crs)
    unique = merge(found, everywhere, MOON, MergingSettings())
    lon, lat, diameter_km = (unique[name].to_numpy(dtype=float) for name in ("lon", "lat", "diameter_km"))
    distance = great_circle_km(planted[:, :1], planted[:, 1:2], lon, lat, MOON)
    same = (distance < 0.2 * planted[:, 2:]) & (np.abs(np.log(diameter_km / planted[:, 2:])) < np.log(1.3))
    assert same.sum(axis=1).tolist() == [1] * len(planted)  # none is lost, none comes twice
    assert same.sum(axis=0).tolist() == [1] * len(unique)  # nothing is invented


def test_a_zone_owns_what_it_holds_and_a_little_more(reported: list[pd.DataFrame]) -> None:
    for table, zone in zip(reported, zones(WHOLE), strict=True):
        table = owned(table, zone, MOON)
        inside = zone.contains(table["lon"], table["lat"])
        before = reported[zones(WHOLE).index(zone)]["core_distance"]
        assert table["core_distance"][inside].tolist() == before[inside].tolist()
        outside = table[~inside]
        assert len(outside) > 50
        assert (outside["core_distance"] > 0).all()
        far = (outside["lat"] - np.clip(outside["lat"], zone.south, zone.north)).abs() * np.pi / 180 * MOON.radius_km
        px = far * outside["diameter_px"] / outside["diameter_km"]
        assert (outside["core_distance"] >= px * (1 - 1e-6)).all()


def area(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    shapes = shapely.MultiPolygon([shapely.box(*box) for box in boxes])
    return gpd.GeoDataFrame({"split": ["test"], "area_km2": [10.0]}, geometry=[shapes], crs=MOON.geographic_crs)


def test_zones_areas_are_one() -> None:
    pooled = pooled_area([area((-180, 37 + 1e-13, 180, 90)), area((-180, -37, 180, 37)), area((-180, -90, 180, -37))])
    assert pooled["split"].tolist() == ["test"]
    assert pooled["area_km2"].tolist() == [30.0]
    assert pooled.geometry[0].equals(shapely.MultiPolygon([shapely.box(*WHOLE)]))
    assert pooled.crs == MOON.geographic_crs


def test_antimeridian_is_no_seam_of_longitudes() -> None:
    zone = Bounds(170, -10, -170, 10)
    table = pd.DataFrame({"lon": [175.0, -175.0, 169.0], "lat": [0.0, 0, 0], "diameter_km": [10.0] * 3})
    table = table.assign(diameter_px=[10.0] * 3, core_distance=[-5.0] * 3)
    distance = owned(table, zone, MOON)["core_distance"].tolist()
    assert distance[:2] == [-5, -5]
    assert distance[2] == pytest.approx(np.radians(1) * MOON.radius_km)

"""Craters planted on every seam, around the poles and on the antimeridian of a whole body come out once each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from crater_pipeline.detection.georeferencing import georeference
from crater_pipeline.detection.merging import MergingSettings, merge
from crater_pipeline.detection.zonal_merging import ZoneDetections, merge_zones, owned
from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.rasters.region_grid import region_grid
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.craters import crosses_antimeridian, great_circle_km, rim_points
from crater_pipeline.sphere.zones import zone_margin_px, zones
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


def plant(parts: Sequence[Bounds]) -> Planted:
    """Circles centred on and a hair beside each seam, on the cut, at the poles, and anywhere; none two the same."""
    random = np.random.default_rng(5)
    edges = sorted({zone.north for zone in parts} - {90.0})
    lon = np.arange(-180.0, 180.0, 5.0)
    on_seams = [(x, lat + random.choice([0, 0.01, -0.05, 0.3]), size) for lat in edges for x in lon for size in SIZES]
    on_cut = [(180 - random.choice([0, 0.01, -0.2]), y, size) for y in np.arange(-34.0, 35.0, 4.0) for size in SIZES]
    on_sides = [
        (zone.west + random.choice([0, 0.01, -0.05]), lat, size)
        for zone in parts
        if zone.width < 360
        for lat in np.arange(zone.south, zone.north, 5.0)
        for size in SIZES
    ]
    polar = [(x, y, size) for y in (-90.0, -89.9, 90.0, 89.0) for x in (0.0, 120.0) for size in SIZES]
    anywhere = [
        (x, y, 50.0)
        for x, y in zip(random.uniform(-180, 180, 300), np.degrees(np.arcsin(random.uniform(-1, 1, 300))), strict=True)
    ]
    planted: list[tuple[float, float, float]] = []
    for crater in [*on_seams, *on_cut, *on_sides, *polar, *anywhere]:
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
    if grid.crs.coordinate_operation.method_name.startswith("Lambert"):
        # a cone is cut opposite its middle, where no zone of it reaches
        lon_0 = next(p.value for p in grid.crs.coordinate_operation.params if "ongitude" in p.name)
        lon, lat, diameter_km = planted.T
        torn = crosses_antimeridian(lon - lon_0, lat, diameter_km, MOON)
        torn |= np.abs(lat) + np.degrees(diameter_km / 2 / MOON.radius_km) > 90
        planted = planted[~torn]
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
            # no two further apart than duplicates may be
            at = np.array([x[i], y[i]]) + np.clip(random.normal(0, 1, 2), -2, 2) * min(0.04 * size[i], 1.0)
            side = size[i] * np.exp(random.normal(0, 0.03))
            distance = float(tiles.core_distance(tile, *at))
            where = (tile.level, tile.x_off, tile.y_off)
            rows.append((*where, *at, side, side, random.uniform(0.3, 0.9), distance, False))
    columns = ["level", "x_off", "y_off", "x", "y", "width", "height", "score", "core_distance", "touches_edge"]
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Searched:
    """Craters planted on a whole body, and what each of its zones reports, what lies in its margin too."""

    planted: Planted
    parts: Sequence[Bounds]
    tables: list[pd.DataFrame]


@pytest.fixture(scope="module", params=[None, 60], ids=["caps and belt", "zones of 60 degrees"])
def searched(request: pytest.FixtureRequest) -> Searched:
    parts = zones(WHOLE, request.param)
    random, planted, tables = np.random.default_rng(9), plant(parts), []
    for zone in parts:
        grid = region_grid(MOSAIC, zone, MOON, zone_margin_px(zone, PIXEL_M, MOON))
        tables.append(georeference(detected(images(planted, grid), grid, random), grid, MOON))
    return Searched(planted, parts, tables)


def written(folder: Path, tables: Sequence[pd.DataFrame], parts: Sequence[Bounds]) -> list[ZoneDetections]:
    for k, table in enumerate(tables):
        table.to_parquet(folder / f"{k}.parquet")
    return [ZoneDetections(folder / f"{k}.parquet", zone) for k, zone in enumerate(parts)]


EVERYWHERE = gpd.GeoDataFrame({"split": ["test"]}, geometry=[shapely.box(*WHOLE)], crs=MOON.geographic_crs)


def test_every_planted_crater_comes_out_once(searched: Searched, tmp_path: Path) -> None:
    planted = searched.planted
    assert sum(map(len, searched.tables)) > 4 * len(planted) > 2500
    unique = merge_zones(written(tmp_path, searched.tables, searched.parts), EVERYWHERE, MOON, MergingSettings())
    lon, lat, diameter_km = (unique[name].to_numpy(dtype=float) for name in ("lon", "lat", "diameter_km"))
    distance = great_circle_km(planted[:, :1], planted[:, 1:2], lon, lat, MOON)
    same = (distance < 0.2 * planted[:, 2:]) & (np.abs(np.log(diameter_km / planted[:, 2:])) < np.log(1.3))
    assert same.sum(axis=1).tolist() == [1] * len(planted)  # none is lost, none comes twice
    assert same.sum(axis=0).tolist() == [1] * len(unique)  # nothing is invented


def pooled_at_once(tables: Sequence[pd.DataFrame], parts: Sequence[Bounds], rules: MergingSettings) -> pd.DataFrame:
    every = [owned(table, zone, MOON) for table, zone in zip(tables, parts, strict=True)]
    return merge(pd.concat(every, ignore_index=True), EVERYWHERE, MOON, rules)


def test_zone_by_zone_is_what_all_at_once_would_be(searched: Searched, tmp_path: Path) -> None:
    by_zone = merge_zones(written(tmp_path, searched.tables, searched.parts), EVERYWHERE, MOON, MergingSettings())
    pd.testing.assert_frame_equal(by_zone, pooled_at_once(searched.tables, searched.parts, MergingSettings()))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([None, 60.0]), st.floats(0.3, 3.0), st.floats(1.2, 2.5))
def test_so_it_is_for_chains_of_similar_craters_across_seams(
    seed: int, side: float | None, reach: float, ratio: float
) -> None:
    """Crowded on a small patch about a seam's corner, where what one drops decides about the next."""
    random, parts = np.random.default_rng(seed), zones(WHOLE, side)
    corner = parts[random.integers(len(parts))]
    tables = []
    for _ in parts:
        n = 60
        lat = np.clip(corner.north + random.normal(0, 4, n), -90, 90)
        lon = (corner.west + random.normal(0, 8, n) + 180) % 360 - 180
        size = random.uniform(30, 200, n)
        columns = {"lon": lon, "lat": lat, "diameter_km": size, "diameter_px": size / random.uniform(2, 6)}
        table = pd.DataFrame(columns).assign(score=random.uniform(0.1, 0.9, n), level=0, touches_edge=False)
        tables.append(table.assign(core_distance=random.uniform(-50, 10, n)))
    rules = MergingSettings(max_centre_distance=reach, max_size_ratio=ratio)
    with TemporaryDirectory() as folder:
        by_zone = merge_zones(written(Path(folder), tables, parts), EVERYWHERE, MOON, rules)
    pd.testing.assert_frame_equal(by_zone, pooled_at_once(tables, parts, rules))


def test_a_zone_owns_what_it_holds_and_a_little_more(searched: Searched) -> None:
    for before, zone in zip(searched.tables, searched.parts, strict=True):
        table = owned(before, zone, MOON)
        inside = zone.contains(table["lon"], table["lat"])
        assert table["core_distance"][inside].tolist() == before["core_distance"][inside].tolist()
        outside = table[~inside]
        assert len(outside) > 50
        assert (outside["core_distance"] > 0).all()
        far = (outside["lat"] - np.clip(outside["lat"], zone.south, zone.north)).abs() * np.pi / 180 * MOON.radius_km
        px = far * outside["diameter_px"] / outside["diameter_km"]
        assert (outside["core_distance"] >= px * (1 - 1e-6)).all()


def test_antimeridian_is_no_seam_of_longitudes() -> None:
    zone = Bounds(170, -10, -170, 10)
    table = pd.DataFrame({"lon": [175.0, -175.0, 169.0], "lat": [0.0, 0, 0], "diameter_km": [10.0] * 3})
    table = table.assign(diameter_px=[10.0] * 3, core_distance=[-5.0] * 3)
    distance = owned(table, zone, MOON)["core_distance"].tolist()
    assert distance[:2] == [-5, -5]
    assert distance[2] == pytest.approx(np.radians(1) * MOON.radius_km)

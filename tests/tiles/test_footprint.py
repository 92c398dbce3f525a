"""The searched area: complete, exact, and free of special cases at poles and antimeridian."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import Geod

from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.tiles.footprint import footprint, pooled, wrap_polygons
from crater_pipeline.tiles.grid import TileGrid
from crater_pipeline.tiles.searched import CELL_PX
from crater_pipeline.tiles.splits import SplitSettings, split_map

MOON = Body(name="moon", radius_m=1_737_400)
SPHERE = Geod(a=1_737_400, b=1_737_400)


def raster_around(bounds: Bounds, pixel_m: float = 1000.0) -> RasterInfo:
    """Header of a conformal raster with 100 pixels of margin around the bounds."""
    crs = choose_projection(bounds, MOON)
    probe = RasterInfo(Path("probe.tif"), 1, 1, Affine.scale(pixel_m, -pixel_m), crs, "uint8", 0)
    x, y = probe.pixel(*bounds.outline(), MOON)
    left, top = np.floor(x.min()) - 100, np.floor(y.min()) - 100
    width, height = int(np.ceil(x.max()) + 100 - left), int(np.ceil(y.max()) + 100 - top)
    transform = Affine.scale(pixel_m, -pixel_m) @ Affine.translation(left, top)
    return RasterInfo(Path("region.tif"), width, height, transform, crs, "uint8", 0)


def cells_of(info: RasterInfo) -> tuple[int, int]:
    return -(-info.height // CELL_PX), -(-info.width // CELL_PX)


def exact_area_km2(bounds: Bounds) -> float:
    south, north = np.radians([bounds.south, bounds.north])
    return float(MOON.radius_km**2 * np.radians(bounds.width) * (np.sin(north) - np.sin(south)))


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(-35, 25, -15, 50),
        Bounds(170, -20, -170, 15),
        Bounds(-180, 70, 180, 90),
        Bounds(-180, -90, 180, -75),
        Bounds(350, -5, 10, 5),
    ],
    ids=str,
)
def test_the_whole_of_the_bounds_is_searched_where_there_is_data(bounds: Bounds) -> None:
    info = raster_around(bounds)
    everywhere = np.ones(cells_of(info), bool)
    table = footprint(info, everywhere, np.full(everywhere.shape, 2, np.uint8), bounds, MOON)
    assert table["split"].tolist() == ["test"]
    assert table["area_km2"].iloc[0] == pytest.approx(exact_area_km2(bounds), rel=1e-9)
    geometry = table.geometry.iloc[0]
    assert geometry.is_valid
    west, south, east, north = geometry.bounds
    assert west >= -180 - 1e-9
    assert east <= 180 + 1e-9
    assert (south, north) == pytest.approx((bounds.south, bounds.north))
    lon = bounds.west + np.linspace(0.01, 0.99, 23) * bounds.width
    lat = np.linspace(bounds.south, bounds.north, 25)[1:-1]
    points = shapely.points(*(a.ravel() for a in np.meshgrid((lon + 180) % 360 - 180, lat)))
    assert shapely.intersects(geometry, points).all()


def test_parts_add_up_and_do_not_overlap() -> None:
    bounds = Bounds(-35, 25, -15, 50)
    info = raster_around(bounds, 300.0)
    everywhere = np.ones(cells_of(info), bool)
    grid = TileGrid(info.width, info.height)
    parts = split_map(grid, everywhere, CELL_PX, SplitSettings(block_px=256))
    table = footprint(info, everywhere, parts, bounds, MOON).set_index("split")
    assert table["area_km2"].sum() == pytest.approx(exact_area_km2(bounds), rel=1e-9)
    assert table["area_km2"]["train"] / table["area_km2"].sum() == pytest.approx(0.7, abs=0.08)
    pieces = table.geometry
    assert pieces["train"].intersection(pieces["test"]).area == pytest.approx(0, abs=1e-9)


def test_area_agrees_with_a_geodesic_polygon_of_the_same_cells() -> None:
    bounds = Bounds(10, 40, 14, 43)
    info = raster_around(bounds)
    everywhere = np.ones(cells_of(info), bool)
    table = footprint(info, everywhere, np.full(everywhere.shape, 2, np.uint8), bounds, MOON)
    # Cell borders follow parallels; densified, their great circles come close.
    outline = shapely.segmentize(table.geometry.iloc[0], 0.02)
    area, _ = SPHERE.geometry_area_perimeter(shapely.orient_polygons(outline))
    assert table["area_km2"].iloc[0] == pytest.approx(abs(area) / 1e6, rel=1e-5)


def test_what_has_no_data_is_not_searched() -> None:
    bounds = Bounds(0, 0, 10, 10)
    info = raster_around(bounds, 200.0)
    valid = np.ones(cells_of(info), bool)
    valid[:, : valid.shape[1] // 2] = False
    table = footprint(info, valid, np.full(valid.shape, 2, np.uint8), bounds, MOON)
    assert table["area_km2"].iloc[0] == pytest.approx(exact_area_km2(bounds) / 2, rel=0.015)
    nothing = footprint(info, ~np.ones_like(valid), np.full(valid.shape, 2, np.uint8), bounds, MOON)
    assert len(nothing) == 0


def test_polygons_beyond_the_antimeridian_are_cut_and_wrapped() -> None:
    wrapped = wrap_polygons([shapely.box(170, 0, 190, 10), shapely.box(-30, 0, -20, 5)])
    assert wrapped.area == pytest.approx(250)
    assert sorted(p.bounds for p in wrapped.geoms) == [(-180, 0, -170, 10), (-30, 0, -20, 5), (170, 0, 180, 10)]


def area(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    shapes = shapely.MultiPolygon([shapely.box(*box) for box in boxes])
    return gpd.GeoDataFrame({"split": ["test"], "area_km2": [10.0]}, geometry=[shapes], crs=MOON.geographic_crs)


def test_zones_areas_are_one() -> None:
    whole = pooled([area((-180, 37 + 1e-13, 180, 90)), area((-180, -37, 180, 37)), area((-180, -90, 180, -37))])
    assert whole["split"].tolist() == ["test"]
    assert whole["area_km2"].tolist() == [30.0]
    assert whole.geometry[0].equals(shapely.MultiPolygon([shapely.box(-180, -90, 180, 90)]))
    assert whole.crs == MOON.geographic_crs


def test_a_zone_without_ground_adds_nothing() -> None:
    whole = pooled([area((0, 0, 1, 1)), area((0, 1, 1, 2)).iloc[:0]])
    assert whole["area_km2"].tolist() == [10.0]
    assert len(pooled([area((0, 0, 1, 1)).iloc[:0]] * 2)) == 0

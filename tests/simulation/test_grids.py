import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.grid import Grid, apply_affine
from crater_pipeline.simulation.grids import mosaic_grid, scene_grid, simple_cylindrical
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection

MOON = Body(name="moon", radius_m=1_737_400.0)


def lonlat(grid: Grid, x: float, y: float) -> tuple[float, float]:
    transformer = Transformer.from_crs(grid.crs, MOON.geographic_crs, always_xy=True)
    lon, lat = transformer.transform(*apply_affine(grid.transform, x, y))
    return float(lon), float(lat)


@settings(max_examples=10, deadline=None)
@given(st.floats(-170, 160), st.floats(-60, 50), st.floats(0.5, 9), st.floats(0.5, 9))
def test_a_mosaic_covers_its_bounds_with_less_than_a_pixel_to_spare(w: float, s: float, dx: float, dy: float) -> None:
    grid = mosaic_grid(Bounds(w, s, w + dx, s + dy), 500.0, MOON)
    west, north = lonlat(grid, 0, 0)
    east, south = lonlat(grid, grid.width, grid.height)
    pixel = np.degrees(500.0 / MOON.radius_m)
    for got, wanted in ((w, west), (east, w + dx), (s, south), (north, s + dy)):
        assert -1e-6 < got - wanted < pixel + 1e-6


def test_pixel_corners_lie_on_the_global_grid() -> None:
    transform = mosaic_grid(Bounds(-5.3, 26.7, 5.1, 33.3), 100.0, MOON).transform
    assert transform.c % 100.0 == 0
    assert transform.f % 100.0 == 0


def test_across_the_antimeridian_the_map_turns_round() -> None:
    grid = mosaic_grid(Bounds(177.0, -2.0, -176.0, 2.0), 1000.0, MOON)
    assert grid.width == pytest.approx(7 * 30.32, abs=2)
    assert lonlat(grid, 0, grid.height / 2)[0] == pytest.approx(177.0, abs=0.05)
    assert lonlat(grid, grid.width, grid.height / 2)[0] == pytest.approx(-176.0, abs=0.05)


def test_the_map_stands_on_the_bodys_sphere() -> None:
    MOON.check_crs(simple_cylindrical(MOON), "a map")
    x, y = Transformer.from_crs(MOON.geographic_crs, simple_cylindrical(MOON), always_xy=True).transform(10.0, -20.0)
    assert (x, y) == pytest.approx(np.radians([10.0, -20.0]) * MOON.radius_m, abs=0.01)


def test_a_scene_covers_the_region() -> None:
    bounds = Bounds(-20.0, 40.0, -10.0, 50.0)
    source = scene_grid(bounds, 1000.0, choose_projection(bounds, MOON), MOON)
    x, y = source.pixel(*bounds.outline(), MOON)
    assert x.min() > 0
    assert y.min() > 0
    assert x.max() < source.width
    assert y.max() < source.height


def test_too_large_a_scene_is_refused() -> None:
    bounds = Bounds(-30.0, -20.0, 30.0, 20.0)
    with pytest.raises(UserError, match="pixel_size_m"):
        scene_grid(bounds, 20.0, choose_projection(bounds, MOON), MOON)

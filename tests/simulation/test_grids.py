import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import apply_affine
from crater_pipeline.simulation.grids import (
    Grid,
    lattice_axis,
    mosaic_grid,
    on_lattice,
    positions,
    scene_grid,
    simple_cylindrical,
)
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


def test_positions_agree_with_the_projection_to_a_thousandth_of_a_pixel() -> None:
    bounds = Bounds(-20.0, 40.0, -10.0, 50.0)
    source = scene_grid(bounds, 1000.0, choose_projection(bounds, MOON), MOON)
    target = mosaic_grid(bounds, 1000.0, MOON)
    x, y = positions(source, target, slice(100, 140))
    assert x.shape == (40, target.width)
    transformer = Transformer.from_crs(target.crs, source.crs, always_xy=True)
    for row, col in ((0, 0), (17, 33), (39, target.width - 1)):
        east, north = transformer.transform(*apply_affine(target.transform, col + 0.5, row + 100.5))
        assert (x[row, col], y[row, col]) == pytest.approx(apply_affine(~source.transform, east, north), abs=2e-3)


def test_a_scene_covers_the_region() -> None:
    bounds = Bounds(-20.0, 40.0, -10.0, 50.0)
    source = scene_grid(bounds, 1000.0, choose_projection(bounds, MOON), MOON)
    x, y = positions(source, mosaic_grid(bounds, 1000.0, MOON), slice(0, mosaic_grid(bounds, 1000.0, MOON).height))
    assert x.min() > 0
    assert y.min() > 0
    assert x.max() < source.width
    assert y.max() < source.height


@given(st.integers(1, 40), st.integers(1, 40))
def test_the_lattice_reproduces_planes(rows: int, cols: int) -> None:
    def plane(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return 3.0 * x[None, :] - 2.0 * y[:, None] + 1.0

    got = on_lattice(plane(lattice_axis(rows), lattice_axis(cols)), (rows, cols))
    np.testing.assert_allclose(got, plane(np.arange(rows) + 0.5, np.arange(cols) + 0.5), atol=1e-9)


def test_too_large_a_scene_is_refused() -> None:
    bounds = Bounds(-30.0, -20.0, 30.0, 20.0)
    with pytest.raises(UserError, match="pixel_size_m"):
        scene_grid(bounds, 20.0, choose_projection(bounds, MOON), MOON)

"""Interpolation on a lattice is exact to the tolerance, wherever it stands and whatever the quantity does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.windows import Window

from crater_pipeline.rasters.lattice import FloatArray, on_lattice


def centres(window: Window) -> tuple[FloatArray, FloatArray]:
    x, y = np.meshgrid(np.arange(window.width) + 0.5, np.arange(window.height) + 0.5)
    return x + window.col_off, y + window.row_off


windows = st.builds(Window, st.integers(-90, 90), st.integers(-90, 90), st.integers(1, 40), st.integers(1, 40))


@settings(deadline=None)
@given(windows, st.integers(1, 32))
def test_planes_are_exact(window: Window, step_px: int) -> None:
    def planes(x: FloatArray, y: FloatArray) -> FloatArray:
        return np.stack([3.0 * x - 2.0 * y + 1.0, 0.5 * y])

    got = on_lattice(planes, window, step_px, (1e-9, 1e-9))
    np.testing.assert_allclose(got, planes(*centres(window)), atol=1e-9)


@settings(deadline=None)
@given(windows, st.floats(-60, 60), st.floats(-60, 60))
def test_around_a_point_where_direction_and_distance_have_a_kink(window: Window, at_x: float, at_y: float) -> None:
    def polar(x: FloatArray, y: FloatArray) -> FloatArray:
        turn = np.arctan2(y - at_y, x - at_x)
        return np.stack([np.sin(turn), np.cos(turn), np.hypot(x - at_x, y - at_y)])

    got, wanted = on_lattice(polar, window, 8, (0.01, 0.01, 0.01)), polar(*centres(window))
    # Bilinear interpolation errs most in the middle of a cell where a quantity bends evenly, a little more elsewhere.
    np.testing.assert_allclose(got, wanted, atol=0.02)


def test_values_that_are_lacking_on_the_lattice_take_none_from_the_pixels() -> None:
    def half(x: FloatArray, y: FloatArray) -> FloatArray:
        return np.where(x > 20.2, np.nan, x + y)[None]

    window = Window(3, 5, 60, 50)
    np.testing.assert_allclose(on_lattice(half, window, 16, (0.1,)), half(*centres(window)))


def test_neighbouring_windows_agree_and_few_points_are_computed() -> None:
    asked = 0

    def bent(x: FloatArray, y: FloatArray) -> FloatArray:
        nonlocal asked
        asked += x.size
        return (np.sin(x / 200.0) * np.cos(y / 300.0))[None]

    whole = on_lattice(bent, Window(0, 0, 400, 300), 16, (2e-3,))
    assert asked < 400 * 300 / 50
    parts = [on_lattice(bent, Window(x, 0, w, 300), 16, (2e-3,)) for x, w in ((0, 137), (137, 263))]
    assert np.concatenate(parts, axis=2) == pytest.approx(whole, abs=1e-12)

"""Interpolation against polynomials that it must reproduce, and nodata that must neither grow nor bleed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.rasters.resampling import Resampling, resample

METHODS: list[Resampling] = ["nearest", "bilinear", "cubic"]


def field(height: int = 20, width: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """x and y of pixel centres."""
    return np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)


@pytest.mark.parametrize("method", METHODS)
def test_pixel_centres_are_reproduced(method: Resampling) -> None:
    source = np.random.default_rng(0).normal(size=(20, 24)).astype(np.float32)
    np.testing.assert_allclose(resample(source, *field(), method), source, atol=1e-6)


@settings(deadline=None)
@given(x=st.floats(3, 21), y=st.floats(3, 17), a=st.floats(-2, 2), b=st.floats(-2, 2), c=st.floats(-0.2, 0.2))
def test_linear_and_quadratic_surfaces_are_exact(x: float, y: float, a: float, b: float, c: float) -> None:
    cols, rows = field()
    plane = (a * cols + b * rows).astype(np.float32)
    bowl = (plane + c * cols**2 - 2 * c * rows**2 + c * cols * rows).astype(np.float32)
    at = (np.array([x]), np.array([y]))
    assert resample(plane, *at, "bilinear")[0] == pytest.approx(a * x + b * y, abs=1e-3)
    expected = a * x + b * y + c * (x**2 - 2 * y**2 + x * y)
    assert resample(bowl, *at, "cubic")[0] == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("method", METHODS)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000))
def test_nodata_keeps_its_pixels_and_touches_no_other(method: Resampling, seed: int) -> None:
    rng = np.random.default_rng(seed)
    holes = rng.random((20, 24)) < 0.3
    source = np.where(holes, np.nan, 5.0).astype(np.float32)
    x, y = rng.uniform(-2, 26, 200), rng.uniform(-2, 22, 200)
    got = resample(source, x, y, method)
    inside = (x >= 0) & (x <= 24) & (y >= 0) & (y <= 20)
    col, row = np.clip(x.astype(int), 0, 23), np.clip(y.astype(int), 0, 19)
    np.testing.assert_array_equal(np.isfinite(got), inside & ~holes[row, col])
    np.testing.assert_allclose(got[np.isfinite(got)], 5.0, rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_shapes_are_those_of_the_points(method: Resampling) -> None:
    source = np.ones((3, 1), np.float32)
    assert resample(source, np.full((4, 5), 0.5), np.full((4, 5), 1.0), method).shape == (4, 5)
    assert resample(source, np.full(2, 0.9), np.full(2, 2.9), method).tolist() == [1.0, 1.0]

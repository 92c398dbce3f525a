"""Augmentation moves pixels and craters together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.training.patches import Patch, resized, turned, zoomed

SIZE = 128


def marked(x: int, y: int, radius: float = 10.0) -> Patch:
    """A bright pixel at a crater's centre, dark elsewhere."""
    values = np.zeros((SIZE, SIZE), np.float32)
    values[y, x] = 1.0
    return Patch(values, 100.0, np.array([[x + 0.5, y + 0.5, radius]]), np.zeros(1, bool))


@given(x=st.integers(0, 127), y=st.integers(0, 127), turns=st.integers(0, 5), mirrored=st.booleans())
def test_turning_keeps_the_centre_on_its_pixel(x: int, y: int, turns: int, mirrored: bool) -> None:
    patch = turned(marked(x, y), turns, mirrored)
    row, col = np.argwhere(patch.values == 1.0)[0]
    assert patch.circles[0] == pytest.approx([col + 0.5, row + 0.5, 10.0])


@settings(deadline=None)
@given(x=st.integers(20, 107), y=st.integers(20, 107), zoom=st.floats(0.6, 1.7), seed=st.integers(0, 99))
def test_zooming_keeps_the_centre_on_its_spot(x: int, y: int, zoom: float, seed: int) -> None:
    patch = zoomed(marked(x, y), zoom, np.random.default_rng(seed))
    assert patch.values.shape == (SIZE, SIZE)
    cx, cy, radius = patch.circles[0]
    factor = radius / 10.0
    assert patch.pixel_m == pytest.approx(100.0 / factor)
    assert factor == pytest.approx(zoom, rel=0.02)
    if 3 < cx < SIZE - 3 and 3 < cy < SIZE - 3:
        weight = np.nan_to_num(patch.values)
        yy, xx = np.mgrid[:SIZE, :SIZE] + 0.5
        centroid = (weight * xx).sum() / weight.sum(), (weight * yy).sum() / weight.sum()
        assert centroid == pytest.approx((cx, cy), abs=0.75)


def test_resizing_spreads_no_data_and_never_invents_it() -> None:
    patch = marked(64, 64)
    values = patch.values.copy()
    values[:, :10] = np.nan
    small = resized(Patch(values, 100.0, patch.circles, patch.ignored), 64)
    assert np.isnan(small.values[:, :5]).all()
    assert np.isfinite(small.values[:, 6:]).all()

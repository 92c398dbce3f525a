"""A plane through ground with hills on it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.measures.plane import robust_plane, spread

X, Y = np.random.default_rng(0).uniform(-1, 1, (2, 300))
planes = st.tuples(*[st.floats(-100.0, 100.0)] * 3)


@settings(max_examples=25, deadline=None)
@given(planes)
def test_a_plane_is_met_exactly(plane: tuple[float, float, float]) -> None:
    a, b, c = plane
    found, sigma = robust_plane(X, Y, a + b * X + c * Y)
    assert found == pytest.approx(plane, abs=1e-6)
    assert sigma < 1e-5


@settings(max_examples=25, deadline=None)
@given(planes)
def test_a_massif_on_a_quarter_of_the_ground_is_left_out(plane: tuple[float, float, float]) -> None:
    """Least squares would be off by tens of metres."""
    a, b, c = plane
    noise = np.random.default_rng(1).normal(0, 2, len(X))
    height = a + b * X + c * Y + noise + np.where((X > 0) & (Y > 0), 500.0, 0.0)
    found, sigma = robust_plane(X, Y, height)
    assert found == pytest.approx(plane, abs=1.5)
    assert sigma == pytest.approx(2.0 / 0.75, rel=0.5)


def test_without_outliers_it_is_nearly_least_squares() -> None:
    height = 5 + 3 * X - 2 * Y + np.random.default_rng(2).normal(0, 1, len(X))
    design = np.column_stack([np.ones_like(X), X, Y])
    expected = np.linalg.lstsq(design, height, rcond=None)[0]
    assert robust_plane(X, Y, height)[0] == pytest.approx(expected, abs=0.05)


def test_spread_is_the_standard_deviation_of_normal_values() -> None:
    values = np.random.default_rng(3).normal(7, 2, 20_000)
    assert spread(values) == pytest.approx(2, rel=0.03)
    assert np.isnan(spread(values[:0]))

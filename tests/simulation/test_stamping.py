import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crater_pipeline.simulation.population import Population
from crater_pipeline.simulation.stamping import Stamper
from tests.simulation.craters import planted

PIXEL_M = 100.0


def stamped(craters: Population, ground: NDArray[np.float32] | None = None, size: int = 128) -> NDArray[np.float32]:
    elevation = np.zeros((size, size), dtype=np.float32) if ground is None else ground.copy()
    Stamper(elevation, np.zeros_like(elevation), PIXEL_M).stamp(craters, np.random.default_rng(0))
    return elevation


def cavity_centre(elevation: NDArray[np.float32]) -> tuple[float, float]:
    """Centroid of the depth below the surroundings."""
    depth = np.clip(-elevation.astype(float), 0.0, None)
    y, x = np.indices(elevation.shape) + 0.5
    return float((x * depth).sum() / depth.sum()), float((y * depth).sum() / depth.sum())


@settings(max_examples=25, deadline=None)
@given(st.floats(50.0, 78.0), st.floats(50.0, 78.0), st.floats(1.5, 12.0))
def test_a_lone_crater_is_where_it_was_planted(x: float, y: float, radius: float) -> None:
    found = cavity_centre(stamped(planted((x, y, radius, 1.0))))
    assert found == pytest.approx((x, y), abs=0.25 if radius < 4 else 0.06 * radius)


@pytest.mark.parametrize("radius", [4.0, 10.0, 20.0])
def test_the_rim_is_a_circle_of_the_given_radius(radius: float) -> None:
    elevation = stamped(planted((64.0, 64.0, radius, 1.0)))
    y, x = np.indices(elevation.shape) + 0.5
    distance = np.hypot(x - 64, y - 64)
    rings = [elevation[np.abs(distance - r) < 0.5].mean() for r in np.arange(1, 1.6 * radius)]
    assert 1 + int(np.argmax(rings)) == pytest.approx(radius, abs=1.0)


@pytest.mark.parametrize("radius", [5.0, 16.0])
def test_depth_over_diameter_of_a_fresh_simple_crater(radius: float) -> None:
    elevation = stamped(planted((64.5, 64.5, radius, 1.0)))
    y, x = np.indices(elevation.shape) + 0.5
    ring = np.abs(np.hypot(x - 64.5, y - 64.5) - radius) < 0.6
    depth = elevation[ring].mean() - elevation.min()
    assert depth / (2 * radius * PIXEL_M) == pytest.approx(0.2, abs=0.035)


def test_a_younger_crater_cuts_an_older_one() -> None:
    old, young = (54.0, 64.0, 16.0, 2.0), (74.0, 64.0, 12.0, 1.0)
    both = stamped(planted(old, young))
    alone = stamped(planted(young))
    y, x = np.indices(both.shape) + 0.5
    inside = np.hypot(x - 74, y - 64) < 9
    # Within the younger one, the older one's rim and floor are gone up to a tilt of the ground.
    tilt = np.column_stack([x[inside], y[inside], np.ones(inside.sum())])
    difference = (both - alone)[inside]
    rest = difference - tilt @ np.linalg.lstsq(tilt, difference, rcond=None)[0]
    relief_of_old = np.ptp(stamped(planted(old))[inside])
    # (The two outlines are irregular in different ways, which leaves a little.)
    assert np.ptp(rest) < 0.25 * relief_of_old


def test_the_order_in_the_list_does_not_matter_but_the_clock_does() -> None:
    old, young = (54.0, 64.0, 16.0, 2.0), (74.0, 64.0, 12.0, 1.0)
    ages_swapped = stamped(planted((*old[:3], 1.0), (*young[:3], 2.0)))
    once, again = stamped(planted(old, young)), stamped(planted(young, old))
    y, x = np.indices(once.shape) + 0.5
    rim_of_young = np.abs(np.hypot(x - 74, y - 64) - 12) < 1
    # Irregular outlines are drawn in order of time, so both listings agree exactly.
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - ages_swapped)[rim_of_young].max() > 100.0


def test_batches_of_small_craters_are_the_sum_of_single_ones() -> None:
    rng = np.random.default_rng(5)
    craters = planted(*((*rng.uniform(8, 88, 2), rng.uniform(1, 2.4), 1.0) for _ in range(40)))
    together = stamped(craters, size=96)
    singly = sum(stamped(craters.take(np.array([i])), size=96) for i in range(40))
    np.testing.assert_allclose(together, singly, atol=0.02)


@settings(max_examples=20, deadline=None)
@given(st.floats(-60.0, 190.0), st.floats(-60.0, 190.0), st.floats(1.0, 40.0))
def test_a_crater_may_lie_across_or_beyond_the_border(x: float, y: float, radius: float) -> None:
    elevation = stamped(planted((x, y, radius, 1.0)))
    assert np.isfinite(elevation).all()
    far = max(-x, x - 128, -y, y - 128) > 3.5 * radius + 2
    assert not (far and elevation.any())

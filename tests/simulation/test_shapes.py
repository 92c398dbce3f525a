import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.simulation.shapes import REACH, SAMPLES, depth_km, filled, fresh_profile, profiles

RADIUS = np.linspace(0.0, REACH, SAMPLES)


def relief(diameter_km: float, state: float) -> float:
    """Rim over floor, in diameters."""
    profile = profiles([diameter_km], [state])[0]
    return float(profile.max() - profile[RADIUS < 0.3].min()) / 2


@pytest.mark.parametrize("diameter", [1.0, 3.0, 9.0])
def test_a_fresh_simple_crater_is_a_fifth_as_deep_as_wide(diameter: float) -> None:
    assert relief(diameter, 0.0) == pytest.approx(0.2, abs=0.015)


@pytest.mark.parametrize(("diameter", "depth"), [(20.0, 2.57), (50.0, 3.39), (100.0, 4.18)])
def test_complex_craters_have_pikes_depths(diameter: float, depth: float) -> None:
    assert depth_km(diameter) == pytest.approx(depth, rel=0.01)
    assert float(depth_km(diameter)) / diameter < 0.13


def test_complex_craters_have_flat_floors_and_central_peaks() -> None:
    profile = fresh_profile(60.0, RADIUS)
    floor = profile[(RADIUS > 0.3) & (RADIUS < 0.45)]
    assert np.ptp(floor) < 0.02
    assert profile[0] > floor.mean() + 0.01


@pytest.mark.parametrize("diameter", [0.5, 5.0, 40.0])
def test_the_rim_crest_lies_at_one_radius(diameter: float) -> None:
    profile = profiles([diameter], [0.0])[0]
    assert RADIUS[profile.argmax()] == pytest.approx(1.0, abs=0.03)
    assert 0.01 < profile.max() < 0.1


def test_ejecta_thin_with_the_cube_of_distance() -> None:
    near, far = fresh_profile(3.0, np.array([1.2, 2.0]))
    assert near / far == pytest.approx((2.0 / 1.2) ** 3, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.2, 200.0), st.floats(0.0, 1.8), st.floats(0.02, 0.2))
def test_wear_only_ever_lowers_relief(diameter: float, state: float, more: float) -> None:
    assert relief(diameter, state + more) < relief(diameter, state) + 1e-6


def test_a_vanished_crater_has_lost_most_of_its_depth() -> None:
    assert relief(2.0, 1.0) < 0.4 * relief(2.0, 0.0)


def test_wear_moves_material_but_makes_none() -> None:
    """The volume over the tabulated range stays, but for what creeps beyond it."""
    volumes = [np.trapezoid(profiles([3.0], [state])[0] * RADIUS, RADIUS) for state in (0.0, 0.2, 0.5)]
    cavity = -np.trapezoid(np.minimum(profiles([3.0], [0.0])[0], 0.0) * RADIUS, RADIUS)
    assert np.ptp(volumes) < 0.05 * cavity


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 0.95))
def test_filling_makes_a_flat_floor_at_that_height(share: float) -> None:
    fresh = profiles([6.0], [0.05])
    result = filled(fresh, [share])[0]
    depth = float(fresh.max() - fresh[0].min())
    assert result[0] == pytest.approx(fresh[0].min() + share * depth, abs=0.08 * depth)
    assert np.all(result[RADIUS >= 1.0] == fresh[0][RADIUS >= 1.0])
    assert np.all(result >= fresh[0] - 1e-6)


def test_without_fill_nothing_changes() -> None:
    fresh = profiles([1.0, 20.0], [0.0, 0.3])
    np.testing.assert_array_equal(filled(fresh, [0.0, 0.0]), fresh)

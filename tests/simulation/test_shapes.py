import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.shapes import REACH, SAMPLES, depth_km, filled, fresh_profile, profiles, rim_height_km

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


ratios = st.floats(0.1, 6.0)
"""From Ceres to the Earth."""


@given(st.floats(0.2, 300.0))
def test_on_the_moon_depths_and_rims_are_pikes(diameter: float) -> None:
    small = np.clip(0.70 + 0.30 * np.log10(diameter / 0.04) / 1.2, 0.65, 1.0)
    assert depth_km(diameter) == pytest.approx(min(0.196 * diameter**1.010 * small, 1.044 * diameter**0.301), rel=1e-12)
    assert rim_height_km(diameter) == pytest.approx(min(0.036 * diameter**1.014, 0.236 * diameter**0.399), rel=1e-12)


@given(st.floats(0.1, 300.0), ratios, st.floats(1.001, 3.0))
def test_stronger_gravity_never_makes_a_crater_deeper(diameter: float, ratio: float, more: float) -> None:
    shallow, deep = (depth_km(diameter, each) for each in (ratio * more, ratio))
    assert shallow <= deep
    assert rim_height_km(diameter, ratio * more) <= rim_height_km(diameter, ratio)
    if deep < 0.999 * depth_km(diameter, 0.01):  # a complex crater already
        assert shallow < deep


@given(ratios)
def test_simple_craters_give_way_to_complex_ones_at_a_diameter_that_goes_with_one_over_gravity(ratio: float) -> None:
    sizes = np.geomspace(0.7, 300.0, 3000)
    first_complex = sizes[np.argmax(depth_km(sizes, ratio) < depth_km(sizes, 0.01))]
    assert first_complex * ratio == pytest.approx(10.6, rel=0.05)


@pytest.mark.parametrize("body", ["mars", "mercury"])
def test_the_change_on_mars_and_mercury_lies_where_pike_saw_it_on_mars(body: str) -> None:
    """At 3 to 8 km: Pike (1980)."""
    ratio = SimulationSettings().on(body).gravity_ratio
    assert depth_km(3.0, ratio) > 0.95 * depth_km(3.0)
    assert depth_km(8.0, ratio) < 0.75 * depth_km(8.0)


@settings(max_examples=20, deadline=None)
@given(st.floats(3.0, 40.0), st.sampled_from([0.5, 2.29, 5.0]))
def test_a_complex_crater_looks_like_the_moons_of_a_diameter_larger_by_the_ratio(lunar: float, ratio: float) -> None:
    """The same floor, steps and peak in radii; what is left is that simple craters grow a little faster than wide."""
    there, here = fresh_profile(8.0 * lunar / ratio, RADIUS, ratio), fresh_profile(8.0 * lunar, RADIUS)
    np.testing.assert_allclose(there, here, atol=0.01 * np.ptp(here))


def test_tabulated_profiles_have_the_bodys_depths() -> None:
    for ratio in (0.17, 1.0, 2.29):
        for diameter in (3.0, 30.0, 100.0):
            profile = profiles([diameter], [0.0], ratio)[0]
            floor = profile[(RADIUS > 0.3) & (RADIUS < 0.9)].min()
            tabulated = float(profile.max() - min(floor, profile[RADIUS < 0.3].min())) * diameter / 2
            assert tabulated == pytest.approx(float(depth_km(diameter, ratio)), rel=0.1)


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

import numpy as np
import pytest

from crater_pipeline.simulation.population import (
    MAX_STATE,
    Population,
    expected_density,
    primaries,
    secondaries,
    visible_time,
)
from crater_pipeline.simulation.production import LUNAR, equilibrium
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.targets import TARGETS

UNSATURATED = SimulationSettings(degradation=0.0, highland_age_gyr=3.5, mare_age_gyr=3.4)


def inside(craters: Population, size: int) -> Population:
    return craters.take((craters.x >= 0) & (craters.x < size) & (craters.y >= 0) & (craters.y < size))


@pytest.mark.parametrize("body", TARGETS)
@pytest.mark.parametrize("seed", range(3))
def test_counts_follow_the_bodys_function_where_nothing_is_saturated(seed: int, body: str) -> None:
    size, pixel_m = 600, 200.0
    settings = UNSATURATED.on(body)
    craters = inside(primaries((size, size), pixel_m, np.random.default_rng(seed), settings), size)
    area_km2 = (size * pixel_m / 1000) ** 2
    diameter = 2 * craters.radius_px * pixel_m / 1000
    for threshold in (0.4, 0.7, 1.0, 2.0):
        production = TARGETS[body].production
        formed = (production.shape(threshold) - production.shape(120.0)) * production.chronology(3.5)
        expected = float(formed) * area_km2
        assert abs((diameter >= threshold).sum() - expected) < 4 * np.sqrt(expected)


def test_old_small_craters_reach_the_equilibrium_density() -> None:
    size, pixel_m = 500, 100.0
    settings = SimulationSettings(highland_age_gyr=4.2)
    craters = inside(primaries((size, size), pixel_m, np.random.default_rng(1), settings), size)
    diameter = 2 * craters.radius_px * pixel_m / 1000
    seen = ((craters.state < 1.0) & (diameter >= 0.3)).sum()
    assert seen == pytest.approx(float(equilibrium(0.3)) * 50.0**2, rel=0.2)


def test_no_crater_is_older_than_its_kind_lasts() -> None:
    settings = SimulationSettings()
    density, span = expected_density(0.3, 0.35, settings)
    assert span == pytest.approx(MAX_STATE * float(visible_time(np.sqrt(0.3 * 0.35), settings)))
    assert density == pytest.approx(float(LUNAR.shape(0.3) - LUNAR.shape(0.35)) * span)


def test_twice_the_density_gives_twice_the_craters() -> None:
    settings = SimulationSettings(degradation=0.0)
    twice = settings.model_copy(update={"density": 2.0})
    assert expected_density(1.0, 2.0, twice)[0] == pytest.approx(2 * expected_density(1.0, 2.0, settings)[0])


def test_large_craters_outside_the_scene_reach_into_it() -> None:
    settings = SimulationSettings(highland_age_gyr=4.2)
    craters = primaries((400, 400), 200.0, np.random.default_rng(2), settings)
    outside = craters.take((craters.x < 0) | (craters.x > 400) | (craters.y < 0) | (craters.y > 400))
    assert len(outside)
    distance = np.hypot(outside.x - np.clip(outside.x, 0, 400), outside.y - np.clip(outside.y, 0, 400))
    assert np.all(distance <= np.sqrt(2) * np.maximum(3.6 * outside.radius_px, 9.0) * 1.2)


def test_secondaries_are_small_shallow_and_as_old_as_their_parent() -> None:
    parent = Population(*(np.array([v]) for v in (500.0, 500.0, 200.0, 1e-3, 0.0, 1.0, 0.0)))
    found = secondaries(parent, 100.0, np.random.default_rng(0), SimulationSettings())
    assert len(found) > 20
    assert np.all(found.radius_px <= 0.04 * 200.0)
    assert np.all(found.depth_factor < 0.7)
    np.testing.assert_allclose(found.clock, 1e-3, rtol=1e-5)
    assert np.median(np.hypot(found.x - 500, found.y - 500)) > 300


def test_concatenated_and_take_keep_rows_together() -> None:
    craters = primaries((100, 100), 100.0, np.random.default_rng(4), SimulationSettings())
    halves = Population.concatenated([craters.take(np.arange(10)), craters.take(np.arange(10, len(craters)))])
    np.testing.assert_array_equal(halves.x, craters.x)
    np.testing.assert_array_equal(halves.fill, craters.fill)

"""A simulated region on its map, and on its body."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest

from crater_pipeline.simulation import moon
from crater_pipeline.simulation.imaging import render
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.targets import TARGETS
from crater_pipeline.simulation.terrain import simulate_terrain
from crater_pipeline.sphere.bodies import MOON, Body, known_body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import convergence_deg, scale_factor


def test_around_a_pole_the_sun_stands_at_its_azimuth_in_every_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def spied(elevation: Any, albedo: Any, ground_pixel_m: Any, convergence: Any, *rest: Any) -> Any:
        seen.update(ground=ground_pixel_m, convergence=convergence)
        return render(elevation, albedo, ground_pixel_m, convergence, *rest)

    monkeypatch.setattr(moon, "render", spied)
    settings = SimulationSettings(margin_px=4)
    region = moon.simulate_region(Bounds(-180.0, -90.0, 180.0, -88.5), 400.0, 1, MOON, settings)
    height, width = region.scene.shape
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    lon, lat = region.scene.lonlat(x, y, MOON)
    wanted = convergence_deg(region.scene.crs, lon, lat, MOON)
    assert np.ptp(wanted) > 350
    np.testing.assert_allclose((seen["convergence"] - wanted + 180) % 360 - 180, 0.0, atol=0.15)
    np.testing.assert_allclose(seen["ground"] * scale_factor(region.scene.crs, lon, lat, MOON), 400.0, rtol=1e-3)


PRISTINE = SimulationSettings(
    highland_age_gyr=3.5,
    mare_age_gyr=3.4,
    mare_fraction=0.0,
    plains_fraction=0.0,
    secondaries=0.0,
    roughness=0.0,
    degradation=0.0,
    density=10.0,
    min_relief=0.0,
    min_rim_fraction=0.0,
)
"""Nothing is flooded or worn away, and what others have hit is listed too."""


@pytest.mark.parametrize("body", TARGETS)
def test_sizes_and_number_of_the_craters_listed_follow_the_bodys_function(body: str) -> None:
    """Known: the craters formed in 3.5 Gyr, ten times over, by the published functions (a few are quite destroyed)."""
    size, pixel_km, production = 400, 0.2, TARGETS[body].production
    scene = simulate_terrain((size, size), 1000 * pixel_km, 11, PRISTINE.on(body))
    inside = (scene.x >= 0) & (scene.x < size) & (scene.y >= 0) & (scene.y < size)
    diameter_km = scene.diameter_px[inside] * pixel_km
    diameter_km = diameter_km[diameter_km < 20.0]
    edge = production.shape([1.0, 20.0])
    expected = 10.0 * float((edge[0] - edge[1]) * production.chronology(3.5)) * (size * pixel_km) ** 2
    assert 0.9 * expected - 3 * np.sqrt(expected) < diameter_km.size < expected + 3 * np.sqrt(expected)
    assert kstest(diameter_km, lambda d: (edge[0] - production.shape(d)) / (edge[0] - edge[1])).pvalue > 0.01


def test_what_settings_say_of_a_body_wins_and_an_unknown_body_is_as_the_moon() -> None:
    assert SimulationSettings().on("mars").gravity_ratio == pytest.approx(2.29, abs=0.01)
    told = SimulationSettings(production="mercury", gravity_m_s2=0.81).on("mars")
    assert (told.production, told.gravity_ratio) == ("mercury", 0.5)
    assert SimulationSettings().on("ryugu") == SimulationSettings().on("moon")
    assert SimulationSettings().gravity_ratio == 1.0


def test_each_body_has_craters_of_its_own_and_the_moons_are_the_default() -> None:
    def seen(body: Body, **more: Any) -> Any:
        degrees = np.degrees(15_000 / body.radius_m)
        bounds = Bounds(-degrees, -degrees, degrees, degrees)
        return moon.simulate_region(bounds, 250.0, 2, body, SimulationSettings(margin_px=0, **more)).elevation_m

    ground = seen(MOON)
    assert np.array_equal(ground, seen(Body(name="ball", radius_m=MOON.radius_m)))
    assert np.array_equal(ground, seen(MOON, production="moon", gravity_m_s2=1.62))
    for name in ("mars", "mercury"):
        as_the_moon = seen(known_body(name), production="moon", gravity_m_s2=1.62)
        assert not np.array_equal(seen(known_body(name)), as_the_moon)
        assert not np.array_equal(seen(known_body(name), production="moon"), as_the_moon)

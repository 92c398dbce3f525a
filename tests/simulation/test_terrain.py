import dataclasses

import numpy as np
import pytest
from pydantic import ValidationError

from crater_pipeline.simulation.presets import as_gld100, highland, mare
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.stamping import Stamper
from crater_pipeline.simulation.terrain import SimulatedTerrain, instrument, simulate_terrain
from crater_pipeline.simulation.visibility import measured_relief_px
from tests.simulation.craters import planted

SHAPE = (200, 264)


@pytest.fixture(scope="module")
def terrain() -> SimulatedTerrain:
    return simulate_terrain(SHAPE, 100.0, 7, SimulationSettings())


def test_the_same_seed_gives_the_same_scene_and_another_does_not(terrain: SimulatedTerrain) -> None:
    again = simulate_terrain(SHAPE, 100.0, 7, SimulationSettings())
    for field in dataclasses.fields(terrain):
        np.testing.assert_array_equal(getattr(terrain, field.name), getattr(again, field.name))
    assert not np.array_equal(simulate_terrain(SHAPE, 100.0, 8, SimulationSettings()).elevation_m, terrain.elevation_m)


def test_shapes_types_and_ranges(terrain: SimulatedTerrain) -> None:
    for field in (terrain.elevation_m, terrain.albedo):
        assert field.shape == SHAPE
        assert field.dtype == np.float32
        assert np.isfinite(field).all()
    assert 0.03 < terrain.albedo.min() <= terrain.albedo.max() < 0.6
    assert np.all((terrain.visibility >= 0) & (terrain.visibility <= 1))
    assert np.all((terrain.degradation >= 0) & (terrain.degradation <= 1))
    assert np.all((terrain.age_gyr >= 0) & (terrain.age_gyr <= 4.21))


def test_the_catalogue_is_sorted_above_the_limit_and_meets_the_scene(terrain: SimulatedTerrain) -> None:
    assert len(terrain) > 50
    assert terrain.diameter_px.min() >= 5.0
    assert np.all(np.diff(terrain.diameter_px) <= 0)
    outside = np.hypot(terrain.x - np.clip(terrain.x, 0, SHAPE[1]), terrain.y - np.clip(terrain.y, 0, SHAPE[0]))
    assert np.all(outside < terrain.diameter_px / 2)


@pytest.mark.parametrize("settings", [mare(), highland()], ids=["mare", "highland"])
def test_every_crater_listed_can_be_seen_in_the_heights(settings: SimulationSettings) -> None:
    scene = simulate_terrain((256, 256), 100.0, 3, settings)
    craters = planted(*((x, y, d / 2, 1.0) for x, y, d in zip(scene.x, scene.y, scene.diameter_px, strict=True)))
    relief, _ = measured_relief_px(scene.elevation_m, craters, 100.0)
    measured = ~np.isnan(relief)
    assert measured.sum() > 20
    large = np.minimum(1.0, 5.0 / (scene.diameter_px * 0.1)) ** 0.6
    # The margin of the scene counts when it is made, but is cut off by now: allow for craters on the border.
    seen = relief[measured] / scene.diameter_px[measured] > 0.9 * settings.min_relief * large[measured]
    assert seen.mean() > 0.98


@pytest.mark.parametrize(
    ("settings", "from_km", "observed"), [(mare(), 1.0, 4.2e-3), (highland(), 1.5, 1.5e-2)], ids=["mare", "highland"]
)
def test_crater_densities_are_those_of_the_moon(settings: SimulationSettings, from_km: float, observed: float) -> None:
    """Within a factor of two of Wang & Wu's counts per km^2, on the maria and in the western highlands."""
    size, pixel_km, seeds = 400, 0.2, 3
    count = 0
    for seed in range(seeds):
        scene = simulate_terrain((size, size), 1000 * pixel_km, 40 + seed, settings)
        inside = (scene.x > 0) & (scene.x < size) & (scene.y > 0) & (scene.y < size)
        count += int((inside & (scene.diameter_px * pixel_km >= from_km)).sum())
    assert 0.5 < count / (seeds * (size * pixel_km) ** 2) / observed < 2.0


def test_highlands_are_rougher_than_maria() -> None:
    rough, smooth = (
        np.median(np.abs(np.diff(simulate_terrain((256, 256), 100.0, 5, s).elevation_m[::8], axis=0)))
        for s in (highland(), mare())
    )
    assert rough > 2 * smooth


def test_lava_is_dark() -> None:
    dark, bright = (np.median(simulate_terrain((128, 128), 100.0, 5, s).albedo) for s in (mare(), highland()))
    assert bright > 1.2 * dark


def test_pixel_size_scales_the_scene_not_its_physics() -> None:
    fine, coarse = (simulate_terrain((256, 256), pixel, 5, highland()) for pixel in (60.0, 400.0))
    assert np.ptp(coarse.elevation_m) > np.ptp(fine.elevation_m)
    assert fine.relief.max() < 0.26
    assert coarse.relief.max() < 0.26


def test_an_instrument_blurs_and_adds_noise() -> None:
    settings = as_gld100(mare(), 118.45)
    sharp = simulate_terrain((256, 256), 118.45, 9, settings).elevation_m
    model = instrument(sharp, np.random.default_rng(0), settings)
    np.testing.assert_array_equal(model, np.round(model))
    noise_free = instrument(sharp, np.random.default_rng(0), settings.model_copy(update={"dtm_noise_m": 0.0}))
    assert np.std(model - noise_free) == pytest.approx(6.0, rel=0.05)
    assert np.abs(np.diff(noise_free)).max() < np.abs(np.diff(sharp)).max()
    np.testing.assert_array_equal(instrument(sharp, np.random.default_rng(0), mare()), sharp)


def test_gld100s_blur_takes_the_depth_that_gld100_lacks() -> None:
    """Fresh craters in GLD100 keep these shares of Wang & Wu's depths, medians over three areas."""
    for diameter_km, share in ((1.12, 0.13), (1.75, 0.30), (2.25, 0.46), (4.2, 0.76)):
        fresh = simulate_alone(diameter_km)
        settings = as_gld100(mare(), 118.45).model_copy(update={"dtm_noise_m": 0.0, "dtm_step_m": 0.0})
        kept = depth(instrument(fresh, np.random.default_rng(0), settings), diameter_km) / depth(fresh, diameter_km)
        assert kept == pytest.approx(share, abs=0.07)


def simulate_alone(diameter_km: float) -> np.ndarray:
    elevation = np.zeros((160, 160), np.float32)
    crater = planted((80.5, 80.5, diameter_km * 500 / 118.45, 1.0))
    Stamper(elevation, np.zeros_like(elevation), 118.45).stamp(crater, np.random.default_rng(0))
    return elevation


def depth(elevation: np.ndarray, diameter_km: float) -> float:
    crater = planted((80.5, 80.5, diameter_km * 500 / 118.45, 1.0))
    return float(measured_relief_px(elevation, crater, 118.45)[0][0])


def test_ages_out_of_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="mare_age_gyr must not exceed"):
        SimulationSettings(mare_age_gyr=4.1, highland_age_gyr=4.0)

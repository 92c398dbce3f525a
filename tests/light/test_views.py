"""What a network is shown of terrain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from crater_pipeline.light.reflectance import Sun, shade
from crater_pipeline.light.standardise import standardise
from crater_pipeline.light.views import CHANNELS, SUN_ELEVATION_DEG, local_relief, terrain_view

WEST = Sun.at(270.0)


def hills(seed: int, side: int = 128) -> np.ndarray:
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:side, :side].astype(np.float32)
    waves = [(rng.normal(0, 0.1), rng.normal(0, 0.1), rng.uniform(0, 6), rng.uniform(20, 90)) for _ in range(6)]
    return np.asarray(sum(h * np.sin(a * xx + b * yy + p) for a, b, p, h in waves), dtype=np.float32)


def test_a_tilted_plane_far_from_zero_has_no_relief_away_from_its_border() -> None:
    yy, xx = np.mgrid[:256, :256].astype(np.float32)
    relief = local_relief(3000 + 4 * xx - 2 * yy)
    assert np.abs(relief[48:-48, 48:-48]).max() < 0.05


def test_a_bowl_is_a_hollow_with_a_rim_above_its_surroundings() -> None:
    yy, xx = np.mgrid[:256, :256] - 128.0
    r = np.hypot(xx, yy) / 12
    bowl = np.where(r < 1, 60 * (r**2 - 1) + 20, 20 * np.exp(-4 * (r - 1))).astype(np.float32)
    relief = local_relief(bowl)
    assert relief[128, 128] == pytest.approx(-40, abs=5)
    assert relief[128, 140] == pytest.approx(20, abs=5)
    assert abs(relief[128, 200]) < 1


def test_the_mean_around_is_interpolated_as_the_library_does() -> None:
    ground = hills(5, 96)
    cells = ground.reshape(12, 8, 12, 8).mean((1, 3))
    inside = ndimage.uniform_filter(np.ones((12, 12)), 9, mode="constant")
    mean = ndimage.uniform_filter(cells, 9, mode="constant") / inside
    wanted = ground - ndimage.zoom(mean, 8, order=1, mode="nearest", grid_mode=True)
    assert local_relief(ground) == pytest.approx(wanted, abs=1e-3)


@given(seed=st.integers(0, 99), base=st.floats(-8000, 8000))
@settings(deadline=None, max_examples=20)
def test_relief_does_not_depend_on_the_height_above_the_sphere_nor_on_what_is_missing_far_away(
    seed: int, base: float
) -> None:
    ground = hills(seed)
    assert local_relief(ground + np.float32(base)) == pytest.approx(local_relief(ground), abs=0.02)
    holed = ground.copy()
    holed[:16, :16] = np.nan
    assert local_relief(holed)[64:, 64:] == pytest.approx(local_relief(ground)[64:, 64:], abs=0.02)


@given(seed=st.integers(0, 99), azimuth=st.floats(0, 360))
@settings(deadline=None, max_examples=20)
def test_the_two_suns_stand_at_a_right_angle(seed: int, azimuth: float) -> None:
    ground = hills(seed)
    view, on = terrain_view(ground, 100.0, Sun.at(azimuth)), terrain_view(ground, 100.0, Sun.at(azimuth + 90))
    assert view.shape == (CHANNELS["terrain"], 128, 128)
    assert view[1] == pytest.approx(on[0], abs=1e-4)
    assert view[2] == pytest.approx(on[2])
    everywhere = np.ones(ground.shape, bool)
    assert view[0] == pytest.approx(standardise(shade(ground, 100.0, azimuth, SUN_ELEVATION_DEG), everywhere), abs=1e-5)


def test_a_halo_serves_the_slopes_at_the_border_and_no_data_shows_nothing() -> None:
    wide = hills(3, 130)
    view, alone = terrain_view(wide, 100.0, WEST, halo_px=1), terrain_view(wide[1:-1, 1:-1], 100.0, WEST)
    assert view.shape == alone.shape
    assert view[:2, 8:-8, 8:-8] == pytest.approx(alone[:2, 8:-8, 8:-8], abs=0.05)
    wide[40:60, 40:60] = np.nan
    holed = terrain_view(wide, 100.0, WEST, halo_px=1)
    assert not holed[:, 39:59, 39:59].any()
    assert np.isfinite(holed).all()
    assert not terrain_view(np.full((64, 64), np.nan, np.float32), 100.0, WEST).any()

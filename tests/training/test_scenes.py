"""Patches cut from scenes: scales, places, what they carry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.training.scenes import (
    AS_SEARCHED,
    AS_SEARCHED_SHARE,
    SCALE_SHARES,
    SCALES,
    Scene,
    ScenePatches,
    draw_patch,
    draw_scale,
    pyramid,
)

SIZE = 128


def bowls(side: int, seed: int) -> Scene:
    """Paraboloid bowls on a plain, 400 m a pixel-radius of 20 to 60, every other one ignored."""
    rng = np.random.default_rng(seed)
    radius = rng.uniform(20, 60, 12)
    circles = np.column_stack([rng.uniform(60, side - 60, (12, 2)), radius])
    yy, xx = np.mgrid[:side, :side] + 0.5
    elevation = np.zeros((side, side), np.float32)
    for x, y, r in circles:
        elevation = np.minimum(elevation, (((xx - x) ** 2 + (yy - y) ** 2) / r**2 - 1) * 20 * r).astype(np.float32)
    return Scene(elevation, 100.0, circles, np.arange(12) % 2 == 0)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_a_patch_shows_its_craters_where_and_as_large_as_it_says(seed: int) -> None:
    scene = bowls(1024, 3)
    patch = draw_patch(pyramid(scene), SIZE, np.random.default_rng(seed))
    assert patch.values.shape == (SIZE, SIZE)
    for x, y, radius in patch.circles:
        if 4 < x < SIZE - 4 and 4 < y < SIZE - 4 and radius > 6:
            # The floor of a bowl of 20 m a pixel, or a deeper one that overlaps it.
            assert patch.values[int(y), int(x)] <= -0.8 * 20 * radius * patch.pixel_m / scene.pixel_m
    ground_km = patch.circles[:, 2] * patch.pixel_m
    known = scene.circles[:, 2] * scene.pixel_m
    assert np.all(np.abs(ground_km[:, None] - known[None]).min(axis=1, initial=np.inf) < 0.01 * ground_km)


def test_scales_are_drawn_by_their_shares_and_never_above_the_largest() -> None:
    rng = np.random.default_rng(0)
    scales = np.array([draw_scale(SCALES[-1], rng) for _ in range(4000)])
    for level, share in AS_SEARCHED.items():
        assert np.mean(scales == level) == pytest.approx(AS_SEARCHED_SHARE * share, abs=0.03)
    others = scales[~np.isin(scales, list(AS_SEARCHED))]
    assert np.histogram(others, SCALES)[0] / len(others) == pytest.approx(SCALE_SHARES, abs=0.04)
    small = [draw_scale(1.7, rng) for _ in range(500)]
    assert max(small) <= 1.7 + 1e-9
    assert np.mean(np.array(small) == 1.0) == pytest.approx(AS_SEARCHED_SHARE, abs=0.07)
    assert all(draw_scale(0.9, rng) <= 0.9 + 1e-9 for _ in range(50))


def test_halves_keep_the_mean_and_spread_no_data() -> None:
    scene = bowls(256, 1)
    scene.pixels[10, 10] = np.nan
    half = pyramid(scene)[1]
    assert np.isnan(half.pixels[5, 5])
    assert np.isnan(half.pixels).sum() == 1
    assert half.pixel_m == 200.0
    assert np.nanmean(half.pixels) == pytest.approx(np.nanmean(scene.pixels), rel=1e-3)
    assert half.circles == pytest.approx(scene.circles / 2)


def test_an_item_is_a_pure_function_of_seed_and_index() -> None:
    scenes = [bowls(300, 1), bowls(300, 2)]
    one, two = (ScenePatches(scenes, [0.5, 0.5], 10, SIZE, 4, seed=5) for _ in range(2))
    other = ScenePatches(scenes, [0.5, 0.5], 10, SIZE, 4, seed=6)
    assert np.array_equal(one[7]["image"], two[7]["image"])
    assert not np.array_equal(one[7]["image"], one[6]["image"])
    assert not np.array_equal(one[7]["image"], other[7]["image"])

"""What sun, camera and mosaic-making do to a patch."""

import numpy as np
import pytest

from crater_pipeline.training.camera import (
    POLAR_BELOW_DEG,
    POLAR_SHARE,
    SUN_HEIGHTS_DEG,
    beyond_seam,
    blurred,
    compressed,
    degraded,
    random_sun,
    relit,
    stretched,
)
from crater_pipeline.training.patches import Patch

SIZE = 128


@pytest.mark.parametrize("seed", range(8))
def test_lighting_and_degrading_keep_no_data_where_it_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    heights = rng.normal(0, 50, (SIZE, SIZE)).astype(np.float32)
    heights[:20] = np.nan
    lit = degraded(relit(Patch(heights, 100.0, np.zeros((0, 3)), np.zeros(0, bool)), rng), rng)
    assert np.array_equal(np.isnan(lit.values), np.isnan(heights))


def test_a_blur_keeps_the_mean_and_lowers_the_contrast() -> None:
    values = np.random.default_rng(0).normal(5, 1, (64, 64)).astype(np.float32)
    smooth = blurred(values, 1.5)
    assert smooth.mean() == pytest.approx(values.mean(), abs=0.02)
    assert smooth.std() < 0.4 * values.std()


@pytest.mark.parametrize("seed", range(8))
def test_a_photograph_keeps_its_light_and_its_gaps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grey = np.tile(np.linspace(20, 220, SIZE, dtype=np.float32), (SIZE, 1))
    grey[:, :9] = np.nan
    seen = degraded(Patch(grey, 100.0, np.zeros((0, 3)), np.zeros(0, bool)), rng, photograph=True).values
    assert np.array_equal(np.isnan(seen), np.isnan(grey))
    assert np.nanmean(seen[:, 100:]) > np.nanmean(seen[:, 9:40])


def test_a_stretch_fills_the_greys_and_never_turns_them_round() -> None:
    rng = np.random.default_rng(3)
    values = np.sort(rng.normal(0.3, 0.1, (SIZE, SIZE)).astype(np.float32), axis=None).reshape(SIZE, SIZE)
    for _ in range(20):
        grey = stretched(values, rng)
        assert grey.min() >= 0
        assert grey.max() <= 255
        assert np.ptp(grey) > 200
        assert np.corrcoef(grey.ravel(), values.ravel())[0, 1] > 0.7


def test_jpeg_is_lossy_but_close_and_leaves_gaps_alone() -> None:
    grey = np.random.default_rng(0).uniform(0, 255, (64, 64)).astype(np.float32)
    grey[:8] = np.nan
    packed = compressed(grey, 90)
    assert np.isnan(packed[:8]).all()
    assert 0 < np.abs(packed[16:] - grey[16:]).mean() < 20


def test_a_seam_parts_a_patch_in_two_by_a_straight_line() -> None:
    for seed in range(20):
        side = beyond_seam((40, 60), np.random.default_rng(seed))
        assert 0 < side.mean() < 1
        # along every row and column it changes at most once
        assert np.abs(np.diff(side.astype(int), axis=0)).sum(axis=0).max() <= 1
        assert np.abs(np.diff(side.astype(int), axis=1)).sum(axis=1).max() <= 1


def test_low_suns_cast_shadows_beyond_the_slopes_that_face_away() -> None:
    """A tower on a plain: with shadows some of the plain itself is black."""
    heights = np.zeros((SIZE, SIZE), np.float32)
    heights[60:68, 60:68] = 3000.0
    plain = Patch(heights, 100.0, np.zeros((0, 3)), np.zeros(0, bool))
    black = [float((relit(plain, np.random.default_rng(seed)).values == 0).mean()) for seed in range(60)]
    assert max(black) > 0.02  # more than the tower's own side
    assert min(black) < 0.005


def test_suns_stand_low_as_often_as_said_and_never_outside_their_range() -> None:
    rng = np.random.default_rng(3)
    azimuth, height = np.array([random_sun(rng) for _ in range(5000)]).T
    low, likeliest, high = SUN_HEIGHTS_DEG
    assert low <= height.min() < low + 0.5
    assert high - 3 < height.max() <= high
    below = (POLAR_BELOW_DEG - low) ** 2 / ((high - low) * (likeliest - low))  # of the triangle's own
    assert np.mean(height < POLAR_BELOW_DEG) == pytest.approx(POLAR_SHARE + (1 - POLAR_SHARE) * below, abs=0.03)
    assert 0 <= azimuth.min() < azimuth.max() < 360
    assert np.mean(np.abs((azimuth % 180) - 90) < 30) > 0.5  # more often from the east or west

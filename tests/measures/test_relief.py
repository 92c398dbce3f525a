"""Depth and rim height from heights on rings: laws that hold for any ground, and when nothing can be told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crater_pipeline.measures.relief import METHOD_SD, UNKNOWN, relief
from crater_pipeline.measures.rings import AROUND, AZIMUTHS, IN_FLOOR, IN_RIM, RADII, SECTORS, offsets
from tests.measures.terrain import DEPTH_M, RIM_M, profile

FloatArray = NDArray[np.float64]

EAST, NORTH = offsets()
SHARE = 1 / 3
FOUND_TO_M = 0.2
"""The plane of the surroundings is found step by step; of craters 300 m deep this is less than a thousandth."""


def rough(seed: int, amplitude_m: float = 20.0) -> FloatArray:
    """A bowl on waves of several lengths and directions."""
    rng = np.random.default_rng(seed)
    height = np.repeat(profile(RADII)[:, None], AZIMUTHS, axis=1)
    for _ in range(6):
        across, along, phase = *rng.normal(0, 1.5, 2), rng.uniform(0, 2 * np.pi)
        height = height + amplitude_m / 3 * np.sin(across * EAST + along * NORTH + phase)
    return height


seeds = st.integers(0, 10_000)
slopes = st.floats(-300.0, 300.0)


def test_a_bowl_has_its_depth() -> None:
    found = relief(rough(0, 0.0), SHARE)
    assert found.depth_m == pytest.approx(DEPTH_M, rel=0.03)
    assert found.rim_height_m == pytest.approx(RIM_M, rel=0.03)
    assert found.depth_sd_m == pytest.approx(METHOD_SD * found.depth_m, rel=0.05)


@settings(max_examples=25, deadline=None)
@given(seeds, slopes, slopes, st.floats(-9000.0, 9000.0))
def test_a_slope_and_another_zero_of_heights_change_nothing(seed: int, east: float, north: float, zero: float) -> None:
    height = rough(seed)
    tilted = relief(height + zero + east * EAST + north * NORTH, SHARE)
    assert tilted == pytest.approx(relief(height, SHARE), abs=FOUND_TO_M)


@settings(max_examples=25, deadline=None)
@given(seeds, st.floats(0.1, 10.0))
def test_heights_scaled_are_depths_scaled(seed: int, factor: float) -> None:
    height = rough(seed)
    expected = [factor * each for each in relief(height, SHARE)]
    assert relief(factor * height, SHARE) == pytest.approx(expected, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(0, 11))
def test_turned_by_twelfths_it_is_the_same_crater(seed: int, twelfths: int) -> None:
    height = rough(seed)
    turned = np.roll(height, twelfths * AZIMUTHS // 12, axis=1)
    assert relief(turned, SHARE) == pytest.approx(relief(height, SHARE), abs=FOUND_TO_M)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(1, AZIMUTHS - 1))
def test_turned_by_any_angle_it_is_nearly_so(seed: int, steps: int) -> None:
    height = rough(seed)
    before, after = relief(height, SHARE), relief(np.roll(height, steps, axis=1), SHARE)
    assert after.depth_m == pytest.approx(before.depth_m, rel=0.01)
    assert after.rim_height_m == pytest.approx(before.rim_height_m, abs=0.02 * DEPTH_M)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_a_boulder_and_a_pit_change_little(seed: int) -> None:
    height, rng = rough(seed), np.random.default_rng(seed)
    spoilt = height.copy()
    spoilt.ravel()[rng.choice(height.size, height.size // 100, replace=False)] += rng.choice([-500.0, 500.0])
    assert relief(spoilt, SHARE).depth_m == pytest.approx(relief(height, SHARE).depth_m, rel=0.1)


def test_rougher_rims_are_less_certain() -> None:
    height = rough(1, 0.0)
    sds = []
    for amplitude in (0.0, 20.0, 80.0):
        noise = np.repeat(np.random.default_rng(0).normal(0, amplitude, SECTORS), AZIMUTHS // SECTORS)
        height[IN_RIM] = profile(RADII[IN_RIM])[:, None] + noise
        sds.append(relief(height, SHARE).depth_sd_m)
    assert sds == sorted(sds)
    assert sds[-1] > 2 * sds[0]


def gap(rings: slice, azimuths: slice) -> FloatArray:
    height = rough(2)
    height[rings, azimuths] = np.nan
    return height


@pytest.mark.parametrize(
    "missing",
    [
        gap(IN_RIM, slice(0, 51)),  # 17 of 24 sectors
        gap(IN_FLOOR, slice(0, 37)),
        gap(AROUND, slice(0, 49)),
        gap(AROUND, slice(18, 60)),
        np.full((len(RADII), AZIMUTHS), np.nan),
    ],
    ids=["too little rim", "too little floor", "too little around", "ground on two sides only", "nothing"],
)
def test_what_cannot_be_told_is_not(missing: FloatArray) -> None:
    assert relief(missing, SHARE) == pytest.approx(UNKNOWN, nan_ok=True)


@pytest.mark.parametrize(("rings", "azimuths"), [(IN_RIM, 48), (IN_FLOOR, 36), (AROUND, 24)])
def test_gaps_that_leave_enough_change_little(rings: slice, azimuths: int) -> None:
    found, whole = relief(gap(rings, slice(0, azimuths)), SHARE), relief(rough(2), SHARE)
    assert found.depth_m == pytest.approx(whole.depth_m, rel=0.1)


def test_how_much_of_the_rim_is_enough_can_be_said() -> None:
    half = gap(IN_RIM, slice(0, 36))
    assert np.isfinite(relief(half, 0.5).depth_m)
    assert np.isnan(relief(half, 0.51).depth_m)


def test_a_point_missing_from_a_sector_leaves_it_out() -> None:
    """A crest beside the gap must not be taken for the sector's."""
    height = rough(3, 0.0)
    height[IN_RIM.start + 5, ::3] = np.nan
    assert np.isnan(relief(height, SHARE).depth_m)

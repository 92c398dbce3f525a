"""Lunar-Lambert shading and cast shadows against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.light.reflectance import (
    cast_shadows,
    flat_reflectance,
    lunar_lambert_weight,
    shade,
    to_uint8,
)

azimuths = st.floats(0.0, 360.0)
elevations = st.floats(5.0, 85.0)


def plane(slope_deg: float, downhill_azimuth_deg: float, pixel_m: float = 100.0, size: int = 12) -> np.ndarray:
    """Elevation of a tilted plane, (size, size) float32, falling towards an azimuth clockwise from up."""
    row, col = np.mgrid[:size, :size] * pixel_m
    azimuth = np.radians(downhill_azimuth_deg)
    run = col * np.sin(azimuth) - row * np.cos(azimuth)
    return np.asarray(-np.tan(np.radians(slope_deg)) * run, dtype=np.float32)


def rough(seed: int, size: int = 48) -> np.ndarray:
    terrain = np.random.default_rng(seed).normal(size=(size, size)).cumsum(0).cumsum(1)
    return terrain.astype(np.float32)


@settings(deadline=None, max_examples=50)
@given(slope=st.floats(0.0, 40.0), downhill=azimuths, azimuth=azimuths, elevation=elevations, weight=st.floats(0, 1))
def test_a_plane_has_the_reflectance_of_the_formula(
    slope: float, downhill: float, azimuth: float, elevation: float, weight: float
) -> None:
    s, d, a, e = np.radians([slope, downhill, azimuth, elevation])
    normal = np.array([np.sin(s) * np.sin(d), np.sin(s) * np.cos(d), np.cos(s)])
    sun = np.array([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)])
    mu0, mu = max(0.0, float(normal @ sun)), float(normal[2])
    expected = weight * 2 * mu0 / (mu0 + mu) + (1 - weight) * mu0
    got = shade(plane(slope, downhill), 100.0, azimuth, elevation, weight)
    np.testing.assert_allclose(got, expected, atol=2e-4)


@settings(deadline=None, max_examples=50)
@given(azimuth=azimuths, elevation=elevations)
def test_level_ground_has_its_known_grey(azimuth: float, elevation: float) -> None:
    light = shade(np.full((5, 5), -1234.0, np.float32), 118.0, azimuth, elevation)
    np.testing.assert_allclose(light, flat_reflectance(elevation), rtol=1e-5)
    assert (to_uint8(light, flat_reflectance(elevation), 90) == 90).all()


def test_turning_terrain_and_sun_together_turns_the_picture() -> None:
    z = rough(1)
    upright = shade(z, 100.0, 30.0, 25.0)
    turned = shade(np.rot90(z, -1).copy(), 100.0, 120.0, 25.0)
    np.testing.assert_allclose(np.rot90(upright, -1), turned, atol=1e-5)


def test_slopes_depend_on_ground_distance_only() -> None:
    z = rough(2)
    np.testing.assert_allclose(shade(z, 50.0, 200.0, 30.0), shade(2 * z, 100.0, 200.0, 30.0), atol=1e-5)


def test_fields_of_pixel_size_and_azimuth_equal_their_numbers() -> None:
    z = rough(3)
    fields = shade(z, np.full(z.shape, 80.0, np.float32), np.full(z.shape, 300.0), 25.0)
    np.testing.assert_allclose(fields, shade(z, 80.0, 300.0, 25.0), atol=1e-6)


def test_nodata_stays_and_its_neighbours_get_the_slope_of_the_plane() -> None:
    z = plane(10.0, 250.0)
    whole = shade(z, 100.0, 270.0, 25.0)
    z[4:7, 5] = np.nan
    holed = shade(z, 100.0, 270.0, 25.0)
    assert np.isnan(holed[4:7, 5]).all()
    assert np.isnan(holed).sum() == 3
    valid = ~np.isnan(holed)
    np.testing.assert_allclose(holed[valid], whole[valid], atol=1e-4)
    grey = to_uint8(holed, flat_reflectance(25.0))
    assert ((grey == 0) == ~valid).all()


def test_a_single_valid_pixel_counts_as_level() -> None:
    z = np.full((3, 3), np.nan, np.float32)
    z[1, 1] = 7.0
    assert shade(z, 100.0, 0.0, 40.0)[1, 1] == pytest.approx(flat_reflectance(40.0), rel=1e-5)


@settings(deadline=None, max_examples=50)
@given(elevation=st.floats(0.5, 90.0), seed=st.integers(0, 20))
def test_greys_of_valid_terrain_never_collide_with_nodata(elevation: float, seed: int) -> None:
    z = 500 * rough(seed, 12)
    grey = to_uint8(shade(z, 100.0, 45.0, elevation), flat_reflectance(elevation))
    assert grey.dtype == np.uint8
    assert grey.min() >= 1


def test_weight_of_mcewen_is_one_at_full_moon_and_falls() -> None:
    weights = [lunar_lambert_weight(g) for g in (0.0, 30.0, 60.0, 90.0, 120.0)]
    assert weights[0] == 1.0
    assert sorted(weights, reverse=True) == weights
    assert min(weights) >= 0.0


def wall(height: float, size: int = 61) -> np.ndarray:
    """Level ground with a wall one pixel wide along the middle column."""
    z = np.zeros((size, size), np.float32)
    z[:, size // 2] = height
    return z


@pytest.mark.parametrize(("azimuth", "turns"), [(270.0, 0), (0.0, -1), (90.0, -2), (180.0, -3)])
def test_a_wall_casts_a_shadow_of_height_over_tangent(azimuth: float, turns: int) -> None:
    z = np.rot90(wall(1000.0), turns).copy()
    shadow = np.rot90(cast_shadows(z, 100.0, azimuth, 30.0), -turns)
    length_px = 10.0 / np.tan(np.radians(30.0))
    row = shadow[30]
    assert not row[:31].any()
    assert row[31:].sum() == int(length_px)
    assert row[31 : 31 + int(length_px)].all()


def test_an_oblique_sun_shortens_the_shadow_across_the_wall() -> None:
    shadow = cast_shadows(wall(1000.0), 100.0, 300.0, 30.0)
    across_px = 10.0 / np.tan(np.radians(30.0)) * np.sin(np.radians(60.0))
    assert abs(int(shadow[45, 31:].sum()) - across_px) <= 1.0


def test_no_terrain_shades_itself_below_a_sun_steeper_than_every_slope() -> None:
    z = plane(10.0, 130.0, size=30)
    assert not cast_shadows(z, 100.0, 310.0, 11.0).any()
    assert cast_shadows(z, 100.0, 310.0, 9.0).mean() > 0.8


@settings(deadline=None, max_examples=50)
@given(azimuth=azimuths, seed=st.integers(0, 10))
def test_a_higher_sun_leaves_less_shadow(azimuth: float, seed: int) -> None:
    z = 100 * rough(seed, 24)
    low, high = (cast_shadows(z, 100.0, azimuth, e) for e in (15.0, 45.0))
    assert not (high & ~low).any()


def test_shadows_are_black_and_nodata_casts_none() -> None:
    z = wall(1000.0)
    light = shade(z, 100.0, 270.0, 30.0, shadows=True)
    assert (light[30, 31:40] == 0).all()
    z[:, 30] = np.nan
    assert not cast_shadows(z, 100.0, 270.0, 30.0).any()

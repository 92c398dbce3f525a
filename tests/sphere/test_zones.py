"""Regions of any extent fall into zones that one conformal map each shows, without gap or overlap."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.sphere.zones import zone_margin_px, zones


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-180, 180),
    st.one_of(st.just(360.0), st.floats(1, 359)),
    st.floats(-90, 85),
    st.floats(1, 180),
    st.floats(-180, 180),
    st.floats(-90, 90),
    st.one_of(st.none(), st.floats(10, 90)),
)
def test_zones_partition_the_region_and_each_has_a_projection(
    west: float, width: float, south: float, height: float, lon: float, lat: float, side: float | None
) -> None:
    east = (west + width + 180.0) % 360.0 - 180.0 if width < 360 else west + 360.0
    region = Bounds(west, south, min(east, 360.0), min(south + height, 90.0))
    parts = zones(region, side)
    for part in parts:
        choose_projection(part, MOON)
    inside = sum(bool(part.contains(lon, lat)) for part in parts)
    assert (inside >= 1) == bool(region.contains(lon, lat))
    solid_angle = [part.width * part.height for part in parts]
    assert sum(solid_angle) == pytest.approx(region.width * region.height)
    for part in parts:
        if side is None:
            break
        nearest = 0 if part.south <= 0 <= part.north else min(abs(part.south), abs(part.north))
        round_cap = part.width == 360 and 90 in (-part.south, part.north)
        long = 2 * part.height if round_cap else max(part.height, part.width * math.cos(math.radians(nearest)))
        assert long <= side + 1e-5


def test_a_region_that_one_map_shows_is_one_zone() -> None:
    region = Bounds(-35, 25, -15, 50)
    assert zones(region) == (region,)


def test_a_whole_body_is_two_caps_and_a_belt() -> None:
    south, belt, north = zones(Bounds(-180, -90, 180, 90))
    assert (south.north, belt.south, belt.north, north.south) == (-37, -37, 37, 37)
    assert {zone.width for zone in (south, belt, north)} == {360.0}


def test_cones_all_around_are_halved() -> None:
    parts = zones(Bounds(-180, -60, 180, 60))
    assert [tuple(part) for part in parts] == [
        (-180, -60, 0, 0),
        (0, -60, 180, 0),
        (-180, 0, 0, 60),
        (0, 0, 180, 60),
    ]


def test_smaller_zones_are_round_caps_and_bands_cut_along_meridians() -> None:
    parts = zones(Bounds(-180, -90, 180, 90), 30)
    south, north = parts[0], parts[-1]
    assert (south.north, north.south, south.width, north.width) == (-75, 75, 360, 360)
    assert [sum(part.south == edge for part in parts) for edge in (-75, -45, -15, 15, 45)] == [9, 12, 12, 12, 9]


def test_a_zones_context_is_a_quarter_of_its_height_within_limits() -> None:
    assert zone_margin_px(Bounds(0, 0, 10, 8), math.radians(1) * MOON.radius_m, MOON) == 2
    assert zone_margin_px(Bounds(-180, 37, 180, 90), 100.0, MOON) == 2048

"""Regions of any extent fall into zones that one conformal map each shows, without gap or overlap."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.sphere.zones import zones


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-180, 180),
    st.one_of(st.just(360.0), st.floats(1, 359)),
    st.floats(-90, 85),
    st.floats(1, 180),
    st.floats(-180, 180),
    st.floats(-90, 90),
)
def test_zones_partition_the_region_and_each_has_a_projection(
    west: float, width: float, south: float, height: float, lon: float, lat: float
) -> None:
    east = (west + width + 180.0) % 360.0 - 180.0 if width < 360 else west + 360.0
    region = Bounds(west, south, min(east, 360.0), min(south + height, 90.0))
    parts = zones(region)
    for part in parts:
        choose_projection(part, MOON)
    inside = sum(bool(part.contains(lon, lat)) for part in parts)
    assert (inside >= 1) == bool(region.contains(lon, lat))
    solid_angle = [part.width * part.height for part in parts]
    assert sum(solid_angle) == pytest.approx(region.width * region.height)


def test_a_region_that_one_map_shows_is_one_zone() -> None:
    region = Bounds(-35, 25, -15, 50)
    assert zones(region) == [region]


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

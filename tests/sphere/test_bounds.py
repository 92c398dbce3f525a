"""Rectangles of longitude and latitude."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.sphere.bounds import Bounds

WHOLE = st.integers(-180, 179)


@st.composite
def rectangles(draw: st.DrawFn) -> Bounds:
    """Rectangles whose borders lie on whole degrees, across the antimeridian too."""
    south = draw(st.integers(-90, 89))
    west = draw(WHOLE)
    east = draw(WHOLE.filter(lambda lon: lon != west))
    return Bounds(west, south, east, draw(st.integers(south + 1, 90)))


@settings(deadline=None)
@given(one=rectangles(), other=rectangles())
def test_rectangles_overlap_where_they_share_the_middle_of_a_square_degree(one: Bounds, other: Bounds) -> None:
    lon, lat = np.meshgrid(np.arange(-179.5, 180), np.arange(-89.5, 90))
    shared = bool((one.contains(lon, lat) & other.contains(lon, lat)).any())
    assert one.overlaps(other) is shared
    assert other.overlaps(one) is shared

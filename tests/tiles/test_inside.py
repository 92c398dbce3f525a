"""Where craters lie in the footprint: parts by centre, shares of circles, with seam and pole no special places."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from crater_pipeline.tiles.inside import assign_split, inside_share
from tests.judged_region import MOON, footprint_of

KM_PER_DEG = np.pi / 180 * MOON.radius_km


def test_split_by_centre_borders_and_seam_included() -> None:
    east = gpd.GeoDataFrame({"split": ["val"]}, geometry=[shapely.box(170, -5, 180, 5)], crs=MOON.geographic_crs)
    assert assign_split([-180.0, 180.0, 175.0, -179.9], [0, 0, 0, 0], east).tolist() == ["val", "val", "val", None]
    footprint = footprint_of({"train": (-5, -5, 0.5, 5), "test": (0.5, -5, 5, 5)})
    assert assign_split([0.5, 5.0, 5.1], [0, 5, 0], footprint).tolist() == ["train", "test", None]


def test_share_inside_of_known_circles() -> None:
    area = shapely.box(0, 0, 10, 10)
    lon = np.array([5.0, 0.0, 0.0, -1.0, 0.0])
    lat = np.array([5.0, 5.0, 0.0, 5.0, 5.0])
    diameter = np.array([10.0, 10.0, 10.0, 10.0, 1e-3])
    share = inside_share(lon, lat, diameter, area, MOON)
    assert share == pytest.approx([1.0, 0.5, 0.25, 0.0, 0.5], abs=0.015)


@pytest.mark.parametrize("lon", [-180.0, 179.99, -179.9])
def test_share_inside_across_the_antimeridian(lon: float) -> None:
    area = shapely.MultiPolygon([shapely.box(170, -10, 180, 10), shapely.box(-180, -10, -170, 10)])
    assert inside_share(np.array([lon]), np.array([0.0]), np.array([50.0]), area, MOON) == pytest.approx([1.0])


def test_share_inside_around_a_pole() -> None:
    # A cap of 10 degrees of radius; a circle of 5 degrees of radius about 88 N lies inside, one about 80 N half.
    cap = shapely.box(-180, 80, 180, 90)
    diameter = np.full(2, 10 * KM_PER_DEG)
    share = inside_share(np.array([30.0, 30.0]), np.array([84.9, 80.0]), diameter, cap, MOON)
    assert share[0] == pytest.approx(1.0)
    assert 0.35 < share[1] < 0.5

"""Which points belong to other craters, on the sphere."""

import numpy as np
import pytest
from numpy.typing import NDArray

from crater_pipeline.measures.overlaps import Overlaps
from crater_pipeline.measures.rings import AROUND, AZIMUTHS, IN_FLOOR, IN_RIM, ring_points
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.craters import destination, unit_vectors

RADIUS_KM = 5.0
EAST, WEST = slice(12, 25), slice(48, 61)
"""Azimuths 60-120 and 240-300."""


def disturbed(
    *others: tuple[float, float, float], centre: tuple[float, float] = (10.0, 40.0), radius_km: float = RADIUS_KM
) -> NDArray[np.bool_]:
    """Of a crater with craters at (azimuth, distance in its radii, size in its radii)."""
    azimuth, distance, size = np.array(others).T.reshape(3, -1)
    lon, lat = destination(*centre, azimuth, distance * radius_km, MOON)
    arc = radius_km / MOON.radius_km
    points = unit_vectors(*(each[0] for each in ring_points([centre[0]], [centre[1]], [2 * radius_km], MOON)))
    return Overlaps(lon, lat, size * arc).disturbed(points, unit_vectors(*centre), arc)


def test_itself_and_its_double_are_no_others() -> None:
    assert not disturbed((0, 0, 1)).any()
    assert not disturbed((90, 0.1, 1.2), (0, 0.2, 0.8)).any()


def test_a_smaller_neighbour_spoils_its_side_of_the_rim() -> None:
    hit = disturbed((90, 1.0, 0.4))
    assert hit[IN_RIM, 18].any()
    assert not hit[IN_RIM, WEST].any()
    assert 0.05 < hit[IN_RIM].any(axis=0).mean() < 0.25


def test_a_pit_on_the_floor_is_no_floor() -> None:
    hit = disturbed((90, 0.3, 0.2))
    assert hit[IN_FLOOR].any()
    assert not hit[IN_RIM].any()
    assert not hit[AROUND].any()


def test_of_a_larger_neighbour_only_the_near_part_counts() -> None:
    hit = disturbed((90, 3.0, 2.2))
    assert hit[IN_RIM, 18].any()
    assert hit[AROUND, 18].all()
    assert not hit[:, WEST].any()
    assert not hit[IN_FLOOR].any()


def test_inside_a_larger_one_the_ground_beyond_its_rim_is_left_out() -> None:
    hit = disturbed((270, 3.0, 4.5))  # its rim runs 1.5 radii to the east
    assert hit[AROUND, 18].all()
    assert not hit[AROUND, WEST].any()
    assert not hit[IN_FLOOR].any()
    assert not disturbed((270, 1.0, 12.0)).any()


def test_far_away_tiny_and_huge_ones_do_not_matter() -> None:
    assert not disturbed((90, 4.0, 1.0), (90, 1.0, 0.05), (90, 20.0, 20.0)).any()


@pytest.mark.parametrize("centre", [(180.0, 0.0), (-179.99, 60.0), (0.0, 90.0), (45.0, -89.9)])
def test_poles_and_the_antimeridian_are_no_special_places(centre: tuple[float, float]) -> None:
    """As many points of a ring, whatever azimuths are counted from at a pole."""
    there = disturbed((90, 1.0, 0.5), centre=centre)
    assert there.shape[1] == AZIMUTHS
    assert there.sum() == pytest.approx(disturbed((90, 1.0, 0.5)).sum(), abs=6)


def test_without_any_craters() -> None:
    empty = np.empty(0)
    assert not Overlaps(empty, empty, empty).near(unit_vectors(0, 0), 0.01).size

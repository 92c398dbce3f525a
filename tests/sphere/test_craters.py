"""Circles on the sphere, held against PROJ's geodesics and against the definition of a circle."""

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds, wrap_longitude
from crater_pipeline.sphere.craters import (
    circle_polygons,
    circle_rings,
    circles_meet_bounds,
    crater_ids,
    crosses_antimeridian,
    depth_in_bounds_km,
    destination,
    great_circle_km,
    lon_lat,
    rim_points,
    unit_vectors,
)

MOON = Body(name="moon", radius_m=1_737_400.0)
GEOD = Geod(a=MOON.radius_m, b=MOON.radius_m)

longitudes = st.floats(-180, 180, exclude_max=True)
latitudes = st.floats(-90, 90)
diameters = st.floats(0.05, 2500)


def geod_km(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> np.ndarray:
    a, b, c, d = (np.array(column, dtype=float) for column in np.broadcast_arrays(lon1, lat1, lon2, lat2))
    return np.asarray(GEOD.inv(a, b, c, d)[2]) / 1000


def spherical_area_km2(geometry: shapely.Geometry) -> float:
    """Area on the sphere of polygons with straight edges in degrees: R^2 times the integral of sin(lat) d(lon)."""
    total = 0.0
    for part in shapely.get_parts(geometry):
        lon, lat = np.radians(shapely.get_coordinates(part.exterior)).T
        d_lon, d_lat, middle = np.diff(lon), np.diff(lat), (lat[1:] + lat[:-1]) / 2
        mean_sine = np.sin(middle) * np.sinc(d_lat / 2 / np.pi)  # exact for an edge that is straight in degrees
        total += abs(float(mean_sine @ d_lon))
    return total * MOON.radius_km**2


@given(longitudes, latitudes)
def test_unit_vectors_and_back(lon: float, lat: float) -> None:
    back_lon, back_lat = lon_lat(unit_vectors(lon, lat))
    assert back_lat == pytest.approx(lat, abs=1e-12)
    assert great_circle_km(lon, lat, back_lon, back_lat, MOON) < 1e-9


@given(longitudes, latitudes, longitudes, latitudes)
def test_great_circle_is_the_geodesic_of_the_sphere(lon1: float, lat1: float, lon2: float, lat2: float) -> None:
    expected = GEOD.inv(lon1, lat1, lon2, lat2)[2] / 1000
    assert great_circle_km(lon1, lat1, lon2, lat2, MOON) == pytest.approx(expected, abs=1e-4, rel=1e-9)


def test_great_circle_of_near_points_keeps_its_digits() -> None:
    degree_km = np.pi * MOON.radius_km / 180
    assert great_circle_km(10, 45, 10, 45 + 1e-9, MOON) == pytest.approx(1e-9 * degree_km, rel=1e-5)


@given(longitudes, st.floats(-89.9, 89.9), st.floats(0, 360), st.floats(0.001, 2000))
def test_destination_is_proj_s_forward_geodesic(lon: float, lat: float, azimuth: float, distance: float) -> None:
    end = destination(lon, lat, azimuth, distance, MOON)
    expected = GEOD.fwd(lon, lat, azimuth, distance * 1000)[:2]
    assert geod_km(*end, *expected) == pytest.approx(0, abs=1e-5)


def cap_area_km2(diameter_km: ArrayLike) -> NDArray[np.float64]:
    arc = np.asarray(diameter_km, dtype=float) / 2 / MOON.radius_km
    return 4 * np.pi * MOON.radius_km**2 * np.sin(arc / 2) ** 2


@settings(max_examples=200, deadline=None)
@given(longitudes, latitudes, diameters)
@example(-180.0, 0.0, 10.0)
@example(179.999, 89.9, 5.0)
@example(0.0, 90.0, 100.0)
@example(30.0, -90.0, 2500.0)
@example(12.0, 89.0, 2 * np.radians(1.0) * 1737.4)
def test_polygons_are_circles(lon: float, lat: float, diameter_km: float) -> None:
    polygon = circle_polygons(lon, lat, diameter_km, MOON)[0]
    west, south, east, north = polygon.bounds
    assert polygon.is_valid
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90
    edge_lon, edge_lat = shapely.get_coordinates(polygon).T
    on_rim = (np.abs(edge_lon) < 180) & (np.abs(edge_lat) < 90)
    distance = geod_km(edge_lon[on_rim], edge_lat[on_rim], lon, lat)
    assert distance == pytest.approx(diameter_km / 2, rel=1e-6, abs=1e-6)
    # an inscribed polygon of 72 sides is 1.3 per mille smaller
    assert spherical_area_km2(polygon) == pytest.approx(cap_area_km2(diameter_km), rel=3e-3)


@settings(max_examples=100, deadline=None)
@given(longitudes, latitudes, st.floats(1, 2500), st.floats(0, 360))
def test_polygons_hold_what_is_nearer_than_the_radius(
    lon: float, lat: float, diameter_km: float, azimuth: float
) -> None:
    polygon = circle_polygons(lon, lat, diameter_km, MOON)[0]
    inner = destination(lon, lat, azimuth, 0.97 * diameter_km / 2, MOON)
    outer = destination(lon, lat, azimuth, 1.01 * diameter_km / 2, MOON)
    assert shapely.intersects_xy(polygon, *inner)
    assert not shapely.contains_xy(polygon, *outer)


def test_area_is_that_of_the_cap() -> None:
    diameters_km = np.array([1.0, 200.0, 2500.0])
    fine = circle_polygons(20.0, 5.0, diameters_km, MOON, vertices=3600)
    assert [spherical_area_km2(p) for p in fine] == pytest.approx(cap_area_km2(diameters_km), rel=2e-6)


def test_a_circle_across_the_antimeridian_has_a_part_on_each_side() -> None:
    east, west, touching = circle_polygons([179.99, -179.99, 175.0], [10.0, -60.0, 0.0], [20.0, 20.0, 20.0], MOON)
    for polygon in (east, west):
        assert polygon.geom_type == "MultiPolygon"
        sides = sorted((part.bounds[0], part.bounds[2]) for part in polygon.geoms)
        assert (sides[0][0], sides[1][1]) == (-180, 180)
        assert sides[0][1] < -170 < 170 < sides[1][0]
    assert touching.geom_type == "Polygon"
    assert crosses_antimeridian([179.99, -179.99, 175.0, 0.0], [10, -60, 0, 90], 20.0, MOON).tolist() == [
        True,
        True,
        False,
        False,
    ]


def test_a_circle_around_a_pole_spans_all_longitudes() -> None:
    north, south = circle_polygons([77.0, -3.0], [88.0, -89.5], [200.0, 100.0], MOON)
    for polygon, pole in ((north, 90), (south, -90)):
        assert polygon.geom_type == "Polygon"
        assert (polygon.bounds[0], polygon.bounds[2]) == (-180, 180)
        assert pole in polygon.bounds
        assert shapely.contains_xy(polygon, np.linspace(-179, 179, 20), pole * 0.9999).all()


def test_rings_are_not_cut() -> None:
    ring = circle_rings([179.999], [20.0], [50.0], MOON, 360)[0]
    lon, lat = shapely.get_coordinates(ring.exterior).T
    assert len(lon) == 361
    assert np.ptp(lon) < 2
    assert geod_km(lon, lat, 179.999, 20.0) == pytest.approx(25.0, rel=1e-9)
    assert ring.exterior.is_ccw


def test_rim_points_start_north_and_go_clockwise() -> None:
    lon, lat = rim_points([10.0], [0.0], [2 * np.radians(1.0) * MOON.radius_km], MOON, 4)
    assert lon[0] == pytest.approx([10, 11, 10, 9])
    assert lat[0] == pytest.approx([1, 0, -1, 0])


def test_a_hemisphere_is_no_crater() -> None:
    with pytest.raises(ValueError, match="hemisphere"):
        circle_polygons(0.0, 0.0, 5500.0, MOON)


def test_no_craters_no_polygons() -> None:
    assert len(circle_polygons([], [], [], MOON)) == 0
    assert len(crater_ids([], [], [])) == 0


@settings(max_examples=150, deadline=None)
@given(
    longitudes,
    latitudes,
    st.floats(1, 1500),
    st.tuples(longitudes, st.floats(-90, 80), st.floats(1, 360), st.floats(1, 60)),
)
def test_meeting_bounds_agrees_with_sampling(
    lon: float, lat: float, diameter_km: float, box: tuple[float, float, float, float]
) -> None:
    west, south, width, height = box
    east = float(wrap_longitude(west + width))
    bounds = Bounds(*((-180.0, south, 180.0) if east == west else (west, south, east)), min(south + height, 90.0))
    grid_lon, grid_lat = np.meshgrid(
        bounds.west + np.linspace(0, bounds.width, 241), np.linspace(bounds.south, bounds.north, 241)
    )
    nearest = float(great_circle_km(lon, lat, grid_lon, grid_lat, MOON).min())
    spacing = np.radians(max(bounds.width, bounds.height) / 240) * MOON.radius_km
    radius = 0.0 if bounds.contains(lon, lat) else nearest
    # the true distance lies between `radius - spacing` and `radius`
    meets = bool(circles_meet_bounds([lon], [lat], [diameter_km], bounds, MOON)[0])
    if diameter_km / 2 >= radius:
        assert meets
    elif diameter_km / 2 < radius - spacing:
        assert not meets


def test_ids_name_the_crater() -> None:
    ids = crater_ids([-27.12345, 179.9999999, -1e-9], [34.56789, -89.5, -1e-9], [2.34, 1200.0, 0.5])
    assert ids.tolist() == [
        "C-027.12345+034.56789-D0002.34",
        "C-180.00000-089.50000-D1200.00",
        "C+000.00000+000.00000-D0000.50",
    ]


@given(
    st.lists(st.tuples(st.sampled_from([1.0, 1.000001, 2.0]), st.sampled_from([0.0, 1e-7])), max_size=8), st.randoms()
)
def test_ids_are_unique_and_independent_of_order(places: list[tuple[float, float]], random) -> None:  # type: ignore[no-untyped-def]
    def named(rows: list[tuple[float, float]]) -> list[tuple[tuple[float, float], str]]:
        lon, lat = np.array(rows, dtype=float).reshape(-1, 2).T
        return sorted(zip(rows, crater_ids(lon, lat, np.ones(len(rows))), strict=True))

    shuffled = random.sample(places, len(places))
    ids = [name for _, name in named(places)]
    assert len(set(ids)) == len(ids)
    assert named(shuffled) == named(places)


def test_depth_in_bounds_ends_at_the_border_and_not_at_a_pole() -> None:
    degree_km = np.radians(1) * MOON.radius_km
    depth = depth_in_bounds_km([10, 10, 1, 19.5, 30], [5, 9, 0.5, 5, 5], Bounds(0, 0, 20, 10), MOON) / degree_km
    assert depth.tolist() == pytest.approx([5, 1, 0.5, 0.5 * np.cos(np.radians(5)), 0], rel=1e-4)
    cap = depth_in_bounds_km([0, 123, 0], [90, 80, 36], Bounds(-180, 37, 180, 90), MOON) / degree_km
    assert cap.tolist() == pytest.approx([53, 43, 0])
    across = depth_in_bounds_km([179, -179], [0, 0], Bounds(170, -20, -170, 20), MOON) / degree_km
    assert across.tolist() == pytest.approx([9, 9])

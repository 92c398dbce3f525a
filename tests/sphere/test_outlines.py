"""Shapes back to circles: what export draws comes back exactly, what a hand draws nearly."""

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.craters import circle_polygons, great_circle_km, rim_points
from crater_pipeline.sphere.outlines import fit_outlines, split_outlines


@settings(max_examples=200, deadline=None)
@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(np.log(0.5), np.log(1500)).map(np.exp))
@example(179.99, 10.0, 30.0)
@example(-180.0, 80.0, 700.0)
@example(33.0, 90.0, 100.0)
@example(33.0, -89.0, 100.0)
def test_an_exported_circle_comes_back(lon: float, lat: float, diameter_km: float) -> None:
    circles, distance = fit_outlines(circle_polygons([lon], [lat], [diameter_km], MOON), MOON)
    found_lon, found_lat, found_km = circles[0]
    assert great_circle_km(found_lon, found_lat, lon, lat, MOON) < 1e-5 * diameter_km
    assert found_km == pytest.approx(diameter_km, rel=1e-5)
    assert distance[0] < 1e-4


def drawn(lon: float, lat: float, diameter_km: float, azimuths: list[float]) -> shapely.Polygon:
    """A polygon with vertices on a rim, at chosen azimuths."""
    rim = rim_points([lon], [lat], [diameter_km], MOON, 3600)
    at = (np.array(azimuths) * 10).astype(int)
    return shapely.Polygon(np.column_stack([rim[0][0][at], rim[1][0][at]]))


@pytest.mark.parametrize("azimuths", [[0, 120, 240], [10, 20, 30, 200], list(range(0, 360, 5))])
def test_vertices_are_points_on_the_rim(azimuths: list[float]) -> None:
    circles, distance = fit_outlines([drawn(20, 50, 12, azimuths)], MOON)
    assert circles[0] == pytest.approx([20, 50, 12], rel=1e-6)
    assert distance[0] < 1e-6


def test_a_shaky_hand() -> None:
    random = np.random.default_rng(0)
    rim = rim_points([20], [50], [12], MOON, 40)
    shape = shapely.Polygon(np.column_stack([rim[0][0], rim[1][0]]) + random.normal(0, 0.005, (40, 2)))
    circles, distance = fit_outlines([shape], MOON)
    assert circles[0] == pytest.approx([20, 50, 12], rel=0.01)
    assert 0.01 < distance[0] < 0.25


def test_order_is_kept_and_what_is_no_shape_has_no_circle() -> None:
    shapes = [
        None,
        shapely.Polygon(),
        drawn(1, 1, 5, [0, 120, 240]),
        shapely.Polygon([(0, 0), (1, 0), (2, 0), (0, 0)]),
        shapely.Polygon([(3, 3), (3, 3), (3, 3), (3, 3)]),
        *circle_polygons([2, 179.99], [2, 3], [6, 7], MOON),
    ]
    circles, distance = fit_outlines(shapes, MOON)
    assert np.isnan(circles[[0, 1, 3, 4]]).all()
    assert np.isnan(distance[[0, 1, 3, 4]]).all()
    assert circles[[2, 5, 6], 2] == pytest.approx([5, 6, 7])
    assert circles[[2, 5, 6], 1] == pytest.approx([1, 2, 3])


def test_holes_do_not_count() -> None:
    outer, inner = circle_polygons([5, 5], [5, 5], [50, 10], MOON)
    circles, _ = fit_outlines([shapely.Polygon(outer.exterior.coords, [inner.exterior.coords])], MOON)
    assert circles[0, 2] == pytest.approx(50)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([-179.9, -60.0, 0.0, 30.0, 179.95, 180.0]), st.sampled_from([-80, -40, 0, 40, 80])),
        min_size=1,
        max_size=5,
        unique_by=lambda place: (180.0 if abs(place[0]) > 179 else place[0], place[1]),
    )
)
def test_parts_are_craters_but_for_those_cut_at_the_antimeridian(places: list[tuple[float, float]]) -> None:
    """Craters of 20 km, put into one shape, come out one by one."""
    lon, lat = np.array(places, dtype=float).T
    shape = shapely.MultiPolygon(list(shapely.get_parts(circle_polygons(lon, lat, np.full(len(lon), 20.0), MOON))))
    rows, outlines = split_outlines([None, shape, shapely.Point(0, 0)])
    assert rows.tolist() == [0, *[1] * len(places), 2]
    circles, _ = fit_outlines(outlines[1:-1], MOON)
    expected = sorted(zip((lon + 180) % 360, lat, strict=True))
    found = sorted(zip(np.round((circles[:, 0] + 180) % 360, 4) % 360, np.round(circles[:, 1], 4), strict=True))
    assert np.array(found) == pytest.approx(np.array(expected), abs=1e-3)
    assert circles[:, 2] == pytest.approx(20, rel=1e-4)


def test_holes_crossings_and_other_geometries() -> None:
    circle, small = circle_polygons([10, 10], [10, 10], [30, 3], MOON)
    ring = circle.exterior.coords[:-1]
    crossed = shapely.Polygon([*ring[::2], *ring[1::2]])
    mixed = shapely.GeometryCollection([shapely.LineString([(0, 0), (1, 1)]), shapely.MultiPolygon([circle])])
    bow_tie = shapely.Polygon([ring[0], ring[36], ring[18], ring[54]])
    shapes = [shapely.Polygon(circle.exterior, [small.exterior]), crossed, mixed, bow_tie, shapely.force_3d(circle, 7)]
    rows, outlines = split_outlines(shapes)
    assert rows.tolist() == [0, 1, 2, 3, 4]
    circles, distance = fit_outlines(outlines, MOON)
    for each in circles:
        assert each == pytest.approx([10, 10, 30], rel=1e-5)
    assert (distance < 1e-4).all()

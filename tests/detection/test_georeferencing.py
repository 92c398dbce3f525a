"""A circle anywhere on the sphere, drawn on any conformal map and boxed there, comes back."""

import numpy as np
import pandas as pd
import pytest
from affine import Affine
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from crater_pipeline.detection.georeferencing import georeference
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.sphere.bodies import Body, known_body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.circle_fitting import fit_boxes, fit_circles, image_circles
from crater_pipeline.sphere.craters import great_circle_km, rim_points
from crater_pipeline.sphere.projections import choose_projection

MOON = Body(name="moon", radius_m=1_737_400.0)
TRANSFORM = Affine(100.0, 0.0, -1_234_567.8, 0.0, -100.0, 2_345_678.9)


def on_moon(**parameters: float | str) -> CRS:
    return CRS.from_dict({"R": MOON.radius_m, "units": "m", **parameters})


def map_of(x: float, y: float) -> tuple[float, float]:
    return TRANSFORM.a * x + TRANSFORM.c, TRANSFORM.e * y + TRANSFORM.f


def boxed(lon: float, lat: float, diameter_km: float, crs: CRS) -> np.ndarray:
    """Box around the image of a circle in pixels, (1, 4), from a rim dense enough to be exact to 1e-6 of its size."""
    to_map = Transformer.from_crs(MOON.geographic_crs, crs, always_xy=True)
    rim = rim_points([lon], [lat], [diameter_km], MOON, 4000)
    east, north = to_map.transform(rim[0][0], rim[1][0])
    x, y = (east - TRANSFORM.c) / TRANSFORM.a, (north - TRANSFORM.f) / TRANSFORM.e
    return np.array([[(x.min() + x.max()) / 2, (y.min() + y.max()) / 2, np.ptp(x), np.ptp(y)]])


def errors_px(lon: float, lat: float, diameter_km: float, crs: CRS) -> tuple[float, float]:
    """Errors of centre and diameter in pixels of the map at the crater."""
    box = boxed(lon, lat, diameter_km, crs)
    px_per_km = box[0, 2] / diameter_km
    found_lon, found_lat, found_km = fit_boxes(box, TRANSFORM, crs, MOON)
    centre = great_circle_km(found_lon, found_lat, lon, lat, MOON)[0] * px_per_km
    return float(centre), float(abs(found_km[0] - diameter_km) * px_per_km)


diameters = st.floats(np.log(0.8), np.log(400)).map(np.exp)
near = st.tuples(st.floats(-10, 10), st.floats(-10, 10))


@settings(max_examples=30, deadline=None)
@given(st.floats(-180, 180), st.sampled_from([-60.0, -40.0, 25.0, 50.0]), near, diameters)
@example(179.0, -60.0, (0.0, -10.0), 400.0)
@example(-25.0, 60.0, (8.0, 10.0), 300.0)
def test_back_from_a_conic_map(lon_0: float, lat_0: float, offset: tuple[float, float], diameter_km: float) -> None:
    crs = on_moon(proj="lcc", lat_0=lat_0, lat_1=lat_0 - 7, lat_2=lat_0 + 7, lon_0=lon_0)
    assert max(errors_px(lon_0 + offset[0], lat_0 + offset[1], diameter_km, crs)) < 0.1


@settings(max_examples=30, deadline=None)
@given(st.floats(-180, 180), st.tuples(st.floats(-60, 60), st.floats(-30, 30)), diameters)
def test_back_from_mercator(lon_0: float, offset: tuple[float, float], diameter_km: float) -> None:
    crs = on_moon(proj="merc", lon_0=lon_0)
    assert max(errors_px(lon_0 + offset[0], offset[1], diameter_km, crs)) < 0.1


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([-90.0, 90.0]), st.floats(-180, 180), st.floats(0, 30), diameters)
def test_back_from_a_polar_map(pole: float, lon: float, colatitude: float, diameter_km: float) -> None:
    crs = on_moon(proj="stere", lat_0=pole, lon_0=33.0)
    assert max(errors_px(lon, np.sign(pole) * (90 - colatitude), diameter_km, crs)) < 0.1


def test_a_stretched_box_of_a_cylindrical_map_is_a_round_crater() -> None:
    crs = on_moon(proj="eqc", lat_ts=0)
    assert max(errors_px(20.0, 60.0, 5.0, crs)) < 0.1


def test_a_map_in_degrees() -> None:
    transform = Affine(1 / 256, 0, 150.0, 0, -1 / 256, 10.0)
    degree_km = np.pi * MOON.radius_km / 180
    box = np.array([[256.0 * 40, 256.0 * 10, 25.6, 25.6]])
    lon, lat, diameter_km = fit_boxes(box, transform, MOON.geographic_crs, MOON)
    assert (lon[0] % 360, lat[0]) == pytest.approx((190.0, 0.0), abs=1e-6)
    assert diameter_km[0] == pytest.approx(0.1 * degree_km, rel=1e-5)


def test_the_local_scale_would_not_do() -> None:
    """The case that motivates the fit: the projected centre of a 200 km circle is kilometres from the box's centre."""
    crs = on_moon(proj="lcc", lat_0=37, lat_1=30, lat_2=45, lon_0=-25)
    box = boxed(-25.0, 47.0, 200.0, crs)
    to_degrees = Transformer.from_crs(crs, MOON.geographic_crs, always_xy=True)
    naive = to_degrees.transform(*map_of(box[0, 0], box[0, 1]))
    assert great_circle_km(*naive, -25.0, 47.0, MOON) > 0.5
    assert errors_px(-25.0, 47.0, 200.0, crs)[0] < 0.1


MAPS = (
    (on_moon(proj="lcc", lat_0=37, lat_1=30, lat_2=45, lon_0=-25), 37.0),
    (on_moon(proj="merc", lon_0=-25, lat_ts=20), 25.0),
    (on_moon(proj="stere", lat_0=90, lon_0=33), 75.0),
)
"""Conformal maps, and a latitude that they are made for."""


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(MAPS), st.tuples(st.floats(-15, 15), st.floats(-12, 12)), diameters)
@example(MAPS[0], (5.0, 10.0), 250.0)
@example(MAPS[1], (-10.0, 12.0), 250.0)
def test_the_image_of_a_circle_is_its_rims_box(
    place: tuple[CRS, float], offset: tuple[float, float], diameter_km: float
) -> None:
    """Of the smallest craters and of the largest, and on through `fit_boxes` to where it came from."""
    crs, middle = place
    lon, lat = -25.0 + offset[0], middle + offset[1]
    found = image_circles([lon], [lat], [diameter_km], TRANSFORM, crs, MOON)
    (box,) = boxed(lon, lat, diameter_km, crs)
    assert found[0] == pytest.approx([box[0], box[1], (box[2] + box[3]) / 4], abs=0.05)
    back = fit_boxes(np.column_stack([found[:, :2], 2 * found[:, 2:], 2 * found[:, 2:]]), TRANSFORM, crs, MOON)
    assert great_circle_km(back[0], back[1], lon, lat, MOON) == pytest.approx(0.0, abs=0.02)
    assert back[2] == pytest.approx(diameter_km, abs=0.02)


def test_a_rim_across_the_edge_of_the_map_is_taken_by_its_centre() -> None:
    crs = on_moon(proj="merc", lon_0=0)
    (circle,) = image_circles([179.0], [10.0], [200.0], TRANSFORM, crs, MOON)
    assert circle[2] == pytest.approx(1000.0 / np.cos(np.radians(10.0)), rel=0.01)
    assert image_circles([], [], [], TRANSFORM, crs, MOON).shape == (0, 3)


@pytest.mark.parametrize("bounds", [(10, -5, 20, 5), (175, 30, -175, 45), (-180, 75, 180, 90)], ids=str)
@pytest.mark.parametrize("name", ["moon", "mars", "mercury"])
def test_a_circle_of_pyprojs_geodesics_comes_back_on_every_sphere(
    name: str, bounds: tuple[float, float, float, float]
) -> None:
    """Neither our spherical geometry nor our radius has a part in what is expected."""
    body, bearings = known_body(name), np.linspace(0.0, 360.0, 4000, endpoint=False)
    ellipsoid = body.geographic_crs.ellipsoid
    assert ellipsoid is not None
    geod = Geod(a=ellipsoid.semi_major_metre, b=ellipsoid.semi_minor_metre)
    crs = choose_projection(Bounds(*bounds), body)
    to_map = Transformer.from_crs(body.geographic_crs, crs, always_xy=True)
    lon, lat = bounds[0] + 2.0, bounds[1] + 4.0
    for diameter_km in (2.0, 30.0, 200.0):
        reach = np.full(bearings.size, 500.0 * diameter_km)
        east, north = to_map.transform(
            *geod.fwd(np.full_like(reach, lon), np.full_like(reach, lat), bearings, reach)[:2]
        )
        x, y = (east - TRANSFORM.c) / TRANSFORM.a, (north - TRANSFORM.f) / TRANSFORM.e
        box = np.array([[(x.min() + x.max()) / 2, (y.min() + y.max()) / 2, np.ptp(x), np.ptp(y)]])
        found_lon, found_lat, found_km = fit_boxes(box, TRANSFORM, crs, body)
        assert geod.inv(found_lon[0], found_lat[0], lon, lat)[2] < 0.1 * TRANSFORM.a
        assert found_km[0] == pytest.approx(diameter_km, abs=0.1 * TRANSFORM.a / 1000)


def test_levels_and_tiles() -> None:
    """The same ground, seen from tiles of two levels: the same crater; other columns stay in their rows."""
    crs = on_moon(proj="merc", lon_0=0)
    detections = pd.DataFrame(
        {
            "level": np.array([0, 2], dtype=np.int8),
            "tile_row": np.array([1, 0], dtype=np.int32),
            "x_off": np.array([384, 0], dtype=np.int32),
            "y_off": np.array([768, 100], dtype=np.int32),
            "x": np.array([128.0, 128.0], dtype=np.float32),
            "y": np.array([32.0, 100.0], dtype=np.float32),
            "width": np.array([40.0, 10.0], dtype=np.float32),
            "height": np.array([44.0, 11.0], dtype=np.float32),
            "score": np.array([0.5, 0.25], dtype=np.float32),
            "core_distance": np.array([-3.0, 2.0], dtype=np.float32),
            "touches_edge": [False, True],
        }
    )
    detections.attrs = {"weights_hash": "abc"}
    table = georeference(detections, Grid(50_000, 50_000, TRANSFORM, crs), MOON)
    assert table[["lon", "lat", "diameter_km"]].nunique().tolist() == [1, 1, 1]
    assert table["diameter_px"].tolist() == [42.0, 10.5]
    for column in ("level", "score", "core_distance", "touches_edge", "tile_row"):
        assert table[column].tolist() == detections[column].tolist()
    assert table.attrs == {"weights_hash": "abc"}
    to_degrees = Transformer.from_crs(crs, MOON.geographic_crs, always_xy=True)
    centre = to_degrees.transform(*map_of(512.0, 800.0))
    assert great_circle_km(table["lon"], table["lat"], *centre, MOON) == pytest.approx(0, abs=0.01)


def test_no_detections() -> None:
    columns = ["level", "x_off", "y_off", "x", "y", "width", "height", "score", "core_distance", "touches_edge"]
    grid = Grid(9, 9, TRANSFORM, on_moon(proj="merc"))
    table = georeference(pd.DataFrame({name: [] for name in columns}), grid, MOON)
    assert table.empty
    assert {"lon", "lat", "diameter_km", "diameter_px"} <= set(table.columns)


def test_a_box_outside_the_map_has_no_circle(caplog: pytest.LogCaptureFixture) -> None:
    """An orthographic map shows one side: beyond its rim there is no ground."""
    crs = on_moon(proj="ortho", lat_0=0, lon_0=0)
    detections = pd.DataFrame(
        {"level": [0, 0], "x_off": 0, "y_off": 0, "x": [12345.0, 40000.0], "y": [23456.0, 0.0], "width": 20.0}
    ).assign(height=20.0)
    table = georeference(detections, Grid(50_000, 50_000, TRANSFORM, crs), MOON)
    assert table["lon"].isna().tolist() == [False, True]
    assert "1 of 2 boxes" in caplog.text


@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(0.001, 3000))
@settings(max_examples=100, deadline=None)
def test_fitted_circle_of_exact_rim_points(lon: float, lat: float, diameter_km: float) -> None:
    rim_lon, rim_lat = rim_points([lon], [lat], [diameter_km], MOON, 16)
    fitted_lon, fitted_lat, arc = fit_circles(rim_lon, rim_lat)[:, 0]
    assert great_circle_km(fitted_lon, fitted_lat, lon, lat, MOON) < 1e-6 * diameter_km + 1e-6
    assert 2 * arc * MOON.radius_km == pytest.approx(diameter_km, rel=1e-6)

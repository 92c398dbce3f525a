"""Every chosen projection is conformal, nearly to scale, and the best of its kind."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Proj, Transformer

from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.conformal import MAX_SCALE_SPREAD
from crater_pipeline.sphere.projections import choose_projection, convergence_deg, scale_factor

MOON = Body(name="moon", radius_m=1_737_400.0)


@st.composite
def regions(draw: st.DrawFn) -> Bounds:
    """Regions anywhere, up to 40 x 120 degrees, across the antimeridian and at the poles too."""
    south = draw(st.floats(-90.0, 89.0))
    north = min(90.0, south + draw(st.floats(1.0, 40.0)))
    west = draw(st.floats(-180.0, 179.0))
    east = (west + draw(st.floats(1.0, 120.0)) + 180.0) % 360.0 - 180.0
    return Bounds(west, south, east, north)


def choose_or_skip(bounds: Bounds) -> CRS:
    try:
        return choose_projection(bounds, MOON)
    except UserError:
        assume(False)
        raise


def inside(bounds: Bounds, n: int = 5) -> tuple[np.ndarray, np.ndarray]:
    lon = bounds.west + np.linspace(0.02, 0.98, n) * bounds.width
    lat = bounds.south + np.linspace(0.02, 0.98, n) * bounds.height
    lon, lat = np.meshgrid(lon, lat)
    return lon.ravel(), lat.ravel()


@settings(deadline=None, max_examples=50)
@given(bounds=regions())
def test_the_map_is_conformal(bounds: Bounds) -> None:
    crs = choose_or_skip(bounds)
    lon, lat = inside(bounds)
    transformer = Transformer.from_crs(MOON.geographic_crs, crs, always_xy=True)
    d = 1e-4
    to_north = np.subtract(transformer.transform(lon, lat + d), transformer.transform(lon, lat - d))
    to_east = np.subtract(transformer.transform(lon + d, lat), transformer.transform(lon - d, lat))
    to_east = to_east / np.cos(np.radians(lat))
    length = np.hypot(*to_north)
    np.testing.assert_allclose(np.hypot(*to_east), length, rtol=1e-5)
    # Perpendicular, and not mirrored: east is a quarter turn clockwise from north.
    np.testing.assert_allclose(to_east[0], to_north[1], atol=1e-5 * length.max())
    np.testing.assert_allclose(to_east[1], -to_north[0], atol=1e-5 * length.max())


@settings(deadline=None, max_examples=50)
@given(bounds=regions())
def test_scales_are_balanced_around_one_and_within_the_spread(bounds: Bounds) -> None:
    crs = choose_or_skip(bounds)
    lat = np.linspace(bounds.south, bounds.north, 201)
    k = scale_factor(crs, np.full_like(lat, bounds.centre[0]), lat, MOON)
    assert k.max() / k.min() <= MAX_SCALE_SPREAD * (1 + 1e-6)
    assert k.max() * k.min() == pytest.approx(1.0, abs=1e-4)


@settings(deadline=None, max_examples=50)
@given(bounds=regions())
def test_no_other_cone_is_better(bounds: Bounds) -> None:
    """Against a brute-force search over the whole family k = c exp(-n psi) / cos(lat)."""
    assume(max(abs(bounds.south), abs(bounds.north)) < 85.0)
    crs = choose_or_skip(bounds)
    lat = np.linspace(bounds.south, bounds.north, 101)
    worst = np.abs(np.log(scale_factor(crs, np.full_like(lat, bounds.centre[0]), lat, MOON))).max()
    n = np.linspace(-0.99, 0.99, 199)[:, None]
    ln_k = -n * np.arctanh(np.sin(np.radians(lat))) - np.log(np.cos(np.radians(lat)))
    assert worst <= (np.ptp(ln_k, axis=1) / 2).min() + 0.0025


@settings(deadline=None, max_examples=50)
@given(bounds=regions())
def test_scale_and_convergence_agree_with_proj(bounds: Bounds) -> None:
    crs = choose_or_skip(bounds)
    lon, lat = inside(bounds)
    keep = np.abs(lat) < 89.9
    factors = Proj(crs).get_factors(lon[keep], lat[keep])
    k, gamma = (f(crs, lon[keep], lat[keep], MOON) for f in (scale_factor, convergence_deg))
    np.testing.assert_allclose(k, factors.meridional_scale, rtol=1e-6)
    turn = (gamma - np.asarray(factors.meridian_convergence) + 180.0) % 360.0 - 180.0
    np.testing.assert_allclose(turn, 0.0, atol=1e-4)


@pytest.mark.parametrize("azimuth", [0.0, 77.0, 200.0, 315.0])
@pytest.mark.parametrize("bounds", [(-35, 25, -15, 50), (170, -10, -170, 10), (0, -90, 360, -65), (100, -60, 140, -40)])
def test_a_true_azimuth_minus_the_convergence_is_the_grid_azimuth(
    bounds: tuple[float, float, float, float], azimuth: float
) -> None:
    region = Bounds(*bounds)
    crs = choose_projection(region, MOON)
    lon, lat = inside(region)
    geod = Geod(a=MOON.radius_m, b=MOON.radius_m)
    lon2, lat2, _ = geod.fwd(lon, lat, np.full_like(lon, azimuth), np.full_like(lon, 50.0))
    transformer = Transformer.from_crs(MOON.geographic_crs, crs, always_xy=True)
    (x1, y1), (x2, y2) = transformer.transform(lon, lat), transformer.transform(lon2, lat2)
    on_map = np.degrees(np.arctan2(x2 - x1, y2 - y1))
    difference = (on_map - (azimuth - convergence_deg(crs, lon, lat, MOON)) + 180.0) % 360.0 - 180.0
    np.testing.assert_allclose(difference, 0.0, atol=0.02)
    np.testing.assert_allclose(np.hypot(x2 - x1, y2 - y1) / 50.0, scale_factor(crs, lon, lat, MOON), rtol=1e-3)


@pytest.mark.parametrize(
    ("bounds", "method"),
    [
        ((-35, 25, -15, 50), "Lambert Conic Conformal"),
        ((-70, 30, -40, 55), "Lambert Conic Conformal"),
        ((100, -55, 140, -30), "Lambert Conic Conformal"),
        ((-20, -15, 20, 15), "Mercator"),
        ((170, -10, -170, 10), "Mercator"),
        ((-180, 70, 180, 90), "Polar Stereographic"),
        ((0, 70, 360, 85), "Polar Stereographic"),
        ((10, -90, 60, -75), "Polar Stereographic"),
    ],
)
def test_kind_of_projection(bounds: tuple[float, float, float, float], method: str) -> None:
    crs = choose_projection(Bounds(*bounds), MOON)
    assert crs.coordinate_operation is not None
    assert crs.coordinate_operation.method_name.startswith(method)


@settings(deadline=None, max_examples=50)
@given(south=st.floats(20, 60), height=st.floats(1, 25), west=st.floats(-180, 180))
def test_south_mirrors_north(south: float, height: float, west: float) -> None:
    east = min(west + 30.0, 200.0)
    assume(east > west)
    north_crs = choose_projection(Bounds(west, south, east, south + height), MOON)
    south_crs = choose_projection(Bounds(west, -south - height, east, -south), MOON)
    lon, lat = np.linspace(west, east, 7), np.linspace(south, south + height, 7)
    np.testing.assert_allclose(
        scale_factor(north_crs, lon, lat, MOON), scale_factor(south_crs, lon, -lat, MOON), rtol=1e-6
    )


def test_the_central_meridian_is_the_middle_across_the_antimeridian() -> None:
    crs = choose_projection(Bounds(170, 30, -160, 50), MOON)
    x, _ = Transformer.from_crs(MOON.geographic_crs, crs, always_xy=True).transform([-175, 170, -160], [40, 40, 40])
    assert x[0] == pytest.approx(0.0, abs=1e-6)
    assert x[1] == pytest.approx(-x[2])


def test_a_region_too_large_is_refused_with_zones_that_work() -> None:
    with pytest.raises(UserError, match="several regions") as caught:
        choose_projection(Bounds(-180, -90, 180, 90), MOON)
    proposal = str(caught.value).split("for instance with the bounds ")[1]
    zones = [Bounds(*map(float, part.strip("[] ").split(","))) for part in proposal.split("], ")]
    assert zones[0].south == -90
    assert zones[-1].north == 90
    assert all(a.north == b.south for a, b in itertools.pairwise(zones))
    for zone in zones:
        choose_projection(zone, MOON)


def test_it_stands_on_the_body_and_survives_wkt() -> None:
    mars = Body(name="mars", radius_m=3_396_190.0)
    crs = choose_projection(Bounds(10, 20, 20, 30), mars)
    again = CRS.from_wkt(crs.to_wkt())
    mars.check_crs(again, "map")
    assert again.geodetic_crs == mars.geographic_crs
    with pytest.raises(UserError):
        MOON.check_crs(again, "map")
    k = scale_factor(again, 15.0, 25.0, mars)
    assert math.isclose(float(k), 1.0, abs_tol=0.01)

"""Block-wise shading under a sun with a true north."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS, Geod
from rasterio.windows import Window

from crater_pipeline.errors import UserError
from crater_pipeline.light.reflectance import ShadingSettings, Sun, flat_reflectance, shade, to_uint8
from crater_pipeline.light.shaded_raster import GroundGeometry, shade_raster
from crater_pipeline.rasters.files import create_raster, raster_info
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection, convergence_deg, scale_factor

MOON = Body(name="moon", radius_m=1_737_400.0)
REGION = Bounds(-70, 30, -40, 55)
LAMBERT = choose_projection(REGION, MOON)


def terrain(path: Path, crs: CRS = LAMBERT, size: int = 200, relief: float = 300.0, hole: bool = True) -> Path:
    """Rough ground near the upper left corner of the region, pixel 500 m, with a hole."""
    rng = np.random.default_rng(5)
    z = rng.normal(size=(size, size)).cumsum(0).cumsum(1)
    z *= relief / np.ptp(z)
    if hole:
        z[50:70, 90:140] = np.nan
    grid = Affine(500.0, 0, -400_000.0, 0, -500.0, 400_000.0)
    with create_raster(path, size, size, crs, grid, "float32", float("nan")) as dataset:
        dataset.write(z.astype(np.float32), 1)
    return path


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as dataset:
        return np.asarray(dataset.read(1))


@pytest.mark.parametrize("shadows", [False, True])
def test_blocks_leave_no_seams(shadows: bool, tmp_path: Path) -> None:
    source = terrain(tmp_path / "z.tif", relief=8000.0)
    settings = ShadingSettings(sun_elevation_deg=12.0, shadows=shadows)
    results = []
    for block in (64, 90, 512):
        shade_raster(source, tmp_path / "s.tif", MOON, settings, block)
        results.append(read(tmp_path / "s.tif").astype(int))
    for other in results[1:]:
        # A block's float32 sums may round a grey the other way, or a shadow's edge by a pixel; a seam would differ in a
        # whole line of pixels.
        differs = np.abs(results[0] - other) > 1
        assert differs.mean() < (1e-3 if shadows else 1e-9)
        assert max(differs.mean(axis=0).max(), differs.mean(axis=1).max()) < 0.1
    assert (results[0] == 1).mean() > (0.02 if shadows else 0.0)


def test_the_whole_equals_the_formula_with_exact_geometry(tmp_path: Path) -> None:
    source = terrain(tmp_path / "z.tif")
    settings = ShadingSettings(sun_azimuth_deg=250.0, sun_elevation_deg=30.0, lunar_lambert_weight=0.4, flat_grey=90)
    shade_raster(source, tmp_path / "s.tif", MOON, settings, 64)
    info, z = raster_info(source), read(source)
    x, y = np.meshgrid(np.arange(info.width) + 0.5, np.arange(info.height) + 0.5)
    lon, lat = info.lonlat(x, y, MOON)
    ground = 500.0 / scale_factor(LAMBERT, lon, lat, MOON)
    azimuth = 250.0 - convergence_deg(LAMBERT, lon, lat, MOON)
    expected = to_uint8(shade(z, ground.astype(np.float32), azimuth, 30.0, 0.4), flat_reflectance(30.0, 0.4), 90)
    got = read(tmp_path / "s.tif")
    assert ((got == 0) == np.isnan(z)).all()
    assert np.abs(got.astype(int) - expected).max() <= 1
    assert (got != expected).mean() < 0.01
    out = raster_info(tmp_path / "s.tif")
    assert (out.transform, out.dtype, out.nodata) == (info.transform, "uint8", 0)


@pytest.mark.parametrize("corner", [(0.0, 0.0), (1900.0, 2900.0)])
def test_a_slope_facing_the_true_azimuth_is_the_brightest(corner: tuple[float, float], tmp_path: Path) -> None:
    """Cones lit from true west: their brightest flank lies to the true west, not to the left of the grid."""
    grid = Affine(500.0, 0, -450_000.0 + 450.0 * corner[0], 0, -500.0, 400_000.0 - 240.0 * corner[1])
    row, col = np.mgrid[:101, :101]
    cone = (-100.0 * np.hypot(row - 50, col - 50)).astype(np.float32)
    with create_raster(tmp_path / "z.tif", 101, 101, LAMBERT, grid, "float32", None) as dataset:
        dataset.write(cone, 1)
    shade_raster(tmp_path / "z.tif", tmp_path / "s.tif", MOON, ShadingSettings(sun_azimuth_deg=270.0))
    info, grey = raster_info(tmp_path / "s.tif"), read(tmp_path / "s.tif").astype(float)
    angles = np.radians(np.arange(0, 360, 0.5))
    ring = grey[np.rint(50 - 40 * np.cos(angles)).astype(int), np.rint(50 + 40 * np.sin(angles)).astype(int)]
    brightest = np.degrees(np.angle((ring * np.exp(1j * angles)).sum())) % 360
    x, y = 50.5 + 40 * np.sin(np.radians(brightest)), 50.5 - 40 * np.cos(np.radians(brightest))
    (lon0, lon1), (lat0, lat1) = info.lonlat([50.5, x], [50.5, y], MOON)
    true_azimuth = Geod(a=MOON.radius_m, b=MOON.radius_m).inv(lon0, lat0, lon1, lat1)[0] % 360
    convergence = float(convergence_deg(LAMBERT, lon0, lat0, MOON))
    assert abs(convergence) > 3
    assert true_azimuth == pytest.approx(270.0, abs=1.0)


@pytest.mark.parametrize("corner", [(700, 1330), (2890, 2937)])
@pytest.mark.parametrize("bounds", [(-70, 30, -40, 55), (-180, -90, 180, -70), (-180, 70, 180, 90)])
def test_interpolated_geometry_is_the_exact_one(
    bounds: tuple[float, float, float, float], corner: tuple[int, int]
) -> None:
    """Around a pole too, which the second window holds: there north turns about within a few pixels."""
    region = Bounds(*bounds)
    crs = choose_projection(region, MOON)
    grid = Grid(6000, 6000, Affine(100, 0, -3e5, 0, -100, 3e5), crs)
    window = Window(*corner, 300, 200)
    fields = GroundGeometry(grid, MOON).fields(window)
    x, y = np.meshgrid(np.arange(300) + corner[0] + 0.5, np.arange(200) + corner[1] + 0.5)
    lon, lat = grid.lonlat(x, y, MOON)
    np.testing.assert_allclose(fields.pixel_m, 100.0 / scale_factor(crs, lon, lat, MOON), rtol=1e-4)
    convergence = convergence_deg(crs, lon, lat, MOON)
    difference = (fields.convergence_deg - convergence + 180) % 360 - 180
    np.testing.assert_allclose(difference, 0.0, atol=0.15)
    sun, expected = fields.sun(250.0), Sun.at(250.0 - convergence)
    np.testing.assert_allclose(sun.sine, expected.sine, atol=0.003)
    np.testing.assert_allclose(sun.cosine, expected.cosine, atol=0.003)


def test_flat_ground_is_the_flat_grey_everywhere(tmp_path: Path) -> None:
    grid = Affine(2000.0, 0, -400_000.0, 0, -2000.0, 400_000.0)
    with create_raster(tmp_path / "z.tif", 100, 80, LAMBERT, grid, "int16", -32768) as dataset:
        dataset.write(np.full((1, 80, 100), -1700, np.int16))
    shade_raster(tmp_path / "z.tif", tmp_path / "s.tif", MOON, ShadingSettings(flat_grey=77, shadows=True))
    assert (read(tmp_path / "s.tif") == 77).all()


def test_a_terrain_model_in_degrees_or_of_another_body_is_refused(tmp_path: Path) -> None:
    mars = Body(name="mars", radius_m=3_396_190.0)
    with create_raster(
        tmp_path / "d.tif", 4, 4, MOON.geographic_crs, Affine(0.1, 0, 0, 0, -0.1, 0), "float32", None
    ) as dataset:
        dataset.write(np.zeros((1, 4, 4), np.float32))
    with pytest.raises(UserError, match="reproject it"):
        shade_raster(tmp_path / "d.tif", tmp_path / "s.tif", MOON, ShadingSettings())
    with pytest.raises(UserError, match="sphere of 3396190"):
        shade_raster(terrain(tmp_path / "z.tif", size=8, hole=False), tmp_path / "s.tif", mars, ShadingSettings())
    assert not (tmp_path / "s.tif").exists()

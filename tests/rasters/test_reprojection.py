"""A region on its map: values where they belong, whatever the source's grid, longitudes, nodata and type."""

import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.warp import Resampling as GdalResampling
from rasterio.warp import reproject as gdal_reproject
from rasterio.windows import Window
from scipy.ndimage import gaussian_filter

from crater_pipeline.errors import UserError
from crater_pipeline.rasters import reprojection, source_values
from crater_pipeline.rasters.files import RasterInfo, create_raster, raster_info, read_window
from crater_pipeline.rasters.grid import Grid, shifted
from crater_pipeline.rasters.reading import Kind, Reading
from crater_pipeline.rasters.region_grid import region_grid
from crater_pipeline.rasters.reprojection import ReprojectionSettings, reproject_region
from crater_pipeline.rasters.source_pixels import SourcePixels, source_coordinates
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection

MOON = Body(name="moon", radius_m=1_737_400.0)
DEGREES = MOON.geographic_crs
DEGREE_M = math.pi * MOON.radius_m / 180.0
SIMPLE_CYLINDRICAL = CRS.from_user_input("+proj=eqc +R=1737400 +units=m")
NO_MARGIN = ReprojectionSettings(margin_px=0)


def signal(lon: Any, lat: Any) -> np.ndarray:
    """A smooth function on the sphere (also at the poles and the antimeridian), between 20 and 230."""
    lon, lat = np.radians(lon), np.radians(lat)
    x, y, z = np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)
    return np.asarray(125 + 100 * np.sin(7 * x + 1) * np.cos(6 * y) * np.sin(8 * z + 2))


def write(path: Path, data: np.ndarray, crs: CRS, transform: Affine, nodata: float | None = None) -> Path:
    with create_raster(path, data.shape[1], data.shape[0], crs, transform, str(data.dtype), nodata) as dataset:
        dataset.write(data, 1)
    return path


def cylindrical(
    path: Path, bounds: tuple[float, float, float, float], step: float, dtype: str = "float32", metres: bool = False
) -> Path:
    """The signal on a grid of `step` degrees, with a CRS in degrees or the simple cylindrical one in metres."""
    west, south, east, north = bounds
    width, height = round((east - west) / step), round((north - south) / step)
    lon = west + (np.arange(width) + 0.5) * step
    lat = north - (np.arange(height) + 0.5) * step
    data = signal(*np.meshgrid(lon, lat)).astype(dtype)
    unit = DEGREE_M if metres else 1.0
    transform = Affine(step * unit, 0, west * unit, 0, -step * unit, north * unit)
    return write(path, data, SIMPLE_CYLINDRICAL if metres else DEGREES, transform)


def pixels(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values with NaN for nodata, longitudes, latitudes of all pixel centres."""
    info = raster_info(path)
    with rasterio.open(path) as dataset:
        values = dataset.read(1, masked=True).astype(float).filled(np.nan)
    x, y = np.meshgrid(np.arange(info.width) + 0.5, np.arange(info.height) + 0.5)
    return values, *info.lonlat(x, y, MOON)


CASES = {
    "mid-latitudes, degrees": ((-40, 20, -10, 55), 0.05, False, (-35, 25, -15, 50)),
    "mid-latitudes, metres": ((-40, 20, -10, 55), 0.05, True, (-35, 25, -15, 50)),
    "0 to 360": ((300, 20, 360, 50), 0.1, False, (-50, 25, -20, 45)),
    "0 to 360 over Greenwich": ((0, 10, 360, 50), 0.2, False, (-15, 15, 20, 45)),
    "antimeridian of a global raster": ((-180, -30, 180, 30), 0.2, True, (170, -10, -170, 10)),
    "antimeridian of a regional raster": ((160, -20, 200, 20), 0.1, False, (170, -10, -170, 10)),
    "south": ((60, -70, 140, -30), 0.1, False, (80, -60, 120, -40)),
    "all around from 0 to 360": ((-180, -40, 180, 40), 0.5, False, (0, -30, 360, 30)),
    "all around the south": ((0, -60, 360, -10), 0.5, False, (-180, -50, 180, -15)),
    "north pole": ((-180, 55, 180, 90), 0.2, True, (-180, 70, 180, 90)),
    "south pole from 0 to 360": ((0, -90, 360, -55), 0.2, False, (0, -90, 360, -75)),
    "polar sector": ((-180, 55, 180, 90), 0.2, False, (20, 75, 100, 90)),
}


@pytest.mark.parametrize("case", CASES)
def test_values_are_where_they_belong(case: str, tmp_path: Path) -> None:
    extent, step, metres, bounds = CASES[case]
    source = cylindrical(tmp_path / "source.tif", extent, step, metres=metres)
    reproject_region(source, tmp_path / "out.tif", Bounds(*bounds), MOON, "dtm", NO_MARGIN)
    values, lon, lat = pixels(tmp_path / "out.tif")
    inside = Bounds(*bounds).contains(lon, lat)
    assert inside.sum() > 1000
    assert np.isfinite(values[inside]).all()
    # Bilinear interpolation's own error is second order in the step.
    np.testing.assert_allclose(values[inside], signal(lon, lat)[inside], atol=100 * np.radians(step) ** 2 * 30 + 0.3)


@pytest.mark.parametrize("kind", ["image", "dtm"])
def test_it_agrees_with_gdal_in_the_interior(kind: Kind, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = np.clip(128 + 500 * gaussian_filter(rng.normal(size=(300, 400)), 3.0), 2, 254)
    data = data.astype(np.uint8 if kind == "image" else np.float32)
    source = write(tmp_path / "s.tif", data, DEGREES, Affine(0.02, 0, -30, 0, -0.02, 33))
    # Finer than the source: where a map is coarser, GDAL widens its kernel and we average whole pixels. Small and
    # smooth: GDAL interpolates source coordinates along lines, which over six degrees puts it off by 0.12 pixels.
    finer = ReprojectionSettings(margin_px=0, pixel_size_m=500.0)
    reproject_region(source, tmp_path / "o.tif", Bounds(-27, 29.5, -26, 30.5), MOON, kind, finer)
    info = raster_info(tmp_path / "o.tif")
    assert info.crs is not None
    expected = np.zeros((info.height, info.width), np.float32)
    gdal_reproject(
        data.astype(np.float32),
        expected,
        src_transform=Affine(0.02, 0, -30, 0, -0.02, 33),
        src_crs=rasterio.crs.CRS.from_wkt(DEGREES.to_wkt()),
        dst_transform=info.transform,
        dst_crs=rasterio.crs.CRS.from_wkt(info.crs.to_wkt()),
        resampling=GdalResampling.cubic if kind == "image" else GdalResampling.bilinear,
    )
    values, lon, lat = pixels(tmp_path / "o.tif")
    inside = Bounds(-27, 29.5, -26, 30.5).contains(lon, lat)
    np.testing.assert_allclose(values[inside], np.clip(expected, 1, 255)[inside], atol=2.5)


def test_the_source_may_stand_on_any_projection(tmp_path: Path) -> None:
    polar = choose_projection(Bounds(-180, 60, 180, 90), MOON)
    grid = Affine(5000.0, 0, -900_000, 0, -5000.0, 900_000)
    info = RasterInfo(Path("x"), 360, 360, grid, polar, "float32", None)
    x, y = np.meshgrid(np.arange(360) + 0.5, np.arange(360) + 0.5)
    lon, lat = info.lonlat(x, y, MOON)
    source = write(tmp_path / "s.tif", signal(lon, lat).astype(np.float32), polar, grid)
    for bounds in ((10, 65, 60, 80), (170, 65, -170, 80), (-180, 75, 180, 90)):
        reproject_region(source, tmp_path / "o.tif", Bounds(*bounds), MOON, "dtm", NO_MARGIN)
        values, lon, lat = pixels(tmp_path / "o.tif")
        inside = Bounds(*bounds).contains(lon, lat)
        np.testing.assert_allclose(values[inside], signal(lon, lat)[inside], atol=0.7)


def test_craters_come_out_round(tmp_path: Path) -> None:
    """A disc of constant great-circle radius at 55 N, which the cylindrical source shows 1.74 times too wide."""
    step, centre = 0.02, (12.0, 55.0)
    lon, lat = np.meshgrid(5 + (np.arange(700) + 0.5) * step, 60 - (np.arange(500) + 0.5) * step)
    cosine = np.sin(np.radians(lat)) * np.sin(np.radians(centre[1])) + np.cos(np.radians(lat)) * np.cos(
        np.radians(centre[1])
    ) * np.cos(np.radians(lon - centre[0]))
    disc = np.where(np.arccos(cosine) * MOON.radius_km < 40.0, 200, 50).astype(np.uint8)
    source = write(tmp_path / "s.tif", disc, DEGREES, Affine(step, 0, 5, 0, -step, 60))
    reproject_region(source, tmp_path / "o.tif", Bounds(7, 52, 17, 58), MOON, "image", NO_MARGIN)
    values, _, _ = pixels(tmp_path / "o.tif")
    rows, cols = np.nonzero(values > 125)
    across, down = np.ptp(cols) + 1, np.ptp(rows) + 1
    assert abs(across - down) <= 1
    assert across * step * DEGREE_M / 1000.0 == pytest.approx(80.0, rel=0.02)


def test_nodata_of_every_kind(tmp_path: Path) -> None:
    transform = Affine(0.1, 0, 0, 0, -0.1, 40)
    region = Bounds(1, 31, 9, 39)

    def holed(name: str, dtype: str, hole: float, declared: float | None, **options: Any) -> np.ndarray:
        data = np.full((100, 100), 7, dtype)
        data[40:60, 40:60] = hole
        source = write(tmp_path / "s.tif", data, DEGREES, transform, declared)
        kind: Kind = "image" if name == "image" else "dtm"
        reproject_region(source, tmp_path / "o.tif", region, MOON, kind, NO_MARGIN, **options)
        values, lon, lat = pixels(tmp_path / "o.tif")
        # The middle of the hole, and ground well outside it.
        assert np.isfinite(values[region.contains(lon, lat) & (np.abs(lon - 5) > 1.2)]).all()
        return values[Bounds(4.2, 34.2, 5.8, 35.8).contains(lon, lat)]

    assert np.isnan(holed("dtm", "int16", -32768, None)).all()
    assert np.isnan(holed("dtm", "float32", float(np.finfo("f4").min), None)).all()
    assert np.isnan(holed("dtm", "float32", np.nan, None)).all()
    assert np.isnan(holed("dtm", "int16", -9999, -9999)).all()
    assert np.isnan(holed("dtm", "int16", -9999, None, reading=Reading(nodata=(-9999.0,)))).all()
    assert np.isnan(holed("image", "uint8", 0, 0)).all()
    assert np.isnan(holed("image", "uint8", 255, 255)).all()
    assert np.isnan(holed("image", "uint8", 0, None, reading=Reading(nodata=(0.0,), eight_bit=True))).all()
    # Black that is no nodata is raised to the darkest valid grey.
    assert (holed("image", "uint8", 0, None) == 1).all()
    # No value of the hole leaks into the ground beside it.
    values, _, _ = pixels(tmp_path / "o.tif")
    assert set(np.unique(values[np.isfinite(values)])) <= set(range(1, 8))


def test_types_and_scales(tmp_path: Path) -> None:
    data = np.full((50, 50), -1500, np.int16)
    source = write(tmp_path / "s.tif", data, DEGREES, Affine(0.1, 0, 0, 0, -0.1, 40))
    with rasterio.open(source, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.5,), (10.0,)
    reproject_region(source, tmp_path / "o.tif", Bounds(1, 36, 4, 39), MOON, "dtm", NO_MARGIN)
    info = raster_info(tmp_path / "o.tif")
    assert info.dtype == "float32"
    assert info.nodata is not None
    assert math.isnan(info.nodata)
    values, _, _ = pixels(tmp_path / "o.tif")
    assert np.nanmin(values) == np.nanmax(values) == -1500 * 0.5 + 10.0


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_images_of_other_types_are_stretched_to_greys(dtype: str, tmp_path: Path) -> None:
    factor = 100 if dtype == "uint16" else 0.001
    lon, lat = np.meshgrid((np.arange(200) + 0.5) * 0.05, 40 - (np.arange(200) + 0.5) * 0.05)
    source = write(
        tmp_path / "s.tif", (signal(lon, lat) * factor).astype(dtype), DEGREES, Affine(0.05, 0, 0, 0, -0.05, 40)
    )
    reproject_region(source, tmp_path / "o.tif", Bounds(1, 31, 9, 39), MOON, "image", NO_MARGIN)
    values, lon, lat = pixels(tmp_path / "o.tif")
    valid = np.isfinite(values)
    assert raster_info(tmp_path / "o.tif").dtype == "uint8"
    assert values[valid].min() <= 3
    assert values[valid].max() >= 253
    assert np.corrcoef(values[valid], signal(lon, lat)[valid])[0, 1] > 0.999


def test_a_coarser_map_averages(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(0.0, 100.0, (1000, 1000)).astype(np.float32)
    source = write(tmp_path / "s.tif", data, DEGREES, Affine(0.01, 0, 0, 0, -0.01, 5))
    pixel = 0.1 * DEGREE_M
    settings = ReprojectionSettings(margin_px=0, pixel_size_m=pixel)
    reproject_region(source, tmp_path / "o.tif", Bounds(1, -4, 9, 4), MOON, "dtm", settings)
    values, _, _ = pixels(tmp_path / "o.tif")
    assert raster_info(tmp_path / "o.tif").pixel_size_m == pytest.approx(pixel)
    # Noise of 100 over 10 x 10 pixels averages to about 10; sampling without averaging would keep 60 or more.
    assert 5.0 < np.nanstd(values) < 15.0


def test_near_a_pole_longitudes_are_averaged_not_sampled(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(0.0, 100.0, (100, 3600)).astype(np.float32)
    source = write(tmp_path / "s.tif", data, DEGREES, Affine(0.1, 0, -180, 0, -0.1, 90))
    reproject_region(source, tmp_path / "o.tif", Bounds(-180, 81, 180, 90), MOON, "dtm", NO_MARGIN)
    values, _, lat = pixels(tmp_path / "o.tif")
    # At 88 N a pixel of the map spans 28 columns of the source.
    ring = (lat > 87) & (lat < 89)
    assert np.std(values[ring]) < 40.0


def test_the_result_does_not_depend_on_the_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = cylindrical(tmp_path / "s.tif", (-40, 20, -10, 55), 0.05)
    results = []
    for size in (512, 192):
        monkeypatch.setattr("crater_pipeline.rasters.reprojection.WRITE_PX", size)
        reproject_region(source, tmp_path / "o.tif", Bounds(-35, 25, -15, 50), MOON, "dtm", NO_MARGIN)
        results.append(pixels(tmp_path / "o.tif")[0])
    # Elevations are rounded to 1/16: a difference of rounding may flip one step.
    np.testing.assert_allclose(results[0], results[1], atol=0.07)


@pytest.mark.parametrize("bounds", [(-35, 25, -15, 50), (170, 40, -160, 60), (-180, 75, 180, 90)])
def test_interpolated_source_coordinates_are_the_exact_ones(bounds: tuple[float, float, float, float]) -> None:
    info = RasterInfo(Path("x"), 109164, 54582, WAC_GRID, SIMPLE_CYLINDRICAL, "uint8", None)
    region = Bounds(*bounds)
    grid = region_grid(info, region, MOON)
    mapping = SourcePixels(info.on(MOON), grid.crs)
    rng = np.random.default_rng(1)
    for _ in range(3):
        col, row = int(rng.integers(0, grid.width - 128)), int(rng.integers(0, grid.height - 128))
        corner = shifted(grid.transform, col, row)
        x, y = source_coordinates(mapping, corner, 128, 100)
        here = Grid(128, 100, corner, grid.crs)
        cols, rows = np.meshgrid(np.arange(128) + 0.5, np.arange(100) + 0.5)
        lon, lat = here.lonlat(cols, rows, MOON)
        expected_x, expected_y = info.pixel(lon, lat, MOON)
        assert mapping.period is not None
        apart = (x - expected_x + mapping.period / 2) % mapping.period - mapping.period / 2
        np.testing.assert_allclose(apart, 0.0, atol=0.05)
        np.testing.assert_allclose(y, expected_y, atol=0.05)


WAC_GRID = Affine(100.0, 0.0, -5_458_203.0766, 0.0, -100.0, 2_729_101.5383)
"""Upper left corner and pixel of the 100 m/px global mosaic."""


def test_the_grid_of_a_global_mosaic(caplog: pytest.LogCaptureFixture) -> None:
    info = RasterInfo(Path("x"), 109164, 54582, WAC_GRID, SIMPLE_CYLINDRICAL, "uint8", None)
    for bounds in (Bounds(-35, 25, -15, 50), Bounds(170, -10, -170, 10), Bounds(-180, 70, 180, 90)):
        plain, wider = (region_grid(info, bounds, MOON, margin) for margin in (0, 256))
        assert wider.width == plain.width + 512
        assert wider.height == plain.height + 512
        for grid in (plain, wider):
            assert grid.transform.a == 100.0
            assert grid.transform.c % 100.0 == grid.transform.f % 100.0 == 0.0
        x, y = plain.pixel(*bounds.outline(), MOON)
        assert 0 <= x.min() < 2
        assert 0 <= y.min() < 2
        assert plain.width - 2 < x.max() <= plain.width
        assert plain.height - 2 < y.max() <= plain.height
    assert not caplog.records


def test_bounds_equal_to_the_raster_are_valid_and_get_no_empty_margin(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = cylindrical(tmp_path / "s.tif", (-10, -10, 10, 10), 0.05)
    bounds = Bounds(-10, -10, 10, 10)
    reproject_region(source, tmp_path / "o.tif", bounds, MOON, "dtm", ReprojectionSettings())
    info = raster_info(tmp_path / "o.tif")
    assert info.crs is not None
    tight = region_grid(raster_info(source), bounds, MOON, 0)
    assert info.width <= tight.width + 4
    assert info.height <= tight.height + 4
    values, lon, lat = pixels(tmp_path / "o.tif")
    assert np.isfinite(values[bounds.contains(lon, lat)]).all()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_mosaic_that_covers_half_the_bounds_is_worth_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = cylindrical(tmp_path / "s.tif", (0, 0, 5, 10), 0.1)
    reproject_region(source, tmp_path / "o.tif", Bounds(0, 0, 10, 10), MOON, "dtm", NO_MARGIN)
    assert "covers only 50 %" in caplog.text
    values, lon, lat = pixels(tmp_path / "o.tif")
    known = np.isfinite(values)
    assert known[Bounds(0.1, 0.1, 4.9, 9.9).contains(lon, lat)].all()
    assert not known[Bounds(5.1, 0.1, 9.9, 9.9).contains(lon, lat)].any()


def refused(source: Path, tmp_path: Path, match: str, bounds: Bounds, body: Body = MOON) -> None:
    folder = tmp_path / "results"
    folder.mkdir(exist_ok=True)
    with pytest.raises(UserError, match=match):
        reproject_region(source, folder / "o.tif", bounds, body, "image", NO_MARGIN)
    assert list(folder.iterdir()) == []


def test_mistakes_are_named_and_leave_nothing(tmp_path: Path) -> None:
    inside = Bounds(1, 1, 4, 4)
    good = cylindrical(tmp_path / "good.tif", (0, 0, 5, 5), 0.1, "uint8")
    refused(good, tmp_path, "does not reach the bounds", Bounds(20, 20, 30, 30))
    refused(good, tmp_path, "sphere of 1737151", inside, Body(name="moon", radius_m=1_737_151.3))
    empty = write(tmp_path / "empty.tif", np.zeros((50, 50), np.uint8), DEGREES, Affine(0.1, 0, 0, 0, -0.1, 5), 0)
    refused(empty, tmp_path, "only nodata", inside)
    refused(tmp_path / "absent.tif", tmp_path, "no such file", inside)
    page = tmp_path / "page.tif"
    page.write_text("<html></html>")
    refused(page, tmp_path, "web page", inside)
    with rasterio.open(
        tmp_path / "plain.tif",
        "w",
        driver="GTiff",
        width=9,
        height=9,
        count=1,
        dtype="uint8",
        transform=Affine.scale(2),
    ) as dataset:
        dataset.write(np.ones((1, 9, 9), np.uint8))
    refused(tmp_path / "plain.tif", tmp_path, "no coordinate reference system", inside)


def test_memory_is_that_of_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No window that is read grows with the region."""
    source = cylindrical(tmp_path / "s.tif", (0, 0, 60, 30), 0.04, "uint8")
    largest = 0

    def spy(dataset: Any, window: Window, *args: Any) -> Any:
        nonlocal largest
        largest = max(largest, int(window.width * window.height))
        return original(dataset, window, *args)

    original = read_window
    monkeypatch.setattr(source_values, "read_window", spy)
    monkeypatch.setattr(reprojection, "WRITE_PX", 128)
    reproject_region(source, tmp_path / "o.tif", Bounds(2, 2, 58, 28), MOON, "image", NO_MARGIN)
    assert 0 < largest < 3 * 128 * 128


def test_all_around_is_as_wide_from_0_to_360_as_from_180_west() -> None:
    info = RasterInfo(Path("x"), 109164, 54582, WAC_GRID, SIMPLE_CYLINDRICAL, "uint8", None)
    widths = [region_grid(info, Bounds(west, -30, west + 360, 30), MOON).width for west in (-180.0, 0.0)]
    equator = 2 * math.pi * MOON.radius_m * math.sqrt(math.cos(math.radians(30.0))) / 100.0
    assert widths == [pytest.approx(equator, abs=2.0)] * 2


def turned(path: Path, bounds: tuple[float, float, float, float], step: float, angle_deg: float, metres: bool) -> Path:
    """The signal on a grid that holds `bounds`, turned by an angle around its middle; 180 degrees is south up."""
    west, south, east, north = bounds
    side = round(1.5 * max(east - west, north - south) / step)
    unit = DEGREE_M if metres else 1.0
    cosine, sine = (1.0, 0.0) if angle_deg == 180 else (np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg)))
    size, down = step * unit, step * unit if angle_deg == 180 else -step * unit
    a, b, d, e = cosine * size, -sine * down, sine * size, cosine * down
    c, f = (west + east) / 2 * unit - (a + b) * side / 2, (south + north) / 2 * unit - (d + e) * side / 2
    transform = Affine(a, b, c, d, e, f)
    x, y = np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5)
    lon = (transform.a * x + transform.b * y + transform.c) / unit
    lat = (transform.d * x + transform.e * y + transform.f) / unit
    data = np.where(np.abs(lat) <= 90, signal(lon, lat), np.nan).astype("float32")
    return write(path, data, SIMPLE_CYLINDRICAL if metres else DEGREES, transform)


@pytest.mark.parametrize("angle_deg", [30.0, 90.0, 135.0, -45.0, 180.0])
@pytest.mark.parametrize("where", [(-20, 25, -10, 35), (172, -6, 184, 6), (350, 10, 358, 20)])
@pytest.mark.parametrize("metres", [False, True])
def test_rasters_that_are_not_north_up(
    angle_deg: float, where: tuple[float, float, float, float], metres: bool, tmp_path: Path
) -> None:
    source = turned(tmp_path / "s.tif", where, 0.05, angle_deg, metres)
    west, south, east, north = where
    bounds = Bounds(west, south, (east + 180) % 360 - 180 if east > 180 and west < 180 else east, north)
    reproject_region(source, tmp_path / "o.tif", bounds, MOON, "dtm", NO_MARGIN)
    values, lon, lat = pixels(tmp_path / "o.tif")
    inside = bounds.contains(lon, lat)
    assert np.isfinite(values[inside]).all()
    np.testing.assert_allclose(values[inside], signal(lon, lat)[inside], atol=0.5)
    assert raster_info(tmp_path / "o.tif").pixel_size_m == pytest.approx(0.05 * DEGREE_M, rel=1e-6)


def test_a_shift_to_another_datum_and_heights_are_left_aside(tmp_path: Path) -> None:
    plain = cylindrical(tmp_path / "plain.tif", (0, 0, 5, 5), 0.05)
    results = []
    for name, crs in (
        ("plain", DEGREES),
        ("bound", CRS.from_user_input("+proj=longlat +R=1737400 +towgs84=0,0,0 +type=crs")),
        ("compound", CRS.from_user_input("+proj=longlat +R=1737400 +geoidgrids=any.gtx +vunits=m +type=crs")),
    ):
        with rasterio.open(plain) as dataset:
            data, transform = dataset.read(1), dataset.transform
        source = write(tmp_path / f"{name}.tif", data, crs, transform)
        reproject_region(source, tmp_path / "o.tif", Bounds(1, 1, 4, 4), MOON, "dtm", NO_MARGIN)
        results.append(pixels(tmp_path / "o.tif")[0])
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])

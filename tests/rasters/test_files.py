"""Windows, masks and outputs of rasters, against plain numpy on the whole array."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import (
    block_mean,
    create_raster,
    open_raster,
    raster_info,
    read_window,
    valid_mask,
    windows,
)
from crater_pipeline.rasters.grid import shifted
from crater_pipeline.rasters.reading import Reading
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection

MOON = Body(name="moon", radius_m=1_737_400.0)
LAMBERT = choose_projection(Bounds(-35, 25, -15, 50), MOON)
GRID = Affine(100.0, 0.0, -3000.0, 0.0, -100.0, 2500.0)


@pytest.fixture(scope="module")
def holed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A 61 x 53 raster (height x width) with holes, and its pixels with NaN for nodata."""
    rng = np.random.default_rng(0)
    data = rng.integers(1, 255, (61, 53)).astype(np.uint8)
    data[rng.random(data.shape) < 0.3] = 0
    path = tmp_path_factory.mktemp("rasters") / "holed.tif"
    with create_raster(path, 53, 61, LAMBERT, GRID, "uint8", 0) as dataset:
        dataset.write(data, 1)
    return path, np.where(data == 0, np.nan, data).astype(np.float32)


def boundless(values: np.ndarray, top: int, left: int, height: int, width: int) -> np.ndarray:
    padded = np.pad(values, 200, constant_values=np.nan)
    return padded[top + 200 : top + 200 + height, left + 200 : left + 200 + width]


@settings(deadline=None, max_examples=40)
@given(top=st.integers(-80, 80), left=st.integers(-80, 80), height=st.integers(1, 100), width=st.integers(1, 100))
def test_a_window_anywhere_is_a_slice_of_the_padded_raster(
    holed: tuple[Path, np.ndarray], top: int, left: int, height: int, width: int
) -> None:
    path, values = holed
    with open_raster(path) as dataset:
        got = read_window(dataset, Window(left, top, width, height))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got.filled(np.nan), boundless(values, top, left, height, width))


@settings(deadline=None, max_examples=40)
@given(
    top=st.integers(-30, 60),
    left=st.integers(-30, 60),
    rows=st.integers(1, 12),
    cols=st.integers(1, 12),
    factor=st.integers(1, 8),
)
def test_a_decimated_window_is_the_mean_of_valid_pixels(
    holed: tuple[Path, np.ndarray], top: int, left: int, rows: int, cols: int, factor: int
) -> None:
    path, values = holed
    with open_raster(path) as dataset:
        got = read_window(dataset, Window(left, top, cols * factor, rows * factor), (rows, cols))
    blocks = boundless(values, top, left, rows * factor, cols * factor)
    blocks = blocks.reshape(rows, factor, cols, factor).swapaxes(1, 2).reshape(rows, cols, -1)
    share = np.isfinite(blocks).mean(axis=-1)
    mean = np.where(share > 0, np.nansum(blocks, axis=-1) / np.maximum(np.isfinite(blocks).sum(axis=-1), 1), np.nan)
    np.testing.assert_array_equal(np.ma.getmaskarray(got), share < 0.5)
    np.testing.assert_allclose(got.filled(np.nan), np.where(share < 0.5, np.nan, mean), rtol=1e-5)


def test_decimation_in_strips_equals_decimation_at_once(
    holed: tuple[Path, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_raster(holed[0]) as dataset:
        window = Window(-3, -3, 60, 64)
        whole = read_window(dataset, window, (16, 15))
        monkeypatch.setattr("crater_pipeline.rasters.files.STRIP_PX", 300)
        strips = read_window(dataset, window, (16, 15))
    np.testing.assert_array_equal(whole.filled(-1), strips.filled(-1))


def test_a_window_that_is_no_multiple_is_a_programming_error(holed: tuple[Path, np.ndarray]) -> None:
    with open_raster(holed[0]) as dataset, pytest.raises(ValueError, match="multiple"):
        read_window(dataset, Window(0, 0, 10, 10), (3, 3))


def test_a_further_nodata_value_is_masked_before_the_mean(holed: tuple[Path, np.ndarray]) -> None:
    path, values = holed
    value = float(values[np.isfinite(values)][0])
    with open_raster(path) as dataset:
        got = read_window(dataset, Window(0, 0, 53, 61), reading=Reading(nodata=(value,)))
    np.testing.assert_array_equal(np.ma.getmaskarray(got), np.isnan(values) | (values == value))


def test_nan_is_nodata_even_undeclared(tmp_path: Path) -> None:
    data = np.array([[1.0, np.nan], [np.inf, 4.0]], np.float32)
    with create_raster(tmp_path / "f.tif", 2, 2, LAMBERT, GRID, "float32", None) as dataset:
        dataset.write(data, 1)
    with open_raster(tmp_path / "f.tif") as dataset:
        got = read_window(dataset, Window(0, 0, 2, 2))
    np.testing.assert_array_equal(np.ma.getmaskarray(got), [[False, True], [True, False]])


@pytest.mark.parametrize("factor", [1, 4, 8])
def test_the_mask_covers_the_raster_and_reaches_beyond(holed: tuple[Path, np.ndarray], factor: int) -> None:
    path, _ = holed
    mask = valid_mask(path, factor)
    assert mask.shape == (math.ceil(61 / factor), math.ceil(53 / factor))
    with open_raster(path) as dataset:
        window = Window(0, 0, mask.shape[1] * factor, mask.shape[0] * factor)
        np.testing.assert_array_equal(mask, ~np.ma.getmaskarray(read_window(dataset, window, mask.shape)))
    assert 0 < mask.sum() < mask.size


def test_block_mean_of_a_full_array_needs_no_mask() -> None:
    data = np.ma.MaskedArray(np.arange(24, dtype=np.float32).reshape(4, 6), False)
    np.testing.assert_array_equal(block_mean(data, 2, 3).data, [[4.0, 7.0], [16.0, 19.0]])


def test_pixels_and_degrees_are_inverse(holed: tuple[Path, np.ndarray]) -> None:
    info = raster_info(holed[0])
    x, y = np.random.default_rng(0).uniform(-5000, 6000, (2, 1000))
    lon, lat = info.lonlat(x, y, MOON)
    assert ((lon >= -180) & (lon < 180) & (np.abs(lat) <= 90)).all()
    np.testing.assert_allclose(info.pixel(lon, lat, MOON), (x, y), atol=1e-5)


def test_the_header_and_the_file_are_as_asked(holed: tuple[Path, np.ndarray]) -> None:
    info = raster_info(holed[0])
    assert (info.width, info.height, info.dtype, info.nodata) == (53, 61, "uint8", 0)
    assert info.transform == GRID
    assert info.pixel_size_m == 100.0
    assert info.crs is not None
    MOON.check_crs(info.crs, "raster")
    assert info.crs.coordinate_operation is not None
    assert info.crs.coordinate_operation.method_name.startswith("Lambert")
    with rasterio.open(holed[0]) as dataset:
        assert dataset.block_shapes == [(512, 512)]
        assert dataset.compression.value.lower() == "deflate"


def test_a_pixel_in_degrees_is_its_north_south_extent(tmp_path: Path) -> None:
    transform = Affine(1 / 128, 0, -36.0, 0, -1 / 256, 51.0)
    with create_raster(tmp_path / "d.tif", 4, 4, MOON.geographic_crs, transform, "int16", None) as dataset:
        dataset.write(np.zeros((1, 4, 4), np.int16))
    assert raster_info(tmp_path / "d.tif").pixel_size_m == pytest.approx(118.45, abs=0.005)


@pytest.mark.parametrize("name", ["antimeridian", "pole"])
def test_degrees_at_the_awkward_places(name: str, tmp_path: Path) -> None:
    bounds = Bounds(170, -10, -170, 10) if name == "antimeridian" else Bounds(-180, 70, 180, 90)
    crs = choose_projection(bounds, MOON)
    with create_raster(tmp_path / "r.tif", 20, 20, crs, Affine(1e4, 0, -1e5, 0, -1e4, 1e5), "uint8", 0):
        pass
    info = raster_info(tmp_path / "r.tif")
    lon, lat = info.lonlat([9.0, 11.0, 10.0], [10.0, 10.0, 10.0], MOON)
    if name == "antimeridian":
        assert lon[0] > 179
        assert -180 <= lon[1] < -179
    else:
        assert lat[2] == pytest.approx(90.0)
        np.testing.assert_allclose(np.sort(lon[:2]), [-90.0, 90.0], atol=1e-6)
    np.testing.assert_allclose(info.pixel(lon[:2], lat[:2], MOON)[0], [9.0, 11.0], atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(width=st.integers(1, 200), height=st.integers(1, 200), size=st.integers(7, 90))
def test_windows_partition_the_raster(width: int, height: int, size: int) -> None:
    seen = np.zeros((height, width), int)
    for window in windows(width, height, size):
        seen[window.toslices()] += 1
    assert (seen == 1).all()


@given(col=st.integers(-9, 9), row=st.integers(-9, 9))
def test_a_shifted_transform_moves_the_origin(col: int, row: int) -> None:
    moved = shifted(Affine(2, 1, 5, -1, 3, 7), col, row)
    assert (moved.a, moved.b, moved.d, moved.e) == (2, 1, -1, 3)
    assert (moved.c, moved.f) == (2 * col + row + 5, -col + 3 * row + 7)


def failing_write(path: Path) -> None:
    with create_raster(path, 2, 2, LAMBERT, GRID, "uint8", 0) as dataset:
        dataset.write(np.ones((1, 2, 2), np.uint8))
        raise RuntimeError("stopped")


def test_an_interrupted_output_does_not_appear(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="stopped"):
        failing_write(tmp_path / "out.tif")
    assert list(tmp_path.iterdir()) == []


def opened(path: Path) -> Any:
    with open_raster(path) as dataset:
        return read_window(dataset, Window(0, 0, dataset.width, dataset.height))


def test_files_that_are_no_rasters_are_told_apart(tmp_path: Path, holed: tuple[Path, np.ndarray]) -> None:
    with pytest.raises(UserError, match="no such file"):
        opened(tmp_path / "absent.tif")
    with pytest.raises(UserError, match="folder"):
        opened(tmp_path)
    page = tmp_path / "page.tif"
    page.write_text("<!DOCTYPE html><html><body>404</body></html>")
    with pytest.raises(UserError, match="web page"):
        opened(page)
    text = tmp_path / "text.tif"
    text.write_text("lon,lat")
    with pytest.raises(UserError, match="not a raster"):
        opened(text)


def test_a_truncated_raster_is_called_damaged(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(1, 255, (1, 2000, 2000), dtype=np.uint8)
    with create_raster(tmp_path / "whole.tif", 2000, 2000, LAMBERT, GRID, "uint8", 0) as dataset:
        dataset.write(data)
    content = (tmp_path / "whole.tif").read_bytes()
    cut = tmp_path / "cut.tif"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"cut\.tif.*damaged"):
        opened(cut)


def test_a_raster_without_crs_says_so_when_it_matters(tmp_path: Path) -> None:
    path = tmp_path / "plain.tif"
    with (
        pytest.warns(NotGeoreferencedWarning),
        rasterio.open(path, "w", driver="GTiff", width=2, height=2, count=1, dtype="uint8") as dataset,
    ):
        dataset.write(np.ones((1, 2, 2), np.uint8))
    info = raster_info(path)
    assert info.crs is None
    with pytest.raises(UserError, match="coordinate reference system"):
        info.lonlat(0, 0, MOON)
    with pytest.raises(UserError, match="pixel size"):
        _ = info.pixel_size_m


def test_crs_round_trips_through_the_file(tmp_path: Path) -> None:
    for bounds in (Bounds(-35, 25, -15, 50), Bounds(170, -10, -170, 10), Bounds(-180, -90, 180, -60)):
        crs = choose_projection(bounds, MOON)
        with create_raster(tmp_path / "c.tif", 2, 2, crs, GRID, "uint8", 0):
            pass
        again = raster_info(tmp_path / "c.tif").crs
        assert isinstance(again, CRS)
        points = np.array([[-1e5, 2e5], [3e4, -1e5]])
        for direct, read in zip(
            Transformer.from_crs(crs, MOON.geographic_crs, always_xy=True).transform(*points),
            Transformer.from_crs(again, MOON.geographic_crs, always_xy=True).transform(*points),
            strict=True,
        ):
            np.testing.assert_allclose(direct, read, atol=1e-9)


def test_a_disk_that_is_full_when_a_raster_is_closed_is_told(tmp_path: Path) -> None:
    """Parts of blocks are written when a raster is closed, where GDAL's errors go unheard."""
    script = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from affine import Affine
from pyproj import CRS
from crater_pipeline.errors import UserError
from rasterio.windows import Window
from crater_pipeline.rasters.files import create_raster
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
grid = Affine(100.0, 0, 0, 0, -100.0, 0)
values = np.random.default_rng(0).integers(1, 255, (300, 300)).astype(np.uint8)
try:
    with create_raster(Path(sys.argv[1]), 300, 300, CRS("IAU_2015:30100"), grid, "uint8", 0) as dataset:
        for top in (0, 150):
            dataset.write(values[top : top + 150], 1, window=Window(0, top, 300, 150))
except UserError as error:
    print(error)
"""
    output = tmp_path / "f.tif"
    done = subprocess.run([sys.executable, "-c", script, output], capture_output=True, text=True, check=True)
    assert "could not be written to its end" in done.stdout
    assert list(tmp_path.iterdir()) == []

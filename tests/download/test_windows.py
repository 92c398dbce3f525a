"""Windows of remote rasters: the same pixels as the file's, for a small share of its bytes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from rasterio.windows import Window

from crater_pipeline.download.blocks import blocks_of
from crater_pipeline.download.coverage import Wanted, source_window
from crater_pipeline.download.origin import Origin
from crater_pipeline.download.rows import COALESCED_GAP_BYTES, coalesce
from crater_pipeline.download.windows import download_window
from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps.download import download
from tests.download.patience import IMPATIENT
from tests.range_server import Files, serve

MOON = Body(name="moon", radius_m=1_737_400.0)
SIMPLE_CYLINDRICAL = CRS.from_user_input("+proj=eqc +R=1737400 +units=m")
DEGREE_M = np.pi * MOON.radius_m / 180.0


def write_raster(
    path: Path, data: np.ndarray, transform: Affine, crs: CRS = SIMPLE_CYLINDRICAL, **profile: Any
) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=data.shape[1],
        height=data.shape[0],
        count=1,
        dtype=data.dtype,
        crs=rasterio.crs.CRS.from_wkt(crs.to_wkt()),
        transform=transform,
        **profile,
    ) as dataset:
        dataset.write(data, 1)
    return path


def world(path: Path, dtype: str = "uint8", width: int = 7200, **profile: Any) -> tuple[Path, np.ndarray]:
    """A global simple cylindrical raster of noise, `width` x `width`/4 pixels between 45 S and 45 N, uncompressed."""
    data = np.random.default_rng(3).integers(1, 250, (width // 4, width)).astype(dtype)
    pixel = 360.0 / width * DEGREE_M
    transform = Affine(pixel, 0, -180 * DEGREE_M, 0, -pixel, 45 * DEGREE_M)
    return write_raster(path, data, transform, **profile), data


LAYOUTS: dict[str, dict[str, Any]] = {
    "rows": {"blockysize": 1},
    "strips": {"blockysize": 16},
    "big endian": {"blockysize": 1, "ENDIANNESS": "BIG"},
    "tiles": {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["uint8", "int16"])
def test_a_window_has_the_pixels_of_the_file_for_few_bytes(layout: str, dtype: str, tmp_path: Path) -> None:
    source, data = world(tmp_path / "world.tif", dtype, **LAYOUTS[layout])
    content = source.read_bytes()
    output = tmp_path / "out" / "mosaic.tif"
    with serve(Files({"world.tif": content})) as files:
        download(url=[files.url("world.tif")], output=output, bounds=(-35, 25, -15, 35), body=MOON, margin_deg=1.0)
        assert files.bytes_sent < len(content) / 6
    with rasterio.open(output) as part, rasterio.open(source) as whole:
        assert part.dtypes == (dtype,)
        west, south, east, north = (v / DEGREE_M for v in part.bounds)
        assert west <= -36
        assert south <= 24
        assert east >= -14
        assert north >= 36
        assert part.width < 500
        row, col = (round(v) for v in whole.index(part.transform.c, part.transform.f, op=float))
        np.testing.assert_array_equal(part.read(1), data[row : row + part.height, col : col + part.width])
        assert CRS.from_wkt(part.crs.to_wkt()).equals(CRS.from_wkt(whole.crs.to_wkt()))
    assert sorted(path.name for path in output.parent.iterdir()) == ["mosaic.tif", "mosaic.tif.source.json"]


@pytest.mark.parametrize("layout", ["rows", "tiles"])
def test_across_the_antimeridian_columns_run_on(layout: str, tmp_path: Path) -> None:
    source, data = world(tmp_path / "world.tif", width=3600, **LAYOUTS[layout])
    with serve(Files({"world.tif": source.read_bytes()})) as files:
        download_window(
            Origin([files.url("world.tif")]), tmp_path / "mosaic.tif", Wanted(Bounds(170, -5, -170, 5), MOON, 0.0)
        )
        assert files.bytes_sent < source.stat().st_size / 4
    info = raster_info(tmp_path / "mosaic.tif")
    assert 200 <= info.width <= 210
    with rasterio.open(tmp_path / "mosaic.tif") as part:
        got = part.read(1)
    first = round((info.transform.c / DEGREE_M + 180.0) * 10)
    top = round((45.0 - info.transform.f / DEGREE_M) * 10)
    columns = (first + np.arange(info.width)) % 3600
    np.testing.assert_array_equal(got, data[top : top + info.height][:, columns])
    lon, _ = info.lonlat([0.0, info.width], [0.0, 0.0], MOON)
    assert lon[0] < 170.0
    assert -170.0 < lon[1] < -169.0


def test_an_interrupted_download_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    source, _ = world(tmp_path / "world.tif", **LAYOUTS["tiles"])
    bounds = Bounds(-100, -40, 100, 40)
    out = tmp_path / "out"
    with serve(Files({"world.tif": source.read_bytes()})) as files:
        download_window(Origin([files.url("world.tif")]), out / "undisturbed.tif", Wanted(bounds, MOON, 0.0))
        all_bytes, count = files.bytes_sent, len(files.requests)
        files.faults, files.bytes_sent = [*["fine"] * (count // 2), *[404] * 1000], 0
        with pytest.raises(UserError):
            download_window(Origin([files.url("world.tif")]), out / "mosaic.tif", Wanted(bounds, MOON, 0.0))
        assert not (out / "mosaic.tif").exists()
        kept = list(out.glob(".mosaic.tif.*.blocks/*.npy"))
        assert kept
        files.faults, files.bytes_sent = [], 0
        download_window(Origin([files.url("world.tif")]), out / "mosaic.tif", Wanted(bounds, MOON, 0.0))
        assert files.bytes_sent < 0.8 * all_bytes
    with rasterio.open(out / "mosaic.tif") as part, rasterio.open(out / "undisturbed.tif") as expected:
        np.testing.assert_array_equal(part.read(1), expected.read(1))
    made = {path.name for path in out.iterdir()}
    assert made == {f"{name}.tif{ending}" for name in ("mosaic", "undisturbed") for ending in ("", ".source.json")}


def test_transient_faults_are_outlived(tmp_path: Path) -> None:
    source, _ = world(tmp_path / "world.tif", width=3600, **LAYOUTS["rows"])
    with serve(Files({"world.tif": source.read_bytes()})) as files:
        files.faults = [503, "fine", "fine", "fine", "fine", 503, "cut", 500]
        download_window(
            Origin([files.url("world.tif")]), tmp_path / "mosaic.tif", Wanted(Bounds(0, 0, 20, 10), MOON, 0.5)
        )
    assert raster_info(tmp_path / "mosaic.tif").width > 200


@pytest.mark.parametrize(
    ("layout", "faults"),
    [
        ("rows", ["mute"]),
        ("rows", ["fine", "mute"]),
        ("rows", ["fine", "fine", "stall", "reset", "cut"]),
        ("tiles", ["fine", "mute"]),
        ("tiles", ["fine", "fine", "stall"]),
        ("tiles", ["fine", "fine", "reset"]),
    ],
    ids=str,
)
def test_silence_is_outlived_wherever_it_falls(layout: str, faults: list[Any], tmp_path: Path) -> None:
    source, data = world(tmp_path / "world.tif", width=3600, **LAYOUTS[layout])
    with serve(Files({"world.tif": source.read_bytes()})) as files:
        files.faults = list(faults)
        wanted = Wanted(Bounds(0, 0, 20, 10), MOON, 0.5)
        download_window(Origin([files.url("world.tif")]), tmp_path / "mosaic.tif", wanted, IMPATIENT)
        assert files.faults == []
    with rasterio.open(tmp_path / "mosaic.tif") as part, rasterio.open(source) as whole:
        row, col = (round(v) for v in whole.index(part.transform.c, part.transform.f, op=float))
        np.testing.assert_array_equal(part.read(1), data[row : row + part.height, col : col + part.width])


def test_nodata_is_the_files_own_else_the_given_one(tmp_path: Path) -> None:
    for name, own in (("own", 9), ("none", None)):
        source, _ = world(tmp_path / f"{name}.tif", width=720, nodata=own)
        with serve(Files({"world.tif": source.read_bytes()})) as files:
            download_window(
                Origin([files.url("world.tif")]), tmp_path / "m.tif", Wanted(Bounds(0, 0, 20, 10), MOON, 0.0, nodata=3)
            )
        assert raster_info(tmp_path / "m.tif").nodata == (own or 3)


def test_one_band_is_fetched_and_colours_as_their_luminance(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 250, (4, 90, 360)).astype("uint8")
    colours[3] = np.where(np.arange(360) < 185, 0, 255)
    place = {"crs": rasterio.crs.CRS.from_wkt(SIMPLE_CYLINDRICAL.to_wkt()), "count": 4, "height": 90, "width": 360}
    grid = Affine(DEGREE_M, 0, -180 * DEGREE_M, 0, -DEGREE_M, 45 * DEGREE_M)
    path = tmp_path / "rgba.tif"
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint8", transform=grid, photometric="rgb", alpha="yes", **place
    ) as dataset:
        dataset.write(colours)
        dataset.scales = (2.0,) * 4
    window = slice(35, 45), slice(180, 200)
    grey = np.rint(np.tensordot((0.299, 0.587, 0.114), colours[:3].astype(float), 1))
    with serve(Files({"rgba.tif": path.read_bytes()})) as files:
        url = files.url("rgba.tif")
        for band, wanted, scale in ((None, grey, 1.0), (2, colours[1], 2.0)):
            download_window(Origin([url]), tmp_path / "m.tif", Wanted(Bounds(0, 0, 20, 10), MOON, 0.0, band=band))
            with rasterio.open(tmp_path / "m.tif") as cut:
                info = raster_info(tmp_path / "m.tif")
                left, top = (round(float(v)) for v in info.pixel(0.0, 10.0, MOON))
                got = cut.read(1)[top : top + 10, left : left + 20]
                assert cut.count == 1
                assert (cut.scales, cut.nodata) == ((scale,), 0)
            np.testing.assert_allclose(got, np.where(colours[3] == 0, 0, np.maximum(wanted, 1))[window], atol=1)
        with pytest.raises(UserError, match="no band 7"):
            download_window(Origin([url]), tmp_path / "m.tif", Wanted(Bounds(0, 0, 20, 10), MOON, 0.0, band=7))


def refused(files: Files, name: str, tmp_path: Path, match: str, body: Body = MOON) -> None:
    folder = tmp_path / "refused"
    with pytest.raises(UserError, match=match):
        download_window(Origin([files.url(name)]), folder / "mosaic.tif", Wanted(Bounds(0, 50, 20, 60), body, 0.0))
    assert list(folder.iterdir()) == []


def test_mistakes_are_told_apart_and_leave_nothing(tmp_path: Path) -> None:
    source, _ = world(tmp_path / "world.tif", width=720)
    contents: dict[str, bytes | Path] = {
        "page.tif": b"<!DOCTYPE html><html><title>Not found</title></html>",
        "text.tif": b"no raster at all" * 100,
        "world.tif": source.read_bytes(),
    }
    with serve(Files(contents)) as files:
        refused(files, "page.tif", tmp_path, "web page")
        refused(files, "text.tif", tmp_path, "not a raster")
        refused(files, "missing.tif", tmp_path, "404")
        refused(files, "world.tif", tmp_path, "does not reach the bounds")
        refused(files, "world.tif", tmp_path, "sphere of 3396190", Body(name="mars", radius_m=3_396_190.0))
        files.ranges = False
        refused(files, "world.tif", tmp_path, "does not serve parts")


@pytest.mark.parametrize(
    ("bounds", "columns"),
    [
        ((-180, -10, 180, 10), (0, 3600)),
        ((0, -10, 360, 10), (0, 3600)),
        ((300, -10, 320, 10), (1200, 1400)),
        ((-60, -10, -40, 10), (1200, 1400)),
        ((350, -10, 10, 10), (1700, 1900)),
    ],
)
def test_longitudes_of_either_convention_name_the_same_columns(
    bounds: tuple[float, float, float, float], columns: tuple[int, int], tmp_path: Path
) -> None:
    info = raster_info(world(tmp_path / "world.tif", width=3600)[0])
    window = source_window(info, Bounds(*bounds), MOON, 0.0)
    left, right = window.col_off, window.col_off + window.width
    assert columns[0] - 5 <= left <= columns[0]
    assert columns[1] <= right <= columns[1] + 5


def test_a_regional_raster_in_0_to_360_is_found_by_western_longitudes(tmp_path: Path) -> None:
    data = np.ones((200, 300), np.uint8)
    path = write_raster(tmp_path / "r.tif", data, Affine(0.1, 0, 320.0, 0, -0.1, 50.0), MOON.geographic_crs)
    window = source_window(raster_info(path), Bounds(-30, 35, -20, 45), MOON, 0.0)
    assert (window.col_off, window.width) == (96, 108)
    assert (window.row_off, window.height) == (46, 108)


@given(
    left=st.integers(0, 3000),
    top=st.integers(0, 3000),
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    shape=st.sampled_from([(1, 109164), (16, 109164), (256, 256), (512, 512), (5000, 7000), (64, 4096)]),
)
@settings(deadline=None, max_examples=50)
def test_blocks_partition_the_window_along_the_files_own(
    left: int, top: int, width: int, height: int, shape: tuple[int, int]
) -> None:
    blocks = blocks_of(Window(left, top, width, height), shape)
    assert sum(block.width * block.height for block in blocks) == width * height
    for block in blocks:
        assert block.width > 0
        assert block.height > 0
        assert block.width * block.height <= max(4 * 1024**2, shape[0] * shape[1])
        for start, size, first, end in (
            (block.row_off, shape[0], top, top + height),
            (block.col_off, shape[1], left, left + width),
        ):
            assert first <= start < end
            assert start == first or start % size == 0


def test_pieces_close_together_are_one_request() -> None:
    gap = COALESCED_GAP_BYTES
    pieces = [(0, 10), (10, 10), (20 + gap, 10), (31 + 2 * gap, 10)]
    assert list(coalesce(pieces)) == [(0, 30 + gap, [0, 1, 2]), (31 + 2 * gap, 10, [3])]

"""The archives' own files, as large as they are, with their layouts and quirks: what a region needs of each arrives."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from pyproj import CRS

from crater_pipeline.download.availability import of_file, of_window
from crater_pipeline.download.coverage import Wanted
from crater_pipeline.download.files import download_file
from crater_pipeline.download.origin import Origin
from crater_pipeline.download.windows import download_window
from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import transformer
from crater_pipeline.steps.read_catalogue import read_catalogue
from tests.archives import (
    GLD100_NAME,
    GLD100_PIXEL_M,
    ROBBINS_NAME,
    TILE_NAME,
    TILE_SIZE,
    WAC_BYTES,
    WAC_GRID,
    WAC_NAME,
    WAC_SIZE,
    equirectangular,
    write_gld100,
    write_robbins,
    write_rows_tiff,
    write_wang_wu,
)
from tests.range_server import Files, serve

DEGREES = (-30.0, 40.0, -29.5, 40.25)
BOUNDS = Bounds(*DEGREES)
"""In both shipped mosaics, small enough for a test."""

NOISE = np.random.default_rng(2).integers(1, 255, (400, 400), dtype=np.uint8)


def pixel_of(grid: Affine, crs: CRS, lon: float, lat: float) -> tuple[int, int]:
    """(row, column) of a place."""
    east, north = transformer(MOON.geographic_crs, crs).transform(lon, lat)
    column, row = ~grid @ (east, north)
    return round(row), round(column)


def check_pixels(path: Path, crs: CRS, data: np.ndarray, place: tuple[int, int], grid: Affine) -> None:
    """A window has the pixels that were put at `place` (row, column) of the file, and its reference system."""
    with rasterio.open(path) as part:
        assert CRS.from_wkt(part.crs.to_wkt()).equals(crs) or "Equirectangular" in part.crs.to_wkt()
        column, row = (round(v) for v in ~grid @ (part.transform.c, part.transform.f))
        got = part.read(1)
    top, left = row - place[0], column - place[1]
    assert min(top, left) >= 0
    np.testing.assert_array_equal(got, data[top : top + got.shape[0], left : left + got.shape[1]])
    east_west, north_south = raster_info(path).lonlat([0, got.shape[1]], [0, got.shape[0]], MOON)
    assert east_west[0] <= BOUNDS.west < BOUNDS.east <= east_west[1]
    assert north_south[0] >= BOUNDS.north > BOUNDS.south >= north_south[1]


def test_the_global_mosaic_of_six_gigabytes(tmp_path: Path) -> None:
    crs = equirectangular(0)
    row, column = pixel_of(WAC_GRID, crs, BOUNDS.west, BOUNDS.north)
    place = (row - 60, column - 60)
    source = write_rows_tiff(tmp_path / WAC_NAME, WAC_SIZE, crs, WAC_GRID, {place: NOISE}, total=WAC_BYTES)
    assert source.stat().st_size == WAC_BYTES
    assert source.stat().st_blocks * 512 < 10_000_000
    with serve(Files({f"moved/{WAC_NAME}": source}, redirects={WAC_NAME: (301, f"/moved/{WAC_NAME}")})) as files:
        origin, wanted = Origin([files.url(WAC_NAME)], size_bytes=WAC_BYTES), Wanted(BOUNDS, MOON, 0.1)
        found = of_window(origin, wanted)
        assert (found.published_bytes, found.url) == (WAC_BYTES, files.url(WAC_NAME))
        before = files.bytes_sent
        download_window(origin, tmp_path / "mosaic.tif", wanted)
        assert files.bytes_sent - before < 1_500_000  # most of it says where the rows lie
    check_pixels(tmp_path / "mosaic.tif", crs, NOISE, place, WAC_GRID)
    info = raster_info(tmp_path / "mosaic.tif")
    assert found.needed_bytes == info.width * info.height
    assert info.nodata is None


@pytest.mark.parametrize(
    ("lon_0", "lat_ts", "nodata"), [(315.0, 0.0, 0), (0.0, 0.0, None), (180.0, 0.0, 255), (315.0, 30.0, None)]
)
def test_a_tile_of_the_mosaic_whatever_its_central_meridian_and_nodata(
    lon_0: float, lat_ts: float, nodata: int | None, tmp_path: Path
) -> None:
    crs = equirectangular(lon_0, lat_ts)
    metres_a_degree = np.pi * MOON.radius_m / 180
    centre = (315.0 - lon_0 + 180.0) % 360.0 - 180.0
    left = (centre - 45.0) * metres_a_degree * np.cos(np.radians(lat_ts))
    grid = Affine(100.0, 0.0, left, 0.0, -100.0, 60.0 * metres_a_degree)
    row, column = pixel_of(grid, crs, BOUNDS.west, BOUNDS.north)
    place = (row - 60, column - 60)
    source = write_rows_tiff(tmp_path / TILE_NAME, TILE_SIZE, crs, grid, {place: NOISE}, nodata)
    with serve(Files({TILE_NAME: source})) as files:
        download_window(Origin([files.url(TILE_NAME)]), tmp_path / "mosaic.tif", Wanted(BOUNDS, MOON, 0.1))
        assert files.bytes_sent < source.stat().st_size / 100
    check_pixels(tmp_path / "mosaic.tif", crs, NOISE, place, grid)
    assert raster_info(tmp_path / "mosaic.tif").nodata == nodata


def test_a_tile_of_gld100_with_its_label_attached(tmp_path: Path) -> None:
    grid = Affine(GLD100_PIXEL_M, 0, -30 * 256 * GLD100_PIXEL_M, 0, -GLD100_PIXEL_M, 60 * 256 * GLD100_PIXEL_M)
    place = (round((60 - BOUNDS.north) * 256) - 60, round((BOUNDS.west + 75) * 256) - 60)
    heights = np.random.default_rng(1).integers(-3000, 3000, (400, 400)).astype(np.int16)
    source = write_gld100(tmp_path / GLD100_NAME, {place: heights})
    with serve(Files({GLD100_NAME: source})) as files:
        wanted = Wanted(BOUNDS, MOON, 0.1)
        found = of_window(Origin([files.url(GLD100_NAME)]), wanted)
        before = files.bytes_sent
        download_window(Origin([files.url(GLD100_NAME)]), tmp_path / "mosaic.tif", wanted)
        assert files.bytes_sent - before < 12_000_000 < source.stat().st_size / 30
    assert found.needed_bytes is not None
    assert found.needed_bytes < 12_000_000
    with rasterio.open(tmp_path / "mosaic.tif") as part:
        crs = CRS.from_wkt(part.crs.to_wkt())
        assert part.nodata == -32768
        assert part.crs.to_dict()["lon_0"] == 315
    check_pixels(tmp_path / "mosaic.tif", crs, heights, place, grid)


def test_a_tile_of_gld100_that_was_cut_off_is_told(tmp_path: Path) -> None:
    source = write_gld100(tmp_path / GLD100_NAME, {})
    with source.open("r+b") as file:
        file.truncate(30_000_000)  # before the bounds' rows
    with serve(Files({GLD100_NAME: source})) as files, pytest.raises(UserError, match="cut off"):
        download_window(Origin([files.url(GLD100_NAME)]), tmp_path / "mosaic.tif", Wanted(BOUNDS, MOON, 0.1))
    assert not (tmp_path / "mosaic.tif").exists()


def test_robbins_archive_of_96_megabytes_is_read_after_an_interruption(tmp_path: Path) -> None:
    source = write_robbins(
        tmp_path / ROBBINS_NAME, [("01-1-000001", 40.1, 330.2, 3.5), ("01-1-000002", -5.0, 10.0, 2.0)]
    )
    assert source.stat().st_size > 90_000_000
    address = f"ckan/dataset/f89f5478/resource/c4f25cc2/download/{ROBBINS_NAME}"
    with serve(Files({address: source}, faults=["fine", "fine", "cut"])) as files:
        found = of_file(Origin([files.url(address)]), "table")
        assert found.published_bytes == found.needed_bytes == source.stat().st_size
        before = files.bytes_sent
        assert before < 3_000_000
        download_file(Origin([files.url(address)]), tmp_path / "robbins.dat", "table")
        assert files.bytes_sent - before == source.stat().st_size
    output = tmp_path / "catalogue.parquet"
    read_catalogue(catalogue=tmp_path / "robbins.dat", output=output, format="robbins", bounds=DEGREES, body=MOON)
    craters = pd.read_parquet(output)
    assert craters[["lat", "diameter_km"]].to_numpy().tolist() == [[40.1, 3.5]]
    assert craters["lon"].iloc[0] == pytest.approx(-29.8)


def test_wang_and_wus_table(tmp_path: Path) -> None:
    source = write_wang_wu(tmp_path / "LU1319381.csv", [(1, -29.8, 40.1, 3.5), (2, 170.0, -5.0, 1.2)])
    with serve(Files({"LU1319381.csv": source})) as files:
        download_file(Origin([files.url("LU1319381.csv")]), tmp_path / "wang_wu.csv", "table")
    output = tmp_path / "catalogue.parquet"
    read_catalogue(catalogue=tmp_path / "wang_wu.csv", output=output, format="wang_wu", bounds=DEGREES, body=MOON)
    assert pd.read_parquet(output)["diameter_km"].tolist() == [3.5]

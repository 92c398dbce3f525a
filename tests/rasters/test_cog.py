"""Cloud-optimised GeoTIFFs: the same pixels, laid out as GDAL's validator asks."""

import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio.enums import Resampling
from rasterio.errors import RasterioError

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.cog import write_cog
from tests.export.system_qgis import environment
from tests.rasters.ground import picture, terrain, write

SIDE = 1300


@pytest.fixture(scope="module", params=["uint8", "float32"])
def copied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A picture or a terrain model with a corner of no data, and its copy."""
    folder = tmp_path_factory.mktemp("cog")
    data = picture(side=SIDE) if request.param == "uint8" else terrain(side=SIDE).astype(np.float32)
    nodata = 0 if request.param == "uint8" else -32768.0
    data[:100, :100] = nodata
    source = write(folder / "projected.tif", data, nodata=nodata)
    write_cog(source, folder / "projected.cog.tif")
    return source, folder / "projected.cog.tif"


def test_the_pixels_and_their_place_are_the_same(copied: tuple[Path, Path]) -> None:
    with rasterio.open(copied[0]) as source, rasterio.open(copied[1]) as copy:
        assert np.array_equal(source.read(), copy.read())
        for name in ("transform", "nodata", "dtypes", "shape", "bounds"):
            assert getattr(source, name) == getattr(copy, name), name
        assert source.crs.to_wkt() == copy.crs.to_wkt()


def test_overviews_are_means_of_what_has_data(copied: tuple[Path, Path]) -> None:
    with rasterio.open(copied[0]) as source, rasterio.open(copied[1], overview_level=0) as overview:
        assert overview.shape == (SIDE // 2, SIDE // 2)
        data = source.read(1, masked=True).astype(float)
        means = data.reshape(SIDE // 2, 2, SIDE // 2, 2).mean(axis=(1, 3))
        read = overview.read(1, masked=True)
        assert np.array_equal(np.ma.getmaskarray(read), np.ma.getmaskarray(means))
        assert np.abs(read - means).max() <= (0.5 if read.dtype == np.uint8 else 0.01)


def test_it_is_laid_out_for_the_cloud(copied: tuple[Path, Path]) -> None:
    """GDAL's rules: tiled, overviews that halve down to one block, and all directories before all pixels, the
    coarsest pixels first."""
    with rasterio.open(copied[1]) as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.block_shapes == [(512, 512)]
        assert raster.overviews(1) == [2, 4]
        assert raster.compression.name == "deflate"
    directories = directories_of(copied[1])
    assert [width for width, _, _ in directories] == [1300, 650, 325]
    pixels = [first for _, _, first in directories]
    assert max(place for _, place, _ in directories) < min(pixels)
    assert pixels == sorted(pixels, reverse=True)
    assert b"LAYOUT=IFDS_BEFORE_DATA" in copied[1].read_bytes()[:1000]


def directories_of(path: Path) -> list[tuple[int, int, int]]:
    """(width, place in the file, first tile's place) of each directory of a little-endian classic TIFF."""
    content = path.read_bytes()
    assert content[:4] == b"II*\0"
    found, place = [], struct.unpack_from("<I", content, 4)[0]
    while place:
        (count,) = struct.unpack_from("<H", content, place)
        entries = {}
        for number in range(count):
            tag, _, length, value = struct.unpack_from("<HHII", content, place + 2 + 12 * number)
            entries[tag] = (length, value)
        length, offsets = entries[324]
        tiles = struct.unpack_from(f"<{length}I", content, offsets) if length > 1 else (offsets,)
        found.append((entries[256][1] & 0xFFFF, place, min(each for each in tiles if each)))
        place = struct.unpack_from("<I", content, place + 2 + 12 * count)[0]
    return found


def test_gdals_own_validator_agrees(copied: tuple[Path, Path], tmp_path: Path) -> None:
    program = ["/usr/bin/python3", "-m", "osgeo_utils.samples.validate_cloud_optimized_geotiff"]
    if (
        not Path(program[0]).exists()
        or subprocess.run([*program[:1], "-c", "import osgeo_utils"], check=False).returncode
    ):
        pytest.skip("GDAL's validator is not installed (apt-get install python3-gdal)")
    done = subprocess.run(
        [*program, str(copied[1])], env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is a valid cloud optimized GeoTIFF" in done.stdout


def test_the_same_raster_gives_the_same_bytes_and_nothing_beside_it(copied: tuple[Path, Path], tmp_path: Path) -> None:
    write_cog(copied[0], tmp_path / "again.cog.tif")
    assert (tmp_path / "again.cog.tif").read_bytes() == copied[1].read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again.cog.tif"]


def test_a_small_raster_needs_no_overview(tmp_path: Path) -> None:
    write_cog(write(tmp_path / "small.tif", picture(side=200), nodata=0), tmp_path / "small.cog.tif")
    with rasterio.open(tmp_path / "small.cog.tif") as raster:
        assert raster.overviews(1) == []
        assert raster.read(1, out_shape=(100, 100), resampling=Resampling.average).shape == (100, 100)


def test_a_damaged_raster_leaves_no_file(tmp_path: Path) -> None:
    source = write(tmp_path / "whole.tif", picture(), nodata=0, compress="deflate", tiled=True)
    (tmp_path / "cut.tif").write_bytes(source.read_bytes()[:20_000])
    with pytest.raises(UserError, match=r"cut\.tif: "):
        write_cog(tmp_path / "cut.tif", tmp_path / "cut.cog.tif")
    assert not (tmp_path / "cut.cog.tif").exists()


def test_what_cannot_be_written_is_not_the_sources_fault(
    copied: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise RasterioError("no space left")

    monkeypatch.setattr(rasterio.shutil, "copy", full)
    with pytest.raises(UserError, match=r"full\.cog\.tif: could not be written"):
        write_cog(copied[0], tmp_path / "full.cog.tif")
    assert list(tmp_path.iterdir()) == []

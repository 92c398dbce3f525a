"""The step's function, its command line, and one real region."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.shutil import copy

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import create_raster, raster_info
from crater_pipeline.rasters.reprojection import ReprojectionSettings
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps.reproject import reproject

MOON = Body(name="moon", radius_m=1_737_400.0)


@pytest.fixture
def mosaic(tmp_path: Path) -> Path:
    path = tmp_path / "mosaic.tif"
    with create_raster(path, 120, 120, MOON.geographic_crs, Affine(0.1, 0, -4, 0, -0.1, 46), "uint8", None) as dataset:
        dataset.write(np.full((1, 120, 120), 90, np.uint8))
    return path


def test_a_region_is_written(mosaic: Path, tmp_path: Path) -> None:
    reproject(
        mosaic=mosaic,
        output=tmp_path / "results" / "projected.tif",
        kind="image",
        bounds=(-2, 36, 6, 44),
        body=MOON,
        settings=ReprojectionSettings(margin_px=3),
    )
    info = raster_info(tmp_path / "results" / "projected.tif")
    assert info.crs is not None
    assert info.crs.is_projected
    assert (info.dtype, info.nodata) == ("uint8", 0)
    assert info.pixel_size_m == pytest.approx(3032.3, abs=0.1)


def test_a_part_of_the_mosaic_is_not_replaced(mosaic: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.vrt"
    with rasterio.open(mosaic) as source:
        copy(source, whole, driver="VRT")
    before = mosaic.read_bytes()
    with pytest.raises(UserError, match=r"mosaic\.tif: would replace a part of .*whole\.vrt"):
        reproject(mosaic=whole, output=mosaic, kind="image", bounds=(-2, 36, 6, 44), body=MOON)
    assert mosaic.read_bytes() == before


def test_the_command_line_says_in_one_line_what_is_wrong(mosaic: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "crater_pipeline.steps.reproject", "--mosaic", str(mosaic), "--kind", "image"]
    command += [
        "--output",
        str(tmp_path / "o.tif"),
        "--body",
        MOON.model_dump_json(),
        "--bounds",
        "-2",
        "36",
        "6",
        "44",
    ]
    done = subprocess.run([*command, "--settings", '{"margin_px": 2}'], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "o.tif").is_file()
    command[-1] = "30"
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert "south must be below north" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.real_data
@pytest.mark.skipif(not os.environ.get("CRATER_REAL_DATA"), reason="CRATER_REAL_DATA names no folder")
def test_a_real_terrain_model(tmp_path: Path) -> None:
    """A small part of GLD100: values are those of the source at the same place."""
    source = Path(os.environ["CRATER_REAL_DATA"]) / "gld100_hongwan.tif"
    reproject(mosaic=source, output=tmp_path / "o.tif", kind="dtm", bounds=(-26, 35, -24, 37), body=MOON)
    info, original = raster_info(tmp_path / "o.tif"), raster_info(source)
    assert info.pixel_size_m == pytest.approx(118.45, abs=0.01)
    with rasterio.open(tmp_path / "o.tif") as dataset:
        values = dataset.read(1)
    assert np.isfinite(values).all()
    rng = np.random.default_rng(0)
    col, row = rng.integers(0, info.width, 500), rng.integers(0, info.height, 500)
    x, y = original.pixel(*info.lonlat(col + 0.5, row + 0.5, MOON), MOON)
    with rasterio.open(source) as dataset:
        raw = dataset.read(1)
    nearest = raw[y.astype(int), x.astype(int)]
    assert np.median(np.abs(values[row, col] - nearest)) < 3.0
    assert np.corrcoef(values[row, col], nearest)[0, 1] > 0.999

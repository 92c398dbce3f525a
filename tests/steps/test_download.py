"""The step's command line: a downloaded window feeds `reproject`."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from crater_pipeline.rasters.files import create_raster
from crater_pipeline.rasters.reprojection import ReprojectionSettings
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps.reproject import reproject
from tests.range_server import Files, serve

MOON = Body(name="moon", radius_m=1_737_400.0)


def test_a_downloaded_window_gives_the_same_region_as_the_file(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(1, 255, (900, 3600), dtype=np.uint8)
    with create_raster(
        tmp_path / "world.tif", 3600, 900, MOON.geographic_crs, Affine(0.1, 0, 0, 0, -0.1, 45), "uint8", None
    ) as dataset:
        dataset.write(data, 1)
    content = (tmp_path / "world.tif").read_bytes()
    with serve(Files({"world.tif": content})) as files:
        command = [sys.executable, "-m", "crater_pipeline.steps.download", "--url", files.url("world.tif")]
        command += ["--output", str(tmp_path / "mosaic.tif"), "--bounds", "-10", "-5", "10", "15"]
        command += ["--body", MOON.model_dump_json(), "--margin-deg", "2.5", "--nodata", "0"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert files.bytes_sent < 0.7 * len(content)
    results = []
    for name, nodata in (("world", 0.0), ("mosaic", None)):
        reproject(
            mosaic=tmp_path / f"{name}.tif",
            output=tmp_path / "projected.tif",
            kind="image",
            bounds=(-10, -5, 10, 15),
            body=MOON,
            nodata=nodata,
            settings=ReprojectionSettings(margin_px=16),
        )
        with rasterio.open(tmp_path / "projected.tif") as projected:
            results.append((projected.transform, projected.read(1)))
    assert results[0][0] == results[1][0]
    np.testing.assert_array_equal(results[0][1], results[1][1])

"""The step's function with its defaults."""

from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.steps.shade import shade

MOON = Body(name="moon", radius_m=1_737_400.0)


def test_a_pit_is_dark_on_the_side_of_the_sun(tmp_path: Path) -> None:
    crs = choose_projection(Bounds(-5, 35, 5, 45), MOON)
    row, col = np.mgrid[:64, :64] - 32
    pit = (-1000.0 * np.exp(-(row**2 + col**2) / 60.0)).astype(np.float32)
    pit[:4] = np.nan
    with create_raster(
        tmp_path / "z.tif", 64, 64, crs, Affine(100, 0, -3200, 0, -100, 3200), "float32", None
    ) as dataset:
        dataset.write(pit, 1)
    shade(elevation=tmp_path / "z.tif", output=tmp_path / "west.tif", body=MOON)
    shade(
        elevation=tmp_path / "z.tif",
        output=tmp_path / "east.tif",
        body=MOON,
        settings=ShadingSettings(sun_azimuth_deg=90.0, flat_grey=120),
    )
    with rasterio.open(tmp_path / "west.tif") as west, rasterio.open(tmp_path / "east.tif") as east:
        lit_from_west, lit_from_east = west.read(1), east.read(1)
        assert west.nodata == 0
    assert (lit_from_west[:4] == 0).all()
    assert lit_from_west[32, 26] < 100 < lit_from_west[32, 38]
    assert lit_from_east[32, 26] > 120 > lit_from_east[32, 38]
    assert lit_from_west[60, 60] == 100
    assert lit_from_east[60, 60] == 120

"""Which of several rasters shows a place, and all of them in one picture."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from crater_pipeline.rasters.files import create_raster, raster_info
from crater_pipeline.rasters.region_grid import bounds_grid
from crater_pipeline.rasters.several import overview_grid, shown_by, write_overview
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds

ZONES = [Bounds(170, -20, -150, 20), Bounds(170, 20, -150, 60)]


@pytest.fixture
def rasters(tmp_path: Path) -> list[Path]:
    """A dark raster of the south and a bright one of the north."""
    paths = []
    for number, zone in enumerate(ZONES):
        grid = bounds_grid(zone, MOON, 300)
        paths.append(tmp_path / f"{number}.tif")
        with create_raster(paths[-1], grid.width, grid.height, grid.crs, grid.transform, "uint8", 0) as dataset:
            dataset.write(np.full((grid.height, grid.width), 100 * (number + 1), np.uint8), 1)
    return paths


def test_a_place_is_shown_by_the_raster_in_which_it_lies_deepest(rasters: list[Path]) -> None:
    infos = [raster_info(path) for path in rasters]
    assert shown_by(infos, [-170, -170, 171], [0, 45, 30], MOON).tolist() == [0, 1, 1]
    assert shown_by(infos[:1], [-170, 20], [0, 45], MOON).tolist() == [0, 0]


def test_the_picture_shows_every_zone_where_it_is_across_the_antimeridian(rasters: list[Path], tmp_path: Path) -> None:
    whole = Bounds(170, -20, -150, 60)
    write_overview(rasters, ZONES, tmp_path / "all.tif", whole, MOON)
    info = raster_info(tmp_path / "all.tif")
    with rasterio.open(tmp_path / "all.tif") as dataset:
        picture = dataset.read(1)
    x, y = info.pixel([-170, -170, 179], [-10, 50, 59], MOON)
    assert picture[y.astype(int), x.astype(int)].tolist() == [100, 200, 200]
    assert info.lonlat([0, info.width], [info.height, 0], MOON)[1] == pytest.approx([-20, 60], abs=0.2)
    assert (picture > 0).mean() > 0.99


def test_the_picture_is_small_whatever_the_rasters_pixels_and_never_finer_than_they_are() -> None:
    fine = overview_grid(Bounds(-180, -90, 180, 90), MOON, 10.0)
    assert (fine.width, fine.height) == (6144, 3072)
    assert overview_grid(Bounds(0, 0, 10, 5), MOON, np.radians(0.1) * MOON.radius_m).width == 100

"""The bounds of a raster."""

from pathlib import Path

import pytest
from affine import Affine

from crater_pipeline.rasters.extent import raster_bounds
from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection

MOON = Body(name="moon", radius_m=1_737_400)


def degrees(west: float, north: float, width: int, height: int, step: float) -> RasterInfo:
    transform = Affine(step, 0, west, 0, -step, north)
    return RasterInfo(Path("r.tif"), width, height, transform, MOON.geographic_crs, "uint8", None)


@pytest.mark.parametrize(
    ("raster", "expected"),
    [
        (degrees(-36, 51, 220, 270, 0.1), (-36, 24, -14, 51)),
        (degrees(170, 10, 200, 100, 0.1), (170, 0, -170, 10)),
        (degrees(0, 90, 360, 180, 1.0), (-180, -90, 180, 90)),
        (degrees(330, 10, 100, 100, 0.1), (-30, 0, -20, 10)),
    ],
    ids=["plain", "antimeridian", "whole body", "0 to 360"],
)
def test_a_raster_in_degrees_is_bounded_by_its_corners(
    raster: RasterInfo, expected: tuple[float, float, float, float]
) -> None:
    assert tuple(raster_bounds(raster, MOON)) == pytest.approx(expected, abs=1e-6)


def test_a_polar_raster_covers_every_longitude_up_to_the_pole() -> None:
    crs = choose_projection(Bounds(-180, 75, 180, 90), MOON)
    info = RasterInfo(Path("p.tif"), 100, 100, Affine(2000, 0, -100_000, 0, -2000, 100_000), crs, "uint8", None)
    bounds = raster_bounds(info, MOON)
    assert (bounds.width, bounds.north) == (360, 90)
    assert 84 < bounds.south < 86.7

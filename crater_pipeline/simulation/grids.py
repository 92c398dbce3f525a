"""Where a simulated region lies: the conformal map it is drawn in and the global mosaic's grid it is delivered on."""

import math

import numpy as np
from affine import Affine
from pyproj import CRS

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import transformer

MAX_PIXELS = 200_000_000
"""A scene is held in memory whole, some 60 bytes a pixel."""


def simple_cylindrical(body: Body, central_meridian: float = 0.0) -> CRS:
    """The map of global mosaics: x = R lon, y = R lat (named as by the USGS, without authority)."""
    name = body.name.capitalize()
    return CRS.from_wkt(
        f'PROJCS["SimpleCylindrical {name}",GEOGCS["GCS_{name}",DATUM["D_{name}",'
        f'SPHEROID["{name}",{body.radius_m!r},0]],PRIMEM["Reference_Meridian",0],UNIT["degree",0.0174532925199433]],'
        'PROJECTION["Equirectangular"],PARAMETER["standard_parallel_1",0],'
        f'PARAMETER["central_meridian",{central_meridian!r}],PARAMETER["false_easting",0],'
        'PARAMETER["false_northing",0],UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
    )


def mosaic_grid(bounds: Bounds, pixel_size_m: float, body: Body) -> Grid:
    """The part of the body's SimpleCylindrical grid (pixel corners at multiples of the pixel) that covers `bounds`."""
    centre = bounds.centre[0]
    crosses = abs(centre) + bounds.width / 2 > 180.0 and bounds.width < 360.0
    meridian = 180.0 if crosses else 0.0
    # Longitudes from the central meridian; the rounding keeps 180 - 1e-14 on its side.
    middle = (centre - meridian + 180.0) % 360.0 - 180.0
    metres = math.radians(1.0) * body.radius_m / pixel_size_m
    left = math.floor(round((middle - bounds.width / 2) * metres, 6))
    right = math.ceil(round((middle + bounds.width / 2) * metres, 6))
    top, bottom = math.ceil(round(bounds.north * metres, 6)), math.floor(round(bounds.south * metres, 6))
    transform = Affine(pixel_size_m, 0.0, left * pixel_size_m, 0.0, -pixel_size_m, top * pixel_size_m)
    return Grid(right - left, top - bottom, transform, simple_cylindrical(body, meridian))


def scene_grid(bounds: Bounds, pixel_size_m: float, crs: CRS, body: Body) -> Grid:
    """The smallest grid of the conformal `crs` that covers `bounds`.

    Raises
    ------
    UserError
        If it has more than `MAX_PIXELS` pixels.
    """
    lon, lat = np.meshgrid(bounds.west + np.linspace(0, bounds.width, 65), np.linspace(bounds.south, bounds.north, 65))
    x, y = transformer(body.geographic_crs, crs).transform(lon, lat)
    left, bottom = (math.floor(float(np.min(v)) / pixel_size_m) - 2 for v in (x, y))
    right, top = (math.ceil(float(np.max(v)) / pixel_size_m) + 2 for v in (x, y))
    width, height = right - left, top - bottom
    if width * height > MAX_PIXELS:
        raise UserError(
            f"bounds {list(bounds)}: a simulated scene of {width} x {height} pixels is too large; choose a smaller "
            "area or a larger pixel_size_m"
        )
    transform = Affine(pixel_size_m, 0.0, left * pixel_size_m, 0.0, -pixel_size_m, top * pixel_size_m)
    return Grid(width, height, transform, crs)

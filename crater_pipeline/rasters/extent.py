"""The longitude-latitude rectangle that a raster fills."""

import numpy as np

from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds

POINTS = 65
"""Sample points along each side."""


def raster_bounds(info: RasterInfo, body: Body) -> Bounds:
    """Smallest bounds that hold the raster; a raster with a pole in it covers every longitude up to that pole.

    Longitudes are bounded by the largest gap between sampled ones, so the antimeridian is no special case.
    """
    x, y = np.meshgrid(np.linspace(0, info.width, POINTS), np.linspace(0, info.height, POINTS))
    lon, lat = info.lonlat(x.ravel(), y.ravel(), body)
    finite = np.isfinite(lon) & np.isfinite(lat)
    lon, lat = np.sort(lon[finite]), lat[finite]
    # a raster of a whole body may overstep the pole by a rounding error
    south, north = max(float(lat.min()), -90.0), min(float(lat.max()), 90.0)
    for pole in (-90.0, 90.0):
        with np.errstate(invalid="ignore"):  # a projection may send a pole to infinity
            px, py = (float(v) for v in info.pixel(0.0, pole, body))
        if np.isfinite([px, py]).all() and 0 <= px <= info.width and 0 <= py <= info.height:
            south, north = min(south, pole), max(north, pole)
            return Bounds(-180.0, south, 180.0, north)
    gaps = np.diff(np.append(lon, lon[0] + 360.0))
    widest = int(np.argmax(gaps))
    if gaps[widest] <= 360.0 / (POINTS - 1) + 1e-6:
        return Bounds(-180.0, south, 180.0, north)
    west, east = float(lon[(widest + 1) % lon.size]), float(lon[widest])
    return Bounds(west, south, east, north)

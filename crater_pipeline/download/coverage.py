"""Which pixels of a raster a region needs."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from rasterio.windows import Window

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.rasters.source_pixels import SourcePixels
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds

EDGE_PX = 4
"""Pixels beyond the bounds and their margin that interpolation needs."""


@dataclass(frozen=True)
class Wanted:
    """The part of a raster that covers `bounds` and `margin_deg` (of latitude) around them.

    Of several bands `band` is taken; `nodata` is declared where the source declares none.
    """

    bounds: Bounds
    body: Body
    margin_deg: float = 0.0
    band: int | None = None
    nodata: float | None = None

    def described(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return {
            "bounds": list(self.bounds),
            "margin_deg": self.margin_deg,
            "body_radius_m": self.body.radius_m,
            "band": self.band,
            "nodata": self.nodata,
        }


def source_window(source: RasterInfo, bounds: Bounds, body: Body, margin_deg: float) -> Window:
    """The window of a raster that holds `bounds` and `margin_deg` (of latitude) around them.

    Where a raster spans all longitudes, columns run on past its last one when the bounds cross its edge.

    Raises
    ------
    UserError
        If the raster stands on another body or the bounds lie outside.
    """
    grid = source.on(body)
    steepest = min(max(abs(bounds.south), abs(bounds.north)) + margin_deg, 89.9)
    wanted = bounds.expanded(margin_deg, min(margin_deg / math.cos(math.radians(steepest)), 180.0))
    mapping = SourcePixels(grid, body.geographic_crs)
    parts = np.linspace(0.0, 1.0, 129)
    lon, lat = np.meshgrid(wanted.west + parts * wanted.width, wanted.south + parts * wanted.height)
    centre, _ = mapping.pixel(np.array([wanted.centre[0]]), np.array([wanted.centre[1]]))
    reference = float(centre[0]) if math.isfinite(centre[0]) else source.width / 2
    x, y = mapping.pixel(lon.ravel(), lat.ravel(), reference)
    known = np.isfinite(x) & np.isfinite(y)
    left = right = top = bottom = 0
    if known.any():
        left, right = math.floor(x[known].min()) - EDGE_PX, math.ceil(x[known].max()) + EDGE_PX
        top, bottom = max(math.floor(y[known].min()) - EDGE_PX, 0), math.ceil(y[known].max()) + EDGE_PX
    turn = None if mapping.period is None else round(mapping.period)
    all_around = turn is not None and abs(source.width - turn) <= 1
    if not all_around or right - left >= source.width or wanted.width == 360.0:
        left, right = max(left, 0), min(right, source.width)
        if all_around:
            left, right = 0, source.width
    bottom = min(bottom, source.height)
    if right <= left or bottom <= top:
        raise UserError(f"{source.path}: does not reach the bounds {list(bounds)}; choose another mosaic")
    return Window(left, top, right - left, bottom - top)

"""The raster grid that a region of a body gets on its conformal map."""

import logging
import math

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer

from crater_pipeline.errors import NothingThereError
from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.rasters.source_pixels import SourcePixels
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection, transformer

logger = logging.getLogger(__name__)

OUTLINE_POINTS = 721
"""Points per side of the bounds: enough that the widest parallel's bulge is exact to a fraction of a pixel."""

MIN_COVERED = 0.98
"""A mosaic that covers less of the bounds is worth a warning."""

CONTEXT_SAMPLES = 513
"""Grid lines along each axis at which the source's presence is looked up."""


def _coverage(mapping: SourcePixels, bounds: Bounds, to_map: Transformer) -> float:
    """Share of 64 x 64 points spread over the bounds that lie on the source."""
    middles = (np.arange(64) + 0.5) / 64
    lon, lat = bounds.west + middles * bounds.width, bounds.south + middles * bounds.height
    return float(mapping.covers(*to_map.transform(*np.meshgrid(lon, lat))).mean())


def _with_context(low: int, high: int, present: NDArray[np.intp]) -> tuple[int, int]:
    """[low, high] grown to the grid lines at which the source is present."""
    return (min(low, int(present[0])), max(high, int(present[-1]))) if len(present) else (low, high)


def _extent(bounds: Bounds, to_map: Transformer) -> tuple[float, float, float, float]:
    """(left, bottom, right, top) of the bounds on a map."""
    lon, lat = bounds.outline(OUTLINE_POINTS)
    # A hair inside: all around the body, west and east are one meridian, which the projection puts on one side.
    middle = bounds.west + bounds.width / 2
    x, y = to_map.transform(middle + (lon - middle) * (1.0 - 1e-9), lat)
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def bounds_grid(bounds: Bounds, body: Body, side_px: int) -> Grid:
    """A grid of `side_px` pixels a side around all of the bounds, on their conformal map."""
    crs = choose_projection(bounds, body)
    left, bottom, right, top = _extent(bounds, transformer(body.geographic_crs, crs))
    pixel = max(right - left, top - bottom) / side_px
    return Grid(side_px, side_px, Affine(pixel, 0.0, left, 0.0, -pixel, top), crs)


def region_grid(
    source: RasterInfo, bounds: Bounds, body: Body, margin_px: int = 0, pixel_size_m: float | None = None
) -> Grid:
    """The grid of a region: conformal, lines at multiples of the pixel size, with context where the source has it.

    `pixel_size_m` defaults to the source's. The grid always holds all of the bounds.

    Raises
    ------
    UserError
        If the source stands on another body, or (`NothingThereError`) none of the bounds lies on it.
    """
    own = source.on(body)
    crs = choose_projection(bounds, body)
    pixel = pixel_size_m or own.pixel_size_m
    mapping = SourcePixels(own, crs)
    to_map = transformer(body.geographic_crs, crs)
    covered = _coverage(mapping, bounds, to_map)
    if covered == 0:
        corners = own.lonlat([0, source.width], [source.height, 0], body)
        (west, east), (south, north) = (np.round(each, 2) for each in corners)
        raise NothingThereError(
            f"{source.path}: does not reach the bounds {list(bounds)} (west, south, east, north); its lower left "
            f"corner is at {west:g} E {south:g} N, its upper right one at {east:g} E {north:g} N"
        )
    if covered < MIN_COVERED:
        logger.warning("%s covers only %.0f %% of the bounds %s", source.path, 100 * covered, list(bounds))
    left, bottom, right, top = (edge / pixel for edge in _extent(bounds, to_map))
    left, right, bottom, top = math.floor(left), math.ceil(right), math.floor(bottom), math.ceil(top)
    cols, rows = (
        np.unique(np.linspace(low - margin_px, high + margin_px, CONTEXT_SAMPLES).round().astype(int))
        for low, high in ((left, right), (bottom, top))
    )
    present = mapping.covers(*np.meshgrid(cols * pixel, rows * pixel))
    left, right = _with_context(left, right, cols[present.any(axis=0)])
    bottom, top = _with_context(bottom, top, rows[present.any(axis=1)])
    return Grid(right - left, top - bottom, Affine(pixel, 0.0, left * pixel, 0.0, -pixel, top * pixel), crs)

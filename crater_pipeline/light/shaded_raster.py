"""Shading of a whole terrain model, block by block, under a sun whose azimuth is counted from true north."""

import logging
import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.errors import UserError
from crater_pipeline.light.reflectance import ShadingSettings, Sun, flat_reflectance, shade, to_uint8
from crater_pipeline.rasters.files import info_of, open_raster, read_window, windows
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.rasters.lattice import on_lattice
from crater_pipeline.rasters.progress import progress
from crater_pipeline.rasters.strips import Painter
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.projections import convergence_deg, scale_factor

logger = logging.getLogger(__name__)

Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.float64]

LATTICE_PX = 64
"""Distance of the points at which scale and convergence are computed; both change over hundreds of kilometres."""

GROUND_TOLERANCE = 1e-4
"""Largest error of interpolating between them, as a share of the pixel size."""

DIRECTION_TOLERANCE = 0.002
"""The same for the direction of north, in radians (0.1 degree)."""

HALO_PX = 1
"""What central differences need around a block."""

MAX_SHADOW_PX = 2048
"""Longest shadow that is followed."""


class GroundFields(NamedTuple):
    """Pixels on the ground, each (h, w): their size in metres, and sine and cosine of grid north's way to true north.

    That way is the convergence, the azimuth of grid north from true north.
    """

    pixel_m: Float32Array
    sine: Float32Array
    cosine: Float32Array

    @property
    def convergence_deg(self) -> Float32Array:
        return np.degrees(np.arctan2(self.sine, self.cosine))

    def sun(self, azimuth_deg: float) -> Sun:
        """The sun over the grid whose azimuth from true north is given."""
        azimuth = math.radians(azimuth_deg)
        sine, cosine = np.float32(math.sin(azimuth)), np.float32(math.cos(azimuth))
        return Sun(sine * self.cosine - cosine * self.sine, cosine * self.cosine + sine * self.sine)


@dataclass(frozen=True)
class GroundGeometry:
    """True pixel size and direction of true north all over a raster on a conformal map of `body`."""

    grid: Grid
    body: Body

    def fields(self, window: Window) -> "GroundFields":
        """At the pixels of a window."""
        crs, pixel_m = self.grid.crs, self.grid.pixel_size_m

        def exact(x: FloatArray, y: FloatArray) -> FloatArray:
            lon, lat = self.grid.lonlat(x, y, self.body)
            # Around a pole the angle jumps from 180 to -180 degrees, and its direction does not.
            turn = np.radians(convergence_deg(crs, lon, lat, self.body))
            return np.stack([pixel_m / scale_factor(crs, lon, lat, self.body), np.sin(turn), np.cos(turn)])

        tolerance = (pixel_m * GROUND_TOLERANCE, DIRECTION_TOLERANCE, DIRECTION_TOLERANCE)
        return GroundFields(*on_lattice(exact, window, LATTICE_PX, tolerance).astype(np.float32))


def shadow_reach(dataset: rasterio.DatasetReader, geometry: GroundGeometry, sun_elevation_deg: float) -> int:
    """Pixels that the longest shadow may span: the whole relief of the raster over the tangent of the sun's height."""
    lowest, highest = math.inf, -math.inf
    for window in progress(windows(dataset.width, dataset.height, 2048), "relief"):
        data = read_window(dataset, window)
        if data.count():
            lowest, highest = min(lowest, float(data.min())), max(highest, float(data.max()))
    if highest <= lowest:
        return 0
    ground = geometry.fields(Window(0, 0, dataset.width, 1)).pixel_m
    reach = (highest - lowest) / math.tan(math.radians(sun_elevation_deg)) / (0.8 * float(ground.min()))
    if reach > MAX_SHADOW_PX:
        logger.warning("shadows longer than %d pixels are cut off; raise the sun", MAX_SHADOW_PX)
    return min(math.ceil(reach), MAX_SHADOW_PX)


def shade_block(
    dataset: rasterio.DatasetReader, window: Window, geometry: GroundGeometry, settings: ShadingSettings, halo_px: int
) -> NDArray[np.uint8]:
    """Greys of one window, 0 where there is no data; `halo_px` pixels around it are read for slopes and shadows."""
    wide = Window(
        window.col_off - halo_px,
        window.row_off - halo_px,
        window.width + 2 * halo_px,
        window.height + 2 * halo_px,
    )
    elevation = read_window(dataset, wide).filled(np.float32(np.nan))
    ground = geometry.fields(wide)
    light = shade(
        elevation,
        ground.pixel_m,
        settings.sun_azimuth_deg - ground.convergence_deg,
        settings.sun_elevation_deg,
        settings.lunar_lambert_weight,
        settings.shadows,
    )
    core = light[halo_px : halo_px + int(window.height), halo_px : halo_px + int(window.width)]
    flat = flat_reflectance(settings.sun_elevation_deg, settings.lunar_lambert_weight)
    return to_uint8(core, flat, settings.flat_grey)


def shade_raster(
    elevation: Path,
    output: Path,
    body: Body,
    settings: ShadingSettings,
    block_px: int = 1024,
    kept: Path | None = None,
) -> None:
    """Write `elevation` (metres, on a conformal map of `body`) as greys 1..255, 0 for nodata, on the same grid.

    kept: a folder for the strips of a large raster; those that are there already are not made again.

    Raises
    ------
    UserError
        If the file is no raster, or its CRS is missing, of another body or in degrees.
    """
    with open_raster(elevation) as dataset:
        info = info_of(dataset, elevation)
        grid = info.on(body)
        if not grid.crs.is_projected:
            raise UserError(f"{elevation}: is in degrees; reproject it to a conformal map before it is shaded")
        geometry = GroundGeometry(grid, body)
        halo = HALO_PX
        if settings.shadows:
            halo += shadow_reach(dataset, geometry, settings.sun_elevation_deg)

    def block(window: Window, own: rasterio.DatasetReader) -> NDArray[np.uint8]:
        return shade_block(own, window, geometry, settings, halo)

    painter = Painter(partial(open_raster, elevation), block, grid, "uint8", 0, block_px)
    painter.paint(output, "shade", kept)

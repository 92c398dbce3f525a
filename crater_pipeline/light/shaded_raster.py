"""Shading of a whole terrain model, block by block, under a sun whose azimuth is counted from true north."""

import logging
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.errors import UserError
from crater_pipeline.light.reflectance import ShadingSettings, flat_reflectance, shade, to_uint8
from crater_pipeline.rasters.files import (
    RasterInfo,
    create_raster,
    info_of,
    open_raster,
    progress,
    read_window,
    windows,
)
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.projections import convergence_deg, scale_factor

logger = logging.getLogger(__name__)

Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.float64]

LATTICE_PX = 64
"""Distance of the points at which scale and convergence are computed; both change over hundreds of kilometres."""

HALO_PX = 1
"""What central differences need around a block."""

MAX_SHADOW_PX = 2048
"""Longest shadow that is followed."""


@dataclass(frozen=True)
class GroundGeometry:
    """True pixel size and direction of true north all over a raster on a conformal map of `body`."""

    info: RasterInfo
    body: Body

    def fields(self, window: Window) -> tuple[Float32Array, Float32Array]:
        """(ground pixel in metres, convergence in degrees), each (h, w), at the pixels of a window.

        Bilinear between points of a lattice that is fixed to the raster, so that neighbouring blocks agree.
        """
        crs = self.info.crs
        assert crs is not None  # checked by whoever opened the raster
        (nodes_x, weights_x), (nodes_y, weights_y) = (
            _lattice(int(offset), int(length))
            for offset, length in ((window.col_off, window.width), (window.row_off, window.height))
        )
        lon, lat = self.info.lonlat(*np.meshgrid(nodes_x, nodes_y), self.body)
        ground = self.info.pixel_size_m / scale_factor(crs, lon, lat, self.body)
        turn = np.radians(convergence_deg(crs, lon, lat, self.body))
        # Directions are interpolated as vectors: around a pole the angle jumps from 180 to -180 degrees.
        sine, cosine, pixel = (weights_y @ part @ weights_x.T for part in (np.sin(turn), np.cos(turn), ground))
        turn_deg: Float32Array = np.degrees(np.arctan2(sine, cosine)).astype(np.float32)
        return pixel.astype(np.float32), turn_deg


def _lattice(offset: int, length: int) -> tuple[FloatArray, FloatArray]:
    """Lattice positions around the pixels [offset, offset + length), and linear weights (length, n) between them."""
    first, last = offset // LATTICE_PX, (offset + length) // LATTICE_PX + 1
    nodes: FloatArray = np.arange(first, last + 1, dtype=float)
    place = (np.arange(length) + offset + 0.5) / LATTICE_PX
    weights: FloatArray = np.maximum(0.0, 1.0 - np.abs(place[:, None] - nodes))
    return nodes * LATTICE_PX, weights


def shadow_reach(dataset: rasterio.DatasetReader, geometry: GroundGeometry, sun_elevation_deg: float) -> int:
    """Pixels that the longest shadow may span: the whole relief of the raster over the tangent of the sun's height."""
    lowest, highest = math.inf, -math.inf
    for window in progress(windows(dataset.width, dataset.height, 2048), "relief"):
        data = read_window(dataset, window)
        if data.count():
            lowest, highest = min(lowest, float(data.min())), max(highest, float(data.max()))
    if highest <= lowest:
        return 0
    ground, _ = geometry.fields(Window(0, 0, dataset.width, 1))
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
    ground, convergence = geometry.fields(wide)
    light = shade(
        elevation,
        ground,
        settings.sun_azimuth_deg - convergence,
        settings.sun_elevation_deg,
        settings.lunar_lambert_weight,
        settings.shadows,
    )
    core = light[halo_px : halo_px + int(window.height), halo_px : halo_px + int(window.width)]
    flat = flat_reflectance(settings.sun_elevation_deg, settings.lunar_lambert_weight)
    return to_uint8(core, flat, settings.flat_grey)


def shade_raster(elevation: Path, output: Path, body: Body, settings: ShadingSettings, block_px: int = 1024) -> None:
    """Write `elevation` (metres, on a conformal map of `body`) as greys 1..255, 0 for nodata, on the same grid.

    Raises
    ------
    UserError
        If the file is no raster, or its CRS is missing, of another body or in degrees.
    """
    with open_raster(elevation) as dataset:
        info = info_of(dataset, elevation)
        body.check_crs(info.crs, str(elevation))
        assert info.crs is not None  # check_crs has seen to it
        if not info.crs.is_projected:
            raise UserError(f"{elevation}: is in degrees; reproject it to a conformal map before it is shaded")
        geometry = GroundGeometry(info, body)
        halo = HALO_PX
        if settings.shadows:
            halo += shadow_reach(dataset, geometry, settings.sun_elevation_deg)
        with create_raster(output, info.width, info.height, info.crs, info.transform, "uint8", 0) as target:
            for window in progress(windows(info.width, info.height, block_px), "shade"):
                target.write(shade_block(dataset, window, geometry, settings, halo), 1, window=window)

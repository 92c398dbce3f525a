"""Several rasters of neighbouring ground, each on a map of its own: which of them shows a place, and all in one."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import EquidistantCylindricalConversion
from rasterio.windows import Window

from crater_pipeline.rasters.files import RasterInfo, create_raster, info_of, open_raster, raster_info, read_window
from crater_pipeline.rasters.grid import Grid
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds

LONGEST_PX = 6144
"""Longest side of a picture of all."""

ROWS = 256
"""Rows of it that are made at once."""


def shown_by(infos: Sequence[RasterInfo], lon: ArrayLike, lat: ArrayLike, body: Body) -> NDArray[np.intp]:
    """Which of the rasters shows each place best: the one in which it lies furthest from the border; (n,)."""
    if len(infos) == 1:
        return np.zeros(np.size(lon), np.intp)
    depth = np.full((len(infos), np.size(lon)), -np.inf)
    for row, info in zip(depth, infos, strict=True):
        x, y = info.pixel(lon, lat, body)
        inside = np.min([x, info.width - x, y, info.height - y], axis=0)
        row[:] = np.where(np.isfinite(inside), inside, -np.inf)
    return np.asarray(np.argmax(depth, axis=0))


def write_overview(images: Sequence[Path], zones: Sequence[Bounds], output: Path, bounds: Bounds, body: Body) -> None:
    """Write the 8-bit `images` of the `zones` of `bounds` as one small picture, nodata 0.

    It is a plate carrée: x goes with the longitude, y with the latitude, so that it holds poles and goes all around.
    Pixels are reduced by averaging; `LONGEST_PX` is its longest side at most.
    """
    infos = [raster_info(image) for image in images]
    grid = overview_grid(bounds, body, min(info.pixel_size_m for info in infos))
    picture = np.zeros((grid.height, grid.width), np.uint8)
    for image, zone in zip(images, zones, strict=True):
        with open_raster(image) as dataset:
            _fill(picture, grid, dataset, info_of(dataset, image), zone, body)
    with create_raster(output, grid.width, grid.height, grid.crs, grid.transform, "uint8", 0.0) as target:
        target.write(picture, 1)


def overview_grid(bounds: Bounds, body: Body, finest_m: float) -> Grid:
    """The plate carrée of `bounds`, with square pixels of `finest_m` or as large as `LONGEST_PX` demands."""
    degree_m = math.radians(1) * body.radius_m
    pixel = max(max(bounds.width, bounds.height) / LONGEST_PX, finest_m / degree_m)
    width, height = math.ceil(round(bounds.width / pixel, 6)), math.ceil(round(bounds.height / pixel, 6))
    conversion = EquidistantCylindricalConversion(longitude_natural_origin=bounds.centre[0])
    crs = ProjectedCRS(
        conversion=conversion, name=f"Plate carrée {body.name.capitalize()}", geodetic_crs=body.geographic_crs
    )
    side = pixel * degree_m
    transform = Affine(side, 0, -bounds.width / 2 * degree_m, 0, -side, bounds.north * degree_m)
    return Grid(width, height, transform, crs)


def _fill(
    picture: NDArray[np.uint8],
    grid: Grid,
    dataset: rasterio.DatasetReader,
    info: RasterInfo,
    zone: Bounds,
    body: Body,
) -> None:
    """Put what a raster shows of a zone where it belongs in the picture."""
    factor = max(1, math.floor(grid.pixel_size_m / info.pixel_size_m))
    shape = math.ceil(info.height / factor), math.ceil(info.width / factor)
    window = Window(0, 0, shape[1] * factor, shape[0] * factor)
    values = np.ma.filled(read_window(dataset, window, shape), 0)
    for rows, cols in _inside(grid, zone, body):
        x, y = np.meshgrid(cols + 0.5, rows + 0.5)
        at_x, at_y = info.pixel(*grid.lonlat(x.ravel(), y.ravel(), body), body)
        seen = (at_x >= 0) & (at_y >= 0) & (at_x < info.width) & (at_y < info.height)
        found = np.zeros(seen.shape, np.uint8)
        found[seen] = np.rint(values[(at_y[seen] // factor).astype(int), (at_x[seen] // factor).astype(int)])
        picture[np.ix_(rows, cols)] = found.reshape(x.shape)


def _inside(grid: Grid, zone: Bounds, body: Body) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """(rows, columns) of the pixels with their middle in a zone, some rows at a time."""
    lon, _ = grid.lonlat(np.arange(grid.width) + 0.5, np.full(grid.width, grid.height / 2), body)
    _, lat = grid.lonlat(np.full(grid.height, grid.width / 2), np.arange(grid.height) + 0.5, body)
    cols = np.flatnonzero(zone.contains(lon, np.full_like(lon, zone.south)))
    rows = np.flatnonzero((lat >= zone.south) & (lat <= zone.north))
    for start in range(0, len(rows), ROWS):
        yield rows[start : start + ROWS], cols

"""Where a raster lies on its body, and what to say of one that does not tell."""

import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pyproj import CRS

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.grid import Grid, apply_affine
from crater_pipeline.sphere.bodies import Body

if TYPE_CHECKING:
    from crater_pipeline.rasters.files import RasterInfo

LATITUDE_TOLERANCE_PX = 1.0
"""A raster of a whole body may overstep a pole by as much."""


def placed(info: "RasterInfo", body: Body) -> Grid:
    """The raster's grid on a map of `body`; `UserError` if it has none, or one that leaves the body."""
    path, name = info.path, shlex.quote(info.path.name)
    if info.placed_by:
        raise UserError(
            f"{path}: placed by {info.placed_by}, not by a grid on a map; warp it first: "
            f"rio warp {name} warped.tif --dst-crs '{body.crs_text}' (or gdalwarp -t_srs), and give warped.tif"
        )
    if info.crs is None or info.transform.is_identity:
        raise UserError(f"{path}: {_what_it_lacks(info, body)}")
    body.check_crs(info.crs, str(path))
    grid = Grid(info.width, info.height, info.transform, info.crs)
    _check_reach(path, grid, body)
    return grid


def _what_it_lacks(info: "RasterInfo", body: Body) -> str:
    """What a raster without a reference system or without a grid lacks, and the command that gives it that."""
    lost = info.transform.is_identity
    command = ["rio edit-info"]
    if info.crs is None:
        x, y = apply_affine(info.transform, [0, info.width], [0, info.height])
        in_degrees = lost or (np.abs(x).max() <= 360.0 and np.abs(y).max() <= 90.0)
        command.append(f"--crs '{body.crs_text if in_degrees else f'+proj=eqc +R={body.radius_m:.10g} +units=m'}'")
        said = f"no coordinate reference system{' and no place on the map' if lost else ''}; assign "
        said += "that of its map" if in_degrees else "that of its map, if it is simple cylindrical"
    else:
        said = f"a coordinate reference system, but no place on the map; assign one, in {_units(info.crs)}"
    if lost:
        command.append("--transform '[PIXEL_WIDTH, 0, WEST, 0, -PIXEL_HEIGHT, NORTH]'")
    return (
        f"{said}: {' '.join(command)} {shlex.quote(info.path.name)} (or gdal_translate -a_srs, -a_ullr to a new file)"
    )


def _units(crs: CRS | None) -> str:
    return "degrees" if crs is None or crs.is_geographic else crs.axis_info[0].unit_name


def _check_reach(path: Path, grid: Grid, body: Body) -> None:
    """Raise `UserError` if the grid leaves the body, as one in metres with a system in degrees does."""
    coefficients = tuple(grid.transform)[:6]
    if grid.transform.determinant == 0.0 or not np.isfinite(coefficients).all():
        raise UserError(f"{path}: its pixels have no area ({coefficients}); correct its transformation")
    x, y = np.meshgrid(np.linspace(0, grid.width, 9), np.linspace(0, grid.height, 9))
    lon, lat = grid.lonlat(x, y, body)
    seen = np.isfinite(lon) & np.isfinite(lat)
    slack_deg = LATITUDE_TOLERANCE_PX * math.degrees(grid.pixel_size_m / body.radius_m)
    if seen.any() and np.abs(lat[seen]).max() <= 90.0 + slack_deg:
        return
    (left, right), (top, bottom) = apply_affine(grid.transform, [0, grid.width], [0, grid.height])
    raise UserError(
        f"{path}: lies off the body: it reaches from {left:.6g} {top:.6g} to {right:.6g} {bottom:.6g} in its "
        f"coordinate reference system, whose unit is the {_units(grid.crs).removesuffix('s')}; correct the one or the "
        "other (rio edit-info, or gdal_translate -a_srs and -a_ullr)"
    )

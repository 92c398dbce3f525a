"""Where craters lie in the footprint: the part that holds a centre, and the share of a circle that was searched."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import destination

FloatArray = NDArray[np.float64]

DISC_SAMPLES = 128
"""Points that measure the share of a circle inside the footprint (to within one percent)."""


def assign_split(lon: ArrayLike, lat: ArrayLike, footprint: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Part of the footprint that holds each point (borders included, first row first), None outside; shape (n,)."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    split = np.full(len(lon), None, dtype=object)
    # the antimeridian is both -180 and 180
    seam = np.flatnonzero(np.abs(lon) == 180.0)
    for name, geometry in zip(footprint["split"], footprint.geometry, strict=True):
        shapely.prepare(geometry)
        inside = shapely.intersects_xy(geometry, lon, lat)
        inside[seam] |= shapely.intersects_xy(geometry, -lon[seam], lat[seam])
        split[inside & (split == None)] = name  # noqa: E711 (elementwise)
    return split


def rows_inside(table: pd.DataFrame, area: BaseGeometry) -> pd.DataFrame:
    """The craters (lon, lat) whose centre lies in `area` (degrees)."""
    lon, lat = (table[name].to_numpy(dtype=float) for name in ("lon", "lat"))
    rows: pd.DataFrame = table[shapely.contains_xy(area, lon, lat)]
    return rows


def inside_share(
    lon: FloatArray, lat: FloatArray, diameter_km: FloatArray, area: BaseGeometry, body: Body
) -> FloatArray:
    """Share of each circle's area that lies inside `area` (degrees), shape (n,); exact 0 or 1 away from its border.

    Circles near the border are sampled at `DISC_SAMPLES` points of equal area (sunflower arrangement).
    """
    share: FloatArray = shapely.contains_xy(area, lon, lat).astype(float)
    if len(share) == 0:
        return share
    half = np.degrees(np.minimum(diameter_km / 2 / body.radius_km, np.pi))
    # The widest parallel of a circle spans asin(sin(r) / cos(lat)) of longitude; one around a pole spans them all.
    ratio = np.sin(np.radians(np.minimum(half, 90.0))) / np.maximum(np.cos(np.radians(lat)), 1e-12)
    width = np.where(np.abs(lat) + half >= 90.0, 360.0, np.degrees(np.arcsin(np.minimum(ratio, 1.0))))
    boxes = shapely.box(lon - width, lat - half, lon + width, lat + half)
    # A box may run past the antimeridian, where the footprint goes on at the other side of the map.
    at_border = shapely.intersects(_prepared(area.boundary), boxes) | (np.abs(lon) + width >= 180.0)
    near = np.flatnonzero(at_border)
    if len(near) == 0:
        return share
    step = np.arange(DISC_SAMPLES) + 0.5
    azimuth, radius = step * 180.0 * (3.0 - np.sqrt(5.0)), np.sqrt(step / DISC_SAMPLES)
    sample_lon, sample_lat = destination(
        lon[near, None], lat[near, None], azimuth[None, :], diameter_km[near, None] / 2 * radius[None, :], body
    )
    share[near] = shapely.contains_xy(area, sample_lon, sample_lat).mean(axis=1)
    return share


def _prepared(geometry: BaseGeometry) -> BaseGeometry:
    shapely.prepare(geometry)
    return geometry


def footprint_part(footprint: gpd.GeoDataFrame, split: str | None = None) -> BaseGeometry:
    """Geometry (degrees) of one part of the footprint, or of all parts together; empty where there is none."""
    rows = footprint if split is None else footprint[footprint["split"] == split]
    return _prepared(shapely.union_all(rows.geometry.to_numpy()))

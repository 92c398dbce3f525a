"""The area that was really searched, as polygons of longitude and latitude, one a part of the split."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio.features
import shapely
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from shapely import MultiPolygon
from shapely.geometry import shape

from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.searched import CELL_PX
from crater_pipeline.tiles.splits import SPLITS

SNAP_DEG = 1e-9
"""Zones' searched areas meet on the seam to this accuracy."""


def footprint(
    info: RasterInfo,
    searched: NDArray[np.bool_],
    parts: NDArray[np.uint8],
    bounds: Bounds,
    body: Body,
) -> gpd.GeoDataFrame:
    """Rows split, area_km2, geometry: the searched ground inside `bounds`.

    It is laid out on a grid of longitude and latitude with cells of at most `CELL_PX` pixels, so that poles and the
    antimeridian need no special case and the area is exact: R^2 dlon (sin north - sin south).

    searched, parts: arrays in cells of the raster, see `searched.searched_cells` and `splits.split_map`.
    """
    step = np.degrees(CELL_PX * info.pixel_size_m / body.radius_m)
    equator_side = 0.0 if bounds.south <= 0 <= bounds.north else min(abs(bounds.south), abs(bounds.north))
    rows = max(1, int(np.ceil(bounds.height / step)))
    cols = max(1, int(np.ceil(bounds.width * max(np.cos(np.radians(equator_side)), 1e-6) / step)))
    d_lat, d_lon = bounds.height / rows, bounds.width / cols
    lat = bounds.north - (np.arange(rows) + 0.5) * d_lat
    lon = bounds.west + (np.arange(cols) + 0.5) * d_lon
    codes = np.zeros((rows, cols), np.uint8)
    for row in range(rows):
        x, y = info.pixel(lon, np.full(cols, lat[row]), body)
        codes[row] = _lookup(x, y, searched, parts)
    transform = Affine(d_lon, 0, bounds.west, 0, -d_lat, bounds.north)
    edges = np.radians(bounds.north - np.arange(rows + 1) * d_lat)
    band_km2 = body.radius_km**2 * np.radians(d_lon) * (np.sin(edges[:-1]) - np.sin(edges[1:]))
    records = []
    for code, name in enumerate(SPLITS, start=1):
        mask = codes == code
        if mask.any():
            pieces = [shape(g) for g, _ in rasterio.features.shapes(codes, mask=mask, transform=transform)]
            records.append(
                {"split": name, "area_km2": float(mask.sum(axis=1) @ band_km2), "geometry": wrap_polygons(pieces)}
            )
    columns = ["split", "area_km2", "geometry"]
    return gpd.GeoDataFrame(records, columns=columns, geometry="geometry", crs=body.geographic_crs)


def pooled(areas: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """The areas of a region's zones, which share no ground, as one: rows split, area_km2, geometry."""
    if len(areas) == 1:
        return areas[0]
    every = pd.concat(areas, ignore_index=True)
    records = []
    for name, rows in every.groupby("split", sort=False):
        union = shapely.union_all(rows.geometry.to_numpy(), grid_size=SNAP_DEG)
        records.append(
            {
                "split": name,
                "area_km2": float(rows["area_km2"].sum()),
                "geometry": shapely.MultiPolygon(list(shapely.get_parts(union))),
            }
        )
    return gpd.GeoDataFrame(records, columns=list(every.columns), geometry="geometry", crs=every.crs)


def _lookup(x: ArrayLike, y: ArrayLike, searched: NDArray[np.bool_], parts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 + part of the cells at level-0 pixel coordinates, 0 where not searched or outside the raster."""
    finite = np.isfinite(x) & np.isfinite(y)
    col = np.floor(np.where(finite, x, -1.0) / CELL_PX).astype(np.int64)
    row = np.floor(np.where(finite, y, -1.0) / CELL_PX).astype(np.int64)
    inside = (row >= 0) & (col >= 0) & (row < searched.shape[0]) & (col < searched.shape[1])
    out = np.zeros(col.shape, np.uint8)
    at = row[inside], col[inside]
    out[inside] = np.where(searched[at], parts[at] + 1, 0)
    return out


def wrap_polygons(pieces: list[shapely.Geometry]) -> MultiPolygon:
    """Polygons whose longitudes may run past 180, cut at the antimeridian and brought into -180..180."""
    wrapped = []
    for first in range(-540, 540, 360):
        zone = shapely.box(first, -90, first + 360, 90)
        for piece in pieces:
            west, _, east, _ = piece.bounds
            if east <= first or west >= first + 360:
                continue
            inside = piece if first <= west and east <= first + 360 else shapely.intersection(piece, zone)
            wrapped.append(shapely.transform(inside, lambda c, shift=first + 180: c - np.array([shift, 0.0])))
    parts = [p for g in wrapped for p in getattr(g, "geoms", [g]) if p.geom_type == "Polygon" and not p.is_empty]
    return MultiPolygon(parts)

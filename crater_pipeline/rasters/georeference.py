"""What places a raster: the horizontal part of its reference system, or something other than a grid."""

import rasterio
from pyproj import CRS


def horizontal(crs: CRS) -> CRS:
    """The part of a reference system that says where on the body: without heights, without a way to another datum.

    A shift to WGS 84, as some programs write it beside any system, means nothing on another body.
    """
    if crs.is_bound and crs.source_crs is not None:
        return horizontal(crs.source_crs)
    if crs.is_compound:
        return horizontal(crs.sub_crs_list[0])
    return crs.to_2d() if len(crs.axis_info) > 2 and crs.is_geographic else crs


def indirect_place(dataset: rasterio.DatasetReader) -> str | None:
    """What places a raster that has no grid on a map, if something does."""
    if not dataset.transform.is_identity:
        return None
    points, _ = dataset.gcps
    if points:
        return f"{len(points)} ground control points"
    if dataset.rpcs:
        return "rational polynomial coefficients"
    return "an array of positions" if dataset.tags(ns="GEOLOCATION") else None

"""A region's results as a STAC item (1.1.0), by which catalogues of geodata find them.

Extensions: projection 2.0.0 and raster 2.0.0 for rasters on a map projection that no registry has, and ssys 1.1.1, by
which planetary data name their body. Longitudes and latitudes are those of the body.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from crater_pipeline.export.geojson import web_shapes
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.rasters.grid import apply_affine
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds, wrap_longitude

EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    "https://stac-extensions.github.io/ssys/v1.1.1/schema.json",
)

COG = ".cog.tif"

KINDS = {
    ".gpkg": ("application/geopackage+sqlite3", "data"),
    ".parquet": ("application/vnd.apache.parquet", "data"),
    ".coco.json": ("application/json", "data"),
    ".geojson": ("application/geo+json", "data"),
    ".csv": ("text/csv", "data"),
    ".json": ("application/json", "metadata"),
    ".html": ("text/html", "overview"),
    COG: ("image/tiff; application=geotiff; profile=cloud-optimized", "data"),
    ".tif": ("image/tiff; application=geotiff", "data"),
}
"""Ending of a file -> its media type and role; the first ending that fits counts."""

UNKNOWN_TIME = ("0001-01-01", "9999-12-31")
"""An item must say when: where that is not known, any time may be meant."""

OUTLINE_SHARE = 0.001
"""The searched area's outline may be off by this share of the region's height: items are for finding."""


def item(
    region: str,
    title: str,
    files: Iterable[Path],
    footprint: gpd.GeoDataFrame,
    bounds: Bounds,
    body: Body,
    acquired: str | None,
    beside: Path,
) -> dict[str, Any]:
    """The item as a JSON object.

    Parameters
    ----------
    region, title
        Name of the region, which becomes the item's id, and its heading.
    files
        What the item lists: endings as in `KINDS`. Rasters are opened for their place.
    footprint
        The searched area by part, as geometries of longitude and latitude.
    bounds
        The area that is wanted; west > east crosses the antimeridian, as in the item's bbox.
    acquired
        First and last day of the measurements, `2009-11-01/2011-02-28`.
    beside
        The file that the item is written to; paths are relative to its folder.

    Raises
    ------
    UserError
        If a raster is missing, damaged or not on the body.
    """
    first, last = acquired.split("/") if acquired else UNKNOWN_TIME
    west, east = (-180.0, 180.0) if bounds.width == 360.0 else wrap_longitude([bounds.west, bounds.east]).tolist()
    geometry = _outline(footprint, bounds)
    document = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": list(EXTENSIONS),
        "id": region,
        "geometry": None if geometry is None else json.loads(shapely.to_geojson(geometry)),
        "bbox": [west, bounds.south, east if east > -180.0 else 180.0, bounds.north],
        "properties": {
            "title": title,
            "description": f"Impact craters found on {body.name.capitalize()} and what they were found in"
            + ("" if acquired else "; when that was measured is not known"),
            "datetime": None,
            "start_datetime": f"{first}T00:00:00Z",
            "end_datetime": f"{last}T23:59:59Z",
            "ssys:targets": [body.name.capitalize()],
        },
        "links": [],
        "assets": {file.name: _asset(file, body, beside) for file in files},
    }
    return document if geometry is not None else {key: value for key, value in document.items() if key != "bbox"}


def _outline(footprint: gpd.GeoDataFrame, bounds: Bounds) -> shapely.Geometry | None:
    """The searched area in few points; None where nothing was searched."""
    area = shapely.union_all(footprint.geometry.to_numpy())
    if area.is_empty:
        return None
    outline = shapely.simplify(area, OUTLINE_SHARE * bounds.height)
    outlines = np.empty(1, dtype=object)
    outlines[0] = outline
    return web_shapes(outlines)[0]


def _asset(file: Path, body: Body, beside: Path) -> dict[str, Any]:
    ending = next(each for each in KINDS if file.name.endswith(each))
    media_type, role = KINDS[ending]
    href = Path(os.path.relpath(file, beside.parent)).as_posix()
    entry = {"href": href if href.startswith("../") else f"./{href}", "type": media_type, "roles": [role]}
    if ending in (COG, ".tif"):
        return entry | _raster(file, body)
    if media_type in (KINDS[".gpkg"][0], KINDS[".parquet"][0], KINDS[".geojson"][0]):
        return entry | _system(body.geographic_crs)
    return entry


def _system(crs: Any) -> dict[str, Any]:
    """A reference system: its number where a registry has it, and itself."""
    known = crs.to_authority(min_confidence=100)
    return {
        "proj:code": None if known is None else ":".join(known),
        "proj:wkt2": crs.to_wkt("WKT2_2019"),
        "proj:projjson": crs.to_json_dict(),
    }


def _raster(file: Path, body: Body) -> dict[str, Any]:
    """Where a raster lies and what its pixels are."""
    info = raster_info(file)
    grid = info.on(body)
    x, y = apply_affine(grid.transform, [0, grid.width], [0, grid.height])
    band: dict[str, Any] = {"data_type": info.dtype}
    if info.nodata is not None:
        band["nodata"] = info.nodata if np.isfinite(info.nodata) else str(info.nodata)
    return {
        **_system(grid.crs),
        "proj:shape": list(grid.shape),
        "proj:transform": list(grid.transform)[:6],
        "proj:bbox": [float(x.min()), float(y.min()), float(x.max()), float(y.max())],
        "bands": [{**band, "raster:spatial_resolution": grid.pixel_size_m}],
    }

"""Craters in one file, of the format that the ending of its name says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from crater_pipeline.errors import UserError
from crater_pipeline.export import geojson, geoparquet, plain, shapefile
from crater_pipeline.export.depth_style import depth_styles
from crater_pipeline.export.geopackage import region_layers, write_geopackage
from crater_pipeline.export.styles import crosses_seam, styles
from crater_pipeline.sphere.bodies import Body

VERTICES = 72
"""Of a crater's polygon."""


@dataclass(frozen=True)
class Product:
    """What a search has found: craters to be written, with all that is said of them, and what is told with them.

    searched: rows split, area_km2, geometry. catalogue: known craters in that area, with `found`. provenance: pairs of
    key and value.
    """

    craters: pd.DataFrame
    searched: gpd.GeoDataFrame
    catalogue: pd.DataFrame
    provenance: Sequence[tuple[str, str]]
    body: Body


Writer = Callable[[Path, Product], None]


def _geopackage(path: Path, product: Product) -> None:
    craters, body = product.craters, product.body
    layers = region_layers(craters, product.searched, product.catalogue, body, VERTICES)
    seam = crosses_seam(product.searched, [craters, product.catalogue], body)
    write_geopackage(path, layers, styles(seam), product.provenance, body, depth_styles(craters, seam))


def _polygons(write: Callable[[Path, pd.DataFrame, Body, int], None]) -> Writer:
    return lambda path, product: write(path, product.craters, product.body, VERTICES)


WRITERS: Mapping[str, Writer] = {
    ".gpkg": _geopackage,
    ".shp": _polygons(shapefile.write_craters),
    ".geojson": _polygons(geojson.write_craters),
    ".parquet": _polygons(geoparquet.write_craters),
    ".csv": lambda path, product: plain.write_csv(path, product.craters),
}
"""By ending, lower case. Only the GeoPackage holds the searched area, styles and provenance as well."""


def writer_for(path: Path) -> Writer:
    """What writes to a path of this name.

    Raises
    ------
    UserError
        If no format has its ending.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        known = ", ".join(WRITERS)
        raise UserError(f"{path}: its ending tells no format; end it in one of {known}, for instance {path.stem}.gpkg")
    return writer

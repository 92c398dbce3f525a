"""The layers of a GeoPackage that a user has edited, read back."""

import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from crater_pipeline.errors import UserError
from crater_pipeline.review.corrections import CATALOGUE_COLUMNS, CIRCLE, Layers
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.outlines import fit_outlines, split_outlines

logger = logging.getLogger(__name__)

NEEDED = {
    "craters": ["crater_id", "catalogue_id", *CIRCLE],
    "catalogue": CATALOGUE_COLUMNS,
    "centres": ["crater_id", *CIRCLE],
    "footprint": ["split"],
}

ODD_SHAPE = 0.25
"""Shapes with a vertex farther than this from their circle, in radii, are worth a word."""


def read_layers(path: Path, body: Body) -> Layers:
    """The layers in degrees of `body`, their rows named by fid.

    Raises
    ------
    UserError
        If the file is no GeoPackage, a layer or a column is missing, or it stands on another body.
    """
    layers = {name: _read(path, name, columns, body) for name, columns in NEEDED.items()}
    for name in ("craters", "catalogue"):
        layer = layers[name]
        of_row, outlines = split_outlines(layer.geometry.to_numpy())
        odd = np.nan_to_num(fit_outlines(outlines, body)[1]) > ODD_SHAPE
        _mention(name, "with a shape far from a circle", layer.index[of_row[odd]])
        _mention(
            name,
            "with a shape of several parts, each of which is a crater",
            layer.index[of_row][np.diff(of_row, prepend=-1) == 0],
        )
    return Layers(**layers)


def _mention(layer: str, what: str, rows: pd.Index) -> None:
    """A word on rows that are worth a look, by their fid."""
    if len(rows):
        named = ", ".join(map(str, rows.unique()[:10]))
        logger.warning("layer %s: look at %d rows %s (fid %s ...)", layer, rows.nunique(), what, named)


def _read(path: Path, name: str, columns: list[str], body: Body) -> gpd.GeoDataFrame:
    if not path.is_file():
        raise UserError(f"{path}: no such file; give the GeoPackage of a region, results/<region>/craters.gpkg")
    try:
        present = [layer for layer, _ in pyogrio.list_layers(path)]
        if name not in present:
            raise UserError(
                f"{path}: has no layer '{name}', only {', '.join(present)}; give a GeoPackage that export wrote"
            )
        layer = pyogrio.read_dataframe(path, layer=name, fid_as_index=True)
    except (RuntimeError, ValueError, shapely.errors.ShapelyError) as error:  # what pyogrio's own errors are
        raise UserError(f"{path}: cannot be read ({error}); give the GeoPackage that export wrote") from error
    missing = [column for column in columns if column not in layer]
    if missing:
        raise UserError(f"{path}: layer {name} lacks the columns {', '.join(missing)}; add them again in QGIS")
    if not isinstance(layer, gpd.GeoDataFrame):
        raise UserError(f"{path}: layer {name} has no shapes; give a GeoPackage that export wrote")
    crs = layer.crs
    if crs is None or not (crs.is_geographic or crs.is_projected) or "undefined" in crs.name.lower():
        raise UserError(
            f"{path}: layer {name} has no coordinate reference system; set it in QGIS (Layer > Set CRS of Layer), for "
            f"layers that export wrote {body.geographic_crs.name}"
        )
    body.check_crs(crs, f"{path}: layer {name}")
    # heights have no use here, and those that are not known would spoil the positions
    return layer.set_geometry(shapely.force_2d(layer.geometry.to_numpy()), crs=crs).to_crs(body.geographic_crs)

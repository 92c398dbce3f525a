"""The layers of a GeoPackage that a user has edited, read back."""

import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
from pyogrio.errors import DataSourceError

from crater_pipeline.errors import UserError
from crater_pipeline.review.corrections import CATALOGUE_COLUMNS, CIRCLE, Layers
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.outlines import fit_outlines

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
        odd = layer.index[np.nan_to_num(fit_outlines(layer.geometry.to_numpy(), body)[1]) > ODD_SHAPE]
        if len(odd):
            rows = ", ".join(map(str, odd[:10]))
            logger.warning("layer %s: shapes of %d rows are far from circles (fid %s ...)", name, len(odd), rows)
    return Layers(**layers)


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
    except DataSourceError as error:
        raise UserError(f"{path}: cannot be read ({error}); give the GeoPackage that export wrote") from error
    missing = [column for column in columns if column not in layer]
    if missing:
        raise UserError(f"{path}: layer {name} lacks the columns {', '.join(missing)}; add them again in QGIS")
    body.check_crs(layer.crs, f"{path}: layer {name}")
    return layer.to_crs(body.geographic_crs)

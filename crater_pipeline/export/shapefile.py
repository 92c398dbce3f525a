"""Shapefiles, for programs that read nothing else."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio

from crater_pipeline.export.reference_systems import wkt1
from crater_pipeline.export.streams import GEOMETRY, Geometries, circles_of, feature_stream
from crater_pipeline.export.writing import written
from crater_pipeline.sphere.bodies import Body

NAMES = {
    "diameter_km": "diam_km",
    "raw_score": "raw_score",
    "catalogue_id": "cat_id",
    "diameter_px": "diam_px",
    "touches_edge": "edge",
    "centre_sigma_km": "ctr_sig_km",
    "diameter_sigma_km": "dia_sig_km",
    "rim_height_m": "rim_m",
    "rim_height_sd_m": "rim_sd_m",
    "depth_to_diameter": "d_to_d",
    "depth_to_diameter_sd": "d_to_d_sd",
}
"""Columns whose names are longer than the ten characters of the format, and their names there."""

LAST_UPDATE = "2000-01-01"
"""A constant in the table's header, so that the same craters give the same bytes."""


def write_craters(path: Path, craters: pd.DataFrame, body: Body, vertices: int) -> None:
    """Craters as polygons with their attributes, shortened names."""
    circles = circles_of(body, vertices)
    # the format has no truth values
    table = craters.astype({"touches_edge": np.int32}).rename(columns=NAMES)
    write_shapefile(path, table, lambda rows: circles(rows.rename(columns={"diam_km": "diameter_km"})), body)


def write_shapefile(
    path: Path, table: pd.DataFrame, polygons: Callable[[pd.DataFrame], Geometries], body: Body
) -> None:
    """Write rows as polygons with their attributes, and beside them .shx, .dbf, .prj (version 1) and .cpg.

    `polygons` makes the geometries of any rows of the table, shape (n,).

    Raises
    ------
    ValueError
        If a column's name has more than ten characters.
    """
    too_long = [name for name in table.columns if len(name) > 10]
    if too_long:
        raise ValueError(f"names of more than ten characters: {too_long}")
    with written(path) as temporary:
        pyogrio.write_arrow(
            feature_stream(table, polygons),
            temporary,
            driver="ESRI Shapefile",
            geometry_name=GEOMETRY,
            geometry_type="Polygon",
            crs=wkt1(body),
            layer_options={"DBF_DATE_LAST_UPDATE": LAST_UPDATE, "ENCODING": "UTF-8"},
        )
        temporary.with_suffix(".prj").write_text(wkt1(body), encoding="ascii")
        for sidecar in sorted(temporary.parent.iterdir()):
            if sidecar != temporary:
                sidecar.replace(path.with_name(sidecar.name))

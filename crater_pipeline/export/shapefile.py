"""Shapefiles, for programs that read nothing else."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from numpy.typing import NDArray

from crater_pipeline.atomic import atomic_path
from crater_pipeline.bodies import Body
from crater_pipeline.craters import circle_polygons
from crater_pipeline.export.reference_systems import wkt1

NAMES = {
    "diameter_km": "diam_km",
    "raw_score": "raw_score",
    "catalogue_id": "cat_id",
    "diameter_px": "diam_px",
    "touches_edge": "edge",
}
"""Columns whose names are longer than the ten characters of the format, and their names there."""

LAST_UPDATE = "2000-01-01"
"""A constant in the table's header, so that the same craters give the same bytes."""


def write_craters(path: Path, craters: pd.DataFrame, body: Body, vertices: int) -> None:
    """Craters as polygons with their attributes, shortened names."""
    polygons = circle_polygons(craters["lon"], craters["lat"], craters["diameter_km"], body, vertices)
    table = craters.rename(columns=NAMES)
    table["edge"] = table["edge"].astype(np.int32)  # the format has no truth values
    write_shapefile(path, table, polygons, body)


def write_shapefile(path: Path, table: pd.DataFrame, polygons: NDArray[np.object_], body: Body) -> None:
    """Write polygons (n,) with their attributes, and beside them .shx, .dbf, .prj (version 1) and .cpg.

    Raises
    ------
    ValueError
        If a column's name has more than ten characters.
    """
    too_long = [name for name in table.columns if len(name) > 10]
    if too_long:
        raise ValueError(f"names of more than ten characters: {too_long}")
    frame = gpd.GeoDataFrame(table.reset_index(drop=True), geometry=list(polygons), crs=wkt1(body))
    options: dict[str, Any] = {"DBF_DATE_LAST_UPDATE": LAST_UPDATE, "ENCODING": "UTF-8"}
    with atomic_path(path) as temporary:
        pyogrio.write_dataframe(frame, temporary, driver="ESRI Shapefile", geometry_type="Polygon", **options)
        temporary.with_suffix(".prj").write_text(wkt1(body), encoding="ascii")
        for sidecar in sorted(temporary.parent.iterdir()):
            if sidecar != temporary:
                sidecar.replace(path.with_name(sidecar.name))

"""Craters as GeoJSON, for maps in a browser and for scripts."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import shapely

from crater_pipeline.atomic import write_lines
from crater_pipeline.export.reference_systems import wkt1
from crater_pipeline.export.streams import BATCH
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import circle_polygons

GRID_DEG = 1e-7
"""Coordinates are rounded to this: 3 mm on the Moon."""


def write_craters(path: Path, craters: pd.DataFrame, body: Body, vertices: int) -> None:
    """Craters as polygons, longitude first, one feature a line, a few thousand made at a time.

    RFC 7946 knows only the Earth, so that the body is told by the member `crs` of the format's first edition (2008),
    which scripts in browsers pass over. Its name is text that GDAL and QGIS read: they do not know the codes of the
    IAU in the form in which GDAL writes them there.
    """
    write_lines(path, _lines(craters, body, vertices))


def _lines(craters: pd.DataFrame, body: Body, vertices: int) -> Iterator[str]:
    system = {"type": "name", "properties": {"name": wkt1(body)}}
    yield f'{{"type": "FeatureCollection", "name": "craters", "crs": {json.dumps(system)}, "features": ['
    for start in range(0, len(craters), BATCH):
        rows = craters.iloc[start : start + BATCH]
        circles = circle_polygons(rows["lon"], rows["lat"], rows["diameter_km"], body, vertices)
        shapes = shapely.to_geojson(shapely.set_precision(circles, GRID_DEG, mode="pointwise"))
        # pandas writes what is not known as null
        records = json.loads(rows.to_json(orient="records", double_precision=6))
        for number, (record, shape) in enumerate(zip(records, shapes, strict=True), start=start + 1):
            feature = f'{{"type": "Feature", "properties": {json.dumps(record)}, "geometry": {shape}}}'
            yield feature + ("," if number < len(craters) else "")
    yield "]}"

"""Craters as GeoJSON (RFC 7946), for maps on the web and whatever reads nothing else."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from crater_pipeline.atomic import write_lines
from crater_pipeline.export.plain import DECIMALS
from crater_pipeline.export.reference_systems import wkt1
from crater_pipeline.export.streams import GEOMETRY, Geometries, circles_of, feature_stream
from crater_pipeline.sphere.bodies import Body

DEGREE_DECIMALS = 7
"""Of coordinates: 3 mm on the Moon."""


def write_craters(path: Path, craters: pd.DataFrame, body: Body, vertices: int) -> None:
    """Craters as polygons of longitude and latitude on the body, a line each, a few thousand at a time.

    As the RFC asks, shapes are cut at the antimeridian and outer rings run anticlockwise. It knows no other body than
    the Earth, "prior arrangement" apart: the member `crs` of the format's first edition (2008) says which one is meant,
    as text, since QGIS does not know the IAU's codes there; scripts in browsers pass over it.
    """
    write_lines(path, _lines(craters, body, vertices))


def _lines(craters: pd.DataFrame, body: Body, vertices: int) -> Iterator[str]:
    yield '{"type": "FeatureCollection", "name": "craters",'
    yield f'"crs": {json.dumps({"type": "name", "properties": {"name": wkt1(body)}})},'
    yield '"features": ['
    left = len(craters)
    for batch in feature_stream(craters, circles_of(body, vertices)):
        shapes = web_shapes(shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False)))
        rows = batch.drop_columns([GEOMETRY]).to_pylist()
        for row, shape in zip(rows, shapely.to_geojson(shapes), strict=True):
            left -= 1
            properties = json.dumps({key: _plain(value) for key, value in row.items()}, allow_nan=False)
            name = json.dumps(row["crater_id"])
            yield (
                f'{{"type": "Feature", "id": {name}, "properties": {properties}, "geometry": {shape}}}'
                f"{',' if left else ''}"
            )
    yield "]}"


def web_shapes(shapes: Geometries) -> Geometries:
    """Polygons as RFC 7946 wants them, (n,): outer rings anticlockwise, holes clockwise, few digits."""
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, DEGREE_DECIMALS) + 0.0)
    return np.asarray(shapely.orient_polygons(rounded), dtype=object)


def _plain(value: Any) -> Any:
    """A value that JSON has: what is not known is null."""
    if isinstance(value, float):
        return round(value, DECIMALS) if math.isfinite(value) else None
    return value

"""A GeoPackage that QGIS opens styled and in the right place."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

from crater_pipeline.export.edits import content_hash, keep_edited
from crater_pipeline.export.named_style import DEFAULT_STYLE, NamedStyle
from crater_pipeline.export.reference_systems import authority, wkt1
from crater_pipeline.export.streams import GEOMETRY, Geometries, circles_of, feature_stream
from crater_pipeline.export.writing import written
from crater_pipeline.recognition import HASH_KEY
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import crosses_antimeridian

LAST_CHANGE = "2000-01-01T00:00:00.000Z"
"""A constant, so that the same craters give the same bytes."""

LAYER_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
  ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""

PROVENANCE = "CREATE TABLE provenance (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, key TEXT NOT NULL, value TEXT)"


@dataclass(frozen=True)
class Layer:
    """A table and how its rows become geometries."""

    name: str
    table: pd.DataFrame
    geometry_type: str
    geometries: Callable[[pd.DataFrame], Geometries]
    description: str = ""


def circle_layer(name: str, craters: pd.DataFrame, body: Body, vertices: int, description: str = "") -> Layer:
    """Craters as polygons; all of them MultiPolygons if one lies across the antimeridian."""
    cut = crosses_antimeridian(craters["lon"], craters["lat"], craters["diameter_km"], body).any()
    return Layer(name, craters, "MultiPolygon" if cut else "Polygon", circles_of(body, vertices), description)


def point_layer(name: str, craters: pd.DataFrame, description: str = "") -> Layer:
    """Craters as points at their centres."""

    def centres(rows: pd.DataFrame) -> Geometries:
        return np.asarray(shapely.points(rows["lon"], rows["lat"]), dtype=object)

    return Layer(name, craters, "Point", centres, description)


def region_layers(
    craters: pd.DataFrame, footprint: pd.DataFrame, catalogue: pd.DataFrame, body: Body, vertices: int
) -> list[Layer]:
    """The layers of a region's GeoPackage, in the order in which readers list them."""

    def outlines(rows: pd.DataFrame) -> Geometries:
        return rows["geometry"].to_numpy(dtype=object)

    return [
        circle_layer("craters", reviewable(craters), body, vertices, "Detected craters, circles on the sphere"),
        point_layer("centres", craters, "Centres of the detected craters"),
        Layer("footprint", footprint, "MultiPolygon", outlines, "The area that was searched"),
        circle_layer(
            "catalogue", reviewable(catalogue), body, vertices, "Catalogue craters inside the footprint, found or not"
        ),
    ]


def reviewable(table: pd.DataFrame) -> pd.DataFrame:
    """The table with an empty text column `review`, in which a user marks rows: see `review.corrections`."""
    return table.assign(review=pd.Series([None] * len(table), index=table.index, dtype="str"))


def write_geopackage(
    path: Path,
    layers: Sequence[Layer],
    styles: Mapping[str, str],
    provenance: Sequence[tuple[str, str]],
    body: Body,
    other_styles: Sequence[NamedStyle] = (),
) -> None:
    """Write the layers in their order, a QGIS style (QML) by the layer's name, and a table of provenance.

    `other_styles` are offered in QGIS beside those, which are applied on load.

    A file that is there and was edited since it was written is kept beside the new one, see `edits.keep_edited`.
    """
    with written(path) as temporary:
        with _constant_clock():
            for layer in layers:
                _write_layer(temporary, layer, body)
        with closing(sqlite3.connect(temporary)) as database, database:
            _mend_reference_system(database, body)
            _add_table(database, "layer_styles", LAYER_STYLES, "QGIS styles, applied on load")
            for name, qml in styles.items():
                _add_style(database, NamedStyle(name, DEFAULT_STYLE, qml))
            for style in other_styles:
                _add_style(database, style)
            _add_table(database, "provenance", PROVENANCE, "What the craters were made from")
            facts = [*provenance, (HASH_KEY, content_hash(database))]
            database.executemany("INSERT INTO provenance (key, value) VALUES (?, ?)", sorted(facts))
            for (table,) in database.execute("SELECT table_name FROM gpkg_contents").fetchall():
                count = database.execute(f'SELECT count(*) FROM "{table}"').fetchone()
                database.execute("UPDATE gpkg_ogr_contents SET feature_count = ? WHERE table_name = ?", (*count, table))
            database.execute("UPDATE gpkg_contents SET last_change = ?", (LAST_CHANGE,))
        keep_edited(path)


@contextmanager
def _constant_clock() -> Iterator[None]:
    """GDAL's clock stands still: how often it notes a change, which SQLite counts, would depend on the time."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": LAST_CHANGE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_layer(path: Path, layer: Layer, body: Body) -> None:
    registered = authority(body)
    pyogrio.write_arrow(
        feature_stream(layer.table, layer.geometries, multi=layer.geometry_type == "MultiPolygon"),
        path,
        layer=layer.name,
        driver="GPKG",
        geometry_name=GEOMETRY,
        geometry_type=layer.geometry_type,
        crs=f"{registered[0]}:{registered[1]}" if registered else wkt1(body),
        dataset_options={} if path.exists() else {"VERSION": "1.3"},
        layer_options={"IDENTIFIER": layer.name, "DESCRIPTION": layer.description},
    )


def _mend_reference_system(database: sqlite3.Connection, body: Body) -> None:
    """GDAL stores the organization `IAU`, which neither QGIS nor PROJ knows: the layers would not be valid there."""
    registered = authority(body)
    used = "srs_id IN (SELECT srs_id FROM gpkg_geometry_columns)"
    database.execute(f"UPDATE gpkg_spatial_ref_sys SET definition = ? WHERE {used}", (wkt1(body, axes=True),))
    if registered:
        database.execute(f"UPDATE gpkg_spatial_ref_sys SET organization = ? WHERE {used}", (registered[0],))


def _add_table(database: sqlite3.Connection, name: str, definition: str, description: str) -> None:
    database.execute(definition)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) VALUES (?, 'attributes', ?, ?)",
        (name, name, description),
    )
    database.execute("INSERT INTO gpkg_ogr_contents (table_name, feature_count) VALUES (?, 0)", (name,))


def _add_style(database: sqlite3.Connection, style: NamedStyle) -> None:
    values: dict[str, Any] = {
        # empty texts, not NULL: QGIS looks for them literally
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": style.layer,
        "f_geometry_column": GEOMETRY,
        "styleName": style.name,
        "styleQML": style.qml,
        "styleSLD": "",
        "useAsDefault": style.name == DEFAULT_STYLE,
        "description": "",
        "owner": "",
        "update_time": LAST_CHANGE,
    }
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    database.execute(f"INSERT INTO layer_styles ({columns}) VALUES ({marks})", tuple(values.values()))

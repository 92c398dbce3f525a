"""The documentation's page of columns, read from files that the exports themselves write."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import shapely

from crater_pipeline.detection.merging import listed
from crater_pipeline.export import columns, craterstats
from crater_pipeline.export.columns import Column
from crater_pipeline.export.formats import VERTICES, WRITERS, Product
from crater_pipeline.export.plain import DECIMALS
from crater_pipeline.export.publication import catalogue_layer, publish
from crater_pipeline.export.shapefile import NAMES
from crater_pipeline.labels.catalogues import empty_catalogue
from crater_pipeline.measures.table import COLUMNS as DEPTHS
from crater_pipeline.measures.table import with_depths
from crater_pipeline.models.scores import IDENTITY, OperatingPoint
from crater_pipeline.reporting.markdown import pipe_table
from crater_pipeline.sphere.bodies import MOON

INTRODUCTION = f"""# Columns of the results

Generated from files that the exports write, by `make docs`; a test fails when it has drifted. Which file is what
stands in the [README](../README.md#what-comes-out); `find` writes the one that its `--out` names.

Degrees are planetocentric on the body's sphere, longitudes positive to the east; diameters are measured along the
sphere. Shapes are circles on the sphere, polygons of {VERTICES} vertices (for CraterStats up to
{craterstats.VERTICES}), in the body's geographic system (`IAU_2015:30100` for the Moon), longitude first. What is not
known is NULL in GeoPackage, shapefile and Parquet, `null` in GeoJSON, and nothing between two commas in CSV, which has
{DECIMALS} decimals.
"""

KINDS = {"O": "text", "f": "number", "i": "whole number", "b": "true or false"}
"""By numpy's letter."""

Field = tuple[str, str]
"""Name and type of a column in a file."""


def column_page() -> str:
    """The whole text of `docs/columns.md`."""
    with TemporaryDirectory() as folder:
        return "\n".join(_parts(_written(Path(folder)))).rstrip() + "\n"


def _parts(folder: Path) -> Iterator[str]:
    craters = layer(folder / "craters.csv")
    yield INTRODUCTION
    yield "## Craters\n"
    yield (
        "Layers `craters` (circles) and `centres` (points) of `craters.gpkg`; `craters.csv`, `craters.parquet`, "
        "`craters.geojson`; `craters.shp`,\nwhose names have ten characters at most and whose `edge` is 0 or 1.\n"
    )
    typed = dict(layer(folder / "craters.gpkg", "centres"))
    yield table([(name, typed[name]) for name, _ in craters], columns.CRATERS, NAMES)
    yield "The layer `craters` has one more:\n"
    shown = dict(layer(folder / "craters.gpkg", "craters"))
    yield table([(name, shown[name]) for name in shown if name not in typed], columns.REVIEW)
    yield "## The area that was searched\n\nLayer `footprint` of `craters.gpkg`; `footprint.parquet`.\n"
    yield table(layer(folder / "craters.gpkg", "footprint"), columns.FOOTPRINT)
    yield "## The catalogue\n\nLayer `catalogue` of `craters.gpkg`: its craters inside that area.\n"
    yield table(layer(folder / "craters.gpkg", "catalogue"), {**columns.CATALOGUE, **columns.REVIEW})
    yield "## Where it comes from\n\nTable `provenance` of `craters.gpkg`.\n"
    yield table(layer(folder / "craters.gpkg", "provenance"), columns.PROVENANCE)
    yield (
        "## Every crater, whatever its score\n\n`craters_all.parquet` has the columns of [the craters](#craters) up to "
        f"`diameter_sigma_km`; `depths.parquet` has `crater_id` and\n{', '.join(f'`{name}`' for name in DEPTHS)}.\n"
    )
    yield "## For CraterStats\n"
    yield "`<region>_CRATER.shp`, its rims:\n"
    yield table(layer(folder / "x_CRATER.shp"), columns.CRATERSTATS_CRATERS)
    yield "`<region>_AREA.shp`, what was searched:\n"
    yield table(layer(folder / "x_AREA.shp"), columns.CRATERSTATS_AREA)
    for ending, title in (
        (".diam", "area in km² (`area`), then"),
        (".scc", "area in km² (`Total_area`), radii in km;"),
    ):
        for block, names in blocks(folder / f"x{ending}"):
            yield f"`<region>{ending}`, {title} block `{block}`:\n"
            yield table([(name, "") for name in names], columns.COUNT_BLOCKS)


def _written(folder: Path) -> Path:
    """`folder` with one crater in every format."""
    craters = with_depths(publish(_found(), empty_catalogue(), _POINT, 0.0, MOON), None)
    searched = gpd.GeoDataFrame(
        {"split": ["test"], "area_km2": [1.0]},
        geometry=[shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])],
        crs=MOON.geographic_crs,
    )
    listed_craters = catalogue_layer(empty_catalogue(), craters, searched)
    for ending, write in WRITERS.items():
        write(folder / f"craters{ending}", Product(craters, searched, listed_craters, [("kind", "image")], MOON))
    area = craterstats.searched_area(searched, MOON)
    craterstats.write_crater_shapefile(folder / "x_CRATER.shp", craters, MOON)
    craterstats.write_area_shapefile(folder / "x_AREA.shp", area, 1.0, MOON)
    craterstats.write_diam(folder / "x.diam", craters, 1.0)
    craterstats.write_scc(folder / "x.scc", craters, area, 1.0, MOON)
    return folder


_POINT = OperatingPoint(threshold=0.5, raw_threshold=0.5, calibration=IDENTITY, source="weights", min_diameter_km=1.0)


def _found() -> pd.DataFrame:
    """One crater as the merge lists it."""
    sizes = {"diameter_km": [1.0], "diameter_px": np.array([10.0], np.float32), "level": np.array([0], np.int8)}
    told = {"score": np.array([0.9], np.float32), "touches_edge": [False], "split": ["test"]}
    return listed(pd.DataFrame({"lon": [0.5], "lat": [0.5], **sizes, **told}))


def layer(path: Path, name: str | None = None) -> list[Field]:
    """Names and types of a file's columns, without its geometry."""
    if path.suffix == ".parquet":
        return [(field.name, str(field.type)) for field in pq.read_schema(path) if field.name != "geometry"]
    if path.suffix == ".csv":
        return [(column, "") for column in pd.read_csv(path, nrows=0).columns]
    info: dict[str, Any] = pyogrio.read_info(path, layer=name)
    return [(str(n), KINDS[np.dtype(t).kind]) for n, t in zip(info["fields"], info["dtypes"], strict=True)]


def blocks(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Name and columns of each block `name = {column, column` of a count."""
    for name, listed_names in re.findall(r"^(\w+) = \{(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        yield name, [each.strip() for each in listed_names.split(",")]


def table(fields: Sequence[Field], described: Mapping[str, Column], short: Mapping[str, str] | None = None) -> str:
    """A Markdown table of columns, with their types if they have some; `short` adds their names in a shapefile."""
    header = ["column", "in the shapefile", "type", "unit", "meaning"]
    rows = [[f"`{name}`", f"`{(short or {}).get(name, name)}`", kind, *described[name]] for name, kind in fields]
    shown = [True, short is not None, any(kind for _, kind in fields), True, True]
    return pipe_table(list(compress(header, shown)), (list(compress(row, shown)) for row in rows))

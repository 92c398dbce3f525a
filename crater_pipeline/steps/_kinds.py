"""The kinds of files that steps write: which ending each has, and how one that is already there is recognised.

A step annotates its outputs with these, so that `_outputs` can look before the work starts.
"""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from crater_pipeline.contents import read_head
from crater_pipeline.recognition import is_own_geopackage, is_plugin, is_project

TIFF = (b"ii*\0", b"mm\0*", b"ii+\0", b"mm\0+")
LABELS = (b"pds_version_id", b"ccsd3zf", b"object = isiscube")
"""How the rasters of the archives of planetary data begin, in their several formats."""

TILE = re.compile(r"(train|val|test)_.*\.png")

DEMO_FILES = ("moon.tif", "terrain.tif", "known_craters.csv", "craters.gpkg", "map.html")
"""What the demonstration makes; programs that open it add names that begin alike."""


@dataclass(frozen=True)
class Kind:
    """What is written to a path."""

    name: str
    endings: tuple[str, ...]
    """Lower case; none if the name may end in anything."""
    is_one: Callable[[Path], bool]
    """Whether what is there already is of this kind, so that it may be replaced."""
    members: tuple[str, ...] = ()
    """Endings of the files that are written beside it."""
    folder: bool = False


def begins(*starts: bytes) -> Callable[[Path], bool]:
    """A test of a file's first bytes: whether they are one of `starts`, in small or capital letters."""

    def is_one(path: Path) -> bool:
        return read_head(path).lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(starts)

    return is_one


def _is_weights(path: Path) -> bool:
    """Safetensors begin with the length of their header, eight bytes, and the header, a JSON object."""
    return read_head(path, 9)[8:] == b"{"


def _is_table_or_archive(path: Path) -> bool:
    """Text, or what downloads of tables come packed as."""
    head = read_head(path)
    return head.startswith(b"\x1f\x8b") or zipfile.is_zipfile(path) or b"\0" not in head


def _holds_tiles(folder: Path) -> bool:
    return all(TILE.fullmatch(path.name) for path in folder.iterdir())


def _holds_demo(folder: Path) -> bool:
    return all(path.name.startswith(DEMO_FILES) for path in folder.iterdir())


SHAPEFILE_MEMBERS = (".shx", ".dbf", ".prj", ".cpg")

GEOPACKAGE = Kind("GeoPackage of this program", (".gpkg",), is_own_geopackage)
PARQUET = Kind("Parquet table", (".parquet",), begins(b"par1"))
SHAPEFILE = Kind("shapefile", (".shp",), begins(b"\0\0\x27\x0a"), SHAPEFILE_MEMBERS)
CRATER_TABLE = Kind("table of craters of this program", (".csv",), begins(b"crater_id,"))
GEOJSON = Kind("GeoJSON", (".geojson",), begins(b"{"))

GeoPackageFile = Annotated[Path, GEOPACKAGE]
CraterFile = Annotated[Path, GEOPACKAGE, SHAPEFILE, GEOJSON, PARQUET, CRATER_TABLE]
"""Of the kind that its ending says."""
QgisProject = Annotated[Path, Kind("QGIS project", (".qgz",), is_project)]
ParquetFile = Annotated[Path, PARQUET]
JsonFile = Annotated[Path, Kind("JSON document", (".json",), begins(b"{"))]
GeoJsonFile = Annotated[Path, GEOJSON]
HtmlPage = Annotated[Path, Kind("HTML page", (".html", ".htm"), begins(b"<!doctype html", b"<html"))]
MarkdownTable = Annotated[Path, Kind("Markdown table", (".md",), begins(b"# "))]
GeoTiff = Annotated[Path, Kind("TIFF", (".tif", ".tiff"), begins(*TIFF))]
WeightsFile = Annotated[Path, Kind("file of weights", (".safetensors",), _is_weights)]
Shapefile = Annotated[Path, SHAPEFILE]
CraterCsv = Annotated[Path, CRATER_TABLE]
CorrectedCsv = Annotated[
    Path,
    Kind("corrected catalogue of this program", (".csv",), begins(b"catalogue_id,lon,lat,diameter_km,origin")),
]
SimulatedCsv = Annotated[Path, Kind("catalogue in Robbins's columns", (".csv",), begins(b"crater_id,lat_circ_img"))]
DiamFile = Annotated[Path, Kind("CraterStats file", (".diam",), begins(b"area ="))]
SccFile = Annotated[Path, Kind("spatial crater count", (".scc",), begins(b"# spatial crater count"))]
TileFolder = Annotated[Path, Kind("folder of tiles", (), _holds_tiles, folder=True)]
DemoFolder = Annotated[Path, Kind("folder of the demonstration", (), _holds_demo, folder=True)]
PluginFolder = Annotated[Path, Kind("plugin of this program", (), is_plugin, folder=True)]
DownloadedTable = Annotated[Path, Kind("table", (), _is_table_or_archive)]
DownloadedRaster = Annotated[
    Path, Kind("raster", (), begins(*TIFF, b"pds_version_id", b"ccsd3zf", b"object = isiscube"))
]

"""Published crater catalogues as one table: name, circle, and what some catalogues also say of a crater."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.errors import UserError
from crater_pipeline.labels.delimited import Header, Table, read_columns, read_header, shortened
from crater_pipeline.labels.unpacking import open_text
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds, wrap_longitude
from crater_pipeline.sphere.craters import circles_meet_bounds, crater_ids

logger = logging.getLogger(__name__)

CatalogueFormat = Literal["robbins", "wang_wu", "table", "simulated"]

TABLE_SUFFIXES = (".csv", ".txt", ".tab", ".tsv")
"""A table in an archive is known by its name: .csv before the others."""

COLUMNS = ("catalogue_id", "lon", "lat", "diameter_km", "arc_fraction", "depth_m", "added")
"""`arc_fraction`: share of the rim that was traced; `depth_m`: rim to floor; `added`: 0 where the catalogue's own
search found the crater, 1 where it was taken from another catalogue. NaN where unknown."""


@dataclass(frozen=True)
class Schema:
    """Where a published table keeps what we read. Names are compared without regard to case."""

    lon: str
    lat: str
    diameter: str
    diameter_unit_km: float
    ids: tuple[str, ...]
    """The first of these that the table has holds the names of the craters; none is an error if `ids_required`."""
    ids_required: bool
    arc_fraction: str | None = None
    depth_m: str | None = None
    source: str | None = None
    """0 for craters of the catalogue's own search."""

    @property
    def optional(self) -> tuple[str | None, ...]:
        return (self.arc_fraction, self.depth_m, self.source)


ROBBINS = Schema("LON_CIRC_IMG", "LAT_CIRC_IMG", "DIAM_CIRC_IMG", 1.0, ("CRATER_ID",), True, "ARC_IMG")
SCHEMAS: dict[str, Schema] = {
    "robbins": ROBBINS,
    "simulated": ROBBINS,
    "wang_wu": Schema("Longitude", "Latitude", "Diameter_m", 0.001, ("ID",), True, depth_m="Depth_m", source="Source"),
    "table": Schema("lon", "lat", "diameter_km", 1.0, ("catalogue_id", "crater_id", "id"), False),
}


def empty_catalogue() -> pd.DataFrame:
    """No craters, with the columns and types of a catalogue."""
    return _table(np.empty(0, dtype=object), *(np.empty(0) for _ in COLUMNS[1:]))


def read_catalogue(path: Path, format: CatalogueFormat, body: Body) -> pd.DataFrame:
    """Read a catalogue as a table with columns `COLUMNS`, in the file's order.

    Longitudes come out in [-180, 180), diameters in km. The file is text with a header in any dialect, plain, gzipped
    or the only table of a zip: see `delimited` and `unpacking`. Craters whose name occurs again get `-2`, `-3`... in
    the file's order; craters without a name are named after their position.

    Raises
    ------
    UserError
        Naming file, line and column: a column is missing, a value is not a number, a longitude is outside -180..360,
        a latitude outside +-90, a diameter not positive or larger than the body's hemisphere.
    """
    schema = SCHEMAS[format]
    with open_text(path) as stream:
        header, rows = read_header(stream, schema.lon, path)
        ids = _checked_names(header, schema, format, path)
        optional = [name if name and header.has(name) else None for name in schema.optional]
        numbers = [schema.lon, schema.lat, schema.diameter, *filter(None, optional)]
        table = read_columns(rows, header, numbers, [ids] if ids else [])
    lon, lat = table.numbers[schema.lon], table.numbers[schema.lat]
    diameter_km = table.numbers[schema.diameter] * schema.diameter_unit_km
    for column in (schema.lon, schema.lat, schema.diameter):
        _check(table, column, np.isfinite(table.numbers[column]), "not a number", path)
    _check(table, schema.lon, (lon >= -180) & (lon <= 360), "outside -180..360 degrees", path)
    swapped = "outside -90..90 degrees"
    if (np.abs(lat) > 90).any() and (np.abs(lon) <= 90).all():
        swapped += f" (have {schema.lon} and {schema.lat} changed places?)"
    _check(table, schema.lat, np.abs(lat) <= 90, swapped, path)
    _check(table, schema.diameter, diameter_km > 0, "not a positive diameter", path)
    largest = np.pi * body.radius_km
    _check(table, schema.diameter, diameter_km < largest, f"more than half of {body.name}'s circumference", path)
    lon = wrap_longitude(lon)
    arc, depth_m, source = (table.numbers[name] if name else np.full(len(lon), np.nan) for name in optional)
    added = np.where(np.isfinite(source), (source != 0).astype(float), np.nan)
    names = _names(table.texts[ids] if ids else None, lon, lat, diameter_km, path)
    arc, depth_m = (np.where(np.isfinite(values), values, np.nan) for values in (arc, depth_m))
    return _table(names, lon, lat, diameter_km, arc, depth_m, added)


def clip_catalogue(catalogue: pd.DataFrame, bounds: Bounds, body: Body) -> pd.DataFrame:
    """The craters whose circle meets `bounds`, largest first (then by name)."""
    meets = circles_meet_bounds(catalogue["lon"], catalogue["lat"], catalogue["diameter_km"], bounds, body)
    inside = catalogue[meets].sort_values(["diameter_km", "catalogue_id"], ascending=[False, True])
    return inside.reset_index(drop=True)


def _table(names: NDArray[np.object_], *numbers: NDArray[np.float64]) -> pd.DataFrame:
    table = pd.DataFrame(dict(zip(COLUMNS[1:], numbers, strict=True)))
    table.insert(0, COLUMNS[0], pd.Series(names, index=table.index, dtype="str"))
    return table


def _checked_names(header: Header, schema: Schema, format: str, path: Path) -> str | None:
    """The column that names the craters, if there is one; `UserError` if another that is needed is not there once."""
    wanted = [schema.lon, schema.lat, schema.diameter]
    ids = next((name for name in schema.ids if header.has(name)), None)
    missing = [name for name in wanted if not header.has(name)]
    if schema.ids_required and ids is None:
        missing.append(schema.ids[0])
    if missing:
        if not any(header.names):
            found = "the file is empty"
        elif all(re.fullmatch(r"[-+.,\d]*", name) for name in header.names):
            found = f"the file begins with numbers ({header.shown}): its first line must name the columns"
        else:
            found = f"the file has {header.shown}"
        raise UserError(
            f"{path}: a catalogue of format '{format}' needs the column{'s' * (len(missing) > 1)} "
            f"{', '.join(missing)}; {found}. Rename them or choose another format ({', '.join(SCHEMAS)})"
        )
    for name in wanted:
        if header.count(name) > 1:
            raise UserError(f"{path}: the column {name} is there twice; remove or rename one")
    return ids


def _check(table: Table, column: str, good: NDArray[np.bool_], problem: str, path: Path) -> None:
    if good.all():
        return
    first = int(np.argmin(good))
    text = table.cells[column].get(first, str(table.numbers[column][first]))
    cell = f"'{shortened(text)}'" if text else "empty"
    others = int((~good).sum()) - 1
    raise UserError(
        f"{path}: line {table.lines[first]}, column {column}: {cell} is {problem}"
        f"{f' (and {others} more)' if others else ''}; correct or remove the row"
    )


def _names(
    given: list[str] | None,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    diameter_km: NDArray[np.float64],
    path: Path,
) -> NDArray[np.object_]:
    if given is None:
        return crater_ids(lon, lat, diameter_km)
    names = pd.Series(given, dtype=object)
    unnamed = (names == "").to_numpy(dtype=bool)
    if unnamed.any():
        names[unnamed] = crater_ids(lon[unnamed], lat[unnamed], diameter_km[unnamed])
    # a made-up name may itself be taken: repeat until all differ
    repeated = names.duplicated()
    if repeated.any():
        logger.warning("%s: %d craters carry a name that occurs before; they get -2, -3...", path, repeated.sum())
    while repeated.any():
        copy = names.groupby(names).cumcount()
        names = names.where(copy == 0, names.astype(str) + "-" + (copy + 1).astype(str))
        repeated = names.duplicated()
    return names.to_numpy(dtype=object)

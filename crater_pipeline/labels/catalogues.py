"""Published crater catalogues as one table: catalogue_id, lon, lat, diameter_km, arc_fraction."""

import gzip
import logging
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.contents import is_web_page, read_head
from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds, wrap_longitude
from crater_pipeline.sphere.craters import circles_meet_bounds, crater_ids

logger = logging.getLogger(__name__)

CatalogueFormat = Literal["robbins", "wang_wu", "table", "simulated"]

TABLE_SUFFIXES = (".csv", ".txt", ".tab", ".tsv")
"""A table in an archive is known by its name: .csv before the others."""

COLUMNS = ("catalogue_id", "lon", "lat", "diameter_km", "arc_fraction")


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


ROBBINS = Schema("LON_CIRC_IMG", "LAT_CIRC_IMG", "DIAM_CIRC_IMG", 1.0, ("CRATER_ID",), True, "ARC_IMG")
SCHEMAS: dict[str, Schema] = {
    "robbins": ROBBINS,
    "simulated": ROBBINS,
    "wang_wu": Schema("Longitude", "Latitude", "Diameter_m", 0.001, ("ID",), True),
    "table": Schema("lon", "lat", "diameter_km", 1.0, ("catalogue_id", "crater_id", "id"), False),
}


def empty_catalogue() -> pd.DataFrame:
    """No craters, with the columns and types of a catalogue."""
    return _table(np.empty(0, dtype=object), *(np.empty(0) for _ in COLUMNS[1:]))


def read_catalogue(path: Path, format: CatalogueFormat, body: Body) -> pd.DataFrame:
    """Read a catalogue as a table with columns `COLUMNS`, in the file's order.

    Longitudes come out in [-180, 180), diameters in km, `arc_fraction` (the share of the rim that was traced) is NaN
    where unknown. The file is text with a header, separated by commas, semicolons or tabs, plain, gzipped or the
    only .csv of a zip. Craters whose name occurs again get `-2`, `-3`... in the file's order; craters without a name
    are named after their position.

    Raises
    ------
    UserError
        Naming file, line and column: a column is missing, a value is not a number, a longitude is outside -180..360,
        a latitude outside +-90, a diameter not positive or larger than the body's hemisphere.
    """
    schema = SCHEMAS[format]
    with _open_text(path) as stream:
        raw = _read_columns(stream, path, schema, format)
    lon = _numbers(raw, schema.lon, path)
    lat = _numbers(raw, schema.lat, path)
    diameter_km = _numbers(raw, schema.diameter, path) * schema.diameter_unit_km
    _check(raw, schema.lon, (lon >= -180) & (lon <= 360), "outside -180..360 degrees", path)
    _check(raw, schema.lat, (lat >= -90) & (lat <= 90), "outside -90..90 degrees", path)
    _check(raw, schema.diameter, diameter_km > 0, "not a positive diameter", path)
    largest = np.pi * body.radius_km
    _check(raw, schema.diameter, diameter_km < largest, f"more than half of {body.name}'s circumference", path)
    lon = wrap_longitude(lon)
    arc = np.full(len(raw), np.nan)
    if schema.arc_fraction in raw:
        arc = pd.to_numeric(raw[schema.arc_fraction], errors="coerce").to_numpy(dtype=float)
    return _table(_names(raw, schema, lon, lat, diameter_km, path), lon, lat, diameter_km, arc)


def clip_catalogue(catalogue: pd.DataFrame, bounds: Bounds, body: Body) -> pd.DataFrame:
    """The craters whose circle meets `bounds`, largest first (then by name)."""
    meets = circles_meet_bounds(catalogue["lon"], catalogue["lat"], catalogue["diameter_km"], bounds, body)
    inside = catalogue[meets].sort_values(["diameter_km", "catalogue_id"], ascending=[False, True])
    return inside.reset_index(drop=True)


def _table(names: NDArray[np.object_], *numbers: NDArray[np.float64]) -> pd.DataFrame:
    table = pd.DataFrame(dict(zip(COLUMNS[1:], numbers, strict=True)))
    table.insert(0, COLUMNS[0], pd.Series(names, index=table.index, dtype="str"))
    return table


@contextmanager
def _open_text(path: Path) -> Iterator[IO[bytes]]:
    """The catalogue's bytes, unpacked; what it is shows in its first bytes, for downloads come without a suffix."""
    if not path.is_file():
        raise UserError(f"{path}: no such catalogue file; correct the path or download it")
    head = read_head(path)
    if is_web_page(head):
        raise UserError(f"{path}: is a web page, not a table; check the address it was downloaded from")
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive, archive.open(_only_table(archive, path)) as member:
                yield member
        elif head.startswith(b"\x1f\x8b"):
            with gzip.open(path) as unpacked:
                yield unpacked  # type: ignore[misc]
        else:
            with path.open("rb") as stream:
                yield stream
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError) as error:
        raise UserError(f"{path}: corrupt archive ({error}); delete it and download it again") from error


def _only_table(archive: zipfile.ZipFile, path: Path) -> str:
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    tables = [name for name in names if name.lower().endswith(TABLE_SUFFIXES[0])]
    tables = tables or [name for name in names if name.lower().endswith(TABLE_SUFFIXES)]
    if len(tables) != 1:
        raise UserError(f"{path}: the archive must hold exactly one .csv, it holds {', '.join(names) or 'nothing'}")
    return tables[0]


def _read_columns(stream: IO[bytes], path: Path, schema: Schema, format: str) -> pd.DataFrame:
    """The columns that `schema` names, under its own spelling; the index is the line in the file."""
    header = stream.readline().decode("utf-8-sig", errors="replace").rstrip("\r\n")
    separator = max(",;\t", key=header.count)
    present = [name.strip().strip('"') for name in header.split(separator)]
    wanted = [schema.lon, schema.lat, schema.diameter, *([schema.arc_fraction] if schema.arc_fraction else [])]
    by_lower = {name.lower(): name for name in reversed(present)}
    ids = next((name for name in schema.ids if name.lower() in by_lower), None)
    optional = {schema.arc_fraction}
    missing = [name for name in wanted if name.lower() not in by_lower and name not in optional]
    if schema.ids_required and ids is None:
        missing.append(schema.ids[0])
    if missing:
        raise UserError(
            f"{path}: a catalogue of format '{format}' needs the column{'s' * (len(missing) > 1)} "
            f"{', '.join(missing)}; the file has {', '.join(present)}. Rename them or choose another format "
            f"({', '.join(SCHEMAS)})"
        )
    spelling = {by_lower[name.lower()]: name for name in [*wanted, *([ids] if ids else [])] if name.lower() in by_lower}
    try:
        table = pd.read_csv(
            stream,
            sep=separator,
            header=None,
            names=present if len(set(present)) == len(present) else _distinct(present),
            usecols=list(spelling),
            dtype={by_lower[ids.lower()]: "str"} if ids else None,
            index_col=False,
            skip_blank_lines=False,  # else the line numbers of messages would slip
            encoding_errors="replace",
            low_memory=False,
        )
    except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        if _ends_with_header(path):
            return pd.DataFrame({name: pd.Series([], dtype=float) for name in spelling.values()})
        raise UserError(f"{path}: not a well-formed table ({error}); mend that line") from error
    table.index = pd.RangeIndex(2, len(table) + 2)
    return table.rename(columns=spelling).dropna(how="all")


def _ends_with_header(path: Path) -> bool:
    """Whether nothing but empty lines follows the first line."""
    with _open_text(path) as stream:
        stream.readline()
        return not any(line.strip() for line in stream)


def _distinct(names: list[str]) -> list[str]:
    """Column names with repetitions numbered: only the first of a kind is read."""
    return [name if name not in names[:i] else f"{name}.{i}" for i, name in enumerate(names)]


def _numbers(raw: pd.DataFrame, column: str, path: Path) -> NDArray[np.float64]:
    """A column as floats, or an error at the first cell that is not a finite number."""
    values = pd.to_numeric(raw[column], errors="coerce").to_numpy(dtype=float)
    _check(raw, column, np.isfinite(values), "not a number", path)
    return values


def _check(raw: pd.DataFrame, column: str, good: NDArray[np.bool_], problem: str, path: Path) -> None:
    if good.all():
        return
    first = int(np.argmin(good))
    value = raw[column].iloc[first]
    cell = "empty" if pd.isna(value) else f"'{value}'"
    others = int((~good).sum()) - 1
    raise UserError(
        f"{path}: line {raw.index[first]}, column {column}: {cell} is {problem}"
        f"{f' (and {others} more)' if others else ''}; correct or remove the row"
    )


def _names(
    raw: pd.DataFrame,
    schema: Schema,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    diameter_km: NDArray[np.float64],
    path: Path,
) -> NDArray[np.object_]:
    column = next((name for name in schema.ids if name in raw), None)
    if column is None:
        return crater_ids(lon, lat, diameter_km)
    names = raw[column].astype(object).reset_index(drop=True)
    unnamed = names.isna().to_numpy()
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

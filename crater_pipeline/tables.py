"""Reading the tables that pass between the steps."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
from pandas.api.types import is_numeric_dtype
from pydantic import BaseModel, ValidationError

from crater_pipeline.errors import UserError

_Table = TypeVar("_Table", bound=pd.DataFrame)
_Model = TypeVar("_Model", bound=BaseModel)

NUMBERS = ("lon", "lat", "diameter_km", "score")
"""Columns that hold numbers wherever they are."""

WORDS = 150
"""Characters of a library's message that are passed on."""

METADATA_KEY = b"crater_pipeline"
"""Key of our own facts (JSON) in a Parquet file's schema."""


def read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A Parquet table with at least `columns`; facts about it from its schema are in `attrs`.

    `attrs` that pandas has stored itself are there too, so what is known of the detections travels with them.

    Raises
    ------
    UserError
        If the file is missing, unreadable or lacks a column.
    """
    return _checked(_with_facts, path, columns)


def read_geotable(path: Path, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """A GeoParquet table with at least `columns`; errors as `read_table`."""
    return _checked(gpd.read_parquet, path, columns)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; `UserError` if the file is missing or something else."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; run the step that makes it")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid JSON ({error}); delete it and make it again") from error
    if not isinstance(value, dict):
        raise UserError(f"{path}: must hold a JSON object; delete it and make it again")
    return value


def read_model(path: Path, model: type[_Model]) -> _Model:
    """A JSON object as a model; `UserError` if the file is missing, something else or not what the model asks for."""
    try:
        return model.model_validate(read_json(path))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise UserError(f"{path}: not what it should hold ({problems}); delete it and make it again") from error


def _with_facts(path: Path) -> pd.DataFrame:
    table = pd.read_parquet(path)
    facts = (pq.read_schema(path).metadata or {}).get(METADATA_KEY)
    if facts:
        table.attrs.update(json.loads(facts))
    return table


def _checked(read: Callable[[Path], _Table], path: Path, columns: Sequence[str]) -> _Table:
    if not path.is_file():
        raise UserError(f"{path}: no such table; run the step that makes it")
    try:
        table = read(path)
    except Exception as error:  # a damaged page may let any of the libraries fail in its own way
        said = "".join(c if c.isprintable() else "?" for c in shorten(str(error), WORDS, placeholder="..."))
        raise UserError(f"{path}: not a table of this pipeline, or damaged ({said}); make it again") from error
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise UserError(f"{path}: lacks the columns {', '.join(missing)}; delete it and make it again")
    texts = [name for name in NUMBERS if name in columns and not is_numeric_dtype(table[name])]
    if texts:
        raise UserError(f"{path}: the columns {', '.join(texts)} must hold numbers; make it again")
    return table

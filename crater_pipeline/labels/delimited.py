"""Columns of a table in text: one parser for the header and the rows, whatever separates them."""

import csv
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.errors import UserError
from crater_pipeline.labels.numerals import Numbers, take_commas

if TYPE_CHECKING:
    import _csv

Row = tuple[int, list[str]]
"""The line of the file at which a row begins, and its cells."""

SEPARATORS = ",;\t|"

NUMERAL = re.compile(r"\s*[-+.]?\d")
"""How a number begins: a row that holds some is no comment, though its first cell may begin with `#`."""

CHUNK_ROWS = 500
"""Rows whose cells are texts at the same time."""

SHOWN = 30
"""Characters of a cell, and columns of a table, that a message shows at most."""

SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""What spreadsheets write first to say what they separate by."""


@dataclass(frozen=True)
class Table:
    """The columns that were asked for, by the names they were asked by."""

    lines: NDArray[np.int64]
    """Line of the file at which each row begins."""
    numbers: dict[str, NDArray[np.float64]]
    """NaN where a cell is not a number."""
    cells: dict[str, dict[int, str]]
    """Row -> text of the cells that are not finite numbers."""
    texts: dict[str, list[str]]


@dataclass(frozen=True)
class Header:
    """The names of the columns, and what separates them."""

    names: list[str]
    separator: str

    def has(self, name: str) -> bool:
        """Whether there is such a column; names are compared without regard to case."""
        return self.count(name) > 0

    def count(self, name: str) -> int:
        """How many columns have this name."""
        return [each.lower() for each in self.names].count(name.lower())

    def position(self, name: str) -> int:
        """Where the first column of this name stands."""
        return [each.lower() for each in self.names].index(name.lower())

    @property
    def shown(self) -> str:
        """The names as a message shows them."""
        names = [shortened(name) or "(no name)" for name in self.names]
        return ", ".join(names[:SHOWN]) + (" ..." if len(names) > SHOWN else "")


def shortened(cell: str) -> str:
    """A cell as a message shows it: one line, not long, without what a terminal cannot show."""
    text = "".join(character if character.isprintable() else "?" for character in " ".join(cell.split()))
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def read_header(stream: TextIO, wanted: str, path: Path) -> tuple[Header, Iterator[Row]]:
    """The header, and the rows that follow it: line and cells.

    The header is the first line that is neither empty nor a comment (`# ...`), or the comment above it that names the
    column `wanted`. Comments and empty lines between the rows are passed over.

    Raises
    ------
    UserError
        Also while the rows are read: a row has more cells than the header has names, or a quotation mark is missing.
    """
    comments: list[str] = []
    separator, first, before = "", "", 0
    for line in stream:
        if announced := SEPARATOR_LINE.fullmatch(line.lstrip("\ufeff")):
            separator = announced[1]
        elif line.lstrip().startswith("#"):
            comments.append(line.lstrip().lstrip("#"))
        elif line.strip():
            first = line
            break
        before += 1
    separator = separator or _separator(first)
    reader = csv.reader(chain([first], stream), delimiter=separator, skipinitialspace=True)
    header = Header(_stripped(next(_rows(reader, before, None, path), (0, []))[1]), separator)
    if not header.has(wanted):
        for comment in reversed(comments):
            names = _stripped(next(csv.reader([comment], delimiter=_separator(comment), skipinitialspace=True), []))
            if (named := Header(names, separator)).has(wanted):
                # what was taken for the header is the first row
                reader = csv.reader(chain([first], stream), delimiter=separator, skipinitialspace=True)
                return named, _rows(reader, before, named, path)
    return header, _rows(reader, before, header, path)


def read_columns(rows: Iterator[Row], header: Header, numbers: Sequence[str], texts: Sequence[str]) -> Table:
    """The columns `numbers` and `texts`, all of which the header has. Rows where all of them are empty are left out."""
    at = [header.position(name) for name in (*numbers, *texts)]
    cells_of, last = itemgetter(*at), max(at)
    columns = {name: Numbers() for name in numbers}
    words: dict[str, list[str]] = {name: [] for name in texts}
    lines = array("q")
    while chunk := list(islice(rows, CHUNK_ROWS)):
        kept: list[tuple[str, ...]] = []
        for line, row in chunk:
            # a row may end early: what is not there is empty
            cells = cells_of(row if len(row) > last else row + [""] * (last + 1 - len(row)))
            if "".join(cells).strip():
                lines.append(line)
                kept.append(cells)
        for name, column in zip((*numbers, *texts), zip(*kept, strict=True), strict=bool(kept)):
            (columns[name] if name in columns else words[name]).extend(list(map(str.strip, column)))
    values = {name: np.concatenate([np.empty(0), *column.pieces]) for name, column in columns.items()}
    take_commas(columns, values, header.separator)
    cells_kept = {name: column.texts for name, column in columns.items()}
    return Table(np.array(lines, dtype=np.int64), values, cells_kept, words)


def _separator(line: str) -> str:
    """What separates the names in a header: the commonest of `SEPARATORS` outside quotation marks, else blanks."""
    bare = re.sub(r'"[^"]*"', "", line)
    best = max(SEPARATORS, key=bare.count)
    return best if best in bare else " " if " " in bare.strip() else ","


def _stripped(names: Iterable[str]) -> list[str]:
    return [" ".join(name.replace("\ufeff", "").split()) for name in names]


def _rows(reader: "_csv.Reader", before: int, header: Header | None, path: Path) -> Iterator[Row]:
    """Rows that are not empty, and fit the header if there is one; `before` lines were read before the reader began.

    A row that does not fit would be read from the wrong columns.
    """
    width = len(header.names) if header else 0
    end = before + reader.line_num
    try:
        for row in reader:
            line, end = end + 1, before + reader.line_num
            if not any(map(str.strip, row)):
                continue
            if header:
                if row[0].lstrip().startswith("#") and not any(map(NUMERAL.match, row[1:])):
                    continue
                if len(row) > width:
                    _check_width(row, header, line, path)
                if end > line:
                    raise UserError(f"{path}: line {line}: a cell goes on in the next; is a quotation mark missing?")
            yield line, row
    except csv.Error as error:
        raise UserError(f"{path}: line {end + 1}: {error}; is a quotation mark missing?") from error


def _check_width(row: list[str], header: Header, line: int, path: Path) -> None:
    width = len(header.names)
    if any(map(str.strip, row[width:])):
        hint = "quote what holds a comma, or separate by semicolons" if header.separator == "," else "correct the row"
        raise UserError(f"{path}: line {line}: has {len(row)} cells, but the header names {width} columns; {hint}")

"""Numbers as tables write them, with points or commas."""

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?\d{1,3},\d{3}")

MINUS_SIGNS = str.maketrans("\u2212\u2013", "--")
"""What typesetters write for a minus."""


@dataclass
class Numbers:
    """A column of numbers that comes piece by piece; what is no plain number is kept as text."""

    pieces: list[NDArray[np.float64]] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    """Row -> a cell that is no finite number."""
    count: int = 0
    points: bool = False
    """Whether a cell has a decimal point."""

    def extend(self, cells: list[str]) -> None:
        """Add rows."""
        self.points = self.points or any("." in cell for cell in cells)
        try:
            values = np.array([float(cell) if cell else np.nan for cell in cells])
        except ValueError:
            values = np.array([_number(cell) for cell in cells])
        for row in np.flatnonzero(~np.isfinite(values)):
            self.texts[self.count + int(row)] = cells[row]
        self.pieces.append(values)
        self.count += len(cells)


def _number(cell: str) -> float:
    """A cell as a number, or NaN."""
    try:
        return float(cell.translate(MINUS_SIGNS))
    except ValueError:
        return np.nan


def take_commas(columns: dict[str, Numbers], values: dict[str, NDArray[np.float64]], separator: str) -> None:
    """Read commas as decimal marks, if that is what they are in all columns.

    They are not where other numbers have points, nor where they may as well group thousands (1,234); between
    semicolons they are, for what else are the semicolons there for.
    """
    cells = {name: {i: c for i, c in column.texts.items() if "," in c} for name, column in columns.items()}
    commas = [cell.translate(MINUS_SIGNS) for column in cells.values() for cell in column.values()]
    decimal = [bool(DECIMAL_COMMA.fullmatch(cell)) for cell in commas]
    grouping = all(THOUSANDS.fullmatch(cell) for cell in commas) and separator != ";"
    if not commas or not all(decimal) or grouping or any(column.points for column in columns.values()):
        return
    for name, found in cells.items():
        for row, cell in found.items():
            values[name][row] = _number(cell.replace(",", "."))
            del columns[name].texts[row]

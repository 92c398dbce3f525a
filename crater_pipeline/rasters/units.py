"""Units of elevation: as a user names them, and as files spell them."""

import re
from typing import Literal

ElevationUnit = Literal["m", "km", "dm", "cm", "mm", "ft"]

METRES: dict[ElevationUnit, float] = {"m": 1.0, "km": 1000.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "ft": 0.3048}

NAMES: dict[ElevationUnit, tuple[str, ...]] = {
    "m": ("m", "meter", "metre", "mtr"),
    "km": ("km", "kilometer", "kilometre"),
    "dm": ("dm", "decimeter", "decimetre"),
    "cm": ("cm", "centimeter", "centimetre"),
    "mm": ("mm", "millimeter", "millimetre"),
    "ft": ("ft", "foot", "feet", "international foot", "us survey foot", "us survey feet", "us-ft", "ftus"),
}
"""How files spell the units, lower case, one of them."""

SPELLINGS = {name: unit for unit, names in NAMES.items() for name in names}

NO_UNIT = ("", "none", "unknown", "unknown unit", "1", "-", "n/a")


def unit_of(text: str | None) -> ElevationUnit | None:
    """The unit that a file's text means; None if it is no unit of elevation."""
    plain = re.sub(r"[\s_]+", " ", (text or "").strip().lower().strip("[]()"))
    return SPELLINGS.get(plain) or SPELLINGS.get(plain.removesuffix("s"))


def is_given(text: str | None) -> bool:
    """Whether a file's text names any unit."""
    return (text or "").strip().lower() not in NO_UNIT

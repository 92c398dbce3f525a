"""HTML pages from the templates beside this module, and how figures are written on them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

TEMPLATES = Path(__file__).parent / "templates"

NOTHING = "\N{EN DASH}"
"""Stands for a figure that is not defined."""


def page(template: str, variables: Mapping[str, Any]) -> str:
    """The template filled in; a variable that is missing is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "percent": percent,
        "interval": interval_text,
        "number": number,
        "integer": integer,
        "points": points,
    }
    return environment.get_template(template).render(**variables)


def asset(name: str) -> str:
    """A script or style sheet to put into a page, without what it would fetch: pictures, and the map for debuggers."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    text = re.sub(r"background-image: url\(images/[^)]*\);", "", text)
    text = re.sub(r"behavior: url\([^)]*\);", "", text)
    return re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)


def percent(value: float | None, decimals: int = 1) -> str:
    """0.8133 -> 81.3 %."""
    return NOTHING if value is None else f"{100 * value:.{decimals}f} %"


def interval_text(figure: Mapping[str, float | None], sign: str = "") -> str:
    """{low, high} -> 78.1 to 84.0."""
    if figure["low"] is None or figure["high"] is None:
        return ""
    return f"{100 * figure['low']:{sign}.1f} to {100 * figure['high']:{sign}.1f}"


def with_interval(figure: Mapping[str, float | None], sign: str = "", unit: str = "") -> str:
    """{value, low, high} -> 81.3 (78.1 to 84.0)."""
    if figure["value"] is None:
        return NOTHING
    text, interval = f"{100 * figure['value']:{sign}.1f}{unit}", interval_text(figure, sign)
    return f"{text} ({interval})" if interval else text


def points(figure: Mapping[str, float | None]) -> str:
    """A difference of rates: {value, low, high} -> +1.2 points (-0.3 to +2.8)."""
    return with_interval(figure, "+", " points")


def number(value: Any) -> str:
    """Anything as text, floats with four significant digits."""
    if isinstance(value, float):
        return f"{value:.4g}" if np.isfinite(value) else NOTHING
    return NOTHING if value is None else str(value)


def integer(value: float) -> str:
    """12345 -> 12,345."""
    return f"{value:,.0f}"

"""The figures of a comparison as a Markdown table, to be read beside its page and put into texts."""

from collections.abc import Mapping
from typing import Any

from crater_pipeline.code_files import code_version
from crater_pipeline.reporting.pages import NOTHING, integer

RATES = {"precision": "P", "recall": "R", "f1": "F1", "average_precision": "AP"}
PAIRED = ("f1", "average_precision")
"""The rates whose differences to the first entry are given."""


def comparison_table(metrics: Mapping[str, Any]) -> str:
    """Markdown: a heading, a row an entry and what the figures are.

    `metrics` is the document that `comparison.compare` makes, as read from JSON. Rates and differences are in percent
    and percentage points, with intervals in brackets, by the headline criterion.
    """
    headline, (first, *_) = metrics["headline"], metrics["entries"]
    differences: dict[str, Any] = {each["label"]: each["criteria"] for each in metrics["differences"]}
    header = ["", *RATES.values()]
    if differences:
        header += [f"{RATES[name]} against the first" for name in PAIRED]
    rows = []
    for entry in metrics["entries"]:
        figures = entry["criteria"][headline]
        row = [_literal(entry["label"]), *(_figure(figures[name]) for name in RATES)]
        if differences:
            paired = differences.get(entry["label"])
            row += [_figure(paired[headline][name], "+") if paired else "" for name in PAIRED]
        rows.append(row)
    judged = (
        f"{integer(first['n_truth'])} craters of {metrics['min_diameter_km']:g} km and more on "
        f"{integer(first['area_km2'])} km² ({first['n_blocks']} blocks) in the test part of the first; `{headline}`; "
        f"in percent, with {100 * metrics['confidence']:.0f} % intervals over blocks of {metrics['block_km']:g} km, "
        f"paired where it says against the first. Code {code_version()}."
    )
    return "\n".join([f"# {_literal(metrics['title'])}", "", *_table(header, rows), "", judged, ""])


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a pipe table: the first column to the left, figures to the right."""
    rule = ["---", *("--:" for _ in header[1:])]
    return ["| " + " | ".join(cells) + " |" for cells in (header, rule, *rows)]


def _figure(figure: Mapping[str, float | None], sign: str = "") -> str:
    """{value, low, high} -> 81.3 (78.1 to 84.0)."""
    if figure["value"] is None:
        return NOTHING
    low, high = figure["low"], figure["high"]
    interval = "" if low is None or high is None else f" ({100 * low:{sign}.1f} to {100 * high:{sign}.1f})"
    return f"{100 * figure['value']:{sign}.1f}{interval}"


def _literal(text: str) -> str:
    """Text that Markdown shows as it is, within a table too."""
    for character in "\\|*_`[]<>#$":
        text = text.replace(character, f"\\{character}")
    return text

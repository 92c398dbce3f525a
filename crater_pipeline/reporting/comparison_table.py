"""The figures of a comparison as a Markdown table, to be read beside its page and put into texts."""

from collections.abc import Mapping
from typing import Any

from crater_pipeline.code_files import code_version
from crater_pipeline.reporting.markdown import pipe_table
from crater_pipeline.reporting.pages import integer, with_interval

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
        row = [_literal(entry["label"]), *(with_interval(figures[name]) for name in RATES)]
        if differences:
            paired = differences.get(entry["label"])
            row += [with_interval(paired[headline][name], "+") if paired else "" for name in PAIRED]
        rows.append(row)
    judged = (
        f"{integer(first['n_truth'])} craters of {metrics['min_diameter_km']:g} km and more on "
        f"{integer(first['area_km2'])} km² ({first['n_blocks']} blocks) in the test part of the first; `{headline}`; "
        f"in percent, with {100 * metrics['confidence']:.0f} % intervals over blocks of {metrics['block_km']:g} km, "
        f"paired where it says against the first. Code {code_version()}."
    )
    return f"# {_literal(metrics['title'])}\n\n{pipe_table(header, rows, right=True)}\n{judged}\n"


def _literal(text: str) -> str:
    """Text that Markdown shows as it is, within a table too."""
    for character in "\\|*_`[]<>#$":
        text = text.replace(character, f"\\{character}")
    return text

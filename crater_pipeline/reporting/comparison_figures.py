"""What a comparison's entries look like in its charts, and rates of all of them by diameter."""

from collections.abc import Mapping, Sequence
from typing import Any

from crater_pipeline.reporting.axes import diameter_axis, draw_bins, legend_above, limit_line, percent_axis
from crater_pipeline.reporting.curves import Series
from crater_pipeline.reporting.theme import BAD, CATALOGUE, GOOD, INK, PREDICTED, WARN, drawing, to_svg

COLOURS = (PREDICTED, WARN, GOOD, BAD, CATALOGUE, INK)
DASHES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P")


def legend_text(label: str) -> str:
    """A label as matplotlib shows it.

    What stands between dollar signs would be set as a formula, and labels that are empty or begin with an underscore
    would be left out of legends.
    """
    label = label.replace("$", r"\$")
    return f" {label}" if label[:1] in ("", "_") else label


def series_of(entries: Sequence[Mapping[str, Any]]) -> list[Series]:
    """Entries {label, area_km2, figures} as series; neighbours differ with or without colour."""
    return [
        Series(
            label=legend_text(str(entry["label"])),
            figures=entry["figures"],
            area_km2=entry["area_km2"],
            colour=COLOURS[i % len(COLOURS)],
            dash=DASHES[(i + i // len(COLOURS)) % len(DASHES)],
            marker=MARKERS[i % len(MARKERS)],
        )
        for i, entry in enumerate(entries)
    ]


def diameter_figure(series: Sequence[Series], rate: str, limit_km: float) -> str | None:
    """`rate` (precision, recall or f1) by diameter in km with intervals, all series; None without bins."""
    borders = sorted({each["low"] for one in series for each in one.figures["bins_km"]})
    if not borders:
        return None
    with drawing() as (figure, (axes,)):
        for i, each in enumerate(series):
            shift = 1 + 0.02 * (i - (len(series) - 1) / 2)
            draw_bins(axes, each.figures["bins_km"], rate, shift, each.label, each.colour, each.dash + each.marker)
        diameter_axis(axes, borders[0], borders[-1] * 1.5)
        percent_axis(axes)
        axes.set_ylabel({"f1": "F1"}.get(rate, rate))
        limit_line(axes, limit_km)
        legend_above(axes)
        return to_svg(figure, f"{rate}-by-diameter", f"{rate} of all entries against diameter")

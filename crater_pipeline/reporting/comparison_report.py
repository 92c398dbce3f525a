"""The page of a comparison: tables and charts of all entries. One file, nothing fetched when it opens."""

from collections.abc import Mapping, Sequence
from typing import Any

from crater_pipeline.code_files import code_version
from crater_pipeline.reporting import curves
from crater_pipeline.reporting.comparison_figures import diameter_figure, series_of
from crater_pipeline.reporting.pages import page
from crater_pipeline.reporting.pictures import Picture
from crater_pipeline.reporting.published import published_figures
from crater_pipeline.reporting.report import CRITERION_NOTES

RATES = ("precision", "recall", "f1", "average_precision")


def render(title: str, metrics: Mapping[str, Any], pictures: Sequence[tuple[str, list[Picture]]]) -> str:
    """The page as HTML, from the document that `comparison.compare` makes, as read from JSON.

    `pictures` are (place, one picture an entry) of the windows that all entries show.
    """
    headline = metrics["headline"]
    entries = [
        {"label": entry["label"], "area_km2": entry["area_km2"], "figures": entry["criteria"][headline]}
        for entry in metrics["entries"]
    ]
    return page(
        "comparison.html.j2",
        {
            "title": title,
            "version": code_version(),
            "metrics": metrics,
            "headline": headline,
            "rates": RATES,
            "charts": charts(entries, metrics["min_diameter_km"]),
            "bins": common_bins(entries),
            "pictures": pictures,
            "published": published_figures(),
            "criterion_notes": CRITERION_NOTES,
        },
    )


def charts(entries: Sequence[Mapping[str, Any]], limit_km: float) -> dict[str, str | None]:
    """Every chart as SVG by name; None where there is nothing to draw."""
    series = series_of(entries)
    return {
        "roc": curves.roc_figure(series),
        "froc": curves.froc_figure(series),
        "precision_recall": curves.precision_recall_figure(series),
        "resamples": curves.resample_figure(series),
        "f1": diameter_figure(series, "f1", limit_km),
        "recall": diameter_figure(series, "recall", limit_km),
    }


def common_bins(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows {low, high, judged, figures} of the bins in km that any entry has; `figures` holds one an entry, or None."""
    rows: dict[float, dict[str, Any]] = {}
    for position, entry in enumerate(entries):
        for each in entry["figures"]["bins_km"]:
            known = {key: each[key] for key in ("low", "high", "judged")}
            row = rows.setdefault(each["low"], known | {"figures": [None] * len(entries)})
            row["figures"][position] = each
    return [rows[low] for low in sorted(rows)]

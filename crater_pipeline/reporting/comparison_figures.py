"""Charts of a comparison: all entries in one figure, each from the figures of `metrics.json` to SVG."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crater_pipeline.reporting.axes import ERROR_BARS, diameter_axis, floats, limit_line, percent_axis
from crater_pipeline.reporting.theme import BAD, CATALOGUE, GOOD, INK, MUTED, PREDICTED, WARN, drawing, to_svg

COLOURS = (PREDICTED, WARN, GOOD, BAD, CATALOGUE, INK)
DASHES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P")

Entry = Mapping[str, Any]
"""{label, figures}: an entry's figures by the headline criterion."""


def styled(entries: Sequence[Entry]) -> Iterator[tuple[str, Any, str, str, str]]:
    """(label, figures, colour, dash, marker) of each entry; neighbours differ in all, with or without colour."""
    for i, entry in enumerate(entries):
        dash = DASHES[(i + i // len(COLOURS)) % len(DASHES)]
        # Matplotlib would set what stands between dollar signs as a formula, and leaves labels that are empty or
        # begin with an underscore out of legends.
        label = str(entry["label"]).replace("$", r"\$")
        label = f" {label}" if label[:1] in ("", "_") else label
        yield label, entry["figures"], COLOURS[i % len(COLOURS)], dash, MARKERS[i % len(MARKERS)]


def roc_figure(entries: Sequence[Entry]) -> str | None:
    """ROC over candidate peaks of all entries; None where none has both craters and false candidates."""
    if all(entry["figures"]["ranking_curve"]["roc"] is None for entry in entries):
        return None
    with drawing(height=4.6) as (figure, (axes,)):
        for label, figures, colour, dash, _ in styled(entries):
            roc = figures["ranking_curve"]["roc"]
            if roc is not None:
                x, y = floats(roc["false_positive_rate"]), floats(roc["true_positive_rate"])
                axes.plot(x, y, color=colour, linestyle=dash, label=f"{label}, area {roc['area']:.3f}")
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
        percent_axis(axes, "xy")
        axes.set_xlabel("share of false candidates kept")
        axes.set_ylabel("share of true candidates kept")
        axes.legend(loc="lower right")
        return to_svg(figure, "roc", "ROC over candidate peaks of all entries")


def froc_figure(entries: Sequence[Entry]) -> str | None:
    """Recall against unmatched detections per area of all entries, the points of operation marked."""
    if not any(len(entry["figures"]["ranking_curve"]["recall"]) for entry in entries):
        return None
    with drawing(height=4.6) as (figure, (axes,)):
        for (label, figures, colour, dash, marker), entry in zip(styled(entries), entries, strict=True):
            curve = figures["ranking_curve"]
            # A logarithmic axis has no zero: half of one detection in the whole area stands for it.
            least = 1000 / entry["area_km2"] / 2
            x = np.maximum(floats(curve["false_per_1000km2"]), least)
            axes.plot(x, floats(curve["recall"]), color=colour, linestyle=dash, label=label)
            at = max(figures["n_false_positive"] * 1000 / entry["area_km2"], least)
            axes.plot([at], floats([figures["recall"]["value"]]), marker, color=colour, markersize=7)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        percent_axis(axes)
        axes.set_xlabel("unmatched detections per 1000 km²")
        axes.set_ylabel("recall")
        axes.legend(loc="lower right")
        return to_svg(figure, "froc", "Recall against unmatched detections per area of all entries")


def precision_recall_figure(entries: Sequence[Entry]) -> str | None:
    """Precision against recall of all entries, the points of operation marked."""
    if not any(len(entry["figures"]["ranking_curve"]["recall"]) for entry in entries):
        return None
    with drawing(height=4.6) as (figure, (axes,)):
        for label, figures, colour, dash, marker in styled(entries):
            curve = figures["ranking_curve"]
            axes.plot(floats(curve["recall"]), floats(curve["precision"]), color=colour, linestyle=dash, label=label)
            point = floats([figures["recall"]["value"], figures["precision"]["value"]])
            axes.plot(*point[:, None], marker, color=colour, markersize=7)
        percent_axis(axes, "xy")
        axes.set_xlabel("recall")
        axes.set_ylabel("precision")
        axes.legend(loc="lower left")
        return to_svg(figure, "precision-recall", "Precision against recall of all entries")


def resample_figure(entries: Sequence[Entry]) -> str | None:
    """F1 over the 80 % resamples as box plots, one box an entry; None where F1 is undefined everywhere."""
    samples = {label: floats(figures["resampled_f1"]) for label, figures, *_ in styled(entries)}
    samples = {label: values[np.isfinite(values)] for label, values in samples.items()}
    samples = {label: values for label, values in samples.items() if len(values)}
    if not samples:
        return None
    line = {"color": INK, "linewidth": 1.3}
    with drawing(height=1.3 + 0.5 * len(samples)) as (figure, (axes,)):
        axes.boxplot(
            list(samples.values())[::-1],
            tick_labels=list(samples)[::-1],
            orientation="horizontal",
            widths=0.45,
            boxprops=line,
            whiskerprops=line,
            capprops=line,
            medianprops={"color": PREDICTED, "linewidth": 2.2},
            flierprops={"marker": "o", "markersize": 4, "markeredgecolor": MUTED},
        )
        for position, values in enumerate(list(samples.values())[::-1], start=1):
            spread = position + np.linspace(-0.12, 0.12, len(values))
            axes.plot(values, spread, "o", color=PREDICTED, markersize=4, alpha=0.5)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel("F1")
        axes.grid(visible=False, axis="y")
        return to_svg(figure, "resamples", "F1 of all entries over resamples of the test blocks")


def diameter_figure(entries: Sequence[Entry], rate: str, limit_km: float) -> str | None:
    """`rate` (precision, recall or f1) by diameter in km with intervals, all entries; None without bins."""
    borders = sorted({each["low"] for entry in entries for each in entry["figures"]["bins_km"]})
    if not borders:
        return None
    with drawing() as (figure, (axes,)):
        for i, (label, figures, colour, dash, marker) in enumerate(styled(entries)):
            shift = 1 + 0.02 * (i - (len(entries) - 1) / 2)
            _draw_bins(axes, figures["bins_km"], rate, shift, label, colour, dash + marker)
        diameter_axis(axes, borders[0], borders[-1] * 1.5)
        percent_axis(axes)
        axes.set_ylabel({"f1": "F1"}.get(rate, rate))
        limit_line(axes, limit_km)
        axes.legend(loc="best")
        return to_svg(figure, f"{rate}-by-diameter", f"{rate} of all entries against diameter")


def _draw_bins(
    axes: Axes, bins: Sequence[Mapping[str, Any]], rate: str, shift: float, label: str, colour: str, fmt: str
) -> None:
    rows = [each for each in bins if each[rate]["value"] is not None]
    # The last bin is open; it is drawn as if it ended at twice its lower border.
    x = shift * np.sqrt([each["low"] * (each["high"] or each["low"] * 2) for each in rows])
    y, low, high = (floats([each[rate][key] for each in rows]) for key in ("value", "low", "high"))
    error = np.maximum(np.nan_to_num(np.array([y - low, high - y])), 0)
    axes.errorbar(x, y, error, color=colour, fmt=fmt, label=label, **ERROR_BARS)

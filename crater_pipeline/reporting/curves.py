"""Charts that set series side by side: the criteria of one region, or the entries of a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crater_pipeline.reporting.axes import floats, percent_axis
from crater_pipeline.reporting.theme import CATALOGUE, INK, MUTED, PREDICTED, drawing, to_svg

HEIGHT = 4.4
"""Inches; these charts are nearly square."""


@dataclass(frozen=True)
class Series:
    """The figures of one criterion as `metrics.json` has them, and how they are drawn."""

    label: str
    figures: Mapping[str, Any]
    area_km2: float
    colour: str
    dash: str = "-"
    marker: str = "o"


def roc_figure(series: Sequence[Series]) -> str | None:
    """ROC over candidate peaks; None where no series has both craters and false candidates."""
    curves = [(each, each.figures["ranking_curve"]["roc"]) for each in series]
    curves = [(each, roc) for each, roc in curves if roc is not None]
    if not curves:
        return None
    with drawing(height=HEIGHT) as (figure, (axes,)):
        for each, roc in curves:
            x, y = floats(roc["false_positive_rate"]), floats(roc["true_positive_rate"])
            label = f"{each.label}, area {roc['area']:.3f}"
            axes.plot(x, y, color=each.colour, linestyle=each.dash, label=label)
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
        percent_axis(axes, "xy")
        axes.set_xlabel("share of false candidates kept")
        axes.set_ylabel("share of true candidates kept")
        axes.legend(loc="lower right")
        return to_svg(figure, "roc", "ROC over candidate peaks")


def froc_figure(series: Sequence[Series]) -> str | None:
    """Recall against unmatched detections per area, the points of operation marked; None where nothing was found."""
    series = [each for each in series if each.area_km2 and len(each.figures["ranking_curve"]["recall"])]
    if not series:
        return None
    with drawing(height=HEIGHT) as (figure, (axes,)):
        for each in series:
            curve = each.figures["ranking_curve"]
            # A logarithmic axis has no zero: half of one detection in the whole area stands for it.
            per_1000km2 = 1000 / each.area_km2
            x = np.maximum(floats(curve["false_per_1000km2"]), per_1000km2 / 2)
            axes.plot(x, floats(curve["recall"]), color=each.colour, linestyle=each.dash, label=each.label)
            at = max(each.figures["n_false_positive"], 0.5) * per_1000km2
            recall = floats([each.figures["recall"]["value"]])
            axes.plot([at], recall, each.marker, color=each.colour, markersize=7)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        percent_axis(axes)
        axes.set_xlabel("unmatched detections per 1000 km²")
        axes.set_ylabel("recall")
        axes.legend(loc="lower right")
        return to_svg(figure, "froc", "Recall against unmatched detections per area")


def precision_recall_figure(series: Sequence[Series]) -> str | None:
    """Precision against recall, the points of operation marked; None where nothing was found."""
    if not any(len(each.figures["ranking_curve"]["recall"]) for each in series):
        return None
    with drawing(height=HEIGHT) as (figure, (axes,)):
        for each in series:
            curve, ap = each.figures["ranking_curve"], each.figures["average_precision"]["value"]
            label = each.label if ap is None else f"{each.label}, AP {100 * ap:.1f} %"
            x, y = floats(curve["recall"]), floats(curve["precision"])
            axes.plot(x, y, color=each.colour, linestyle=each.dash, label=label)
            point = floats([each.figures["recall"]["value"], each.figures["precision"]["value"]])
            axes.plot(*point[:, None], each.marker, color=each.colour, markersize=7)
        percent_axis(axes, "xy")
        axes.set_xlabel("recall")
        axes.set_ylabel("precision")
        axes.legend(loc="lower left")
        return to_svg(figure, "precision-recall", "Precision against recall")


def resample_figure(series: Sequence[Series]) -> str | None:
    """F1 over the 80 % resamples as box plots, one box a series, the interval of the block bootstrap under each.

    None where F1 is undefined everywhere.
    """
    boxes = [(each, floats(each.figures["resampled_f1"])) for each in series]
    boxes = [(each, values[np.isfinite(values)]) for each, values in boxes]
    # The first on top.
    boxes = [(each, values) for each, values in boxes if len(values)][::-1]
    if not boxes:
        return None
    line = {"color": INK, "linewidth": 1.3}
    with drawing(height=1.3 + 0.6 * len(boxes)) as (figure, (axes,)):
        axes.boxplot(
            [values for _, values in boxes],
            tick_labels=[each.label for each, _ in boxes],
            orientation="horizontal",
            widths=0.45,
            boxprops=line,
            whiskerprops=line,
            capprops=line,
            medianprops={"color": PREDICTED, "linewidth": 2.2},
            flierprops={"marker": "o", "markersize": 4, "markeredgecolor": MUTED},
        )
        for position, (each, values) in enumerate(boxes, start=1):
            spread = position + np.linspace(-0.12, 0.12, len(values))
            axes.plot(values, spread, "o", color=PREDICTED, markersize=4, alpha=0.5)
            f1 = each.figures["f1"]
            if f1["low"] is not None:
                axes.plot([f1["low"], f1["high"]], [position - 0.36] * 2, color=CATALOGUE, linewidth=3.5, alpha=0.8)
                axes.plot([f1["value"]], [position - 0.36], "D", color=CATALOGUE, markersize=5)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel("F1")
        axes.grid(visible=False, axis="y")
        return to_svg(figure, "resamples", "F1 over resamples of the test blocks")

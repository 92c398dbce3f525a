"""Charts of agreement and of the score, each from the figures of `metrics.json` (None for what is undefined) to SVG."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter
from numpy.typing import NDArray

from crater_pipeline.reporting.axes import ERROR_BARS, floats, percent_axis
from crater_pipeline.reporting.theme import BAD, CATALOGUE, GOOD, INK, MUTED, PREDICTED, WARN, drawing, to_svg

FloatArray = NDArray[np.float64]

CRITERION_STYLE = {"iou50": (PREDICTED, "-"), "deepmoon": (GOOD, "--"), "strict": (WARN, ":")}


def threshold_figure(criterion: Mapping[str, Any], threshold: float) -> str:
    """Precision, recall and F1 against the threshold."""
    curve = criterion["threshold_curve"]
    with drawing() as (figure, (axes,)):
        x = floats(curve["threshold"])
        for name, label, colour, dash in (
            ("precision", "precision", PREDICTED, "-"),
            ("recall", "recall", WARN, "-"),
            ("f1", "F1", INK, "-"),
        ):
            axes.plot(x, floats(curve[name]), label=label, color=colour, linestyle=dash)
        axes.axvline(threshold, color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.annotate(
            f"in use: {threshold:.2f}",
            (threshold, 0.02),
            xytext=(5 if threshold < 0.7 else -5, 0),
            textcoords="offset points",
            color=MUTED,
            ha="left" if threshold < 0.7 else "right",
            fontsize=9.5,
        )
        axes.set_xlim(0, 1)
        percent_axis(axes)
        axes.set_xlabel("threshold on the calibrated score")
        axes.legend(loc="best")
        return to_svg(figure, "threshold", "Precision, recall and F1 against the threshold")


def precision_recall_figure(criteria: Mapping[str, Any]) -> str:
    """Precision against recall for every criterion, with the operating point."""
    with drawing() as (figure, (axes,)):
        for name, criterion in criteria.items():
            colour, dash = CRITERION_STYLE[name]
            curve = criterion["ranking_curve"]
            ap = criterion["average_precision"]["value"]
            label = name if ap is None else f"{name}, AP {100 * ap:.1f} %"
            axes.plot(floats(curve["recall"]), floats(curve["precision"]), color=colour, linestyle=dash, label=label)
            point = floats([criterion["recall"]["value"], criterion["precision"]["value"]])
            axes.plot(*point[:, None], "o", color=colour, markersize=7)
        percent_axis(axes, "xy")
        axes.set_xlabel("recall")
        axes.set_ylabel("precision")
        axes.legend(loc="lower left")
        return to_svg(figure, "precision-recall", "Precision against recall")


def froc_figure(criteria: Mapping[str, Any], n_false_positive: int, area_km2: float) -> str:
    """Recall against false detections per area (FROC)."""
    with drawing() as (figure, (axes,)):
        for name, criterion in criteria.items():
            colour, dash = CRITERION_STYLE[name]
            curve = criterion["ranking_curve"]
            x = np.maximum(floats(curve["false_per_1000km2"]), 1000 / area_km2 / 2)
            axes.plot(x, floats(curve["recall"]), color=colour, linestyle=dash, label=name)
        axes.axvline(max(n_false_positive, 0.5) / area_km2 * 1000, color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        percent_axis(axes)
        axes.set_xlabel("unmatched detections per 1000 km²")
        axes.set_ylabel("recall")
        axes.legend(loc="lower right")
        return to_svg(figure, "froc", "Recall against unmatched detections per area")


def roc_figure(criteria: Mapping[str, Any]) -> str | None:
    """ROC over candidate peaks; None where there are only craters or only false ones."""
    curves = {name: criterion["ranking_curve"]["roc"] for name, criterion in criteria.items()}
    curves = {name: roc for name, roc in curves.items() if roc is not None}
    if not curves:
        return None
    with drawing() as (figure, (axes,)):
        for name, roc in curves.items():
            colour, dash = CRITERION_STYLE[name]
            x, y = floats(roc["false_positive_rate"]), floats(roc["true_positive_rate"])
            axes.plot(x, y, color=colour, linestyle=dash, label=f"{name}, area {roc['area']:.3f}")
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
        percent_axis(axes, "xy")
        axes.set_xlabel("share of false candidates kept")
        axes.set_ylabel("share of true candidates kept")
        axes.legend(loc="lower right")
        return to_svg(figure, "roc", "ROC over candidate peaks")


def resample_figure(criteria: Mapping[str, Any]) -> str | None:
    """F1 over the 80 % resamples as box plots; None where F1 is undefined."""
    samples = {name: floats(each["resampled_f1"]) for name, each in criteria.items()}
    samples = {name: values[np.isfinite(values)] for name, values in samples.items()}
    samples = {name: values for name, values in samples.items() if len(values)}
    if not samples:
        return None
    with drawing() as (figure, (axes,)):
        line = {"color": INK, "linewidth": 1.3}
        axes.boxplot(
            list(samples.values()),
            tick_labels=list(samples),
            widths=0.4,
            boxprops=line,
            whiskerprops=line,
            capprops=line,
            medianprops={"color": PREDICTED, "linewidth": 2.2},
            flierprops={"marker": "o", "markersize": 4, "markeredgecolor": MUTED},
        )
        for position, values in enumerate(samples.values(), start=1):
            spread = np.linspace(-0.1, 0.1, len(values))
            axes.plot(position + spread, values, "o", color=PREDICTED, markersize=4, alpha=0.5)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_ylabel("F1")
        axes.grid(visible=False, axis="x")
        return to_svg(figure, "resamples", "F1 over resamples of the test blocks")


def reliability_figure(reliability: Mapping[str, Any]) -> str | None:
    """Share of craters against score, before and after calibration, over the numbers of predictions."""
    if not reliability["calibrated"]["bins"]:
        return None
    with drawing(height=4.2, nrows=2, height_ratios=(3.2, 1), sharex=True) as (figure, (axes, counts)):
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
        for name, colour, marker in (("raw", CATALOGUE, "s"), ("calibrated", PREDICTED, "o")):
            rows, error = reliability[name]["bins"], reliability[name]["expected_calibration_error"]
            x, share = floats([r["mean_score"] for r in rows]), floats([r["crater_share"] for r in rows])
            # Binomial standard error, kept off zero at shares of 0 and 1 (Agresti and Coull's plus four).
            n = floats([r["count"] for r in rows])
            adjusted = (share * n + 2) / (n + 4)
            axes.errorbar(
                x,
                share,
                np.sqrt(adjusted * (1 - adjusted) / (n + 4)),
                fmt=marker + "-",
                color=colour,
                **ERROR_BARS,
                label=f"{name}, error {100 * error:.1f} %",
            )
        percent_axis(axes)
        axes.set_ylabel("share that are craters")
        axes.legend(loc="lower right")
        rows = reliability["calibrated"]["bins"]
        number = floats([r["count"] for r in rows])
        counts.bar([(r["low"] + r["high"]) / 2 for r in rows], number, 0.085, color=PREDICTED, alpha=0.6)
        counts.set_yscale("log")
        counts.set_ylim(0.7, 2 * number.max())
        counts.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        counts.yaxis.set_minor_formatter(NullFormatter())
        counts.set_ylabel("number")
        counts.set_xlim(0, 1)
        counts.set_xlabel("score")
        return to_svg(figure, "reliability", "Reliability of the score")


def error_figure(centre: FloatArray, diameter: FloatArray) -> str | None:
    """Histograms of the errors of centre and diameter of the matched craters, in percent of the diameter."""
    if len(centre) == 0:
        return None
    with drawing(ncols=2) as (figure, (left, right)):
        left.hist(100 * centre, bins=np.linspace(0, 35, 36).tolist(), color=PREDICTED, alpha=0.75)
        left.axvline(100 * float(np.median(centre)), color=BAD, linewidth=1.5)
        left.set_xlabel("centre off by, % of D")
        left.set_ylabel("matched craters")
        right.hist(100 * diameter, bins=np.linspace(-45, 45, 46).tolist(), color=PREDICTED, alpha=0.75)
        right.axvline(100 * float(np.median(diameter)), color=BAD, linewidth=1.5)
        right.set_xlabel("diameter too large by, %")
        return to_svg(figure, "errors", "Errors of centre and diameter")

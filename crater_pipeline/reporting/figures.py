"""Charts of agreement and of the score, each from the figures of `metrics.json` (None for what is undefined) to SVG."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from crater_pipeline.reporting.axes import ERROR_BARS, floats, legend_above, percent_axis
from crater_pipeline.reporting.theme import BAD, CATALOGUE, INK, MUTED, PREDICTED, WARN, drawing, to_svg

FloatArray = NDArray[np.float64]


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
        legend_above(axes)
        return to_svg(figure, "threshold", "Precision, recall and F1 against the threshold")


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

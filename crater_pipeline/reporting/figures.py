"""Charts of the report, each from the figures of `metrics.json` (plain lists, None for what is undefined) to SVG."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, PercentFormatter
from numpy.typing import NDArray

from crater_pipeline.reporting.theme import BAD, CATALOGUE, GOOD, INK, MUTED, PREDICTED, WARN, drawing, to_svg

FloatArray = NDArray[np.float64]

CRITERION_STYLE = {"iou50": (PREDICTED, "-"), "deepmoon": (GOOD, "--"), "strict": (WARN, ":")}


def floats(values: Any) -> FloatArray:
    """A list with None as an array with NaN."""
    return np.array([np.nan if each is None else each for each in values], dtype=float)


def _percent(axes: Axes, which: str = "y") -> None:
    for name in which:
        getattr(axes, f"set_{name}lim")(-0.02, 1.02)
        getattr(axes, f"{name}axis").set_major_formatter(PercentFormatter(1.0, decimals=0))


def _diameters(axes: Axes, low: float, high: float) -> None:
    """A logarithmic axis of diameters with plain numbers."""
    low, high = low * 0.93, high * 1.07
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    candidates = [m * 10.0**e for e in range(-3, 5) for m in ((1, 2, 5) if high / low < 300 else (1, 3))]
    axes.xaxis.set_major_locator(FixedLocator([each for each in candidates if low <= each <= high]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.set_xlabel("diameter, km")


def _limit_line(axes: Axes, limit_km: float) -> None:
    axes.axvline(limit_km, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))


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
        _percent(axes)
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
        _percent(axes, "xy")
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
        _percent(axes)
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
        _percent(axes, "xy")
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


def completeness_figure(criterion: Mapping[str, Any], limit_km: float) -> str | None:
    """Recall and precision per bin of diameter, with intervals; None without bins."""
    bins = criterion["bins_fine"]
    if not bins:
        return None
    with drawing() as (figure, (axes,)):
        for name, colour, marker, shift in (("recall", WARN, "o", 0.975), ("precision", PREDICTED, "s", 1.025)):
            rows = [each for each in bins if each[name]["value"] is not None]
            # The last bin is open; it is as wide as the others.
            x = (
                np.array([each["low"] * np.sqrt((each["high"] or each["low"] * 2) / each["low"]) for each in rows])
                * shift
            )
            y = floats([each[name]["value"] for each in rows])
            low, high = (floats([each[name][end] for each in rows]) for end in ("low", "high"))
            error = np.nan_to_num(np.array([y - low, high - y]))
            axes.errorbar(
                x,
                y,
                np.maximum(error, 0),
                color=colour,
                fmt=marker + "-",
                linewidth=1.4,
                markersize=5,
                capsize=2.5,
                label=name,
            )
        _diameters(axes, bins[0]["low"], bins[-1]["low"] * 1.5)
        _percent(axes)
        _limit_line(axes, limit_km)
        axes.legend(loc="best")
        return to_svg(figure, "completeness", "Recall and precision against diameter")


def histogram_figure(sizes: Mapping[str, Any], part: str, limit_km: float, with_catalogue: bool) -> str | None:
    """Numbers of predicted and catalogue craters by diameter; None if there are none."""
    borders = floats(sizes["borders_km"])
    if len(borders) < 2:
        return None
    with drawing() as (figure, (axes,)):
        kinds = [("predicted", PREDICTED, 0.28), ("catalogue", CATALOGUE, 0.0)][: 2 if with_catalogue else 1]
        for kind, colour, opacity in kinds:
            count = floats(sizes[part][kind]["count"])
            if opacity:
                axes.stairs(np.maximum(count, 1e-9), borders, fill=True, color=colour, alpha=opacity, linewidth=0)
            axes.stairs(np.maximum(count, 1e-9), borders, color=colour, linewidth=1.8, label=kind)
        axes.set_yscale("log")
        axes.set_ylim(0.7, None)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_ylabel("craters per bin")
        _diameters(axes, borders[0], borders[-1])
        _limit_line(axes, limit_km)
        axes.legend(loc="upper right")
        return to_svg(figure, "histogram", "Number of craters by diameter")


def size_frequency_figure(
    sizes: Mapping[str, Any], kind: str, name: str, label: str, limit_km: float, with_catalogue: bool
) -> str | None:
    """Cumulative (`kind` "cumulative") or relative ("r") size-frequency distribution with sqrt(N) errors."""
    borders = floats(sizes["borders_km"])
    if len(borders) < 2:
        return None
    x = borders[:-1] if kind == "cumulative" else np.sqrt(borders[:-1] * borders[1:])
    with drawing() as (figure, (axes,)):
        sources = [("predicted", PREDICTED, "o", 0.985), ("catalogue", CATALOGUE, "s", 1.015)]
        for source, colour, marker, shift in sources[: 2 if with_catalogue else 1]:
            y = floats(sizes["searched"][source][kind])
            error = floats(sizes["searched"][source][f"{kind}_error"])
            here = np.isfinite(y)
            # A bin of one crater has an error as large as itself, which a logarithmic axis cannot show.
            down = np.minimum(error, y * 0.999)
            axes.errorbar(
                x[here] * shift,
                y[here],
                [down[here], error[here]],
                fmt=marker,
                color=colour,
                markersize=4.5,
                linewidth=1.2,
                capsize=2,
                label=source,
            )
        axes.set_yscale("log")
        shown = np.concatenate([floats(sizes["searched"][source][kind]) for source, *_ in sources])
        if np.isfinite(shown).any():
            axes.set_ylim(np.nanmin(shown) / 4, np.nanmax(shown) * 3)
        axes.set_ylabel(label)
        _diameters(axes, borders[0], borders[-1])
        _limit_line(axes, limit_km)
        axes.legend(loc="upper right" if kind == "cumulative" else "best")
        return to_svg(figure, name, label)


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
                linewidth=1.5,
                markersize=5,
                capsize=2.5,
                label=f"{name}, error {100 * error:.1f} %",
            )
        _percent(axes)
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

"""Charts of sizes: completeness, histogram and size-frequency distributions, as SVG."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from crater_pipeline.reporting.axes import diameter_axis, draw_bins, floats, legend_above, limit_line, percent_axis
from crater_pipeline.reporting.theme import CATALOGUE, PREDICTED, WARN, drawing, to_svg


def completeness_figure(criterion: Mapping[str, Any], limit_km: float) -> str | None:
    """Recall and precision per bin of diameter, with intervals; None without bins."""
    bins = criterion["bins_fine"]
    if not bins:
        return None
    with drawing() as (figure, (axes,)):
        for name, colour, marker, shift in (("recall", WARN, "o", 0.975), ("precision", PREDICTED, "s", 1.025)):
            draw_bins(axes, bins, name, shift, name, colour, f"-{marker}")
        diameter_axis(axes, bins[0]["low"], bins[-1]["low"] * 1.5)
        percent_axis(axes)
        limit_line(axes, limit_km)
        legend_above(axes)
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
        diameter_axis(axes, borders[0], borders[-1])
        limit_line(axes, limit_km)
        legend_above(axes)
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
        diameter_axis(axes, borders[0], borders[-1])
        limit_line(axes, limit_km)
        legend_above(axes)
        return to_svg(figure, name, label)

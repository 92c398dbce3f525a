"""Axes that several charts share."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, PercentFormatter
from numpy.typing import NDArray

from crater_pipeline.reporting.theme import MUTED

FloatArray = NDArray[np.float64]

ERROR_BARS: dict[str, Any] = {"linewidth": 1.4, "markersize": 5, "capsize": 2.5}


def floats(values: Any) -> FloatArray:
    """A list with None as an array with NaN."""
    return np.array([np.nan if each is None else each for each in values], dtype=float)


def percent_axis(axes: Axes, which: str = "y") -> None:
    """Shares from 0 to 1 as percent, on the axes named by the letters of `which`."""
    for name in which:
        getattr(axes, f"set_{name}lim")(-0.02, 1.02)
        getattr(axes, f"{name}axis").set_major_formatter(PercentFormatter(1.0, decimals=0))


def diameter_axis(axes: Axes, low: float, high: float) -> None:
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


LEGEND_LETTERS = 66
"""As many letters, keys counted as six, fit on one line above a chart."""


def legend_above(axes: Axes) -> None:
    """A legend over the axes, where it hides nothing, in as many columns as fit."""
    handles, labels = axes.get_legend_handles_labels()
    columns = max(1, LEGEND_LETTERS // (6 + max(map(len, labels))))
    axes.get_figure(root=True).legend(  # type: ignore[union-attr]
        handles, labels, loc="outside upper left", ncols=min(columns, len(labels))
    )


def limit_line(axes: Axes, limit_km: float) -> None:
    """Mark the judged limit on an axis of diameters."""
    axes.axvline(limit_km, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))


def draw_bins(
    axes: Axes, bins: Sequence[Mapping[str, Any]], rate: str, shift: float, label: str, colour: str, fmt: str
) -> None:
    """A rate per bin of diameter with its interval, moved by the factor `shift` so that series lie side by side."""
    rows = [each for each in bins if each[rate]["value"] is not None]
    # The last bin is open; it is drawn as if it ended at twice its lower border.
    x = shift * np.sqrt([each["low"] * (each["high"] or each["low"] * 2) for each in rows])
    y, low, high = (floats([each[rate][key] for each in rows]) for key in ("value", "low", "high"))
    error = np.maximum(np.nan_to_num(np.array([y - low, high - y])), 0)
    axes.errorbar(x, y, error, color=colour, fmt=fmt, label=label, **ERROR_BARS)

"""Chart of depth over diameter against diameter."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crater_pipeline.evaluation.depths import depth_pairs
from crater_pipeline.reporting.axes import diameter_axis, legend_above
from crater_pipeline.reporting.theme import CATALOGUE, MUTED, PREDICTED, drawing, to_svg

MOST_POINTS = 3000
"""Largest craters drawn: more would make the page heavy and hide each other."""

FRESH_SIMPLE = 0.196
"""Depth over diameter of fresh simple craters of the Moon: Pike (1977)."""


def depth_figure(craters: pd.DataFrame, catalogue: pd.DataFrame, threshold: float) -> str | None:
    """Craters at or above the threshold, and the catalogue's depths of the same craters; None without depths."""
    sure = craters[(craters["score"] >= threshold) & craters["depth_m"].notna()]
    if len(sure) == 0:
        return None
    pairs = depth_pairs(sure, catalogue)
    with drawing() as (figure, (axes,)):
        if len(pairs):
            _points(axes, pairs["known_diameter_km"], pairs["known_depth_m"], CATALOGUE, "s", "catalogue")
        _points(axes, sure["diameter_km"], sure["depth_m"], PREDICTED, "o", "measured here")
        axes.axhline(FRESH_SIMPLE, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_ylim(bottom=min(0.0, float(sure["depth_to_diameter"].min())))
        axes.set_ylabel("depth / diameter")
        sizes = np.concatenate([sure["diameter_km"], pairs["known_diameter_km"]])
        diameter_axis(axes, float(sizes.min()), float(sizes.max()))
        legend_above(axes)
        return to_svg(figure, "depth", "Depth over diameter against diameter")


def _points(axes: Axes, diameter_km: pd.Series, depth_m: pd.Series, colour: str, marker: str, label: str) -> None:
    size = diameter_km.to_numpy(dtype=float)
    drawn = np.argsort(-size, kind="stable")[:MOST_POINTS]
    ratio = depth_m.to_numpy(dtype=float)[drawn] / (1000.0 * size[drawn])
    axes.plot(size[drawn], ratio, marker, color=colour, markersize=2.5, alpha=0.6, label=label)

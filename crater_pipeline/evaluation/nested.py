"""Do craters inside larger craters go missing? Recall of nested craters against others of the same size.

Sizes are bins of sqrt(2) in diameter; the others are weighted so that their sizes are those of the nested ones.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from crater_pipeline.evaluation.intervals import with_interval
from crater_pipeline.evaluation.metrics import ratio
from crater_pipeline.evaluation.size_frequency import diameter_borders
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import unit_vectors

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

NESTED_RATIO = 3.0
"""A crater is nested when its centre lies inside one at least this many times larger."""

BASIN_KM = 300.0
"""Larger hosts are basins, which hold everything for a thousand kilometres."""


def nested(truth: pd.DataFrame, body: Body) -> BoolArray:
    """Which craters (lon, lat, diameter_km) are nested inside another of the table, shape (n,)."""
    inside = np.zeros(len(truth), dtype=bool)
    diameter = truth["diameter_km"].to_numpy(dtype=float)
    hosts = np.flatnonzero(diameter < BASIN_KM)
    if len(hosts) == 0:
        return inside
    vectors = unit_vectors(truth["lon"].to_numpy(dtype=float), truth["lat"].to_numpy(dtype=float))
    small = np.flatnonzero(diameter * NESTED_RATIO <= diameter[hosts].max())
    if len(small) == 0:
        return inside
    hosts = hosts[diameter[hosts] >= NESTED_RATIO * diameter[small].min()]
    chord = 2 * np.sin(diameter[hosts] / 4 / body.radius_km)
    tree = cKDTree(vectors[small])
    for host, members in zip(hosts, tree.query_ball_point(vectors[hosts], chord), strict=True):
        rows = small[members]
        inside[rows[diameter[rows] * NESTED_RATIO <= diameter[host]]] = True
    return inside


def nested_figures(
    diameter_km: FloatArray,
    is_nested: BoolArray,
    found: BoolArray,
    block: NDArray[np.int64],
    weights: FloatArray,
    confidence: float,
) -> dict[str, Any] | None:
    """Recall of nested craters, of the others at the same sizes, and their difference, each {value, low, high}.

    Arrays (n,) of the craters that count; `block` are columns of the bootstrap's `weights` (samples, n_blocks), which
    all three share, so that the difference is a paired one. `n` is the number of nested craters compared. None
    where there is none.
    """
    if not is_nested.any() or is_nested.all():
        return None
    borders = diameter_borders(diameter_km)
    size = np.clip(np.searchsorted(borders, diameter_km, side="right") - 1, 0, len(borders) - 2)
    kinds = np.column_stack([is_nested, is_nested & found, ~is_nested, ~is_nested & found]).astype(float)
    table = np.zeros((weights.shape[1], len(borders) - 1, kinds.shape[1]))
    np.add.at(table, (block, size), kinds)
    total = table.sum(axis=0)
    n, point = int(total[total[:, 2] > 0, 0].sum()), recalls_at_same_sizes(total)
    if n == 0:
        return None
    samples = recalls_at_same_sizes(np.tensordot(weights, table, axes=1))
    names = ("recall", "recall_others", "difference")
    return {"n": n} | {name: with_interval(float(point[i]), samples[:, i], confidence) for i, name in enumerate(names)}


def recalls_at_same_sizes(counts: FloatArray) -> FloatArray:
    """(recall of nested, recall of others weighted to the sizes of the nested, difference), shape (..., 3).

    `counts` are (nested, nested found, others, others found) per bin of size, shape (..., bins, 4). A size that only
    one kind has does not enter the comparison; NaN where nothing is left.
    """
    nested_n, nested_hit, other_n, other_hit = np.moveaxis(counts, -1, 0)
    shared = (nested_n > 0) & (other_n > 0)
    n = np.where(shared, nested_n, 0.0).sum(axis=-1)
    first = ratio(np.where(shared, nested_hit, 0.0).sum(axis=-1), n)
    rate = np.divide(other_hit, other_n, out=np.zeros_like(other_n), where=shared)
    second = ratio(np.where(shared, nested_n * rate, 0.0).sum(axis=-1), n)
    return np.stack([first, second, first - second], axis=-1)

"""Do craters inside larger craters go missing? Recall of nested craters against others of the same size."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from crater_pipeline.bodies import Body
from crater_pipeline.craters import unit_vectors
from crater_pipeline.evaluation.size_frequency import diameter_borders

NESTED_RATIO = 3.0
"""A crater is nested when its centre lies inside one at least this many times larger."""

BASIN_KM = 300.0
"""Larger hosts are basins, which hold everything for a thousand kilometres."""


def nested(truth: pd.DataFrame, body: Body) -> NDArray[np.bool_]:
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


def nested_recall(diameter_km: NDArray[np.float64], is_nested: NDArray[np.bool_], found: NDArray[np.bool_]) -> Any:
    """Recall of nested craters, and of the others weighted to the same sizes; arrays (n,) of craters that count.

    Sizes are bins of sqrt(2); nested craters of a size that no other crater has do not enter the comparison.
    Returns {n, recall, recall_others}; None where there is no nested crater to compare.
    """
    if not is_nested.any() or is_nested.all():
        return None
    borders = diameter_borders(diameter_km)
    which = np.clip(np.searchsorted(borders, diameter_km, side="right") - 1, 0, len(borders) - 2)
    n_nested, n_other = (np.bincount(which[part], minlength=len(borders)) for part in (is_nested, ~is_nested))
    hit_nested, hit_other = (
        np.bincount(which[part], weights=found[part], minlength=len(borders)) for part in (is_nested, ~is_nested)
    )
    shared = (n_nested > 0) & (n_other > 0)
    count = n_nested[shared].sum()
    if count == 0:
        return None
    others = (n_nested[shared] * hit_other[shared] / n_other[shared]).sum() / count
    return {"n": int(count), "recall": float(hit_nested[shared].sum() / count), "recall_others": float(others)}

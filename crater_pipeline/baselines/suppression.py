"""Of similar circles only the best stays."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

FloatArray = NDArray[np.float64]

CENTRES, RADII = 1.8, 1.0
"""DeepMoon's rule of what is the same crater: squared distance over the smaller radius squared, and the difference of
the radii over the smaller one (Silburt et al. 2019, doi:10.1016/j.icarus.2018.06.022)."""


def best_of_similar(circles: FloatArray, score: FloatArray) -> NDArray[np.int64]:
    """Positions of the circles (n, 3) that stay, best first: none is similar to a better one that stays."""
    order = np.argsort(-score, kind="stable")
    if len(order) == 0:
        return order.astype(np.int64)
    tree = cKDTree(circles[:, :2])
    gone = np.zeros(len(circles), bool)
    kept = []
    for i in order:
        if gone[i]:
            continue
        kept.append(i)
        near = np.asarray(tree.query_ball_point(circles[i, :2], np.sqrt(CENTRES) * circles[i, 2]), dtype=np.int64)
        smaller = np.minimum(circles[near, 2], circles[i, 2])
        distance2 = ((circles[near, :2] - circles[i, :2]) ** 2).sum(axis=1)
        same = (distance2 < CENTRES * smaller**2) & (np.abs(circles[near, 2] - circles[i, 2]) < RADII * smaller)
        gone[near[same]] = True
    return np.asarray(kept, dtype=np.int64)

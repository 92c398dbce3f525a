"""One-to-one matching of predicted and catalogue craters, as circles on the sphere.

Candidate pairs come from KD-trees on unit vectors, one tree a size class, so that the cost is near linear in the
number of craters and neither a pole nor the antimeridian is a special case.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import unit_vectors

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SIZE_CLASSES_PER_OCTAVE = 2

BATCH_EDGES = 500
"""Edges that are solved together: few enough to be fast, enough to make the overhead of a call small."""


@dataclass(frozen=True)
class Criterion:
    """When a pair of craters is the same crater.

    `reach` bounds the distance of the centres in diameters of the smaller crater and `max_ratio` the ratio of the
    diameters: no pair beyond either can match. `similarity(east, north, d1, d2)` (arrays, km) is in [0, 1] for a
    match, more being better, and negative otherwise.
    """

    name: str
    reach: float
    max_ratio: float
    similarity: Callable[[FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]


def square_iou(east: FloatArray, north: FloatArray, d1: FloatArray, d2: FloatArray) -> FloatArray:
    """Intersection over union of two squares of sides `d1`, `d2` whose centres differ by (`east`, `north`)."""
    smaller = np.minimum(d1, d2)
    overlap = [np.clip((d1 + d2) / 2 - np.abs(offset), 0.0, smaller) for offset in (east, north)]
    intersection = overlap[0] * overlap[1]
    return intersection / (d1**2 + d2**2 - intersection)


def _iou50(east: FloatArray, north: FloatArray, d1: FloatArray, d2: FloatArray) -> FloatArray:
    iou = square_iou(east, north, d1, d2)
    return np.where(iou >= 0.5, iou, -1.0)


def _circle_similarity(
    max_distance: float, max_difference: float
) -> Callable[[FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]:
    """Match when distance / smaller radius and difference of radii / smaller radius lie below the two limits."""

    def similarity(east: FloatArray, north: FloatArray, d1: FloatArray, d2: FloatArray) -> FloatArray:
        smaller = np.minimum(d1, d2) / 2
        distance = np.hypot(east, north) / smaller / max_distance
        difference = np.abs(d1 - d2) / 2 / smaller / max_difference
        return np.where((distance < 1.0) & (difference < 1.0), 1.0 - (distance + difference) / 2, -1.0)

    return similarity


CRITERIA: dict[str, Criterion] = {
    # IoU >= 1/2 bounds the offset on one axis by a third of the smaller side, and the ratio of sides by sqrt(2).
    "iou50": Criterion("iou50", np.sqrt(2) / 3, np.sqrt(2), _iou50),
    # Silburt et al. (2019), doi 10.1016/j.icarus.2018.06.022: d^2 / min(r)^2 < 1.8, |dr| / min(r) < 1.
    "deepmoon": Criterion("deepmoon", np.sqrt(1.8) / 2, 2.0, _circle_similarity(np.sqrt(1.8), 1.0)),
    # Tolerance of NASA's lunar crater detection challenge of 2025.
    "strict": Criterion("strict", 0.31 / 2, 1.14, _circle_similarity(0.31, 0.14)),
}
"""The criteria by name; `iou50` is the headline."""


@dataclass(frozen=True)
class CandidatePairs:
    """Every pair that satisfies the criterion: positions in the two tables, shape (n,), and the similarity."""

    pred: IntArray
    truth: IntArray
    similarity: FloatArray

    def where(self, keep: NDArray[np.bool_]) -> "CandidatePairs":
        return CandidatePairs(self.pred[keep], self.truth[keep], self.similarity[keep])


def offsets_km(first: FloatArray, second: FloatArray, radius_km: float) -> tuple[FloatArray, FloatArray]:
    """(east, north) of the `second` points from the `first` ones, unit vectors (n, 3), in km.

    Azimuthal equidistant about the midpoint of each pair: the length is the great-circle distance, the direction is
    taken at the midpoint, so that swapping the two only changes the signs. At a pole itself "east" is 90 E.
    """
    chord = second - first
    length = np.linalg.norm(chord, axis=1)
    distance = 2 * np.arcsin(np.clip(length / 2, 0.0, 1.0)) * radius_km
    middle = first + second
    east = np.column_stack([-middle[:, 1], middle[:, 0], np.zeros(len(middle))])
    norm = np.linalg.norm(east, axis=1)
    east = np.where(norm[:, None] > 1e-12, east / np.maximum(norm, 1e-300)[:, None], [0.0, 1.0, 0.0])
    middle_norm = np.linalg.norm(middle, axis=1)
    north = np.cross(middle / np.maximum(middle_norm, 1e-300)[:, None], east)
    stretch = np.divide(distance, length, out=np.zeros_like(distance), where=length > 0)
    return (chord * east).sum(axis=1) * stretch, (chord * north).sum(axis=1) * stretch


def candidate_pairs(pred: pd.DataFrame, truth: pd.DataFrame, criterion: str, body: Body) -> CandidatePairs:
    """All pairs that satisfy `criterion`, from tables with lon, lat (degrees) and diameter_km."""
    rule = CRITERIA[criterion]
    empty = np.zeros(0, dtype=np.int64)
    if len(pred) == 0 or len(truth) == 0:
        return CandidatePairs(empty, empty, np.zeros(0))
    p_vec, t_vec = unit_vectors(pred["lon"], pred["lat"]), unit_vectors(truth["lon"], truth["lat"])
    p_d, t_d = pred["diameter_km"].to_numpy(dtype=float), truth["diameter_km"].to_numpy(dtype=float)

    pairs: list[tuple[IntArray, IntArray]] = []
    size_class = np.floor(np.log2(t_d) * SIZE_CLASSES_PER_OCTAVE)
    for each in np.unique(size_class):
        members = np.flatnonzero(size_class == each)
        low, high = t_d[members].min(), t_d[members].max()
        near = np.flatnonzero((p_d >= low / rule.max_ratio * (1 - 1e-9)) & (p_d <= high * rule.max_ratio * (1 + 1e-9)))
        if len(near) == 0:
            continue
        angle = np.minimum(rule.reach * np.minimum(p_d[near], high) / body.radius_km, np.pi)
        # A touch more than the bound: rounding must not lose a pair that lies exactly on it.
        hits = cKDTree(t_vec[members]).query_ball_point(p_vec[near], 2 * np.sin(angle / 2) * (1 + 1e-9) + 1e-15)
        counts = np.fromiter((len(hit) for hit in hits), dtype=np.int64, count=len(hits))
        if counts.sum():
            found = np.concatenate([np.asarray(hit, dtype=np.int64) for hit in hits if hit])
            pairs.append((np.repeat(near, counts), members[found]))
    if not pairs:
        return CandidatePairs(empty, empty, np.zeros(0))
    p, t = np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])
    similarity = rule.similarity(*offsets_km(p_vec[p], t_vec[t], body.radius_km), p_d[p], t_d[t])
    return CandidatePairs(p, t, similarity).where(similarity >= 0)


def optimal_assignment(pairs: CandidatePairs, truth_ignored: NDArray[np.bool_] | None = None) -> IntArray:
    """The one-to-one choice of pairs that is largest in number and, among those, in total similarity; (n, 2).

    Where some truths are `truth_ignored` (by position), the number of pairs with the others comes first of all.
    """
    if len(pairs.pred) == 0:
        return np.zeros((0, 2), dtype=np.int64)
    preds, p = np.unique(pairs.pred, return_inverse=True)
    truths, t = np.unique(pairs.truth, return_inverse=True)
    counted = np.ones(len(p), dtype=bool) if truth_ignored is None else ~truth_ignored[pairs.truth]
    nodes = len(preds) + len(truths)
    graph = coo_matrix((np.ones(len(p), dtype=np.int8), (p, len(preds) + t)), shape=(nodes, nodes))
    component = connected_components(graph, directed=False)[1][p]
    alone = np.bincount(component)[component] == 1
    chosen = [np.flatnonzero(alone)]
    rest = np.flatnonzero(~alone)
    rest = rest[np.argsort(component[rest], kind="stable")]
    if len(rest):
        starts = np.flatnonzero(np.append(True, np.diff(component[rest]) != 0))
        # Several components are solved at once, as many as share a batch by the position of their first edge.
        batch_starts = starts[np.append(True, np.diff(starts // BATCH_EDGES) != 0)]
        for group in np.split(rest, batch_starts[1:]):
            chosen.append(group[_assign(p[group], t[group], pairs.similarity[group], counted[group])])
    picked = np.sort(np.concatenate(chosen))
    return np.column_stack([preds[p[picked]], truths[t[picked]]])


def _assign(p: IntArray, t: IntArray, similarity: FloatArray, counted: NDArray[np.bool_]) -> IntArray:
    """Positions of the chosen edges within a few connected components."""
    rows, p = np.unique(p, return_inverse=True)
    cols, t = np.unique(t, return_inverse=True)
    n, m = len(rows), len(cols)
    # A match is worth more than all similarities (each at most 1) together, and one that counts more than all others,
    # so the numbers of pairs come first. Every row also has a column of its own that means "unmatched", because the
    # solver demands a full matching.
    worth = min(n, m) + 1.0
    cost = np.concatenate([-(np.where(counted, worth**2, worth) + similarity), np.ones(n)])
    row, col = np.concatenate([p, np.arange(n)]), np.concatenate([t, m + np.arange(n)])
    row_ind, col_ind = min_weight_full_bipartite_matching(csr_matrix((cost, (row, col)), shape=(n, m + n)))
    matched = col_ind < m
    wanted = row_ind[matched].astype(np.int64) * m + col_ind[matched]
    return np.flatnonzero(np.isin(p * m + t, wanted))


def greedy_assignment(
    pairs: CandidatePairs, score: ArrayLike, truth_ignored: NDArray[np.bool_] | None = None
) -> IntArray:
    """COCO's rule, (n, 2): by falling score, each prediction takes the most similar truth that is still free.

    A truth with `truth_ignored` is taken only by a prediction that finds no other. Equal scores keep the order of
    the table, as pycocotools' stable sort does.
    """
    if len(pairs.pred) == 0:
        return np.zeros((0, 2), dtype=np.int64)
    ignored = np.zeros(pairs.truth.max() + 1, dtype=bool) if truth_ignored is None else truth_ignored
    falling = -np.asarray(score, dtype=float)
    order = np.lexsort([-pairs.similarity, ignored[pairs.truth], pairs.pred, falling[pairs.pred]])
    taken: set[int] = set()
    done: set[int] = set()
    chosen: list[tuple[int, int]] = []
    for p, t in zip(pairs.pred[order].tolist(), pairs.truth[order].tolist(), strict=True):
        if p not in done and t not in taken:
            done.add(p)
            taken.add(t)
            chosen.append((p, t))
    return np.asarray(chosen, dtype=np.int64)


def optimal_matches(pred: pd.DataFrame, truth: pd.DataFrame, criterion: str, body: Body) -> IntArray:
    """Optimal one-to-one matching; integer positions (pred, truth), shape (n, 2).

    `pred` and `truth` need columns lon, lat (degrees) and diameter_km; `criterion` is a key of `CRITERIA`.
    """
    return optimal_assignment(candidate_pairs(pred, truth, criterion, body))

"""Which points about a crater belong to other craters."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from crater_pipeline.measures.rings import IN_FLOOR, REACH
from crater_pipeline.sphere.craters import unit_vectors

FloatArray = NDArray[np.float64]

CUT_REACH = 1.1
"""A crater spoils the ground of another as far as its rim, this many of its radii."""

CREST = 0.1
"""Half the width of a larger crater's crest in its radii, at most half a radius of the crater measured."""

LEAST_SHARE, LARGEST_SHARE = 0.1, 15.0
"""Of the measured crater's radius: smaller craters are left to medians and quantiles, and beside the crests and walls
of larger ones it is small enough for them to be a plane."""

CONCENTRIC = 0.25
"""Craters whose centres are this near, in radii of the smaller one, share a floor, or are one crater found twice."""


class Overlaps:
    """Craters by place and size, to be asked which of them disturb another one."""

    def __init__(self, lon: FloatArray, lat: FloatArray, radius: FloatArray) -> None:
        """`radius` in radians of arc."""
        self.centre, self.radius = unit_vectors(lon, lat), radius
        octave = np.floor(np.log2(radius)) if len(radius) else np.empty(0)
        # by octaves of size: one search radius for all would find thousands of small ones around each large one
        rows = [np.flatnonzero(octave == each) for each in np.unique(octave)]
        self._trees = [(each, cKDTree(self.centre[each]), float(radius[each].max())) for each in rows]

    def near(self, centre: FloatArray, radius: float) -> NDArray[np.intp]:
        """Rows of the craters that may reach what is looked at of the crater at `centre` (3,)."""
        found: list[NDArray[np.intp]] = []
        for rows, tree, largest in self._trees:
            if LEAST_SHARE * radius <= largest and self.radius[rows].min() <= LARGEST_SHARE * radius:
                arc = min(REACH * radius + CUT_REACH * largest, np.pi)
                members: Sequence[int] = tree.query_ball_point(centre, 2 * np.sin(arc / 2))
                found.append(rows[np.asarray(members, dtype=np.intp)])
        near = np.concatenate(found) if found else np.empty(0, np.intp)
        share = self.radius[near] / radius
        return near[(share >= LEAST_SHARE) & (share <= LARGEST_SHARE)]

    def disturbed(self, points: FloatArray, centre: FloatArray, radius: float) -> NDArray[np.bool_]:
        """Which `points` (rings, azimuths, 3) about the crater at `centre` belong to other craters.

        Of a smaller one those out to its rim. A larger crater is the ground that this one lies on, inside or outside
        its rim: points on the other side of that rim are not to be compared with it; the floor is this one's own.
        """
        hit = np.zeros(points.shape[:2], dtype=bool)
        for row in self.near(centre, radius):
            other, size = self.centre[row], self.radius[row]
            apart = _arc(centre, other)
            if apart < CONCENTRIC * min(radius, size):
                continue
            distance = _arc(points, other)
            if size <= radius:
                hit |= distance < CUT_REACH * size
            else:
                crest = min(CREST * size, radius / 2)
                beyond = distance > size - crest if apart < size else distance < size + crest
                beyond[IN_FLOOR] = False
                hit |= beyond
        return hit


def _arc(points: FloatArray, other: FloatArray) -> FloatArray:
    """Arc in radians between directions, exact for near ones."""
    return np.asarray(2 * np.arcsin(np.clip(np.linalg.norm(points - other, axis=-1) / 2, 0.0, 1.0)))

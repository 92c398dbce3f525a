"""One crater, one row: detections of overlapping tiles and of several pyramid levels unified in crater space.

Two circles are the same crater when their centres AND their sizes are similar, so nested craters stay; the nearer the
centres, the more the sizes may differ, since levels disagree about sizes more than about places. Of similar circles
the better one stays, where "better" is a total order of the craters' own properties: the outcome depends
neither on the order of rows nor on the tiling. A circle is dropped if and only if a circle that stays is better and
similar to it; so nothing is dropped for the sake of a circle that is dropped itself, and a chain of craters, each
similar to the next only, keeps every other one.
"""

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pydantic import Field
from scipy.spatial import cKDTree

from crater_pipeline.settings import Settings
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import crater_ids, unit_vectors
from crater_pipeline.tiles.inside import assign_split

logger = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

COLUMNS = ["crater_id", "lon", "lat", "diameter_km", "score", "level", "diameter_px", "touches_edge", "split"]

CONFLICT_BATCH = 1_000_000
"""Conflicts settled at once: bounds the memory of Python integers."""


class MergingSettings(Settings):
    """How the detections of all tiles and levels become one list of craters."""

    core_tolerance_px: float = Field(
        4.0, ge=0, description="A tile's detection counts if its centre is at most this far outside the tile's core."
    )
    core_tolerance_diameters: float = Field(
        0.1, ge=0, description="The same in diameters of the detection; the larger of the two tolerances holds."
    )
    max_centre_distance: float = Field(
        0.5, gt=0, description="Duplicates lie less than this many radii (of the smaller circle) apart."
    )
    max_size_ratio: float = Field(
        1.5, gt=1, description="Duplicates' diameters differ by at most this factor; beyond it craters are nested."
    )
    concentric_distance: float = Field(
        0.25, ge=0, description="Circles with centres nearer than this (in radii of the smaller one) are concentric."
    )
    concentric_size_ratio: float = Field(
        2.0,
        gt=1,
        description="Concentric circles' diameters may differ by this factor and are duplicates still: craters so "
        "nested are rare (1 in 2,000), levels that disagree about a crater's size are not.",
    )
    preferred_diameter_px: tuple[float, float] = Field(
        (8.0, 128.0),
        description="Diameters, in pixels of a pyramid level, at which the network sees a crater best: of duplicates "
        "on two levels the one within this range is preferred.",
    )
    level_preference: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Share by which the score of a detection outside `preferred_diameter_px` is lowered when "
        "duplicates are compared (its own score stays).",
    )


def merge(craters: pd.DataFrame, footprint: gpd.GeoDataFrame, body: Body, settings: MergingSettings) -> pd.DataFrame:
    """Unique craters (columns `COLUMNS`) from georeferenced detections, best score first.

    Parameters
    ----------
    craters
        lon, lat, diameter_km, diameter_px, score, level, core_distance, touches_edge; rows without a position (NaN)
        are dropped.
    footprint
        split and geometry of the area that was searched; craters whose centre is outside are dropped.
    """
    inside = owned_inside(craters, footprint, settings)
    unique = listed(inside[best(inside, body, settings)])
    logger.info("%d detections, %d owned and inside the footprint, %d craters", len(craters), len(inside), len(unique))
    unique.attrs = dict(craters.attrs)
    return unique


def owned_inside(craters: pd.DataFrame, footprint: gpd.GeoDataFrame, settings: MergingSettings) -> pd.DataFrame:
    """The detections that their tile owns and whose centre was searched, with the `split` of that ground."""
    tolerance = np.maximum(
        settings.core_tolerance_px, settings.core_tolerance_diameters * craters["diameter_px"].to_numpy(dtype=float)
    )
    eligible = (craters["core_distance"].to_numpy(dtype=float) <= tolerance) & np.isfinite(
        craters["lon"].to_numpy(dtype=float)
    )
    owned = craters[eligible].reset_index(drop=True)
    owned["split"] = assign_split(owned["lon"], owned["lat"], footprint)
    inside: pd.DataFrame = owned[owned["split"].notna()].reset_index(drop=True)
    return inside


def best(craters: pd.DataFrame, body: Body, settings: MergingSettings) -> BoolArray:
    """Which of the owned detections stay, shape (n,): of similar ones the best."""
    low, high = settings.preferred_diameter_px
    seen_well = craters["diameter_px"].between(low, high).to_numpy()
    worth = craters["score"].to_numpy(dtype=float) * np.where(seen_well, 1.0, 1.0 - settings.level_preference)
    preferred = craters["core_distance"].to_numpy(dtype=float) <= 0
    return deduplicate(
        craters["lon"], craters["lat"], craters["diameter_km"], worth, body, settings, preferred=preferred
    )


def listed(unique: pd.DataFrame) -> pd.DataFrame:
    """Unique craters with their names (columns `COLUMNS`), best score first."""
    named = unique.assign(crater_id=crater_ids(unique["lon"], unique["lat"], unique["diameter_km"]))
    named = named.astype({"crater_id": "str", "split": "str"})
    ordered: pd.DataFrame = named[COLUMNS].sort_values(
        ["score", "crater_id"], ascending=[False, True], ignore_index=True
    )
    return ordered


def deduplicate(
    lon: ArrayLike,
    lat: ArrayLike,
    diameter_km: ArrayLike,
    score: ArrayLike,
    body: Body,
    settings: MergingSettings,
    preferred: ArrayLike | None = None,
) -> BoolArray:
    """Which craters stay, shape (n,): of similar ones the best.

    Better is: the higher score, then `preferred`, then the larger, then the smaller longitude and latitude. Similar
    is: the great-circle distance of the centres is below `max_centre_distance` times the smaller radius, and the
    diameters' ratio at most `max_size_ratio`; or the same with the two settings for concentric circles.
    """
    lon, lat, diameter_km, score = (np.asarray(column, dtype=float) for column in (lon, lat, diameter_km, score))
    second = np.zeros(len(lon), dtype=bool) if preferred is None else np.asarray(preferred, dtype=bool)
    order = np.lexsort((lat, lon, -diameter_km, ~second, -score))
    better, worse = similar_pairs(lon[order], lat[order], diameter_km[order], body, settings)
    stays = bytearray(b"\x01") * len(order)
    # In the order of the better one: when a pair's turn comes, everything that could drop its better one has had its.
    by_better = np.argsort(better, kind="stable")
    for start in range(0, len(by_better), CONFLICT_BATCH):
        batch = by_better[start : start + CONFLICT_BATCH]
        for first, second_ in zip(better[batch].tolist(), worse[batch].tolist(), strict=True):
            if stays[first]:
                stays[second_] = 0
    keep = np.empty(len(order), dtype=bool)
    keep[order] = np.frombuffer(stays, dtype=bool)
    return keep


def similar_pairs(
    lon: FloatArray, lat: FloatArray, diameter_km: FloatArray, body: Body, settings: MergingSettings
) -> tuple[IntArray, IntArray]:
    """All pairs (i < j) of similar craters, each once, shape (m,).

    Craters are sorted into classes of diameter, as wide as the largest ratio, so that similar ones are in the same
    class or in neighbouring ones. A class and the next are searched together with a KD-tree of unit vectors, within the
    distance that the largest crater of the lower class allows: one more dimension than a plane, but no special case
    at the poles or the antimeridian.
    """
    if len(lon) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    vectors = unit_vectors(lon, lat)
    log_ratio = np.log(max(settings.max_size_ratio, settings.concentric_size_ratio))
    reach = max(settings.max_centre_distance, settings.concentric_distance)
    size_class = np.floor(np.log(diameter_km) / log_ratio).astype(np.int64)
    by_class = np.argsort(size_class, kind="stable")
    classes, starts = np.unique(size_class[by_class], return_index=True)
    ends = np.append(starts[1:], len(by_class))
    pairs = []
    for k, (number, start, end) in enumerate(zip(classes, starts, ends, strict=True)):
        own = by_class[start:end]
        reach_km = reach * np.max(diameter_km[own]) / 2
        # the chord, with room for rounding: what is too far is sorted out below
        chord = 2 * np.sin(min(reach_km / body.radius_km, np.pi) / 2) * (1 + 1e-9) + 1e-15
        tree = cKDTree(vectors[own], balanced_tree=False, compact_nodes=False)
        within = tree.query_pairs(chord, output_type="ndarray")
        pairs.append(_similar(own[within], vectors, diameter_km, body, settings))
        if k + 1 < len(classes) and classes[k + 1] == number + 1:
            upper = by_class[starts[k + 1] : ends[k + 1]]
            other = cKDTree(vectors[upper], balanced_tree=False, compact_nodes=False)
            across = tree.sparse_distance_matrix(other, chord, output_type="ndarray")
            found = np.column_stack([own[across["i"]], upper[across["j"]]])
            pairs.append(_similar(found, vectors, diameter_km, body, settings))
    all_pairs = np.concatenate(pairs) if pairs else np.empty((0, 2), dtype=np.int64)
    return all_pairs[:, 0], all_pairs[:, 1]


def _similar(
    pairs: IntArray, vectors: FloatArray, diameter_km: FloatArray, body: Body, settings: MergingSettings
) -> IntArray:
    """Those of the pairs (m, 2) that are similar, the smaller index first."""
    first, second = pairs.min(axis=1), pairs.max(axis=1)
    small = np.minimum(diameter_km[first], diameter_km[second])
    large = np.maximum(diameter_km[first], diameter_km[second])
    chord = np.linalg.norm(vectors[first] - vectors[second], axis=1)
    distance_km = 2 * body.radius_km * np.arcsin(np.clip(chord / 2, 0.0, 1.0))
    apart, ratio = distance_km / (small / 2), large / small
    similar = (apart < settings.max_centre_distance) & (ratio <= settings.max_size_ratio)
    similar |= (apart < settings.concentric_distance) & (ratio <= settings.concentric_size_ratio)
    return np.column_stack([first[similar], second[similar]])

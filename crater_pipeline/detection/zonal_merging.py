"""The detections of a region's zones as one list of craters, zone by zone.

Zones are to each other what tiles are: each is searched with a margin, owns the craters whose centres it holds (with
the tiles' tolerance), and what two zones both report is settled in crater space, where a seam, a pole or the
antimeridian is no special place.

The outcome is that of `merging.merge` over all detections at once. Memory holds the detections of one zone, and of
the others only what is left of them: a detection competes only with similar ones, so that a group linked by similarity
that stays away from all other zones is settled where it lies; groups that come near one wait for the end.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from crater_pipeline.detection.merging import MergingSettings, best, listed, owned_inside, similar_pairs
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.craters import depth_in_bounds_km, distance_to_bounds_km
from crater_pipeline.tables import read_table

logger = logging.getLogger(__name__)

DETECTIONS = ["lon", "lat", "diameter_km", "diameter_px", "score", "level", "core_distance", "touches_edge"]


@dataclass(frozen=True)
class ZoneDetections:
    """A zone, and the Parquet table of the georeferenced detections (`DETECTIONS`) in it and around it."""

    path: Path
    zone: Bounds


def merge_zones(
    zones: Sequence[ZoneDetections], footprint: gpd.GeoDataFrame, body: Body, settings: MergingSettings
) -> pd.DataFrame:
    """Unique craters of all zones (columns `merging.COLUMNS`), best score first; `footprint` is that of all of them.

    Raises
    ------
    UserError
        If a table is missing, unreadable or lacks a column.
    """
    reach = _reach_diameters(zones, settings)
    settled, open_, count = [], [], 0
    attrs: dict[Any, Any] = {}
    for each in zones:
        table = read_table(each.path, DETECTIONS)
        count, attrs = count + len(table), {**attrs, **table.attrs}
        inside = owned_inside(owned(table, each.zone, body), footprint, settings)
        waits = _waiting(inside, each.zone, reach, body, settings)
        alone = inside[~waits]
        settled.append(alone[best(alone, body, settings)])
        open_.append(inside[waits])
    border = pd.concat(open_, ignore_index=True)
    unique = listed(pd.concat([*settled, border[best(border, body, settings)]], ignore_index=True))
    logger.info("%d detections in %d zones, %d near seams, %d craters", count, len(zones), len(border), len(unique))
    unique.attrs = attrs
    return unique


def owned(found: pd.DataFrame, zone: Bounds, body: Body) -> pd.DataFrame:
    """Detections with `core_distance` also counting how far, in pixels of their level, they lie outside the zone.

    Merging then treats the zone like a tile's core, with the same tolerance.
    """
    outside_km = distance_to_bounds_km(found["lon"], found["lat"], zone, body)
    outside_px = outside_km * found["diameter_px"].to_numpy(dtype=float) / found["diameter_km"].to_numpy(dtype=float)
    distance = found["core_distance"].to_numpy(dtype=float)
    return found.assign(core_distance=np.where(outside_km > 0, np.maximum(distance, outside_px), distance))


def _reach_diameters(zones: Sequence[ZoneDetections], settings: MergingSettings) -> float:
    """How far from its zone's border, in its own diameters, a detection may lie and yet compete with another zone's.

    As far as similar centres are apart, and as that other one, by at most the largest ratio larger, may lie outside
    its zone.
    """
    least_px = min((_least_diameter_px(each.path) for each in zones), default=1.0)
    outside = max(settings.core_tolerance_px / least_px, settings.core_tolerance_diameters)
    apart = max(settings.max_centre_distance, settings.concentric_distance) / 2
    return apart + outside * max(settings.max_size_ratio, settings.concentric_size_ratio)


def _least_diameter_px(path: Path) -> float:
    read_table(path, DETECTIONS[:0])
    least = pc.min(pq.read_table(path, columns=["diameter_px"])["diameter_px"]).as_py()
    return float("inf") if least is None else float(least)


def _waiting(
    craters: pd.DataFrame, zone: Bounds, reach: float, body: Body, settings: MergingSettings
) -> NDArray[np.bool_]:
    """Which of a zone's owned detections belong to a group that comes near the zone's border; (n,)."""
    lon, lat, diameter_km = (craters[name].to_numpy(dtype=float) for name in ("lon", "lat", "diameter_km"))
    near = depth_in_bounds_km(lon, lat, zone, body) <= reach * diameter_km
    first, second = similar_pairs(lon, lat, diameter_km, body, settings)
    links = coo_array((np.ones(len(first), bool), (first, second)), shape=(len(craters), len(craters)))
    groups, group = connected_components(links, directed=False)
    waits = np.zeros(groups, bool)
    waits[group[near]] = True
    return np.asarray(waits[group])

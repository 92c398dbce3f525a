"""Which craters are still to be seen: how much of the rim survives, how much relief is left."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from crater_pipeline.simulation.population import Population

RIM_POINTS = 24
_ANGLES = 2 * np.pi * np.arange(RIM_POINTS) / RIM_POINTS


def rim_survival(craters: Population, erasers: Population) -> NDArray[np.float64]:
    """Share of each crater's rim (n,) that no younger crater of `erasers` has dug away or buried.

    An eraser clears everything inside its own rim, and further out what is lower than its ejecta are thick
    there: 0.02 D (r / R)^-3 against a worn crater's 0.075 D of relief, at most to 2 radii.
    """
    lost = np.zeros(len(craters), dtype=np.uint32)
    if not len(craters) or not len(erasers):
        return np.ones(len(craters))
    centres = np.column_stack([craters.x, craters.y])
    classes = np.floor(np.log2(erasers.radius_px)).astype(int)
    for each in np.unique(classes):
        members = np.flatnonzero(classes == each)
        upper = 2.0 ** (each + 1)
        # Much smaller craters only nick a rim.
        targets = np.flatnonzero(craters.radius_px < 2.5 * upper)
        if not targets.size:
            continue
        tree = cKDTree(np.column_stack([erasers.x[members], erasers.y[members]]))
        hits = tree.query_ball_point(centres[targets], craters.radius_px[targets] + 2.0 * upper, return_sorted=False)
        counts = np.fromiter((len(hit) for hit in hits), dtype=int, count=len(hits))
        if not counts.any():
            continue
        i = np.repeat(targets, counts)
        j = members[np.concatenate([np.asarray(hit, dtype=int) for hit in hits if hit])]
        younger = erasers.clock[j] < craters.clock[i]
        i, j = i[younger], j[younger]
        thickness = np.cbrt(0.04 * erasers.radius_px[j] / (0.15 * craters.radius_px[i]))
        reach = erasers.radius_px[j] * np.clip(thickness, 0.97, 2.0) * np.where(erasers.state[j] < 1.0, 1.0, 0.9)
        for bit, angle in enumerate(_ANGLES):
            dx = craters.x[i] + craters.radius_px[i] * np.cos(angle) - erasers.x[j]
            dy = craters.y[i] + craters.radius_px[i] * np.sin(angle) - erasers.y[j]
            covered = i[dx * dx + dy * dy < reach * reach]
            lost[covered] |= np.uint32(1 << bit)
    return 1.0 - np.bitwise_count(lost) / RIM_POINTS


def measured_relief_px(
    elevation: NDArray[np.float32], craters: Population, pixel_size_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(relief, share of the rim standing): what `elevation` (h, w) metres really shows of each crater.

    Relief, in pixels' units of length: mean height of the rim above the mean of the floor within half a radius,
    after a plane through the rim points is taken away; the share counts rim points above a quarter of it.
    NaN where less than half of the rim or no floor lies within the scene.
    """
    rim, rim_inside = _ring(elevation, craters, 1.0, _ANGLES)
    floors = [_ring(elevation, craters, f, _ANGLES[::4]) for f in (0.15, 0.45)]
    floor = _masked_mean(np.hstack([value for value, _ in floors]), np.hstack([inside for _, inside in floors]))
    above = rim - floor[:, None]
    mean = _masked_mean(above, rim_inside)
    # A crater on a slope has a low side: judge each rim point against the plane of the whole rim.
    cos, sin = np.cos(_ANGLES), np.sin(_ANGLES)
    tilt = 2.0 / RIM_POINTS * ((above * cos).sum(1)[:, None] * cos + (above * sin).sum(1)[:, None] * sin)
    level = above - np.where(rim_inside.all(axis=1, keepdims=True), tilt, 0.0)
    standing = _masked_mean(level > 0.25 * mean[:, None], rim_inside)
    measured = (rim_inside.mean(axis=1) > 0.5) & ~np.isnan(mean)
    return np.where(measured, mean / pixel_size_m, np.nan), np.where(measured, standing, np.nan)


def _masked_mean(values: NDArray[np.generic], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean along the last axis over `mask`, NaN where it is empty."""
    count = mask.sum(axis=1)
    total = np.where(mask, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _ring(
    elevation: NDArray[np.float32], craters: Population, factor: float, angles: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Heights (n, angles) at `factor` radii, and which of those points lie in the scene."""
    height, width = elevation.shape
    x = craters.x[:, None] + factor * craters.radius_px[:, None] * np.cos(angles)
    y = craters.y[:, None] + factor * craters.radius_px[:, None] * np.sin(angles)
    inside = (x >= 0) & (x <= width) & (y >= 0) & (y <= height)
    values = map_coordinates(elevation, [y - 0.5, x - 0.5], order=1, mode="nearest", output=np.float64)
    return values, inside

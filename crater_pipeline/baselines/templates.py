"""A classical detector: shaded bowls of every size correlated with the picture. Nothing is learned.

A bowl lit from one side is bright on the wall that faces the sun and dark on the one below it. Where the sun stood is
known of shaded terrain; a photograph is compared with bowls under eight suns.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from crater_pipeline.baselines.correlation import circles_where_it_peaks
from crater_pipeline.baselines.ground import Ground
from crater_pipeline.baselines.method import as_boxes
from crater_pipeline.labels.learnable import LEARNED_PX
from crater_pipeline.models.decoding import Boxes

REACH = 1.4
"""Templates reach so many radii: the outer slope of the rim shows what is no crater but a mere step."""

OUTER_SLOPE = -0.35
"""Slope of the rim's outside against the steepest of the inside."""

RADII = np.geomspace(LEARNED_PX[0] / 2, LEARNED_PX[1] / 2, 36)
"""In pixels, each 9 % larger than the one before."""

SUNS = 8

LEAST = 0.25
MOST = 500


def bowl(azimuth_deg: float, radius: float) -> NDArray[np.float32]:
    """Shading of a parabolic bowl with a raised rim, light from an azimuth clockwise from the top of the picture."""
    half = int(np.ceil(REACH * radius))
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(float)
    distance = np.hypot(x, y) / radius
    slope = np.where(
        distance <= 1, distance, np.where(distance <= REACH, OUTER_SLOPE * (REACH - distance) / (REACH - 1), 0)
    )
    azimuth = np.radians(azimuth_deg)
    outward = np.divide(
        x * np.sin(azimuth) - y * np.cos(azimuth), np.hypot(x, y), out=np.zeros_like(x), where=distance > 0
    )
    # The ground rises outwards, so the wall on the far side from the sun faces it.
    return np.asarray(-slope * outward, dtype=np.float32)


def find(ground: Ground, azimuth_deg: float | None) -> Boxes:
    """Craters of one tile; `azimuth_deg` of the sun, or None where it is not known."""
    azimuths = [azimuth_deg] if azimuth_deg is not None else list(np.arange(SUNS) * 360.0 / SUNS)
    families = [lambda radius, azimuth=each: bowl(azimuth, radius) for each in azimuths]
    return as_boxes(*circles_where_it_peaks(torch.from_numpy(ground.grey), families, RADII, LEAST, MOST))

"""Craters to try measurements on: what is said of them is what the terrain holds."""

import numpy as np
import pytest

from crater_pipeline.simulation.known import KnownCraters, known_craters
from crater_pipeline.simulation.settings import SimulationSettings

PIXEL_M, SIZE_PX = 100.0, 40.0
SHARP = SimulationSettings()


def reliefs(known: KnownCraters) -> np.ndarray:
    """Highest ground near each rim above the lowest inside."""
    rows, columns = np.indices(known.elevation_m.shape) + 0.5
    found = []
    for x, y, size in zip(known.x, known.y, known.diameter_px, strict=True):
        distance = np.hypot(columns - x, rows - y) / (size / 2)
        rim, inside = np.abs(distance - 1) < 0.15, distance < 0.9
        found.append(np.median(known.elevation_m[rim]) - known.elevation_m[inside].min())
    return np.array(found)


def test_depths_are_those_of_the_terrain() -> None:
    known = known_craters(SIZE_PX, PIXEL_M, 3, 0, SHARP)
    assert len(known.x) == 9
    # the median of the ring is below its crest
    ratio = reliefs(known) / known.depth_m
    assert ((ratio > 0.8) & (ratio < 1.05)).all()
    assert (known.rim_height_m > 0).all()
    assert (known.rim_height_m < known.depth_m).all()


def test_craters_differ_and_stand_apart() -> None:
    known = known_craters(SIZE_PX, PIXEL_M, 3, 0, SHARP)
    ratio = known.depth_m / (known.diameter_px * PIXEL_M)
    assert ratio.max() < 0.26
    assert ratio.max() > 1.3 * ratio.min()
    apart = np.hypot(np.subtract.outer(known.x, known.x), np.subtract.outer(known.y, known.y))
    assert apart[apart > 0].min() > 3 * SIZE_PX


def test_ground_slopes_as_told() -> None:
    flat = known_craters(SIZE_PX, PIXEL_M, 2, 0, SHARP)
    tilted = known_craters(SIZE_PX, PIXEL_M, 2, 0, SHARP, slope=(0.1, -0.05))
    rows, columns = np.indices(flat.elevation_m.shape)
    expected = PIXEL_M * (0.1 * columns - 0.05 * rows)
    assert np.allclose(tilted.elevation_m - flat.elevation_m, expected, atol=0.02 * np.ptp(flat.elevation_m))
    assert tilted.depth_m == pytest.approx(flat.depth_m)


def test_a_blurred_model_shows_less_of_the_same_craters() -> None:
    sharp, blurred = (
        known_craters(12.0, PIXEL_M, 3, 0, SimulationSettings(dtm_blur_px=blur), rough_m=5.0) for blur in (0.0, 3.6)
    )
    assert blurred.depth_m.tolist() == sharp.depth_m.tolist()
    assert np.median(reliefs(blurred)) < 0.6 * np.median(reliefs(sharp))

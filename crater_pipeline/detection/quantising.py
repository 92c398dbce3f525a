"""A network in integers of 8 bits for OpenVINO: about twice as fast as in bf16, a little less accurate.

It is calibrated on simulated ground, so that the same weights make the same network everywhere, and compared with what
it was made from on tiles that were not calibrated on.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.errors import UserError
from crater_pipeline.light.reflectance import Sun, shade
from crater_pipeline.light.standardise import standardise
from crater_pipeline.light.views import DEFAULT_AZIMUTH_DEG, View, terrain_view
from crater_pipeline.simulation.scenes import drawn_scene

if TYPE_CHECKING:
    import openvino

log = logging.getLogger(__name__)

SCENES, SEED, TILES_ACROSS = (0, 2, 4), 8, 3
"""Of `simulation.scenes`, those as blurred as a terrain model."""

SUN_HEIGHTS_DEG = (8.0, 20.0, 35.0)
"""Suns over the pictures of neighbouring tiles."""

CHECKED_EVERY = 4
"""Of so many tiles one is kept for the comparison."""

SURE, AGREES = 0.3, 0.1
"""Scores above the first must not move by more than the second."""

LEAST_AGREEMENT = 0.95
"""Share of the sure peaks whose score stands, below which the network is refused."""


def quantised(model: "openvino.Model", view: View, size: int, cache: Path) -> "openvino.Model":
    """The model in 8-bit integers.

    Raises
    ------
    UserError
        If NNCF is not installed, or the result does not agree with what it was made from.
    """
    try:
        import nncf
    except ImportError:
        raise UserError(
            "inference.precision: int8 needs NNCF, which is not installed; install it (pip install nncf), or set "
            "inference.precision to auto"
        ) from None
    log.info("the network is made for 8-bit integers, once for these weights")
    nncf.set_log_level(logging.ERROR)
    shown = calibration_pictures(view, size, cache)
    checked = shown[::CHECKED_EVERY]
    learned = [each for i, each in enumerate(shown) if i % CHECKED_EVERY]
    # Features that may be negative keep their zero where it is, the others get all 256 steps.
    preset = nncf.QuantizationPreset.MIXED
    small: openvino.Model = nncf.quantize(model, nncf.Dataset(learned), preset=preset, subset_size=len(learned))
    share = agreement(model, small, checked)
    log.info("8-bit integers: %.1f %% of the sure answers stand", 100 * share)
    if share < LEAST_AGREEMENT:
        raise UserError(
            f"inference.precision: in int8 only {100 * share:.0f} % of what these weights are sure of stands; set it "
            "to auto"
        )
    return small


def calibration_pictures(view: View, size: int, cache: Path) -> list[NDArray[np.float32]]:
    """What a network is shown of simulated ground, each (1, channels, size, size)."""
    shown = []
    for index in SCENES:
        with np.load(drawn_scene(index, TILES_ACROSS * size, SEED, cache)) as scene:
            elevation, albedo, pixel_m = scene["elevation"], scene["albedo"], float(scene["pixel_m"])
        for number in range(TILES_ACROSS**2):
            row, col = divmod(number, TILES_ACROSS)
            cut = (slice(row * size, (row + 1) * size), slice(col * size, (col + 1) * size))
            if view == "terrain":
                picture = terrain_view(elevation[cut], pixel_m, Sun.at(DEFAULT_AZIMUTH_DEG))
            else:
                height = SUN_HEIGHTS_DEG[number % len(SUN_HEIGHTS_DEG)]
                grey = albedo[cut] * shade(elevation[cut], pixel_m, DEFAULT_AZIMUTH_DEG, height, shadows=height < 15)
                picture = standardise(grey, np.isfinite(grey))[None]
            shown.append(picture[None])
    return shown


def agreement(model: "openvino.Model", other: "openvino.Model", shown: list[NDArray[np.float32]]) -> float:
    """Share of the cells that either is sure of where the two heatmaps differ by no more than `AGREES`."""
    import openvino

    # In single precision, so that it is the weights that are compared.
    properties = {"INFERENCE_PRECISION_HINT": "f32"}
    heat = [
        np.stack([1 / (1 + np.exp(-compiled(picture)[0])) for picture in shown])
        for compiled in (openvino.compile_model(each, "CPU", properties) for each in (model, other))
    ]
    sure = np.maximum(*heat) > SURE
    return float((np.abs(heat[0] - heat[1])[sure] <= AGREES).mean()) if sure.any() else 1.0

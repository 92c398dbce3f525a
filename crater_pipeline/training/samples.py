"""From a patch to what the network learns from: its input and the targets."""

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.labels.learnable import LEARNED_PX, SEEN_PX
from crater_pipeline.light.reflectance import Sun
from crater_pipeline.light.standardise import standardise
from crater_pipeline.light.views import DEFAULT_AZIMUTH_DEG, SUN_ELEVATION_DEG, terrain_view
from crater_pipeline.models.targets import encode
from crater_pipeline.training.camera import blurred
from crater_pipeline.training.patches import Patch


def terrain_sample(patch: Patch, stride: int, rng: np.random.Generator | None) -> dict[str, NDArray[np.float32]]:
    """Like `to_sample` for elevations: a `terrain_view`, changed a little at random where there is a generator.

    Azimuths lie around the four that turned and mirrored patches of one sun have.
    """
    if rng is None:
        view = terrain_view(patch.values, patch.pixel_m, Sun.at(DEFAULT_AZIMUTH_DEG))
        return _sample(patch, view, stride)
    values = blurred(patch.values, float(rng.uniform(0.4, 1.5))) if rng.random() < 0.3 else patch.values
    azimuth = float(rng.choice([0, 90, 180, 270]) + rng.normal(0, 10))
    exaggeration = np.exp(rng.normal(0, 0.15))
    view = terrain_view(
        values, patch.pixel_m / exaggeration, Sun.at(azimuth), float(rng.triangular(18.0, SUN_ELEVATION_DEG, 35.0))
    )
    if rng.random() < 0.4:
        view += rng.standard_normal(view.shape, dtype=np.float32) * np.float32(rng.exponential(0.05))
        view[:, ~np.isfinite(patch.values)] = 0
    return _sample(patch, view, stride)


def to_sample(patch: Patch, stride: int) -> dict[str, NDArray[np.float32]]:
    """Network input (1, h, w) as `image`, and the targets by name; craters of other levels are ignored."""
    valid = np.isfinite(patch.values)
    return _sample(patch, standardise(np.where(valid, patch.values, np.float32(0)), valid)[None], stride)


def seen_circles(patch: Patch) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The circles (n, 3) that show on this level, and which of them (n,) are not learned there."""
    diameter = 2 * patch.circles[:, 2]
    ignored = patch.ignored | (diameter < LEARNED_PX[0]) | (diameter > LEARNED_PX[1])
    seen = diameter >= SEEN_PX
    return patch.circles[seen], ignored[seen]


def _sample(patch: Patch, image: NDArray[np.float32], stride: int) -> dict[str, NDArray[np.float32]]:
    targets = encode(*seen_circles(patch), np.isfinite(patch.values), stride)
    return {"image": image, **targets._asdict()}

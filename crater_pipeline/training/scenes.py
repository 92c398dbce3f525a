"""Large pieces of terrain from which training patches are cut at random: the pretraining corpus."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from crater_pipeline.training.patches import Patch, degraded, relit, resized, to_sample, turned

SCALES = (0.75, 4.5)
"""Scene pixels per patch pixel: the levels x1, x2 and x4 of the pyramid, and a little beyond."""

MIN_VALID = 0.3


@dataclass(frozen=True)
class Scene:
    """Elevation (h, w) in metres, NaN where not to be trained on, with circles (n, 3) in pixels.

    ignored: (n,) craters that the terrain model does not show, or whose truth is doubtful. albedo: (h, w) or None.
    """

    elevation: NDArray[np.float32]
    pixel_m: float
    circles: NDArray[np.float64]
    ignored: NDArray[np.bool_]
    albedo: NDArray[np.float32] | None = None

    def crop(self, x: int, y: int, side: int) -> Patch:
        """The square at (x, y), its craters in its own pixels."""
        cx, cy, radius = self.circles.T
        near = (cx > x - side) & (cx < x + 2 * side) & (cy > y - side) & (cy < y + 2 * side)
        near &= (cx + radius > x) & (cx - radius < x + side) & (cy + radius > y) & (cy - radius < y + side)
        return Patch(
            self.elevation[y : y + side, x : x + side],
            self.pixel_m,
            self.circles[near] - [x, y, 0.0],
            self.ignored[near],
            None if self.albedo is None else self.albedo[y : y + side, x : x + side],
        )


def draw_patch(scene: Scene, size: int, rng: np.random.Generator) -> Patch:
    """A random square of the scene at a random scale, resampled to `size` pixels; scales are log-uniform.

    Half of the time around a crater, so that the empty maria do not use up the training.
    """
    height, width = scene.elevation.shape
    largest = min(SCALES[1], min(height, width) / size)
    patch = None
    for _ in range(8):
        # Finer scales are more frequent: most craters of a catalogue are small.
        scale = SCALES[0] * (largest / SCALES[0]) ** (rng.random() ** 1.6)
        side = min(round(size * scale), height, width)
        if rng.random() < 0.5 and len(scene.circles):
            x, y = scene.circles[rng.integers(len(scene.circles)), :2] - rng.uniform(0.1, 0.9, 2) * side
            x, y = int(np.clip(x, 0, width - side)), int(np.clip(y, 0, height - side))
        else:
            x, y = int(rng.integers(width - side + 1)), int(rng.integers(height - side + 1))
        patch = scene.crop(x, y, side)
        if np.isfinite(patch.values[::16, ::16]).mean() >= MIN_VALID:
            break
    assert patch is not None
    return resized(patch, size)


class ScenePatches(Dataset[dict[str, NDArray[np.float32]]]):
    """Endless augmented patches: item `i` is a pure function of the seed and `i`."""

    def __init__(
        self, scenes: Sequence[Scene], shares: Sequence[float], length: int, size: int, stride: int, seed: int
    ) -> None:
        self.scenes = scenes
        self.shares = np.asarray(shares, dtype=float) / np.sum(shares)
        self.length, self.size, self.stride, self.seed = length, size, stride, seed

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, NDArray[np.float32]]:
        rng = np.random.default_rng([self.seed, index])
        scene = self.scenes[int(rng.choice(len(self.scenes), p=self.shares))]
        patch = draw_patch(scene, self.size, rng)
        patch = turned(patch, int(rng.integers(4)), bool(rng.integers(2)))
        return to_sample(degraded(relit(patch, rng), rng), self.stride)

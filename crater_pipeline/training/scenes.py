"""Large pieces of terrain and photographs from which training patches are cut at random: the pretraining corpus."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from crater_pipeline.light.views import View
from crater_pipeline.training.camera import degraded, relit
from crater_pipeline.training.patches import Patch, resized, turned
from crater_pipeline.training.samples import terrain_sample, to_sample

SCALES = (0.5, 1.0, 2.0, 4.0, 9.0)
SCALE_SHARES = (0.15, 0.35, 0.28, 0.22)
"""Scene pixels per patch pixel, and the share of the patches between them (log-uniform there): the levels x1, x2 and
x4 of the pyramid, enlarged ones for blurred imagery, and some from far above for craters of a hundred kilometres."""

AS_SEARCHED_SHARE = 0.4
AS_SEARCHED = {1.0: 0.7, 2.0: 0.2, 4.0: 0.1}
"""Share of the patches that are cut as a search cuts tiles, at the raster's own pixels or at whole halvings of them,
and the shares of the levels among these. A raster's own blur, noise and compression show at its own pixels only:
reduced by half and more, the same ground is sharper. Most craters of a photograph are found there."""

MIN_VALID = 0.3

Shows = Literal["terrain", "photograph"]


@dataclass(frozen=True)
class Scene:
    """Elevation in metres or grey (h, w), NaN where not to be trained on, with circles (n, 3) in pixels.

    ignored: (n,) craters that the raster does not show, or whose truth is doubtful. albedo: (h, w) of terrain, or None.
    shows: terrain is lit anew for every patch; a photograph keeps its light. stored: the file that `pixels` are mapped
    from; its halves are written beside it, so that memory holds only what is being cut.
    """

    pixels: NDArray[np.float32]
    pixel_m: float
    circles: NDArray[np.float64]
    ignored: NDArray[np.bool_]
    albedo: NDArray[np.float32] | None = None
    shows: Shows = "terrain"
    stored: Path | None = None

    def halved(self) -> "Scene":
        """At half the size, each pixel the mean of four; what touches no data is no data."""
        pixels, albedo = _halved(self.pixels), None if self.albedo is None else _halved(self.albedo)
        stored = None
        if self.stored is not None:
            stored = self.stored.with_name(f"{self.stored.stem}_half.npy")
            np.save(stored, pixels)
            pixels = np.load(stored, mmap_mode="r")
        return Scene(pixels, 2 * self.pixel_m, self.circles / 2, self.ignored, albedo, self.shows, stored)

    def crop(self, x: int, y: int, side: int) -> Patch:
        """The square at (x, y), its craters in its own pixels; a copy."""
        cx, cy, radius = self.circles.T
        near = (cx > x - side) & (cx < x + 2 * side) & (cy > y - side) & (cy < y + 2 * side)
        near &= (cx + radius > x) & (cx - radius < x + side) & (cy + radius > y) & (cy - radius < y + side)
        return Patch(
            np.array(self.pixels[y : y + side, x : x + side]),
            self.pixel_m,
            self.circles[near] - [x, y, 0.0],
            self.ignored[near],
            None if self.albedo is None else self.albedo[y : y + side, x : x + side],
        )


def _halved(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = grid.shape[0] // 2, grid.shape[1] // 2
    quads = grid[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
    total: NDArray[np.float32] = quads[:, 0, :, 0] + quads[:, 0, :, 1] + quads[:, 1, :, 0] + quads[:, 1, :, 1]
    return total * np.float32(0.25)


def pyramid(scene: Scene) -> list[Scene]:
    """The scene and its halves, as many as `draw_patch` cuts from."""
    levels = [scene]
    while 2 ** len(levels) <= SCALES[-1]:
        levels.append(levels[-1].halved())
    return levels


def draw_scale(largest: float, rng: np.random.Generator) -> float:
    """A random scale, no larger than `largest`: that of a level of the search, or any."""
    levels = [level for level in AS_SEARCHED if level <= largest]
    if levels and rng.random() < AS_SEARCHED_SHARE:
        shares = np.array([AS_SEARCHED[level] for level in levels])
        return float(rng.choice(levels, p=shares / shares.sum()))
    knots = np.concatenate([[0.0], np.cumsum(SCALE_SHARES)])
    logs = np.log(SCALES)
    return float(np.exp(np.interp(rng.uniform(0, np.interp(np.log(largest), logs, knots)), knots, logs)))


def draw_patch(levels: Sequence[Scene], size: int, rng: np.random.Generator) -> Patch:
    """A random square of a scene (its `pyramid`) at a random scale, resampled to `size` pixels.

    Half of the time around a crater, so that the empty maria do not use up the training.
    """
    scene = levels[0]
    height, width = scene.pixels.shape
    learned = np.flatnonzero(~scene.ignored)
    largest = min(height, width) / size
    patch = None
    for _ in range(8):
        side = min(round(size * draw_scale(largest, rng)), height, width)
        halvings = min(int(np.log2(max(side / size, 1.0))), len(levels) - 1)
        if rng.random() < 0.5 and len(learned):
            x, y = scene.circles[rng.choice(learned), :2] - rng.uniform(0.1, 0.9, 2) * side
            x, y = int(np.clip(x, 0, width - side)), int(np.clip(y, 0, height - side))
        else:
            x, y = int(rng.integers(width - side + 1)), int(rng.integers(height - side + 1))
        patch = levels[halvings].crop(x >> halvings, y >> halvings, side >> halvings)
        if np.isfinite(patch.values[::16, ::16]).mean() >= MIN_VALID:
            break
    assert patch is not None
    return resized(patch, size)


class ScenePatches(Dataset[dict[str, NDArray[np.float32]]]):
    """Endless augmented patches: item `i` is a pure function of the seed and `i`."""

    def __init__(
        self,
        scenes: Sequence[Scene],
        shares: Sequence[float],
        length: int,
        size: int,
        stride: int,
        seed: int,
        view: View = "picture",
    ) -> None:
        self.view: View = view
        self.scenes = [pyramid(scene) for scene in scenes]
        self.shares = np.asarray(shares, dtype=float) / np.sum(shares)
        self.length, self.size, self.stride, self.seed = length, size, stride, seed

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, NDArray[np.float32]]:
        rng = np.random.default_rng([self.seed, index])
        levels = self.scenes[int(rng.choice(len(self.scenes), p=self.shares))]
        patch = draw_patch(levels, self.size, rng)
        patch = turned(patch, int(rng.integers(4)), bool(rng.integers(2)))
        if self.view == "terrain":
            return terrain_sample(patch, self.stride, rng)
        photograph = levels[0].shows == "photograph"
        return to_sample(degraded(patch if photograph else relit(patch, rng), rng, photograph), self.stride)

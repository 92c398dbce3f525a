"""Adds craters to a terrain in order of time: large ones one by one, small ones in batches."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.simulation.population import Population
from crater_pipeline.simulation.shapes import REACH, SAMPLES, filled, profiles

SMALL_RADIUS_PX = 2.5
"""Craters below this radius are added in batches, without resetting the ground under them: at up to five
pixels across there is nothing to be seen of what they cover."""
EPOCHS = 12
"""Slices of time between which small and large craters take turns."""
INNER_REACH = 2.0
"""Radii within which the outline is irregular and the ground is reset and roughened."""
STEEPEST_RUBBLE = 0.15
"""Largest height of hummocks (standard deviation, of the walls) in pixels' units of length."""
HARMONICS = 9
"""Terms of the outline's irregularity of a large crater."""
_BATCH_PIXELS = 1_000_000


class Stamper:
    """Stamps craters onto `elevation` (h, w) float32 metres, in place.

    `texture` (h, w), unit variance, roughens floors, walls and ejecta of large craters; `gravity_ratio` is the surface
    gravity over the Moon's.
    """

    def __init__(
        self,
        elevation: NDArray[np.float32],
        texture: NDArray[np.float32],
        pixel_size_m: float,
        gravity_ratio: float = 1.0,
    ) -> None:
        self.elevation = elevation
        self.texture = texture
        self.pixel_size_m = pixel_size_m
        self.gravity_ratio = gravity_ratio

    def stamp(self, craters: Population, rng: np.random.Generator) -> None:
        """Stamp `craters`, the oldest (largest clock) first; small ones at the end of their epoch."""
        if not len(craters):
            return
        craters = craters.take(np.argsort(-craters.clock, kind="stable"))
        small = craters.radius_px < SMALL_RADIUS_PX
        large = np.flatnonzero(~small)
        borders = np.linspace(0, large.size, EPOCHS + 1).astype(int)[1:-1]
        cuts = np.concatenate([[0], large[borders] if large.size else [], [len(craters)]]).astype(int)
        for start, stop in pairwise(cuts):
            part, is_small = craters.take(np.arange(start, stop)), small[start:stop]
            self._stamp_large(part.take(~is_small), rng)
            self._stamp_small(part.take(is_small))

    def _profiles(self, craters: Population) -> NDArray[np.float32]:
        """Heights in metres (n, SAMPLES)."""
        diameter_km = 2.0 * craters.radius_px * self.pixel_size_m / 1000.0
        scale = craters.radius_px * self.pixel_size_m * craters.depth_factor
        shapes = profiles(diameter_km, craters.state, self.gravity_ratio)
        return filled(shapes, craters.fill) * scale.astype(np.float32)[:, None]

    def _stamp_small(self, craters: Population) -> None:
        height, width = self.elevation.shape
        flat = self.elevation.reshape(-1)
        order = np.argsort(craters.radius_px, kind="stable")
        half = np.ceil(craters.radius_px[order] * 2.5).astype(int)
        for reach in np.unique(half):
            members = order[half == reach]
            offsets = np.arange(-reach, reach + 1)
            per_batch = max(1, _BATCH_PIXELS // offsets.size**2)
            for start in range(0, members.size, per_batch):
                batch = craters.take(members[start : start + per_batch])
                col = np.floor(batch.x).astype(int)[:, None] + offsets
                row = np.floor(batch.y).astype(int)[:, None] + offsets
                dx = ((col + 0.5 - batch.x[:, None]) / batch.radius_px[:, None]).astype(np.float32)
                dy = ((row + 0.5 - batch.y[:, None]) / batch.radius_px[:, None]).astype(np.float32)
                radius = np.sqrt(dx[:, None, :] ** 2 + dy[:, :, None] ** 2)
                table = self._profiles(batch)
                index = np.minimum((radius * ((SAMPLES - 1) / REACH) + 0.5).astype(np.int32), SAMPLES - 1)
                index += (np.arange(len(batch), dtype=np.int32) * SAMPLES)[:, None, None]
                values = table.reshape(-1)[index]
                inside = ((row >= 0) & (row < height))[:, :, None] & ((col >= 0) & (col < width))[:, None, :]
                cells = row[:, :, None] * width + col[:, None, :]
                np.add.at(flat, cells[inside], values[inside])

    def _stamp_large(self, craters: Population, rng: np.random.Generator) -> None:
        if not len(craters):
            return
        table = self._profiles(craters)
        harmonics = rng.normal(0.0, 1.0, (len(craters), 2 * HARMONICS)).astype(np.float32)
        shifts = rng.integers(0, 1 << 30, (len(craters), 2))
        for i in range(len(craters)):
            self._stamp_one(
                float(craters.x[i]),
                float(craters.y[i]),
                float(craters.radius_px[i]),
                float(craters.state[i]),
                table[i],
                harmonics[i],
                shifts[i],
            )

    def _stamp_one(
        self,
        x: float,
        y: float,
        radius_px: float,
        state: float,
        profile: NDArray[np.float32],
        harmonics: NDArray[np.float32],
        shift: NDArray[np.int64],
    ) -> None:
        """Reset the ground in and near the cavity towards its mean plane, then add the crater's relief."""
        height, width = self.elevation.shape
        reach = REACH * radius_px
        left, right = max(0, int(x - reach)), min(width, int(x + reach) + 2)
        top, bottom = max(0, int(y - reach)), min(height, int(y + reach) + 2)
        if left >= right or top >= bottom:
            return
        dx = ((np.arange(left, right, dtype=np.float32) + np.float32(0.5 - x)) / np.float32(radius_px))[None, :]
        dy = ((np.arange(top, bottom, dtype=np.float32) + np.float32(0.5 - y)) / np.float32(radius_px))[:, None]
        radius = np.sqrt(dx * dx + dy * dy)
        # All but the thin outer ejecta lies in this smaller window.
        near = (_span(dy[:, 0], INNER_REACH), _span(dx[0], INNER_REACH))
        near_dx, near_dy, near_radius = dx[:, near[1]], dy[near[0]], radius[near]
        ground = self.elevation[top:bottom, left:right]
        if near_radius.size:
            if radius_px > 4.0:
                near_radius *= 1.0 + _irregularity(near_dx, near_dy, near_radius, harmonics, radius_px)
            reset = _reset_weight(near_radius)
            near_ground = ground[near]
            near_ground += reset * (_mean_plane(near_ground, near_dx, near_dy, near_radius) - near_ground)
            if radius_px > 8.0:
                corner = (top + near[0].start, left + near[1].start)
                near_ground += self._rough(near_radius, profile, state, corner, shift, radius_px)
        position = np.minimum(radius * np.float32((SAMPLES - 1) / REACH), np.float32(SAMPLES - 1.001))
        index = position.astype(np.int32)
        position -= index
        low = profile[index]
        ground += low + position * (profile[index + 1] - low)

    def _rough(
        self,
        radius: NDArray[np.float32],
        profile: NDArray[np.float32],
        state: float,
        corner: tuple[int, int],
        shift: NDArray[np.int64],
        radius_px: float,
    ) -> NDArray[np.float32]:
        """Hummocks: some on the floor, more on the walls, most on the near ejecta; smoothed away with age."""
        rows = (np.arange(corner[0], corner[0] + radius.shape[0]) + int(shift[0])) % self.texture.shape[0]
        cols = (np.arange(corner[1], corner[1] + radius.shape[1]) + int(shift[1])) % self.texture.shape[1]
        texture = self.texture[rows[:, None], cols[None, :]]
        relief = float(profile.max() - profile[0])
        share = np.interp(radius, (0.0, 0.5, 0.8, 1.0, 1.4, 1.9), (0.012, 0.02, 0.05, 0.035, 0.025, 0.0))
        amplitude = relief * max(0.0, 1.0 - state) * min(1.0, (radius_px - 8.0) / 24.0)
        # Rubble has slopes below its angle of repose, however large the crater.
        amplitude = min(amplitude, STEEPEST_RUBBLE * self.pixel_size_m / 0.05)
        return np.asarray(texture * share * amplitude, dtype=np.float32)


def _irregularity(
    dx: NDArray[np.float32],
    dy: NDArray[np.float32],
    radius: NDArray[np.float32],
    harmonics: NDArray[np.float32],
    radius_px: float,
) -> NDArray[np.float32]:
    """Relative change of radius with azimuth: harmonics from 2 up, no 0 or 1, so size and centre stay true."""
    unit = (dx + 1j * dy) / np.maximum(radius, np.float32(1e-6))
    count = 4 if radius_px < 12 else HARMONICS
    order = np.arange(2, count + 2)
    scaled = 0.016 * (2.0 / order) ** 0.7 * (harmonics[: 2 * count : 2] + 1j * harmonics[1 : 2 * count : 2])
    # Horner's scheme for the sum of c_k unit^k.
    total = np.full_like(unit, scaled[-1])
    for coefficient in scaled[-2::-1].astype(np.complex64):
        total *= unit
        total += coefficient
    total *= unit * unit
    fade = np.clip(np.float32(INNER_REACH / 0.25) - radius / np.float32(0.25), 0.0, 1.0)
    return np.asarray(total.real * fade, dtype=np.float32)


def _span(offset: NDArray[np.float32], reach: float) -> slice:
    """Where the rising `offset` lies within +-`reach`."""
    start, stop = np.searchsorted(offset, (-reach, reach))
    return slice(int(start), int(stop))


def _reset_weight(radius: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of the old ground is gone: all inside the rim, fading out over the thick near ejecta."""
    fade = np.clip((np.float32(1.5) - radius) / np.float32(0.6), 0.0, 1.0)
    return np.asarray(fade * fade * (3 - 2 * fade) * np.float32(0.97))


def _mean_plane(
    ground: NDArray[np.float32], dx: NDArray[np.float32], dy: NDArray[np.float32], radius: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Least-squares plane of the ground within 1.6 radii, on a thinned grid when the window is large."""
    step = max(1, min(ground.shape) // 48)
    near = radius[::step, ::step] < 1.6
    z = ground[::step, ::step][near]
    if z.size < 6:
        return np.full_like(ground, z.mean() if z.size else ground.mean())
    u = np.broadcast_to(dx[:, ::step], near.shape)[near]
    v = np.broadcast_to(dy[::step], near.shape)[near]
    mu, mv, mz = u.mean(), v.mean(), z.mean()
    u, v, z = u - mu, v - mv, z - mz
    uu, vv, uv, uz, vz = (float((a * b).sum()) for a, b in ((u, u), (v, v), (u, v), (u, z), (v, z)))
    determinant = uu * vv - uv * uv
    if determinant < 1e-6 * uu * vv + 1e-12:
        return np.full_like(ground, mz)
    a, b = (uz * vv - vz * uv) / determinant, (vz * uu - uz * uv) / determinant
    return np.asarray(mz + np.float32(a) * (dx - mu) + np.float32(b) * (dy - mv), dtype=np.float32)

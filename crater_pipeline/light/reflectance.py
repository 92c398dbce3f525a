"""Sunlight on a terrain model: the Lunar-Lambert law, and cast shadows when asked for.

Everything here works on arrays. Axes: row index grows to the south, column index to the east of the grid; a sun
azimuth is in degrees clockwise from grid north, so correct one given from true north for the convergence first.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from crater_pipeline.settings import Settings

Float32Array = NDArray[np.float32]


class ShadingSettings(Settings):
    """How a terrain model is lit."""

    sun_azimuth_deg: float = Field(
        default=270.0,
        ge=0,
        le=360,
        description="Direction of the sun, degrees clockwise from true north (270 is west).",
    )
    sun_elevation_deg: float = Field(
        default=25.0, gt=0, le=90, description="Height of the sun above the horizon in degrees."
    )
    lunar_lambert_weight: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Weight L of the Lommel-Seeliger term: 0 is Lambert; without a value, McEwen's (1996) lunar "
        "L for the phase angle.",
    )
    shadows: bool = Field(default=False, description="Darken what lies in the shadow of other terrain.")
    flat_grey: int = Field(default=100, ge=2, le=254, description="Grey value (1 to 255) of level ground.")


def lunar_lambert_weight(phase_deg: float) -> float:
    """McEwen's L for the Moon: 1 - 0.019 g + 2.42e-4 g^2 - 1.46e-6 g^3, phase angle g in degrees, kept in [0, 1].

    McEwen, A. S. (1996), "A precise lunar photometric function", LPSC XXVII, 841.
    """
    weight = 1.0 + phase_deg * (-0.019 + phase_deg * (2.42e-4 - phase_deg * 1.46e-6))
    return float(np.clip(weight, 0.0, 1.0))


def _weight(sun_elevation_deg: float, weight: float | None) -> float:
    # Seen from the zenith, the phase angle is the sun's distance from the zenith.
    return lunar_lambert_weight(90.0 - sun_elevation_deg) if weight is None else weight


def flat_reflectance(sun_elevation_deg: float, weight: float | None = None) -> float:
    """What `shade` gives for level ground."""
    mu0, share = float(np.sin(np.radians(sun_elevation_deg))), _weight(sun_elevation_deg, weight)
    return share * 2.0 * mu0 / (mu0 + 1.0) + (1.0 - share) * mu0


def _difference(z: Float32Array, axis: int) -> Float32Array:
    """Elevation change per pixel along `axis` (central; one-sided at borders and beside nodata; 0 when alone)."""
    z = np.moveaxis(z, axis, -1)
    change = np.zeros_like(z)
    if z.shape[-1] > 1:
        np.subtract(z[..., 2:], z[..., :-2], out=change[..., 1:-1])
        change[..., 1:-1] *= np.float32(0.5)
        change[..., 0] = z[..., 1] - z[..., 0]
        change[..., -1] = z[..., -1] - z[..., -2]
        lost = np.isnan(change)
        if lost.any():
            step = np.diff(z, axis=-1)
            gap = np.full_like(z[..., :1], np.nan)
            forward, backward = np.concatenate([step, gap], axis=-1), np.concatenate([gap, step], axis=-1)
            one_sided = np.where(np.isnan(forward), backward, forward)
            change = np.where(lost, np.nan_to_num(one_sided, nan=0.0), change)
    return np.moveaxis(change, -1, axis)


class Slopes(NamedTuple):
    """How the ground rises: over run to the east and to the south of the grid, and the secant of its slope; (h, w)."""

    east: Float32Array
    south: Float32Array
    secant: Float32Array


def slopes(elevation_m: Float32Array, ground_pixel_m: float | Float32Array) -> Slopes:
    """Slopes of terrain (h, w) in metres; the ground size of a pixel is a number or (h, w). NaN is level ground."""
    per_metre = np.asarray(np.float32(1.0) / np.asarray(ground_pixel_m, np.float32))
    east, south = _difference(elevation_m, 1), _difference(elevation_m, 0)
    east *= per_metre
    south *= per_metre
    secant = east * east
    secant += south * south
    secant += np.float32(1.0)
    return Slopes(east, south, np.sqrt(secant, out=secant))


class Sun(NamedTuple):
    """Where the sun stands over the grid: sine and cosine of its azimuth from grid north, numbers or (h, w)."""

    sine: Float32Array | np.float32
    cosine: Float32Array | np.float32

    @classmethod
    def at(cls, azimuth_grid_deg: ArrayLike) -> "Sun":
        """Of an azimuth in degrees clockwise from grid north."""
        azimuth = np.radians(azimuth_grid_deg)
        return cls(np.sin(azimuth).astype(np.float32), np.cos(azimuth).astype(np.float32))

    def a_quarter_on(self) -> "Sun":
        """90 degrees clockwise."""
        return Sun(self.cosine, -self.sine)


def lit(ground: Slopes, sun: Sun, sun_elevation_deg: float, weight: float | None = None) -> Float32Array:
    """What `shade` gives without shadows for ground of these slopes, there too where there is no data."""
    share, height = np.float32(_weight(sun_elevation_deg, weight)), np.radians(sun_elevation_deg)
    # ratio = mu0 / mu: the incidence cosine without the common factor mu = 1 / secant.
    ratio = ground.south * sun.cosine
    ratio -= ground.east * sun.sine
    ratio *= np.float32(np.cos(height))
    ratio += np.float32(np.sin(height))
    np.maximum(ratio, np.float32(0.0), out=ratio)
    light = (np.float32(2.0) * share) * ratio
    light /= ratio + np.float32(1.0)
    ratio *= np.float32(1.0) - share
    ratio /= ground.secant
    light += ratio
    return light


def shade(
    elevation_m: Float32Array,
    ground_pixel_m: float | Float32Array,
    sun_azimuth_grid_deg: float | NDArray[np.floating],
    sun_elevation_deg: float,
    weight: float | None = None,
    shadows: bool = False,
) -> Float32Array:
    """Lunar-Lambert reflectance of terrain seen from above: L 2 mu0 / (mu0 + mu) + (1 - L) mu0.

    mu0 and mu are the cosines of incidence and emission (McEwen 1991, Icarus 92, 298-311). The view is straight down,
    so mu is the cosine of the slope. Level ground gives `flat_reflectance(sun_elevation_deg, weight)`.

    Parameters
    ----------
    elevation_m
        Metres, shape (h, w), float32; NaN is nodata.
    ground_pixel_m
        True size of a pixel on the ground in metres (map pixel / point scale), a number or shape (h, w).
    sun_azimuth_grid_deg
        Degrees clockwise from grid north, a number or shape (h, w).
    sun_elevation_deg
        Degrees above the horizon of level ground, above 0.
    weight
        L in [0, 1]; None takes `lunar_lambert_weight` at the phase angle.
    shadows
        Set what terrain shades to 0.

    Returns
    -------
    float32 of shape (h, w), from 0 (unlit) to about 1; NaN where the elevation is.
    """
    z = np.asarray(elevation_m, dtype=np.float32)
    light = lit(slopes(z, ground_pixel_m), Sun.at(sun_azimuth_grid_deg), sun_elevation_deg, weight)
    if shadows:
        light[cast_shadows(z, ground_pixel_m, sun_azimuth_grid_deg, sun_elevation_deg)] = 0.0
    light[np.isnan(z)] = np.nan
    return light


def cast_shadows(
    elevation_m: Float32Array,
    ground_pixel_m: ArrayLike,
    sun_azimuth_grid_deg: ArrayLike,
    sun_elevation_deg: float,
) -> NDArray[np.bool_]:
    """Which pixels other terrain hides from the (point-like) sun; arguments as for `shade`.

    The upper edge of the shadow's volume is carried away from the sun one line of pixels at a time, lowered by
    the sun's slope and interpolated between the two pixels that the ray passes: time and memory are linear in the
    number of pixels. Terrain outside the array casts no shadow.
    """
    z = np.where(np.isnan(elevation_m), -np.inf, elevation_m).astype(np.float32)
    azimuth = np.radians(np.asarray(sun_azimuth_grid_deg, dtype=float))
    x, y = np.broadcast_to(np.sin(azimuth), z.shape), np.broadcast_to(-np.cos(azimuth), z.shape)
    pixel = np.broadcast_to(np.asarray(ground_pixel_m, dtype=float), z.shape)
    # Sweep along the axis that the sunlight follows more closely; make that axis the first one.
    swapped = abs(x.mean()) > abs(y.mean())
    if swapped:
        z, x, y, pixel = z.T, y.T, x.T, pixel.T
    sunward = -1 if y.mean() < 0 else 1
    lines = range(len(z)) if sunward < 0 else range(len(z) - 1, -1, -1)
    along = np.maximum(np.abs(y), 0.1)  # a ray nearly along the lines would cross endless columns in one step
    shift = x / along
    drop = (pixel * np.tan(np.radians(sun_elevation_deg)) * np.hypot(1.0, shift)).astype(np.float32)
    columns = np.arange(z.shape[1])
    left = columns + np.floor(shift).astype(int)
    share = (shift - np.floor(shift)).astype(np.float32)
    shadowed = np.zeros(z.shape, dtype=bool)
    edge = np.full(z.shape[1] + 1, -np.inf, dtype=np.float32)  # the last entry stands for all that is outside
    last = z.shape[1]
    for line in lines:
        one = np.where((left[line] < 0) | (left[line] >= last), last, left[line])
        two = np.where((left[line] < -1) | (left[line] >= last - 1), last, left[line] + 1)
        part = share[line]
        with np.errstate(invalid="ignore"):
            reached = np.where(part == 0, edge[one], (1 - part) * edge[one] + part * edge[two]) - drop[line]
        shadowed[line] = (reached > z[line]) & np.isfinite(z[line])
        edge[:-1] = np.fmax(reached, z[line])
    return shadowed.T if swapped else shadowed


def to_uint8(reflectance: Float32Array, flat: float, flat_grey: int = 100) -> NDArray[np.uint8]:
    """Greys 1 to 255, proportional to the reflectance, with `flat` at `flat_grey`; NaN becomes 0, which is nodata.

    Slopes that shine more than 255 / `flat_grey` times brighter than level ground saturate.
    """
    grey = reflectance * np.float32(flat_grey / flat)
    grey += np.float32(0.5)
    np.clip(grey, np.float32(1.0), np.float32(255.0), out=grey)
    return np.asarray(np.nan_to_num(grey, copy=False, nan=0.0), dtype=np.uint8)

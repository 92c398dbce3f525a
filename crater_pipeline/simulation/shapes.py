"""Cross-sections of craters: fresh ones after Pike (1977), worn ones by diffusion.

Heights and radii are in units of the crater's radius; height 0 is the surface before the impact.

`gravity_ratio` is the body's surface gravity over that of the Moon, where all this was measured. Simple craters are
alike from body to body; where they give way to complex ones, and how deep those are, goes with the inverse of gravity
(Pike 1980, Icarus 43, 1-19; Melosh 1989, Impact Cratering: D* = D*_moon g_moon / g). So a complex crater of diameter D
has the cross-section, in radii, of the Moon's of diameter D times the ratio.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_banded

REACH = 3.5
"""Stamps end at this many radii, where the ejecta are tapered to nothing."""
SAMPLES = 257
"""Samples of a tabulated profile from 0 to REACH."""
VANISHED = 0.17
"""K / R^2 at which a crater has vanished, K the integral of diffusivity over time: Minton et al. (2019), Icarus 326."""

_SMALLEST_KM, _LARGEST_KM = (0.1, 0.5), 300.0
_LUNAR_KM = np.array([2.0, 8.0, 11.0, 15.0, 20.0, 30.0, 45.0, 70.0, 120.0, 200.0, 300.0])
_STATES = np.array([0.0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.22, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.3, 1.6, 2.0])


def depth_km(diameter_km: ArrayLike, gravity_ratio: float = 1.0) -> NDArray[np.float64]:
    """Fresh depth, rim to floor: Pike (1977), Impact and Explosion Cratering, p. 489.

    0.196 D^1.010 for simple, 1.044 D^0.301 for complex craters of the Moon (they meet at 10.6 km), with gravity
    1.044 (D r)^0.301 / r; below 0.4 km fresh craters are shallower, d/D 0.13 to 0.17 (Stopar et al. 2017, Icarus 298).
    """
    d = np.asarray(diameter_km, dtype=float)
    simple = 0.196 * d**1.010 * np.clip(0.70 + 0.30 * np.log10(d / 0.04) / 1.2, 0.65, 1.0)
    return np.minimum(simple, 1.044 * (d * gravity_ratio) ** 0.301 / gravity_ratio)


def rim_height_km(diameter_km: ArrayLike, gravity_ratio: float = 1.0) -> NDArray[np.float64]:
    """Fresh height of the rim over the surroundings: Pike (1977), 0.036 D^1.014 and 0.236 D^0.399."""
    d = np.asarray(diameter_km, dtype=float)
    return np.minimum(0.036 * d**1.014, 0.236 * (d * gravity_ratio) ** 0.399 / gravity_ratio)


def floor_radius(diameter_km: ArrayLike) -> NDArray[np.float64]:
    """Flat floor over rim radius: Pike (1977), floor diameter 0.187 D^1.249, only in complex craters."""
    d = np.asarray(diameter_km, dtype=float)
    return np.clip((d - 8.0) / 12.0, 0.0, 1.0) * np.clip(0.187 * d**0.249, 0.0, 0.72)


def fresh_profile(diameter_km: float, radius: NDArray[np.float64], gravity_ratio: float = 1.0) -> NDArray[np.float64]:
    """Height of a fresh crater of `diameter_km` at `radius` (in radii, any shape), in radii."""
    depth = 2.0 * float(depth_km(diameter_km, gravity_ratio)) / diameter_km
    rim = 2.0 * float(rim_height_km(diameter_km, gravity_ratio)) / diameter_km
    lunar_km = diameter_km * gravity_ratio
    floor = float(floor_radius(lunar_km))
    complexity = float(np.clip((lunar_km - 11.0) / 9.0, 0.0, 1.0))

    wall = np.clip((radius - floor) / (1.0 - floor), 0.0, 1.0)
    inside = rim - depth + depth * wall ** (2.1 - 0.7 * complexity)
    # Slumped blocks: two or three steps on the walls of complex craters.
    inside += complexity * 0.02 * depth * np.sin(2.0 * np.pi * 2.5 * wall) * np.sin(np.pi * wall)
    if complexity > 0:
        # Central peak: height 0.0006 D^1.97 km (Hale & Grieve 1982, as in Melosh 1989), at most half the depth.
        peak = 2.0 * min(0.0006 * lunar_km**1.97 / lunar_km, 0.25 * depth)
        inside += complexity * peak * np.exp(-((radius / 0.14) ** 2))
    outside = rim * np.maximum(radius, 1.0) ** -3.0
    taper = np.clip((REACH - radius) / (0.35 * REACH), 0.0, 1.0)
    return np.where(radius < 1.0, inside, outside * taper * taper * (3.0 - 2.0 * taper))


def _diffused(profile: NDArray[np.float64], step: float, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Axisymmetric diffusion of `profile` (n,) sampled at (i + 1/2) * step by increasing `amounts` of K / R^2."""
    n = profile.size
    edge = np.arange(n + 1) * step
    centre = (np.arange(n) + 0.5) * step
    inner, outer = edge[:-1] / (centre * step**2), edge[1:] / (centre * step**2)
    outer[-1] = 0.0
    states, current, done = [], profile, 0.0
    for amount in amounts:
        substeps = 4 if amount > done else 0
        for _ in range(substeps):
            dk = (amount - done) / substeps
            banded = np.zeros((3, n))
            banded[0, 1:] = -dk * outer[:-1]
            banded[1] = 1.0 + dk * (inner + outer)
            banded[2, :-1] = -dk * inner[1:]
            current = solve_banded((1, 1), banded, current)
        done = amount
        states.append(current)
    return np.array(states)


def _diameters_km(gravity_ratio: float) -> NDArray[np.float64]:
    """Diameters of the table's nodes, close together where simple craters give way to complex ones."""
    return np.unique([*_SMALLEST_KM, *(_LUNAR_KM / gravity_ratio), _LARGEST_KM])


@lru_cache(maxsize=4)
def _table(gravity_ratio: float) -> NDArray[np.float64]:
    """Profiles (diameter, state, radius sample); diffusion runs on a finer grid that reaches further."""
    step, reach = 0.0125, 2.0 * REACH
    fine: NDArray[np.float64] = (np.arange(round(reach / step), dtype=np.float64) + 0.5) * step
    samples = np.linspace(0.0, REACH, SAMPLES)
    fade = np.clip((REACH - samples) / (0.25 * REACH), 0.0, 1.0)
    diameters_km = _diameters_km(gravity_ratio)
    table = np.empty((diameters_km.size, _STATES.size, SAMPLES))
    for i, diameter in enumerate(diameters_km):
        # Even the freshest rim is a little rounded: start the diffusion just above zero.
        states = _diffused(fresh_profile(float(diameter), fine, gravity_ratio), step, VANISHED * _STATES + 2e-4)
        table[i] = [np.interp(samples, fine, state) * fade for state in states]
    return table


def profiles(diameter_km: ArrayLike, state: ArrayLike, gravity_ratio: float = 1.0) -> NDArray[np.float32]:
    """Tabulated profiles, shape (n, SAMPLES), for diameters and states of degradation (0 fresh, 1 vanished).

    Sample i lies at i * REACH / (SAMPLES - 1) radii. Heights in radii, interpolated linearly between the table's nodes.
    """
    table = _table(gravity_ratio)
    i, u = _node(np.log(np.atleast_1d(diameter_km)), np.log(_diameters_km(gravity_ratio)))
    j, v = _node(np.atleast_1d(state), _STATES)
    u, v = u[:, None], v[:, None]
    low = (1 - v) * table[i, j] + v * table[i, j + 1]
    high = (1 - v) * table[i + 1, j] + v * table[i + 1, j + 1]
    return ((1 - u) * low + u * high).astype(np.float32)


def filled(profile: NDArray[np.float32], fill: ArrayLike) -> NDArray[np.float32]:
    """`profile` (n, SAMPLES) with flat floors: the lowest `fill` (n,) of the depth under level ground is filled."""
    inside = np.linspace(0.0, REACH, SAMPLES) < 1.0
    share = np.asarray(fill, dtype=np.float32)[:, None]
    floor = profile[:, inside].min(axis=1, keepdims=True)
    depth = profile.max(axis=1, keepdims=True) - floor
    level = floor + share * depth
    # A smooth maximum: the fill laps onto the wall without a kink.
    softness = 0.06 * depth * np.minimum(4.0 * share, 1.0)
    lapped = 0.5 * (profile + level + np.sqrt((profile - level) ** 2 + softness**2))
    return np.where(inside & (share > 0), lapped, profile).astype(np.float32)


def _node(value: NDArray[np.float64], nodes: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Lower node and weight of the upper one, clipped to the table."""
    index = np.clip(np.searchsorted(nodes, value, side="right") - 1, 0, nodes.size - 2)
    return index, np.clip((value - nodes[index]) / (nodes[index + 1] - nodes[index]), 0.0, 1.0)

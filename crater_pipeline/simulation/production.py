"""How many craters of which size in how much time: production, chronology and equilibrium of the Moon."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

NEUKUM_2001 = (
    -3.0876, -3.557528, 0.781027, 1.021521, -0.156012, -0.444058,
    0.019977, 0.086850, -0.005874, -0.006809, 8.25e-4, 5.54e-5,
)  # fmt: skip
"""Coefficients of log10 N(>D) in powers of log10 D, D in km, per km^2 and 10^9 years: Neukum, Ivanov & Hartmann
(2001), Space Sci. Rev. 96, table 3; good from 0.01 to 300 km."""

EQUILIBRIUM_SLOPE = 2.0

MIN_DIAMETER_KM, MAX_DIAMETER_KM = 0.01, 300.0

EQUILIBRIUM_COEFFICIENT = 0.0794
"""N(>D) = 0.0794 D^-2 (D in km, per km^2): the most craters a surface shows, 10^10.9 D^-2 per 10^6 km^2 with D in
metres, Trask (1966), JPL Tech. Rep. 32-800; about 5 % of geometric saturation."""


def production_shape(diameter_km: ArrayLike) -> NDArray[np.float64]:
    """N(>D) / N(>1 km) of Neukum et al. (2001); diameters outside 0.01-300 km take the value at that end."""
    log_d = np.log10(np.clip(np.asarray(diameter_km, dtype=float), MIN_DIAMETER_KM, MAX_DIAMETER_KM))
    return np.asarray(10.0 ** (np.polynomial.polynomial.polyval(log_d, NEUKUM_2001) - NEUKUM_2001[0]))


def chronology(age_gyr: ArrayLike) -> NDArray[np.float64]:
    """Craters of 1 km and more per km^2 on a surface of that age: Neukum (1983), Neukum et al. (2001), eq. 5."""
    age = np.asarray(age_gyr, dtype=float)
    return 5.44e-14 * np.expm1(6.93 * age) + 8.38e-4 * age


def age_of(density: ArrayLike) -> NDArray[np.float64]:
    """Inverse of `chronology`, in 10^9 years, by interpolation (error below 1e-4)."""
    ages = np.linspace(0.0, 4.6, 8193)
    return np.asarray(np.interp(np.asarray(density, dtype=float), chronology(ages), ages))


def equilibrium(diameter_km: ArrayLike) -> NDArray[np.float64]:
    """Cumulative density per km^2 of a surface on which craters vanish as fast as they form."""
    return EQUILIBRIUM_COEFFICIENT * np.asarray(diameter_km, dtype=float) ** -2.0


def production_slope(diameter_km: ArrayLike) -> NDArray[np.float64]:
    """Local exponent b of the cumulative production function, N(>D) ~ D^-b."""
    d = np.asarray(diameter_km, dtype=float)
    low, high = np.clip(d / 1.2, MIN_DIAMETER_KM, None), np.clip(d * 1.2, None, MAX_DIAMETER_KM)
    return -np.log(production_shape(high) / production_shape(low)) / np.log(high / low)


def lifetime(diameter_km: ArrayLike) -> NDArray[np.float64]:
    """How long a crater stays visible, on the clock of `chronology` (1 km craters per km^2).

    A crater is worn down by the smaller ones that hit it. On a surface in equilibrium, the craters of one size formed
    in a lifetime t are those seen at any moment: b N_p t / D dD = 2 N_eq / D dD with production N_p ~ D^-b per unit
    of the clock. Age over lifetime is a crater's state of degradation; it agrees within a factor of two with the
    diffusion found for mare craters (Fassett & Thomson 2014; Minton et al. 2019).
    """
    slopes = EQUILIBRIUM_SLOPE / np.maximum(production_slope(diameter_km), 1.0)
    return slopes * equilibrium(diameter_km) / production_shape(diameter_km)


def draw_diameters(rng: np.random.Generator, count: int, low_km: float, high_km: float) -> NDArray[np.float64]:
    """`count` diameters between `low_km` and `high_km` that follow the production function."""
    grid = np.geomspace(low_km, high_km, 17)
    cumulative = production_shape(grid)
    share = 1.0 - (cumulative - cumulative[-1]) / (cumulative[0] - cumulative[-1])
    return np.exp(np.interp(rng.random(count), share, np.log(grid)))

"""How many craters of which size in how much time: production, chronology and equilibrium of a body's surface."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

EQUILIBRIUM_SLOPE = 2.0

EQUILIBRIUM_COEFFICIENT = 0.0794
"""N(>D) = 0.0794 D^-2 (D in km, per km^2): the most craters a surface shows, 10^10.9 D^-2 per 10^6 km^2 with D in
metres, Trask (1966), JPL Tech. Rep. 32-800; about 5 % of geometric saturation. Found on the Moon; taken for every body,
since it is a share of a geometric limit."""

DECAY_PER_GYR = 6.93
"""How fast the early bombardment ceased, in all these chronologies."""


def equilibrium(diameter_km: ArrayLike) -> NDArray[np.float64]:
    """Cumulative density per km^2 of a surface on which craters vanish as fast as they form."""
    return EQUILIBRIUM_COEFFICIENT * np.asarray(diameter_km, dtype=float) ** -2.0


@dataclass(frozen=True)
class Production:
    """The craters that form on a body: log10 N(>D) is a polynomial of log10 D, N(>1 km) a function of age.

    `coefficients` are those of the powers of log10 D, D in km, good from `min_km` to `max_km`. `early` and `steady` are
    craters of 1 km and more per km^2: N = early (exp(6.93 T) - 1) + steady T, T in 10^9 years.
    """

    coefficients: tuple[float, ...]
    min_km: float
    max_km: float
    early: float
    steady: float

    def shape(self, diameter_km: ArrayLike) -> NDArray[np.float64]:
        """N(>D) / N(>1 km); diameters outside the polynomial's range take the value at that end."""
        log_d = np.log10(np.clip(np.asarray(diameter_km, dtype=float), self.min_km, self.max_km))
        powers = np.polynomial.polynomial.polyval(log_d, self.coefficients)
        return np.asarray(10.0 ** (powers - self.coefficients[0]))

    def chronology(self, age_gyr: ArrayLike) -> NDArray[np.float64]:
        """Craters of 1 km and more per km^2 on a surface of that age."""
        age = np.asarray(age_gyr, dtype=float)
        return np.asarray(self.early * np.expm1(DECAY_PER_GYR * age) + self.steady * age)

    def age_of(self, density: ArrayLike) -> NDArray[np.float64]:
        """Inverse of `chronology`, in 10^9 years, by interpolation (error below 1e-4)."""
        ages = np.linspace(0.0, 4.6, 8193)
        return np.asarray(np.interp(np.asarray(density, dtype=float), self.chronology(ages), ages))

    def slope(self, diameter_km: ArrayLike) -> NDArray[np.float64]:
        """Local exponent b of the cumulative production function, N(>D) ~ D^-b."""
        d = np.asarray(diameter_km, dtype=float)
        low, high = np.clip(d / 1.2, self.min_km, None), np.clip(d * 1.2, None, self.max_km)
        return np.asarray(-np.log(self.shape(high) / self.shape(low)) / np.log(high / low))

    def lifetime(self, diameter_km: ArrayLike) -> NDArray[np.float64]:
        """How long a crater stays visible, on the clock of `chronology` (1 km craters per km^2).

        A crater is worn down by the smaller ones that hit it. On a surface in equilibrium, the craters of one size
        formed in a lifetime t are those seen at any moment: b N_p t / D dD = 2 N_eq / D dD with production N_p ~ D^-b
        per unit of the clock. Age over lifetime is a crater's state of degradation; on the Moon it agrees within a
        factor of two with the diffusion found for mare craters (Fassett & Thomson 2014; Minton et al. 2019).
        """
        slopes = EQUILIBRIUM_SLOPE / np.maximum(self.slope(diameter_km), 1.0)
        return np.asarray(slopes * equilibrium(diameter_km) / self.shape(diameter_km))

    def draw(self, rng: np.random.Generator, count: int, low_km: float, high_km: float) -> NDArray[np.float64]:
        """`count` diameters between `low_km` and `high_km` that follow the production function."""
        grid = np.geomspace(low_km, high_km, 17)
        cumulative = self.shape(grid)
        share = 1.0 - (cumulative - cumulative[-1]) / (cumulative[0] - cumulative[-1])
        return np.exp(np.interp(rng.random(count), share, np.log(grid)))


LUNAR = Production(
    coefficients=(
        -3.0876, -3.557528, 0.781027, 1.021521, -0.156012, -0.444058,
        0.019977, 0.086850, -0.005874, -0.006809, 8.25e-4, 5.54e-5,
    ),
    min_km=0.01,
    max_km=300.0,
    early=5.44e-14,
    steady=8.38e-4,
)  # fmt: skip
"""Neukum, Ivanov & Hartmann (2001), Space Sci. Rev. 96, table 3 and eq. 5."""

MARTIAN = Production(
    coefficients=(
        -3.383677, -3.197453, 1.256814, 0.7915374, -0.4860814, -0.3630098,
        0.1015683, 0.06755923, -0.01180639, -0.004753462, 6.232845e-4, 5.805492e-5,
    ),
    min_km=0.015,
    max_km=362.0,
    early=3.22e-14,
    steady=4.875e-4,
)  # fmt: skip
"""Ivanov (2001), Space Sci. Rev. 96, with the chronology of Hartmann & Neukum (2001): CraterStats' system "Mars,
Neukum-Ivanov (2001)", from whose table of functions (version 3.6) the numbers are."""

MERCURIAN = Production(
    coefficients=(
        -3.016675, -3.627417, 0.6038601, 1.026714, -0.003767761, -0.4204364,
        -0.032235, 0.08044575, 0.003170165, -0.006733922, 1.334403e-4, 1.428627e-4,
    ),
    min_km=0.01,
    max_km=100.0,
    early=6.247e-14,
    steady=9.620e-4,
)  # fmt: skip
"""Neukum et al. (2001), Planet. Space Sci. 49, 1507-1521: CraterStats' system "Mercury, Neukum et al. (2001)", from the
same table."""

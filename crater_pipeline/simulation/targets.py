"""What of a body decides how its craters look: how many form, and how hard they are pulled down."""

from dataclasses import dataclass
from typing import Literal

from crater_pipeline.simulation.production import LUNAR, MARTIAN, MERCURIAN, Production

TargetName = Literal["moon", "mars", "mercury"]


@dataclass(frozen=True)
class Target:
    """A body's production function, and its surface gravity in m/s^2."""

    production: Production
    gravity_m_s2: float


TARGETS: dict[str, Target] = {
    "moon": Target(LUNAR, 1.62),
    "mars": Target(MARTIAN, 3.71),
    "mercury": Target(MERCURIAN, 3.70),
}
"""Gravity is GM over the square of the reference sphere's radius, rounded."""

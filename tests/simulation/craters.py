"""Craters planted by hand."""

import numpy as np

from crater_pipeline.simulation.population import Population


def planted(*craters: tuple[float, float, float, float]) -> Population:
    """Fresh craters from (x, y, radius_px, clock)."""
    x, y, radius, clock = (np.array(column, dtype=float) for column in zip(*craters, strict=True))
    n = x.size
    return Population(x, y, radius, clock, np.zeros(n), np.ones(n), np.zeros(n))

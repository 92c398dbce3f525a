import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from crater_pipeline.simulation.production import (
    NEUKUM_2001,
    age_of,
    chronology,
    draw_diameters,
    equilibrium,
    lifetime,
    production_shape,
    production_slope,
)


@given(st.floats(0.01, 300.0))
def test_the_production_function_is_the_published_polynomial(diameter: float) -> None:
    log_n = sum(a * math.log10(diameter) ** power for power, a in enumerate(NEUKUM_2001))
    assert production_shape(diameter) == pytest.approx(10 ** (log_n - NEUKUM_2001[0]), rel=1e-9)


def test_more_small_craters_than_large_ones() -> None:
    assert np.all(np.diff(production_shape(np.geomspace(0.01, 300, 200))) < 0)


def test_known_slopes_of_the_production_function() -> None:
    # Steep below 1 km (secondaries included), gentler at several km: Neukum et al. (2001), figure 4.
    assert 3.0 < float(production_slope(0.7)) < 4.0
    assert 1.2 < float(production_slope(7.0)) < 2.0


@given(st.floats(0.05, 4.4))
def test_age_of_inverts_the_chronology(age: float) -> None:
    assert age_of(chronology(age)) == pytest.approx(age, abs=2e-3)


def test_chronology_at_the_apollo_ages() -> None:
    # Apollo 12 maria, 3.15 Gyr: 3.6e-3; Apollo 16 highlands, 3.9 Gyr: about 3.4e-2 (Stoeffler & Ryder 2001).
    assert chronology(3.15) == pytest.approx(3.6e-3, rel=0.4)
    assert chronology(3.9) == pytest.approx(3.4e-2, rel=0.4)


def test_drawn_diameters_follow_the_production_function() -> None:
    drawn = draw_diameters(np.random.default_rng(3), 4000, 0.8, 9.0)
    edge = production_shape([0.8, 9.0])
    result = kstest(drawn, lambda d: (edge[0] - production_shape(d)) / (edge[0] - edge[1]))
    assert result.pvalue > 0.01
    assert drawn.min() >= 0.8
    assert drawn.max() <= 9.0


@pytest.mark.parametrize("diameter", [0.2, 1.0, 5.0])
def test_craters_formed_within_a_lifetime_make_up_the_equilibrium(diameter: float) -> None:
    step = diameter * 1.001
    formed = float(production_shape(diameter) - production_shape(step)) * float(lifetime(diameter))
    seen = float(equilibrium(diameter) - equilibrium(step))
    assert formed == pytest.approx(seen, rel=0.1)

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from crater_pipeline.simulation.production import LUNAR, MARTIAN, MERCURIAN, Production, equilibrium
from crater_pipeline.simulation.targets import TARGETS

of_every_body = pytest.mark.parametrize("production", [each.production for each in TARGETS.values()], ids=list(TARGETS))


@given(st.sampled_from([LUNAR, MARTIAN, MERCURIAN]), st.floats(0.0, 1.0))
def test_the_production_function_is_the_published_polynomial(production: Production, share: float) -> None:
    diameter = production.min_km * (production.max_km / production.min_km) ** share
    log_n = sum(a * math.log10(diameter) ** power for power, a in enumerate(production.coefficients))
    assert production.shape(diameter) == pytest.approx(10 ** (log_n - production.coefficients[0]), rel=1e-6)


@of_every_body
def test_more_small_craters_than_large_ones(production: Production) -> None:
    assert np.all(np.diff(production.shape(np.geomspace(production.min_km, production.max_km, 200))) < 0)


def test_known_slopes_of_the_production_function() -> None:
    # Steep below 1 km (secondaries included), gentler at several km: Neukum et al. (2001), figure 4.
    assert 3.0 < float(LUNAR.slope(0.7)) < 4.0
    assert 1.2 < float(LUNAR.slope(7.0)) < 2.0


@of_every_body
@given(age=st.floats(0.05, 4.4))
def test_age_of_inverts_the_chronology(production: Production, age: float) -> None:
    assert production.age_of(production.chronology(age)) == pytest.approx(age, abs=2e-3)


def test_chronology_at_the_apollo_ages() -> None:
    # Apollo 12 maria, 3.15 Gyr: 3.6e-3; Apollo 16 highlands, 3.9 Gyr: about 3.4e-2 (Stoeffler & Ryder 2001).
    assert LUNAR.chronology(3.15) == pytest.approx(3.6e-3, rel=0.4)
    assert LUNAR.chronology(3.9) == pytest.approx(3.4e-2, rel=0.4)


def test_a_surface_has_fewer_craters_on_mars_and_more_on_mercury_than_on_the_moon() -> None:
    # The rates of craters of 1 km, from the chronologies' steady parts: Neukum et al. (2001).
    rates = [float(each.chronology(1.0)) for each in (MARTIAN, LUNAR, MERCURIAN)]
    assert rates == sorted(rates)
    assert rates[0] / rates[1] == pytest.approx(0.58, abs=0.02)
    assert rates[2] / rates[1] == pytest.approx(1.15, abs=0.02)


@of_every_body
def test_drawn_diameters_follow_the_production_function(production: Production) -> None:
    drawn = production.draw(np.random.default_rng(3), 4000, 0.8, 9.0)
    edge = production.shape([0.8, 9.0])
    result = kstest(drawn, lambda d: (edge[0] - production.shape(d)) / (edge[0] - edge[1]))
    assert result.pvalue > 0.01
    assert drawn.min() >= 0.8
    assert drawn.max() <= 9.0


def test_what_one_body_draws_is_told_from_another_bodys_function() -> None:
    drawn = MARTIAN.draw(np.random.default_rng(3), 4000, 0.8, 9.0)
    edge = LUNAR.shape([0.8, 9.0])
    assert kstest(drawn, lambda d: (edge[0] - LUNAR.shape(d)) / (edge[0] - edge[1])).pvalue < 1e-6


@of_every_body
@pytest.mark.parametrize("diameter", [0.2, 1.0, 5.0])
def test_craters_formed_within_a_lifetime_make_up_the_equilibrium(production: Production, diameter: float) -> None:
    step = diameter * 1.001
    formed = float(production.shape(diameter) - production.shape(step)) * float(production.lifetime(diameter))
    seen = float(equilibrium(diameter) - equilibrium(step))
    assert formed == pytest.approx(seen, rel=0.1)

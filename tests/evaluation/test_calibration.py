from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from crater_pipeline.evaluation import calibration
from crater_pipeline.evaluation.curves import reliability
from crater_pipeline.models.scores import IDENTITY


def draw(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose true probability is known: `truth_of`."""
    rng = np.random.default_rng(seed)
    score = rng.beta(0.8, 1.5, n)
    return score, rng.random(n) < truth_of(score)


def truth_of(score: np.ndarray) -> np.ndarray:
    return 0.9 * score**1.5


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60),
    st.lists(st.floats(0, 1), min_size=2, max_size=20),
)
def test_the_ranking_stays(data: list[tuple[float, bool]], scores: list[float]) -> None:
    fitted = calibration.fit([s for s, _ in data], [label for _, label in data])
    raw = np.unique(scores)
    calibrated = fitted.apply(raw)
    assert ((calibrated >= 0) & (calibrated <= 1)).all()
    # Strictly rising wherever floating point can tell the scores apart.
    assert (np.diff(calibrated)[np.diff(raw) > 1e-9] > 0).all()
    assert (np.diff(calibrated) >= 0).all()


@pytest.mark.parametrize(("n", "error"), [(150, 0.09), (1000, 0.05), (20_000, 0.02)])
def test_it_comes_near_the_true_probability(n: int, error: float) -> None:
    grid = np.random.default_rng(99).beta(0.8, 1.5, 2000)
    errors = []
    for seed in range(8):
        fitted = calibration.fit(*draw(seed, n))
        errors.append(np.sqrt(np.mean((fitted.apply(grid) - truth_of(grid)) ** 2)))
    assert np.mean(errors) < error


def test_calibration_mends_the_reliability_of_unseen_scores() -> None:
    rng = np.random.default_rng(0)

    def scores(n: int) -> tuple[np.ndarray, np.ndarray]:
        label = rng.random(n) < 0.4
        return np.where(
            label, beta.rvs(4, 3, size=n, random_state=rng), beta.rvs(1.2, 7, size=n, random_state=rng)
        ), label

    fitted = calibration.fit(*scores(400))
    raw, label = scores(4000)
    before = reliability(raw, label)["expected_calibration_error"]
    after = reliability(fitted.apply(raw), label)["expected_calibration_error"]
    assert after < 0.04 < before


@pytest.mark.parametrize("label", [True, False])
def test_labels_of_one_kind(label: bool) -> None:
    fitted = calibration.fit(np.linspace(0.2, 0.9, 40), np.full(40, label))
    middle = fitted.apply(0.6)
    assert middle > 0.8 if label else middle < 0.2


def test_a_score_that_misleads_is_not_turned_round() -> None:
    raw = np.linspace(0, 1, 200)
    calibrated = calibration.fit(raw, raw < 0.5).apply(raw)
    assert (np.diff(calibrated) >= 0).all()
    assert calibrated.mean() == pytest.approx(0.5, abs=0.05)


def test_cross_fitting_is_less_flattering_than_the_fit_itself() -> None:
    fitted_error: list[Any] = []
    cross_error: list[Any] = []
    for seed in range(10):
        raw, label = draw(seed, 120)
        fitted_error.append(reliability(calibration.fit(raw, label).apply(raw), label)["expected_calibration_error"])
        cross_error.append(calibration.cross_fitted_error(raw, label, np.arange(120) // 6))
    assert np.mean(cross_error) > np.mean(fitted_error)
    assert calibration.cross_fitted_error(raw, label, np.zeros(120, dtype=int)) is None


def test_without_scores_nothing_is_changed() -> None:
    assert calibration.fit([], []) == IDENTITY

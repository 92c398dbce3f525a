"""Standard deviations of centre and diameter: recovered from simulated errors, undisturbed by wrong matches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from crater_pipeline.evaluation.uncertainty import MIN_PAIRS, fit
from crater_pipeline.models.scores import ErrorModel, Uncertainty

FloatArray = NDArray[np.float64]

TRUE = Uncertainty(
    centre=ErrorModel(floor=0.09, share=0.0004, doubt=0.01),
    diameter=ErrorModel(floor=0.04, share=0.0016, doubt=0.04),
    n=0,
)


def simulated(count: int, seed: int = 0) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Errors of centre (distances) and diameter, in pixels, with diameters and scores, drawn from `TRUE`."""
    random = np.random.default_rng(seed)
    diameter_px, score = np.exp(random.uniform(np.log(6), np.log(100), count)), random.uniform(0.3, 0.95, count)
    axes = random.normal(0, 1, (2, count)) * TRUE.centre.sigma_px(diameter_px, score)
    size = random.normal(0, 1, count) * TRUE.diameter.sigma_px(diameter_px, score)
    return np.hypot(*axes), size, diameter_px, score


def parts(model: Uncertainty) -> tuple[ErrorModel, ErrorModel]:
    return model.centre, model.diameter


def check(model: Uncertainty, rel: float) -> None:
    diameter_px, score = (each.ravel() for each in np.meshgrid([8.0, 20.0, 60.0], [0.4, 0.6, 0.9]))
    for fitted, true in zip(parts(model), parts(TRUE), strict=True):
        assert fitted.sigma_px(diameter_px, score) == pytest.approx(true.sigma_px(diameter_px, score), rel=rel)


def test_recovered() -> None:
    model = fit(*simulated(5000))
    assert model is not None
    check(model, rel=0.12)
    assert model.n == 5000


def test_one_wrong_match_in_ten_does_little() -> None:
    centre, size, diameter_px, score = simulated(5000)
    wrong = np.arange(5000) % 10 == 0
    model = fit(np.where(wrong, 0.5 * diameter_px, centre), np.where(wrong, diameter_px, size), diameter_px, score)
    assert model is not None
    check(model, rel=0.3)


def test_a_constant_bias_counts_as_error() -> None:
    _, _, diameter_px, score = simulated(500)
    model = fit(0 * diameter_px, 0.1 * diameter_px, diameter_px, score)
    assert model is not None
    assert model.diameter.sigma_px([20.0], [0.5])[0] == pytest.approx(0.1 * 20 / np.sqrt(0.45493642), rel=1e-6)
    assert model.centre.sigma_px([20.0], [0.5])[0] == pytest.approx(0.0, abs=1e-9)


def test_too_few() -> None:
    assert fit(*simulated(MIN_PAIRS - 1)) is None
    assert fit(*simulated(MIN_PAIRS)) is not None
    assert fit([], [], [], []) is None


@given(seed=st.integers(0, 1000), factor=st.floats(0.1, 10))
@settings(max_examples=20, deadline=None)
def test_larger_larger_and_surer_smaller(seed: int, factor: float) -> None:
    """Deviations grow with the errors, never fall with the size and never rise with the score."""
    centre, size, diameter_px, score = simulated(60, seed)
    model, scaled = fit(centre, size, diameter_px, score), fit(factor * centre, factor * size, diameter_px, score)
    assert model is not None
    assert scaled is not None
    for one, other in zip(parts(model), parts(scaled), strict=True):
        assert (np.diff(one.sigma_px([5, 10, 50, 200], [0.5] * 4)) >= 0).all()
        assert (np.diff(one.sigma_px([20] * 4, [0.1, 0.5, 0.7, 1.0])) <= 0).all()
        half = one.sigma_px(diameter_px, score)
        assert np.median(factor * half / other.sigma_px(diameter_px, score)) == pytest.approx(1.0, rel=0.2)

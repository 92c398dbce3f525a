import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.evaluation.intervals import (
    block_sums,
    bootstrap_weights,
    interval,
    paired_difference,
    spatial_blocks,
    weighted_medians,
)
from crater_pipeline.evaluation.metrics import f1
from tests.judged_region import MOON


@settings(max_examples=50)
@given(st.integers(0, 1000), st.integers(1, 20), st.integers(0, 40))
def test_interval_holds_the_point(seed: int, n_blocks: int, scale: int) -> None:
    counts = np.random.default_rng(seed).poisson(scale, (n_blocks, 3)).astype(float)
    point = float(f1(counts.sum(axis=0)))
    result = interval(f1(bootstrap_weights(n_blocks, 200, seed) @ counts), point, 0.95)
    if result is None:
        assert np.isnan(point)
    else:
        assert 0 <= result[0] <= point <= result[1] <= 1


def test_interval_of_an_undefined_figure_is_none() -> None:
    assert interval([np.nan, np.nan, 0.5], 0.5, 0.95) is None
    assert interval([0.4, 0.6], float("nan"), 0.95) is None
    assert interval([], 0.5, 0.95) is None


def test_interval_covers_as_often_as_it_says() -> None:
    """Blocks that differ from one another: the share of intervals that hold the true rate is near 95 %."""
    rng = np.random.default_rng(0)
    covered = []
    for seed in range(150):
        n = rng.integers(5, 15, 40)
        hits = rng.binomial(n, rng.beta(8, 2, 40))
        counts = np.column_stack([hits, np.zeros(40), n - hits]).astype(float)
        sampled = bootstrap_weights(40, 300, seed) @ counts
        point = counts[:, 0].sum() / n.sum()
        low, high = interval(sampled[:, 0] / (sampled[:, 0] + sampled[:, 2]), point, 0.95) or (0, 0)
        covered.append(low <= 0.8 <= high)
    assert 0.88 <= np.mean(covered) <= 1.0


def test_weights_are_draws_of_all_blocks_and_depend_on_the_seed_alone() -> None:
    weights = bootstrap_weights(7, 50, 3)
    assert (weights.sum(axis=1) == 7).all()
    assert (weights == bootstrap_weights(7, 50, 3)).all()
    assert (weights != bootstrap_weights(7, 50, 4)).any()


def test_blocks_have_about_the_asked_size_everywhere() -> None:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(-180, 180, 400_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 400_000)))
    _, count = np.unique(spatial_blocks(lon, lat, 200.0, MOON), return_counts=True)
    area = count / len(lon) * 4 * np.pi * MOON.radius_km**2
    assert np.median(area) == pytest.approx(200.0**2, rel=0.05)
    # Around a pole there is one wedge of a few; elsewhere sizes differ by little.
    assert np.quantile(area, [0.02, 0.98]) == pytest.approx([200.0**2] * 2, rel=0.35)


def test_blocks_are_joined_at_the_antimeridian_only_by_longitude() -> None:
    assert spatial_blocks([180.0], [10.0], 100.0, MOON) == spatial_blocks([-180.0], [10.0], 100.0, MOON)
    assert spatial_blocks([181.0], [10.0], 100.0, MOON) == spatial_blocks([-179.0], [10.0], 100.0, MOON)
    first, second = spatial_blocks([10.0, 50.0], [10.0, 10.0], 100.0, MOON)
    assert first != second


def test_weighted_median_is_that_of_the_multiset() -> None:
    rng = np.random.default_rng(1)
    values, block = rng.normal(size=31), rng.integers(0, 6, 31)
    weights = bootstrap_weights(6, 40, 0)
    expected = [np.sort(np.repeat(values, row[block].astype(int))) for row in weights]
    assert weighted_medians(values, block, weights) == pytest.approx([each[(len(each) - 1) // 2] for each in expected])
    assert np.isnan(weighted_medians(np.zeros(0), np.zeros(0, dtype=int), weights)).all()


def test_block_sums() -> None:
    sums = block_sums([[1, 2], [3, 4], [5, 6]], np.array([2, 0, 2]), 4)
    assert sums.tolist() == [[3, 4], [0, 0], [6, 8], [0, 0]]


def test_paired_difference_sees_through_what_both_find_hard() -> None:
    """Blocks differ wildly, method A is a little better in each: the pair shows it, two intervals would not."""
    rng = np.random.default_rng(0)
    hard = rng.uniform(0.2, 0.9, 30)
    b = np.column_stack([np.round(40 * hard), np.zeros(30), 40 - np.round(40 * hard)])
    a = b + np.array([1, 0, -1])
    point, bounds = paired_difference(a, b, f1)
    assert bounds is not None
    assert 0 < bounds[0] <= point <= bounds[1] < 0.1
    assert paired_difference(b, b, f1) == (0.0, (0.0, 0.0))
    with pytest.raises(ValueError, match="same blocks"):
        paired_difference(a, b[:5], f1)

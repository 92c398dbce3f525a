from typing import Any

import numpy as np
import pytest

from crater_pipeline.evaluation.intervals import bootstrap_weights
from crater_pipeline.evaluation.nested import nested, nested_figures, recalls_at_same_sizes
from crater_pipeline.evaluation.size_frequency import diameter_borders, size_frequency
from tests.judged_region import MOON, random_region


def test_borders_are_powers_of_root_two_around_all() -> None:
    borders = diameter_borders([1.0, 3.0], [7.9])
    assert borders[0] == 1.0
    assert borders[-1] == pytest.approx(8.0)
    assert borders[1:] / borders[:-1] == pytest.approx(np.sqrt(2))
    assert diameter_borders([]).size == 0


def test_known_distribution() -> None:
    borders = np.array([1.0, 2.0, 4.0])
    result = size_frequency([1.0, 1.5, 3.0, 3.5], borders, 100.0)
    assert result["count"].tolist() == [2, 2]
    assert result["cumulative"] == pytest.approx([0.04, 0.02])
    assert result["cumulative_error"] == pytest.approx([0.04 / 2, 0.02 / np.sqrt(2)])
    # R = D^3 N / (A (b - a)), D = sqrt(a b)
    assert result["r"] == pytest.approx([2**1.5 * 2 / 100, 8**1.5 * 2 / 200])
    assert result["r_error"] == pytest.approx(result["r"] / np.sqrt(2))


def test_a_cubic_power_law_is_flat_in_the_r_plot() -> None:
    """N(>=D) ~ D^-2 means a differential slope of -3, for which R is constant."""
    rng = np.random.default_rng(0)
    diameter = rng.random(200_000) ** -0.5
    result = size_frequency(diameter, diameter_borders([1.0, 15.0]), 1e6)
    assert result["r"] == pytest.approx([result["r"][0]] * len(result["r"]), rel=0.1)


def test_no_area_and_no_craters() -> None:
    assert np.isnan(size_frequency([1.5], np.array([1.0, 2.0]), 0.0)["r"]).all()
    assert len(size_frequency([], np.zeros(0), 5.0)["count"]) == 0


def test_nested_against_all_pairs() -> None:
    table = random_region(3, n=400).catalogue
    table["diameter_km"] *= 4
    lon, lat = np.radians(table["lon"].to_numpy()), np.radians(table["lat"].to_numpy())
    cosine = np.sin(lat[:, None]) * np.sin(lat) + np.cos(lat[:, None]) * np.cos(lat) * np.cos(lon[:, None] - lon)
    distance = np.arccos(np.clip(cosine, -1, 1)) * MOON.radius_km
    d = table["diameter_km"].to_numpy()
    expected = ((distance <= d / 2) & (d >= 3 * d[:, None]) & (d < 300)).any(axis=1)
    assert nested(table, MOON).tolist() == expected.tolist()
    assert 0 < expected.sum() < len(expected)


def figures_of_nested(
    diameter: np.ndarray, is_nested: np.ndarray, found: np.ndarray, block: np.ndarray | None = None
) -> dict[str, Any] | None:
    where = np.zeros(len(diameter), dtype=np.int64) if block is None else block
    return nested_figures(diameter, is_nested, found, where, bootstrap_weights(int(where.max()) + 1, 200, 0), 0.95)


def test_nested_recall_is_compared_at_the_same_sizes() -> None:
    # Small craters are found half of the time wherever they lie, large ones always; only small ones are nested.
    diameter = np.array([1.1, 1.1, 1.1, 1.1, 10.0, 10.0])
    is_nested = np.array([True, True, False, False, False, False])
    found = np.array([True, False, True, False, True, True])
    result = figures_of_nested(diameter, is_nested, found)
    assert result is not None
    assert result["n"] == 2
    assert {name: result[name]["value"] for name in ("recall", "recall_others", "difference")} == {
        "recall": 0.5,
        "recall_others": 0.5,
        "difference": 0.0,
    }
    assert figures_of_nested(diameter, np.zeros(6, dtype=bool), found) is None
    assert figures_of_nested(diameter, diameter < 5, found) is None


def test_the_interval_of_the_nested_difference_tells_a_real_loss_from_none() -> None:
    rng = np.random.default_rng(0)
    block, n = rng.integers(0, 60, 3000), 3000
    diameter, is_nested = rng.uniform(1, 8, n), rng.random(n) < 0.3
    hard = rng.uniform(0.5, 0.95, 60)[block]
    same = figures_of_nested(diameter, is_nested, rng.random(n) < hard, block)
    worse = figures_of_nested(diameter, is_nested, rng.random(n) < hard - 0.15 * is_nested, block)
    assert same is not None
    assert worse is not None
    assert same["difference"]["low"] < 0 < same["difference"]["high"]
    assert worse["difference"]["low"] < -0.15 < worse["difference"]["high"] < 0
    assert worse["difference"]["value"] == worse["recall"]["value"] - worse["recall_others"]["value"]


def test_a_size_that_only_one_kind_has_does_not_enter() -> None:
    counts = np.array([[2.0, 1.0, 4.0, 3.0], [5.0, 5.0, 0.0, 0.0], [0.0, 0.0, 9.0, 0.0]])
    assert recalls_at_same_sizes(counts).tolist() == [0.5, 0.75, -0.25]
    assert np.isnan(recalls_at_same_sizes(counts[1:])).all()

import numpy as np
import pytest

from crater_pipeline.simulation.stamping import Stamper
from crater_pipeline.simulation.visibility import measured_relief_px, rim_survival
from tests.simulation.craters import planted


def test_a_lone_crater_keeps_its_rim() -> None:
    crater = planted((50.0, 50.0, 10.0, 2.0))
    assert rim_survival(crater, crater) == pytest.approx([1.0])


def test_a_younger_crater_on_top_erases_and_an_older_one_does_not() -> None:
    small, large = (50.0, 50.0, 10.0, 2.0), (52.0, 50.0, 30.0, 1.0)
    assert rim_survival(planted(small), planted(large)) == pytest.approx([0.0])
    assert rim_survival(planted(small), planted((*large[:3], 3.0))) == pytest.approx([1.0])


def test_a_small_crater_inside_a_large_one_leaves_its_rim_alone() -> None:
    assert rim_survival(planted((50.0, 50.0, 40.0, 2.0)), planted((50.0, 50.0, 10.0, 1.0))) == pytest.approx([1.0])


def test_overlap_of_equals_takes_a_third_of_the_rim() -> None:
    """Circles of one radius whose centres are one radius apart: the arc inside the other is 120 degrees."""
    survival = rim_survival(planted((50.0, 50.0, 20.0, 2.0)), planted((70.0, 50.0, 20.0, 1.0)))
    assert survival == pytest.approx([2 / 3], abs=0.09)


def test_two_erasers_add_up_and_the_same_arc_counts_once() -> None:
    old = planted((50.0, 50.0, 20.0, 2.0))
    east, west = (70.0, 50.0, 20.0, 1.0), (30.0, 50.0, 20.0, 1.0)
    once = rim_survival(old, planted(east))
    assert rim_survival(old, planted(east, east)) == pytest.approx(once)
    assert 1 - rim_survival(old, planted(east, west)) == pytest.approx(2 * (1 - once), abs=0.01)


def test_nobody_to_judge_or_nobody_to_erase() -> None:
    some, none = planted((5.0, 5.0, 3.0, 1.0)), planted((5.0, 5.0, 3.0, 1.0)).take(np.zeros(0, dtype=int))
    assert rim_survival(none, some).shape == (0,)
    assert rim_survival(some, none) == pytest.approx([1.0])


def test_measured_relief_of_a_fresh_crater_on_a_slope() -> None:
    crater = planted((64.0, 64.0, 12.0, 1.0))
    y, x = np.indices((128, 128))
    elevation = (8.0 * x - 5.0 * y).astype(np.float32)
    Stamper(elevation, np.zeros_like(elevation), 100.0).stamp(crater, np.random.default_rng(0))
    relief, standing = measured_relief_px(elevation, crater, 100.0)
    assert relief / 24.0 == pytest.approx([0.17], abs=0.03)
    assert standing == pytest.approx([1.0])


def test_level_ground_shows_no_relief() -> None:
    relief, _ = measured_relief_px(np.zeros((64, 64), np.float32), planted((32.0, 32.0, 8.0, 1.0)), 100.0)
    assert relief == pytest.approx([0.0])


def test_a_crater_mostly_outside_cannot_be_measured() -> None:
    relief, standing = measured_relief_px(np.zeros((64, 64), np.float32), planted((-6.0, 32.0, 8.0, 1.0)), 100.0)
    assert np.isnan(relief).all()
    assert np.isnan(standing).all()

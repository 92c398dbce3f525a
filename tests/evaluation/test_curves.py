import numpy as np
import pandas as pd
import pytest

from crater_pipeline.evaluation.curves import counts_at, ranking_curves, reliability, threshold_curve
from crater_pipeline.evaluation.judging import judge, make_scene, ranked
from tests.judged_region import MOON, random_region


def test_counts_at_a_threshold_are_those_of_the_outcomes() -> None:
    region = random_region(2)
    scene = make_scene(region.craters, region.catalogue, region.footprint, "test", 2.0, 0.25, MOON)
    for criterion in ("iou50", "deepmoon", "strict"):
        pairs = scene.pairs(criterion)
        thresholds = [0.0, 0.2, 0.5, 0.9, 1.1]
        counts = counts_at(scene, pairs, thresholds)
        for row, threshold in zip(counts, thresholds, strict=True):
            outcome = judge(scene, pairs, threshold)["outcome"]
            assert row.tolist() == [
                (outcome == name).sum() for name in ("true_positive", "false_positive", "false_negative")
            ]
        curve = threshold_curve(scene, pairs, thresholds)
        assert (np.diff(curve["recall"]) <= 0).all()
        assert np.isnan(curve["precision"].iloc[-1])


def test_curves_end_where_the_lowest_threshold_does() -> None:
    region = random_region(2)
    scene = make_scene(region.craters, region.catalogue, region.footprint, "test", 2.0, 0.25, MOON)
    ranking = ranked(scene, scene.pairs("iou50"))
    n_truth = int(scene.truth["counts"].sum())
    curves = ranking_curves(ranking, n_truth, 2000.0)
    hits = ranking["is_crater"].sum()
    assert curves["recall"][-1] == pytest.approx(hits / n_truth)
    assert curves["precision"][-1] == pytest.approx(hits / len(ranking))
    assert curves["false_per_1000km2"][-1] == pytest.approx((len(ranking) - hits) / 2)
    assert (np.diff(curves["recall"]) >= 0).all()
    assert curves["roc"]["true_positive_rate"][-1] == curves["roc"]["false_positive_rate"][-1] == 1.0
    assert 0.8 < curves["roc"]["area"] <= 1.0


def test_equal_scores_make_one_point() -> None:
    ranking = pd.DataFrame({"score": [0.9, 0.5, 0.5, 0.5], "is_crater": [True, True, False, True]})
    curves = ranking_curves(ranking, 4, 1000.0)
    assert curves["threshold"].tolist() == [0.9, 0.5]
    assert curves["recall"].tolist() == [0.25, 0.75]


@pytest.mark.parametrize("labels", [[], [True], [False]])
def test_curves_without_both_kinds(labels: list[bool]) -> None:
    ranking = pd.DataFrame({"score": [0.5] * len(labels), "is_crater": np.array(labels, dtype=bool)})
    curves = ranking_curves(ranking, 0, 0.0)
    assert curves["roc"] is None
    assert len(curves["recall"]) == len(labels)


def test_reliability_of_known_scores() -> None:
    result = reliability([0.05, 0.05, 0.95, 1.0], [False, True, True, True])
    low, high = result["bins"]
    assert (low["count"], low["mean_score"], low["crater_share"]) == (2, pytest.approx(0.05), 0.5)
    assert (high["count"], high["crater_share"]) == (2, 1.0)
    assert result["expected_calibration_error"] == pytest.approx(0.5 * 0.45 + 0.5 * 0.025)
    assert reliability([], [])["expected_calibration_error"] is None

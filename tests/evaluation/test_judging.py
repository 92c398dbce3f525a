import numpy as np
import pandas as pd
import pytest

from crater_pipeline.evaluation.judging import JudgedScene, judge, make_scene, ranked
from tests.judged_region import MOON, footprint_of, random_region


def table(*rows: tuple[float, float, float], score: float | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["lon", "lat", "diameter_km"], dtype=float)
    return frame if score is None else frame.assign(score=score)


KM_PER_DEG = np.pi / 180 * MOON.radius_km

FOOTPRINT = footprint_of({"train": (0, 0, 1, 2), "test": (1, 0, 2, 2)})


def scene_of(pred: pd.DataFrame, truth: pd.DataFrame, limit: float = 2.0) -> JudgedScene:
    return make_scene(pred, truth, FOOTPRINT, "test", limit, 0.25, MOON)


@pytest.mark.parametrize(
    ("pred", "truth", "outcomes"),
    [
        # A prediction just under the limit finds a crater just above it.
        ((1.5, 1, 1.9), (1.5, 1, 2.1), ["true_positive"]),
        # One above the limit, on a crater below it, is neither right nor wrong.
        ((1.5, 1, 2.1), (1.5, 1, 1.9), ["ignored"]),
        ((1.5, 1, 2.1), (1.2, 1, 2.1), ["false_negative", "false_positive"]),
        ((1.5, 1, 1.9), (1.2, 1, 2.1), ["false_negative", "unverifiable"]),
        ((1.5, 1, 1.0), (1.2, 1, 1.0), ["unverifiable"]),
        # Across the border between the parts (lon 1): the truth's place decides.
        ((0.999, 1, 5.0), (1.001, 1, 5.0), ["true_positive"]),
        ((1.001, 1, 5.0), (0.999, 1, 5.0), ["ignored"]),
        ((0.5, 1, 5.0), (0.6, 1, 9.0), []),
        # Centred just inside the border of everything that was searched (lon 2), half of the circle outside.
        ((1.999, 1, 9.0), (1.2, 1, 2.1), ["false_negative", "ignored"]),
        ((1.2, 1, 1.0), (1.999, 1, 9.0), ["unverifiable"]),
    ],
)
def test_outcomes(pred: tuple[float, float, float], truth: tuple[float, float, float], outcomes: list[str]) -> None:
    scene = scene_of(table(pred, score=0.9), table(truth))
    result = judge(scene, scene.pairs("iou50"), 0.5)
    assert sorted(result["outcome"]) == outcomes
    assert judge(scene, scene.pairs("iou50"), 0.95)["outcome"].isin(["false_negative"]).all()


def test_errors_of_a_match_are_fractions_of_the_catalogue_diameter() -> None:
    scene = scene_of(table((1.5, 1.0 + 0.3 / KM_PER_DEG, 3.3), score=0.9), table((1.5, 1.0, 3.0)))
    row = judge(scene, scene.pairs("iou50"), 0.5).iloc[0]
    assert row["centre_error"] == pytest.approx(0.1)
    assert row["diameter_error"] == pytest.approx(0.1)
    assert row["diameter_km"] == 3.0


def test_a_match_that_counts_is_preferred() -> None:
    # One prediction, two catalogue craters that fit; the nearer one is below the limit.
    scene = scene_of(table((1.5, 1, 2.0), score=0.9), table((1.5, 1, 1.95), (1.505, 1, 2.2)))
    assert judge(scene, scene.pairs("iou50"), 0.5)["outcome"].tolist() == ["true_positive"]
    assert ranked(scene, scene.pairs("iou50"))["is_crater"].tolist() == [True]


@pytest.mark.parametrize(("n_pred", "n_truth"), [(0, 0), (0, 1), (1, 0)])
def test_empty_sides(n_pred: int, n_truth: int) -> None:
    scene = scene_of(table(*[(1.5, 1, 3.0)] * n_pred, score=0.9), table(*[(1.5, 1, 3.0)] * n_truth))
    result = judge(scene, scene.pairs("iou50"), 0.5)
    assert result["outcome"].tolist() == ["false_positive"] * n_pred + ["false_negative"] * n_truth
    assert set(result) >= {"pred", "truth", "lon", "lat", "diameter_km", "centre_error", "diameter_error"}
    assert len(ranked(scene, scene.pairs("iou50"))) == n_pred


def test_ranking_falls_and_leaves_out_the_ignored() -> None:
    region = random_region(5)
    scene = make_scene(region.craters, region.catalogue, region.footprint, "test", 2.0, 0.25, MOON)
    ranking = ranked(scene, scene.pairs("iou50"))
    assert (np.diff(ranking["score"]) <= 0).all()
    assert 0 < ranking["is_crater"].sum() <= scene.truth["counts"].sum()
    false = scene.pred.loc[ranking.loc[~ranking["is_crater"], "pred"]]
    assert (false["diameter_km"] >= 2.0).all()
    assert false["inside"].all()

import numpy as np
import pandas as pd
import pytest
import shapely

from crater_pipeline.evaluation.judging import Scene, inside_share, judge, make_scene, ranked
from tests.judged_region import MOON, footprint_of, random_region

KM_PER_DEG = np.pi / 180 * MOON.radius_km


def table(*rows: tuple[float, float, float], score: float | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["lon", "lat", "diameter_km"], dtype=float)
    return frame if score is None else frame.assign(score=score)


FOOTPRINT = footprint_of({"train": (0, 0, 1, 2), "test": (1, 0, 2, 2)})


def scene_of(pred: pd.DataFrame, truth: pd.DataFrame, limit: float = 2.0) -> Scene:
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


def test_share_inside_of_known_circles() -> None:
    area = shapely.box(0, 0, 10, 10)
    lon = np.array([5.0, 0.0, 0.0, -1.0, 0.0])
    lat = np.array([5.0, 5.0, 0.0, 5.0, 5.0])
    diameter = np.array([10.0, 10.0, 10.0, 10.0, 1e-3])
    share = inside_share(lon, lat, diameter, area, MOON)
    assert share == pytest.approx([1.0, 0.5, 0.25, 0.0, 0.5], abs=0.015)


@pytest.mark.parametrize("lon", [-180.0, 179.99, -179.9])
def test_share_inside_across_the_antimeridian(lon: float) -> None:
    area = shapely.MultiPolygon([shapely.box(170, -10, 180, 10), shapely.box(-180, -10, -170, 10)])
    assert inside_share(np.array([lon]), np.array([0.0]), np.array([50.0]), area, MOON) == pytest.approx([1.0])


def test_share_inside_around_a_pole() -> None:
    # A cap of 10 degrees of radius; a circle of 5 degrees of radius about 88 N lies inside, one about 80 N half.
    cap = shapely.box(-180, 80, 180, 90)
    diameter = np.full(2, 10 * KM_PER_DEG)
    share = inside_share(np.array([30.0, 30.0]), np.array([84.9, 80.0]), diameter, cap, MOON)
    assert share[0] == pytest.approx(1.0)
    assert 0.35 < share[1] < 0.5

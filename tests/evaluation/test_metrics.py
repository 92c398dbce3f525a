import contextlib
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from crater_pipeline.evaluation.judging import make_scene, ranked
from crater_pipeline.evaluation.metrics import average_precision, f1, precision, recall
from tests.judged_region import MOON, footprint_of

KM_PER_DEG = np.pi / 180 * MOON.radius_km


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_f1_is_the_harmonic_mean(tp: int, fp: int, fn: int) -> None:
    counts = np.array([tp, fp, fn], dtype=float)
    p, r, f = precision(counts), recall(counts), f1(counts)
    assert np.isnan(p) == (tp + fp == 0)
    assert np.isnan(r) == np.isnan(f) == (tp + fn == 0)
    if tp:
        assert f == pytest.approx(2 * p * r / (p + r))
    elif fn:
        assert f == 0.0
    # Exchanging prediction and truth exchanges precision and recall.
    swapped = np.array([tp, fn, fp], dtype=float)
    assert precision(swapped) == pytest.approx(r, nan_ok=True)
    assert recall(swapped) == pytest.approx(p, nan_ok=True)


def test_average_precision_of_known_rankings() -> None:
    assert average_precision([True] * 4, 4) == 1.0
    assert average_precision([], 4) == 0.0
    assert average_precision([False, False], 4) == 0.0
    assert np.isnan(average_precision([False], 0))
    # Half of the truth at precision 1: recalls 0 to 0.5, which are 51 of 101 samples.
    assert average_precision([True, True, False], 4) == pytest.approx(51 / 101)


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_weights_are_multiplicities(hits: list[bool], missed: int, seed: int) -> None:
    weights = np.random.default_rng(seed).integers(0, 4, len(hits))
    repeated = np.repeat(hits, weights)
    n_truth = int(repeated.sum()) + missed
    weighted = average_precision(hits, n_truth, weights)
    assert weighted == pytest.approx(average_precision(repeated, n_truth), abs=0.03, nan_ok=True)


def pycocotools_ap50(pred: pd.DataFrame, truth: pd.DataFrame, limit: float) -> float:
    """AP50 of squares in a plane of km; sizes below `limit` are ignored through COCO's area range."""

    def dataset(table: pd.DataFrame) -> COCO:
        coco = COCO()
        boxes = np.column_stack(
            [
                table["lon"] * KM_PER_DEG - table["diameter_km"] / 2,
                table["lat"] * KM_PER_DEG - table["diameter_km"] / 2,
                table["diameter_km"],
                table["diameter_km"],
            ]
        )
        extra = [{}] * len(table) if "score" not in table else [{"score": s} for s in table["score"]]
        coco.dataset = {
            "images": [{"id": 1}],
            "categories": [{"id": 1}],
            "annotations": [
                {"id": i, "image_id": 1, "category_id": 1, "bbox": b, "area": b[2] * b[3], "iscrowd": 0, **e}
                for i, (b, e) in enumerate(zip(boxes.tolist(), extra, strict=True), start=1)
            ],
        }
        coco.createIndex()
        return coco

    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(dataset(truth), dataset(pred), "bbox")
        evaluation.params.iouThrs = np.array([0.5])
        evaluation.params.maxDets = [100_000]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[limit**2, 1e12]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    return float(evaluation.eval["precision"].mean())


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 120), st.sampled_from([0.0, 0.08]))
def test_average_precision_equals_pycocotools(seed: int, n_truth: int, n_pred: int, limit: float) -> None:
    """On a patch small enough to be flat, with ties in score and crowded craters."""
    rng = np.random.default_rng(seed)
    truth = pd.DataFrame(
        {
            "lon": rng.uniform(-0.01, 0.01, n_truth),
            "lat": rng.uniform(-0.01, 0.01, n_truth),
            "diameter_km": rng.uniform(0.05, 0.15, n_truth),
        }
    )
    near = truth.iloc[rng.integers(0, n_truth, n_pred)].reset_index(drop=True)
    pred = near + rng.normal(0, 1, (n_pred, 3)) * [0.0006, 0.0006, 0.012]
    pred["diameter_km"] = pred["diameter_km"].clip(lower=0.01)
    pred["score"] = rng.random(n_pred).round(2)
    assume((truth["diameter_km"] >= limit).any())
    scene = make_scene(pred, truth, footprint_of({"test": (-1, -1, 1, 1)}), "test", limit, 1.0, MOON)
    ranking = ranked(scene, scene.pairs("iou50"))
    ours = average_precision(ranking["is_crater"], int(scene.truth["counts"].sum()))
    assert ours == pytest.approx(pycocotools_ap50(pred, truth, limit), abs=1e-9)

"""Figures as functions of the threshold: P/R/F1, precision-recall, FROC, ROC over candidates, and reliability."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crater_pipeline.evaluation.judging import JudgedScene
from crater_pipeline.evaluation.matching import CandidatePairs, optimal_assignment
from crater_pipeline.evaluation.metrics import f1, precision, recall

FloatArray = NDArray[np.float64]

MAX_POINTS = 400
"""Points kept of a curve with one point a prediction: more than a figure can show."""

RELIABILITY_BINS = 10


def counts_at(scene: JudgedScene, pairs: CandidatePairs, thresholds: ArrayLike) -> FloatArray:
    """(TP, FP, FN) at each threshold by optimal assignment, shape (n, 3); the sums of `judging.judge`."""
    score = scene.pred["score"].to_numpy(dtype=float)
    p_counts, t_counts = scene.pred["counts"].to_numpy(dtype=bool), ~scene.truth_ignored
    edge_score = score[pairs.pred]
    rows = []
    for threshold in np.asarray(thresholds, dtype=float):
        matches = optimal_assignment(pairs.where(edge_score >= threshold), scene.truth_ignored)
        hits = t_counts[matches[:, 1]].sum()
        unmatched = p_counts & (score >= threshold)
        unmatched[matches[:, 0]] = False
        rows.append((hits, unmatched.sum(), t_counts.sum() - hits))
    return np.asarray(rows, dtype=float).reshape(-1, 3)


def threshold_curve(scene: JudgedScene, pairs: CandidatePairs, thresholds: ArrayLike) -> pd.DataFrame:
    """Columns threshold, precision, recall, f1 (NaN where undefined)."""
    return rates(thresholds, counts_at(scene, pairs, thresholds))


def rates(thresholds: ArrayLike, counts: FloatArray) -> pd.DataFrame:
    """The same columns from the counts (n, 3) at each threshold."""
    return pd.DataFrame(
        {
            "threshold": np.asarray(thresholds, dtype=float),
            "precision": precision(counts),
            "recall": recall(counts),
            "f1": f1(counts),
        }
    )


def ranking_curves(ranking: pd.DataFrame, n_truth: int, area_km2: float) -> dict[str, Any]:
    """Precision-recall, FROC and ROC of predictions by falling score (from `judging.ranked`).

    The ROC is over candidate peaks: of the predictions that are craters and of those that are not, the shares above
    each threshold; craters without any candidate do not enter it, which is what FROC is for.
    """
    hit = ranking["is_crater"].to_numpy(dtype=float)
    score = ranking["score"].to_numpy(dtype=float)
    # Within a run of equal scores the order means nothing, so a point stands only at its end.
    ends = np.flatnonzero(np.append(np.diff(score) != 0, True)) if len(score) else np.zeros(0, dtype=int)
    true, false = np.cumsum(hit)[ends], np.cumsum(1 - hit)[ends]
    keep = np.unique(np.linspace(0, len(ends) - 1, min(len(ends), MAX_POINTS)).round().astype(int))
    true, false = true[keep], false[keep]
    positives, negatives = hit.sum(), (1 - hit).sum()
    curves: dict[str, Any] = {
        "threshold": score[ends][keep],
        "recall": true / n_truth if n_truth else np.full(len(true), np.nan),
        "precision": true / np.maximum(true + false, 1),
        "false_per_1000km2": false / area_km2 * 1000 if area_km2 > 0 else np.full(len(true), np.nan),
        "roc": None,
    }
    if positives and negatives:
        true_rate, false_rate = np.append(0.0, true / positives), np.append(0.0, false / negatives)
        curves["roc"] = {
            "true_positive_rate": true_rate,
            "false_positive_rate": false_rate,
            "area": float(np.trapezoid(true_rate, false_rate)),
        }
    return curves


def reliability(score: ArrayLike, is_crater: ArrayLike, bins: int = RELIABILITY_BINS) -> dict[str, Any]:
    """Reliability diagram and expected calibration error of scores in [0, 1] over bins of equal width.

    ECE = sum over bins of (members / all) * abs(share of craters - mean score) (Guo et al. 2017, arXiv:1706.04599);
    None without predictions. `bins` lists count, mean_score and crater_share of the bins that hold any.
    """
    score, label = np.asarray(score, dtype=float), np.asarray(is_crater, dtype=float)
    if len(score) == 0:
        return {"expected_calibration_error": None, "bins": []}
    which = np.minimum((score * bins).astype(int), bins - 1)
    count = np.bincount(which, minlength=bins)
    used = np.flatnonzero(count)
    mean_score = np.bincount(which, weights=score, minlength=bins)[used] / count[used]
    share = np.bincount(which, weights=label, minlength=bins)[used] / count[used]
    error = float((count[used] / len(score) * np.abs(share - mean_score)).sum())
    rows = [
        {
            "low": int(b) / bins,
            "high": (int(b) + 1) / bins,
            "count": int(n),
            "mean_score": float(m),
            "crater_share": float(s),
        }
        for b, n, m, s in zip(used, count[used], mean_score, share, strict=True)
    ]
    return {"expected_calibration_error": error, "bins": rows}

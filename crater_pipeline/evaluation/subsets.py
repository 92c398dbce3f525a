"""Figures for parts of the truth: whose craters they are, how deep, and whether the picture shows them at all.

A catalogue merged from several holds craters that its own search did not find; old craters have next to no depth left;
and a photograph hides some in full shadow. What a detector misses depends on these more than on size, so recall is
given by each, and the headline's figures again without the craters that are doubtful (docs/evaluation.md).
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.evaluation.bins import figures
from crater_pipeline.evaluation.criterion import Case, JudgedPart, average_precisions
from crater_pipeline.evaluation.intervals import block_sums, with_interval
from crater_pipeline.evaluation.judging import JudgedScene
from crater_pipeline.evaluation.metrics import ratio
from crater_pipeline.labels.shadow import MOST_SHADOW

BoolArray = NDArray[np.bool_]

DEPTHS = (0.0, 0.06, 0.10, 0.15, np.inf)
"""Borders of depth over diameter: worn away, shallow, middling, fresh (a fresh simple crater has 0.2)."""

SHADOW = "shadow"
"""Column of both tables of a scene: share of the disc in full shadow; only photographs have it."""


def subset_figures(case: Case, criterion: str) -> dict[str, Any]:
    """Recall by tier and by depth, and the figures without doubtful craters; None where the tables do not tell.

    Keys: `tiers` and `depths`, lists of {name or low and high, n, recall}; `without_added`, with craters that came from
    another catalogue neither right nor wrong; `without_shadow`, with craters mostly in full shadow left out of
    truth and detections alike; both with n, precision, recall, f1 and average_precision.
    """
    outcomes = case.outcomes(criterion)
    truth = pd.concat([part.scene.truth for part in case.parts], keys=range(len(case.parts)))
    met = outcomes[outcomes["outcome"].isin(["true_positive", "false_negative"])]
    rows = truth.loc[pd.MultiIndex.from_frame(met[["part", "truth"]])]
    found = (met["outcome"] == "true_positive").to_numpy()

    def recall(members: BoolArray) -> dict[str, Any]:
        table = block_sums(np.column_stack([members & found, members]), met["block"].to_numpy(), len(case.blocks))
        total, sampled = table.sum(axis=0), case.weights @ table
        value = with_interval(
            float(ratio(total[0], total[1])), ratio(sampled[:, 0], sampled[:, 1]), case.settings.confidence
        )
        return {"n": int(members.sum()), "recall": value}

    result: dict[str, Any] = dict.fromkeys(("tiers", "depths", "without_added", "without_shadow"))
    added = _column(rows, "added")
    if np.isfinite(added).any():
        named = (("own search", added == 0), ("added from others", added == 1))
        result["tiers"] = [{"name": name, **recall(members)} for name, members in named if members.any()]
        result["without_added"] = _again(case, criterion, _without_added)
    depth = _column(rows, "depth_m") / (1000.0 * rows["diameter_km"].to_numpy(dtype=float))
    if np.isfinite(depth).any():
        bins = [(low, high, (depth >= low) & (depth < high)) for low, high in pairwise(DEPTHS)]
        result["depths"] = [
            {"low": low, "high": None if np.isinf(high) else high, **recall(members)}
            for low, high, members in bins
            if members.any()
        ]
    if SHADOW in truth:
        result["without_shadow"] = _again(case, criterion, _without_shadow)
    return result


def _column(rows: pd.DataFrame, name: str) -> NDArray[np.float64]:
    return rows[name].to_numpy(dtype=float) if name in rows else np.full(len(rows), np.nan)


def _without_added(scene: JudgedScene) -> JudgedScene:
    own = ~(_column(scene.truth, "added") == 1)
    return replace(scene, truth=scene.truth.assign(counts=scene.truth["counts"] & own))


def _without_shadow(scene: JudgedScene) -> JudgedScene:
    lit_truth, lit_pred = (table[table[SHADOW] <= MOST_SHADOW] for table in (scene.truth, scene.pred))
    return replace(scene, truth=lit_truth.reset_index(drop=True), pred=lit_pred.reset_index(drop=True))


def _again(case: Case, criterion: str, change: Callable[[JudgedScene], JudgedScene]) -> dict[str, Any]:
    """The headline's figures of the case with every scene changed, on the same draws of blocks."""
    parts = tuple(JudgedPart(change(p.scene), change(p.unlimited), p.threshold) for p in case.parts)
    changed = Case(parts, case.area_km2, case.km_per_px, case.settings, case.blocks)
    rates = figures(changed.outcomes(criterion), changed.weights, case.settings.confidence)
    point, samples = average_precisions(changed, changed.ranking(criterion))
    return {
        "n": len(changed.truth),
        **{name: rates[name] for name in ("precision", "recall", "f1")},
        "average_precision": with_interval(point, samples, case.settings.confidence),
    }

"""Which craters count, and what became of each: the tables that every figure derives from.

A catalogue crater *counts* when its centre lies in the judged part of the footprint, its diameter is at least the
limit, and no more than a given share of its area lies outside everything that was searched (a crater across the edge
of the data cannot be fairly found). A prediction counts under the same three conditions. What does not count is
*ignored*, by the rules that COCO applies to objects outside an area range:

* matching uses all predictions and all catalogue craters, counting or not, so a prediction a little under the limit
  may find a crater a little above it, and one just across the border of the part a crater just inside;
* a match with a catalogue crater that counts is a true positive, whatever the prediction; catalogue craters that
  count and are not matched are false negatives;
* a prediction that counts is a false positive only if it is matched with no catalogue crater at all; matched with one
  that does not count, it is ignored;
* an unmatched prediction below the limit is *unverifiable*: the catalogue cannot tell, and it is counted apart.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from crater_pipeline.evaluation.matching import (
    CandidatePairs,
    candidate_pairs,
    greedy_assignment,
    offsets_km,
    optimal_assignment,
)
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import unit_vectors
from crater_pipeline.tiles.inside import footprint_part, inside_share

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

OUTCOMES = ("true_positive", "false_positive", "false_negative", "ignored", "unverifiable")


@dataclass(frozen=True)
class JudgedScene:
    """What is judged. Both tables have lon, lat, diameter_km, `counts` (bool) and `inside` (centre in the part).

    `pred` also has score (higher is surer); both have a fresh integer index.
    """

    pred: pd.DataFrame
    truth: pd.DataFrame
    min_diameter_km: float
    body: Body

    def pairs(self, criterion: str) -> CandidatePairs:
        return candidate_pairs(self.pred, self.truth, criterion, self.body)

    @property
    def truth_ignored(self) -> BoolArray:
        return ~self.truth["counts"].to_numpy(dtype=bool)


def make_scene(
    craters: pd.DataFrame,
    catalogue: pd.DataFrame,
    footprint: gpd.GeoDataFrame,
    split: str,
    min_diameter_km: float,
    max_cut_fraction: float,
    body: Body,
) -> JudgedScene:
    """Mark what counts in the part `split` of the footprint. `craters` needs lon, lat, diameter_km and score."""
    part, searched = footprint_part(footprint, split), footprint_part(footprint)

    def marked(table: pd.DataFrame) -> pd.DataFrame:
        table = table.reset_index(drop=True)
        lon, lat, diameter = (table[key].to_numpy(dtype=float) for key in ("lon", "lat", "diameter_km"))
        inside = shapely.contains_xy(part, lon, lat) if len(table) else np.zeros(0, dtype=bool)
        whole = inside_share(lon, lat, diameter, searched, body) >= 1.0 - max_cut_fraction
        return table.assign(inside=inside, counts=inside & whole & (diameter >= min_diameter_km))

    return JudgedScene(marked(craters), marked(catalogue), min_diameter_km, body)


def judge(scene: JudgedScene, pairs: CandidatePairs, threshold: float) -> pd.DataFrame:
    """The outcome of every crater of the judged part at one threshold, by optimal assignment.

    Columns: outcome (one of `OUTCOMES`), pred and truth (positions in the scene's tables, -1 for none), lon, lat and
    diameter_km (the catalogue's for true positives and false negatives, else the prediction's), and for matches
    centre_error (distance / D) and diameter_error ((predicted D - D) / D), NaN otherwise.
    """
    pred, truth = scene.pred, scene.truth
    scored = pred["score"].to_numpy(dtype=float) >= threshold
    matches = optimal_assignment(pairs.where(scored[pairs.pred]), scene.truth_ignored)
    p_counts, t_counts = pred["counts"].to_numpy(dtype=bool), truth["counts"].to_numpy(dtype=bool)
    p_inside = pred["inside"].to_numpy(dtype=bool)
    p_free, t_free = scored.copy(), np.ones(len(truth), dtype=bool)
    p_free[matches[:, 0]], t_free[matches[:, 1]] = False, False
    small = pred["diameter_km"].to_numpy(dtype=float) < scene.min_diameter_km

    found = matches[t_counts[matches[:, 1]]]
    other = matches[~t_counts[matches[:, 1]] & p_inside[matches[:, 0]]]
    parts = [
        _rows("true_positive", found[:, 0], found[:, 1]),
        _rows("false_negative", None, np.flatnonzero(t_free & t_counts)),
        _rows("false_positive", np.flatnonzero(p_free & p_counts), None),
        _rows("ignored", other[:, 0], other[:, 1]),
        _rows("ignored", np.flatnonzero(p_free & p_inside & ~p_counts & ~small), None),
        _rows("unverifiable", np.flatnonzero(p_free & p_inside & small), None),
    ]
    return _described(pd.concat(parts, ignore_index=True), scene)


def _rows(outcome: str, pred: NDArray[np.int64] | None, truth: NDArray[np.int64] | None) -> pd.DataFrame:
    count = len(pred if pred is not None else truth if truth is not None else ())
    none = np.full(count, -1, dtype=np.int64)
    return pd.DataFrame(
        {
            "outcome": np.full(count, outcome, dtype=object),
            "pred": none if pred is None else pred,
            "truth": none if truth is None else truth,
        }
    )


def _described(table: pd.DataFrame, scene: JudgedScene) -> pd.DataFrame:
    p, t = table["pred"].to_numpy(), table["truth"].to_numpy()
    has_p, has_t = p >= 0, t >= 0
    by_truth = table["outcome"].isin(["true_positive", "false_negative"]).to_numpy()
    for key in ("lon", "lat", "diameter_km"):
        values = np.full(len(table), np.nan)
        values[has_p] = scene.pred[key].to_numpy(dtype=float)[p[has_p]]
        values[by_truth] = scene.truth[key].to_numpy(dtype=float)[t[by_truth]]
        table[key] = values
    both = has_p & has_t
    centre, size = np.full(len(table), np.nan), np.full(len(table), np.nan)
    matched_p, matched_t = scene.pred.iloc[p[both]], scene.truth.iloc[t[both]]
    first, second = (unit_vectors(rows["lon"], rows["lat"]) for rows in (matched_t, matched_p))
    diameter = matched_t["diameter_km"].to_numpy(dtype=float)
    centre[both] = np.hypot(*offsets_km(first, second, scene.body.radius_km)) / diameter
    size[both] = matched_p["diameter_km"].to_numpy(dtype=float) / diameter - 1.0
    return table.assign(centre_error=centre, diameter_error=size)


def ranked(scene: JudgedScene, pairs: CandidatePairs) -> pd.DataFrame:
    """Predictions of the judged part by falling score, with COCO's greedy matching; ignored ones left out.

    Columns: pred (position), truth (position or -1), score, is_crater (bool: matched with a crater that counts).
    """
    matches = greedy_assignment(pairs, scene.pred["score"].to_numpy(dtype=float), scene.truth_ignored)
    truth_of = np.full(len(scene.pred), -1, dtype=np.int64)
    truth_of[matches[:, 0]] = matches[:, 1]
    matched = truth_of >= 0
    is_crater = matched.copy()
    is_crater[matched] = ~scene.truth_ignored[truth_of[matched]]
    keep = np.flatnonzero(is_crater | (~matched & scene.pred["counts"].to_numpy(dtype=bool)))
    score = scene.pred["score"].to_numpy(dtype=float)
    keep = keep[np.argsort(-score[keep], kind="stable")]
    return pd.DataFrame({"pred": keep, "truth": truth_of[keep], "score": score[keep], "is_crater": is_crater[keep]})

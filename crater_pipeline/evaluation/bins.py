"""Figures per bin of diameter, above and below the judged limit."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.evaluation.intervals import block_sums, weighted_medians, with_interval
from crater_pipeline.evaluation.metrics import f1, precision, recall

FloatArray = NDArray[np.float64]

COUNTED = ("true_positive", "false_positive", "false_negative")
RATES: dict[str, Callable[[FloatArray], FloatArray]] = {"precision": precision, "recall": recall, "f1": f1}
ERRORS: dict[str, Callable[[pd.DataFrame], FloatArray]] = {
    "centre_error": lambda table: table["centre_error"].to_numpy(dtype=float),
    "diameter_error": lambda table: np.abs(table["diameter_error"].to_numpy(dtype=float)),
}
"""Medians over the matched pairs, in fractions of the catalogue's diameter."""


def figures(outcomes: pd.DataFrame, weights: FloatArray, confidence: float) -> dict[str, Any]:
    """Counts, rates and median errors of a table of outcomes, each {value, low, high}.

    `outcomes` needs outcome, block (positions into the columns of `weights`), centre_error and diameter_error.
    """
    kind, block = outcomes["outcome"].to_numpy(), outcomes["block"].to_numpy()
    indicators = np.column_stack([kind == each for each in COUNTED]).astype(float)
    counts = indicators.sum(axis=0)
    sampled = weights @ block_sums(indicators, block, weights.shape[1])
    result: dict[str, Any] = {f"n_{name}": int(n) for name, n in zip(COUNTED, counts, strict=True)}
    for name, rate in RATES.items():
        result[name] = with_interval(float(rate(counts)), rate(sampled), confidence)
    matched = outcomes[kind == COUNTED[0]]
    for name, values_of in ERRORS.items():
        values = values_of(matched)
        point = float(np.median(values)) if len(values) else float("nan")
        medians = weighted_medians(values, matched["block"].to_numpy(), weights)
        result[name] = with_interval(point, medians, confidence)
    signed = matched["diameter_error"].to_numpy(dtype=float)
    result["diameter_bias"] = float(np.median(signed)) if len(signed) else float("nan")
    return result


SAME_BORDER = 0.02
"""A border this close to the judged limit, as a share of it, moves there: between the two is next to nothing."""


def diameter_bins(borders: Sequence[float], limit: float) -> list[tuple[float, float, bool]]:
    """(low, high, judged) of the bins between `borders`, the last open; a bin that holds `limit` is split there."""
    edges = [limit if abs(each - limit) <= SAME_BORDER * limit else each for each in borders] + [float("inf")]
    bins = []
    for low, high in pairwise(edges):
        cut = min(max(limit, low), high)
        bins += [(low, cut, False)] if low < cut else []
        bins += [(cut, high, True)] if cut < high else []
    return bins


def binned_figures(
    outcomes: pd.DataFrame,
    below: pd.DataFrame,
    km_per_unit: float,
    borders: Sequence[float],
    limit_km: float,
    weights: FloatArray,
    confidence: float,
) -> list[dict[str, Any]]:
    """`figures` per bin of diameter; `borders` are in units of `km_per_unit` km, and so are the bins' low and high.

    `outcomes` is judged with the limit and fills the bins above it, `below` without one and fills those below, which
    are marked `judged: false`. A matched or missed crater belongs to the bin of its catalogue diameter, a false one
    to that of its predicted diameter, so that the judged bins add up to the whole. Bins without a catalogue crater
    are left out, for there is nothing to compare with.
    """
    rows = []
    for low, high, judged in diameter_bins(borders, limit_km / km_per_unit):
        table = outcomes if judged else below
        size = table["diameter_km"].to_numpy(dtype=float) / km_per_unit
        members = table[(size >= low) & (size < high)]
        if members["outcome"].isin(["true_positive", "false_negative"]).any():
            row = {"low": low, "high": high if np.isfinite(high) else None, "judged": judged}
            rows.append(row | figures(members, weights, confidence))
    return rows

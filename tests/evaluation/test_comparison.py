"""Pooling regions and comparing entries."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.evaluation.comparison import RegionResult, compare
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.summary import evaluate_region
from tests.judged_region import MOON, Region, footprint_of, point_at, random_region

SETTINGS = EvaluationSettings(min_diameter_km=2.0, bootstrap_samples=100)
WEIGHTS = {"backbone": "hourglass_compact", "hash": "0123"}
WHOLE = {"test": (-30.0, 30.0, -18.0, 40.0)}


def result(
    region: Region, parts: dict[str, Any], threshold: float = 0.3, name: str = "somewhere", **changed: Any
) -> RegionResult:
    craters = region.craters.assign(**changed)
    return RegionResult(name, craters, region.catalogue, footprint_of(parts), point_at(threshold), WEIGHTS)


def folds(region: Region, borders: tuple[float, ...], threshold: float = 0.3) -> list[RegionResult]:
    """The region cut along meridians, each piece the test part of one fold and the rest its training part."""
    edges = (-30.0, *borders, -18.0)
    pieces = [(west, 30.0, east, 40.0) for west, east in itertools.pairwise(edges)]
    results = []
    for i, piece in enumerate(pieces):
        rest = {f"train{k}": each for k, each in enumerate(pieces) if k != i}
        results.append(result(region, {"test": piece, **rest}, threshold, f"fold{i}"))
    return results


def figures(entries: dict[str, list[RegionResult]], settings: EvaluationSettings = SETTINGS) -> dict[str, Any]:
    return compare(entries, settings, MOON)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 100), borders=st.lists(st.floats(-29, -19), min_size=1, max_size=4, unique=True))
def test_folds_of_one_network_pool_to_the_figures_of_the_whole(seed: int, borders: list[float]) -> None:
    region = random_region(seed, n=300)
    both = figures({"whole": [result(region, WHOLE)], "folds": folds(region, tuple(sorted(borders)))})
    whole, pooled = both["entries"]
    assert pooled["n_truth"] == whole["n_truth"]
    assert pooled["area_km2"] == pytest.approx(whole["area_km2"])
    for name, criterion in whole["criteria"].items():
        for count in ("n_true_positive", "n_false_positive", "n_false_negative"):
            assert pooled["criteria"][name][count] == criterion[count]
        assert pooled["criteria"][name]["f1"] == pytest.approx(criterion["f1"])
        assert pooled["criteria"][name]["average_precision"]["value"] == pytest.approx(
            criterion["average_precision"]["value"], abs=1e-9
        )
    assert both["differences"][0]["criteria"]["iou50"]["f1"]["value"] == pytest.approx(0, abs=1e-12)


def test_a_single_region_has_the_figures_of_its_own_report() -> None:
    region = random_region(2)
    craters = region.craters.assign(raw_score=region.craters["score"], status="candidate", catalogue_id=None)
    point = point_at(0.3)
    alone, _ = evaluate_region(craters, region.catalogue, region.footprint, point, SETTINGS, MOON)
    entry = RegionResult("somewhere", craters, region.catalogue, region.footprint, point, WEIGHTS)
    compared = figures({"it": [entry]})
    for name, criterion in alone["criteria"].items():
        for figure in ("precision", "recall", "f1", "average_precision", "nested", "resampled_f1"):
            assert compared["entries"][0]["criteria"][name][figure] == criterion[figure]
    assert compared["entries"][0]["reliability"] == alone["reliability"]["calibrated"]
    assert compared["differences"] == []


def test_every_region_keeps_its_own_threshold_and_counts_are_summed() -> None:
    region = random_region(3, n=600)
    first, second = folds(region, (-24.0,), 0.3)[0], folds(region, (-24.0,), 0.6)[1]
    entries = figures({"pooled": [first, second], "first": [first], "second": [second]})["entries"]
    for name in ("n_true_positive", "n_false_positive", "n_false_negative"):
        total, one, other = (entry["criteria"]["iou50"][name] for entry in entries)
        assert total == one + other
        assert [row[name] for row in entries[0]["regions"]] == [one, other]
    assert [row["threshold"] for row in entries[0]["regions"]] == [0.3, 0.6]


def test_the_average_precision_ranks_all_regions_together() -> None:
    """One region's craters all score above the other's: pooled, its false ones come before the other's true ones."""
    region = random_region(4, n=600)
    low = result(region, {"test": (-30, 30, -24, 40)}, score=region.craters["score"] / 2)
    high = result(region, {"test": (-24, 30, -18, 40)}, score=0.5 + region.craters["score"] / 2)
    same = [result(region, {"test": (-30, 30, -24, 40)}), result(region, {"test": (-24, 30, -18, 40)})]
    apart, together = (
        entry["criteria"]["iou50"]["average_precision"]["value"]
        for entry in figures({"apart": [low, high], "together": same})["entries"]
    )
    assert apart < together


def test_a_difference_is_taken_on_common_ground_only() -> None:
    """The second entry is worse, but only where the first one is not judged."""
    region = random_region(5, n=800)
    east = {"test": (-24.0, 30.0, -18.0, 40.0), "train": (-30.0, 30.0, -24.0, 40.0)}
    spoilt = np.where(region.craters["lon"] < -24, 0.05, region.craters["score"])
    both = figures({"east": [result(region, east)], "all": [result(region, WHOLE, score=spoilt)]})
    assert both["entries"][1]["criteria"]["iou50"]["recall"]["value"] < 0.6
    (difference,) = both["differences"]
    assert difference["n_truth"][0] == difference["n_truth"][1] == both["entries"][0]["n_truth"]
    assert difference["criteria"]["iou50"]["recall"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_a_better_entry_differs_beyond_its_interval() -> None:
    """Both see the same terrain, so a gain that two separate intervals would hide is seen."""
    region = random_region(6)
    missed = np.random.default_rng(0).random(len(region.craters)) < 0.1
    worse = result(region, WHOLE, score=np.where(missed, 0.02, region.craters["score"]))
    both = figures({"better": [result(region, WHOLE)], "worse": [worse]})
    recall = both["differences"][0]["criteria"]["iou50"]["recall"]
    assert recall["low"] <= recall["value"] <= recall["high"] < 0
    separate = [entry["criteria"]["iou50"]["recall"] for entry in both["entries"]]
    assert recall["high"] - recall["low"] < separate[0]["high"] - separate[0]["low"]
    assert both["differences"][0]["criteria"]["iou50"]["average_precision"]["high"] < 0


def test_entries_without_common_ground_have_no_difference() -> None:
    region = random_region(7, n=300)
    west, east = {"test": (-30.0, 30.0, -24.0, 40.0)}, {"test": (-24.0, 30.0, -18.0, 40.0)}
    both = figures({"west": [result(region, west)], "east": [result(region, east)]})
    assert both["differences"][0]["criteria"] is None
    assert all(entry["n_truth"] > 0 for entry in both["entries"])


def test_an_entry_that_finds_nothing_is_compared_all_the_same() -> None:
    region = random_region(8, n=200)
    nothing = Region(region.craters.iloc[:0], region.catalogue, region.footprint)
    both = figures({"something": [result(region, WHOLE)], "nothing": [result(nothing, WHOLE)]})
    assert both["entries"][1]["criteria"]["iou50"]["f1"]["value"] == 0
    assert both["differences"][0]["criteria"]["iou50"]["f1"]["value"] < 0
    assert both["entries"][1]["km_per_px"] is None


def test_bins_in_pixels_need_pixels_of_one_size() -> None:
    region = random_region(9, n=200)
    coarse = region.craters.assign(diameter_px=pd.Series(region.craters["diameter_px"] / 3))
    other = result(Region(coarse, region.catalogue, region.footprint), WHOLE)
    entries = figures({"mixed": [result(region, {"test": (-30, 30, -24, 40)}), other], "one": [other]})["entries"]
    assert entries[0]["criteria"]["iou50"]["bins_px"] is None
    assert entries[1]["criteria"]["iou50"]["bins_px"]

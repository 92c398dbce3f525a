import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.summary import MATCH_COLUMNS, evaluate_region, km_per_pixel, plain
from tests.judged_region import KM_PER_PX, MOON, Region, point_at, random_region

POINT = point_at(0.3)
SETTINGS = EvaluationSettings(bootstrap_samples=100)


def published(region: Region) -> pd.DataFrame:
    return region.craters.assign(raw_score=region.craters["score"], status="candidate", catalogue_id=None)


def figures_of(region: Region, settings: EvaluationSettings = SETTINGS) -> tuple[dict[str, Any], pd.DataFrame]:
    return evaluate_region(published(region), region.catalogue, region.footprint, POINT, settings, MOON)


def perfect(region: Region) -> Region:
    copy = region.catalogue.assign(
        crater_id=region.catalogue["catalogue_id"],
        score=0.9,
        level=0,
        diameter_px=region.catalogue["diameter_km"] / 0.1,
    )
    copy["split"] = np.select([copy["lon"] < -23, copy["lon"] < -21], ["train", "val"], default="test")
    return Region(copy, region.catalogue, region.footprint)


def test_perfect_prediction_scores_one_by_every_criterion() -> None:
    result, matches = figures_of(perfect(random_region(1)))
    for criterion in result["criteria"].values():
        for name in ("precision", "recall", "f1", "average_precision"):
            assert criterion[name] == {"value": 1.0, "low": 1.0, "high": 1.0}
        assert criterion["centre_error"]["value"] == pytest.approx(0, abs=1e-9)
    assert (
        matches.loc[matches["outcome"] == "true_positive", "crater_id"]
        == matches["catalogue_id"].dropna()[matches["outcome"] == "true_positive"]
    ).all()


def test_figures_agree_with_one_another_and_with_the_table_of_matches() -> None:
    result, matches = figures_of(random_region(1))
    for name, criterion in result["criteria"].items():
        rows = matches[matches["criterion"] == name]
        tp, fp, fn = ((rows["outcome"] == each).sum() for each in ("true_positive", "false_positive", "false_negative"))
        assert (criterion["n_true_positive"], criterion["n_false_positive"], criterion["n_false_negative"]) == (
            tp,
            fp,
            fn,
        )
        assert tp + fn == result["truth"]["n"]
        assert criterion["f1"]["value"] == pytest.approx(2 * tp / (2 * tp + fp + fn))
        for bins in (criterion["bins_px"], criterion["bins_km"]):
            judged = [each for each in bins if each["judged"]]
            assert sum(each["n_true_positive"] for each in judged) == tp
            assert sum(each["n_false_negative"] for each in judged) == fn
            assert any(not each["judged"] for each in bins)
        curve = criterion["threshold_curve"]
        at = list(curve["threshold"]).index(0.3)
        assert curve["f1"][at] == pytest.approx(criterion["f1"]["value"])
        for figure in ("precision", "recall", "f1", "average_precision", "centre_error", "diameter_error"):
            assert criterion[figure]["low"] <= criterion[figure]["value"] <= criterion[figure]["high"]
        assert len(criterion["resampled_f1"]) == 10
        # No id stands twice on either side.
        assert rows["crater_id"].dropna().is_unique
        assert rows["catalogue_id"].dropna().is_unique
    assert list(matches.columns) == MATCH_COLUMNS
    loose, headline, strict = (result["criteria"][name]["recall"]["value"] for name in ("deepmoon", "iou50", "strict"))
    assert strict <= headline <= loose


def test_order_of_rows_does_not_matter() -> None:
    region = random_region(1)
    shuffled = Region(
        region.craters.sample(frac=1, random_state=0), region.catalogue.sample(frac=1, random_state=1), region.footprint
    )
    first, second = (plain(figures_of(each)[0]) for each in (region, shuffled))
    assert rounded(first) == rounded(second)


def rounded(value: Any) -> Any:
    """A sum over other orders differs in the last digits."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 9) if isinstance(value, float) else value


def test_what_lies_outside_the_test_part_changes_nothing() -> None:
    region = random_region(1)
    # Keep a margin, for a neighbour across the border may take part in a match.
    near = region.craters["lon"] > -21.2
    fewer = Region(region.craters[near], region.catalogue, region.footprint)
    first, second = (figures_of(each)[0]["criteria"]["iou50"] for each in (region, fewer))
    for name in ("precision", "recall", "f1", "average_precision"):
        assert first[name] == second[name]


def test_the_limit_comes_from_the_settings_or_the_operating_point() -> None:
    region = random_region(1)
    assert figures_of(region)[0]["min_diameter_km"] == 2.0
    result, _ = figures_of(region, SETTINGS.model_copy(update={"min_diameter_km": 3.0}))
    assert result["min_diameter_km"] == 3.0
    assert result["truth"]["n"] < figures_of(region)[0]["truth"]["n"]


@pytest.mark.parametrize("keep", ["craters", "catalogue"])
def test_one_empty_side(keep: str) -> None:
    region = random_region(1)
    empty = Region(
        region.craters if keep == "craters" else region.craters.iloc[:0],
        region.catalogue if keep == "catalogue" else region.catalogue.iloc[:0],
        region.footprint,
    )
    result, matches = figures_of(empty)
    text = json.dumps(plain(result), allow_nan=False)
    assert "NaN" not in text
    assert list(matches.columns) == MATCH_COLUMNS
    if keep == "craters":
        assert result["criteria"] is None
        assert result["reliability"] is None
        assert len(matches) == 0
        assert result["sizes"]["test"]["predicted"]["count"].sum() > 0
    else:
        headline = plain(result)["criteria"]["iou50"]
        assert headline["precision"]["value"] is None
        assert headline["recall"]["value"] == headline["f1"]["value"] == headline["average_precision"]["value"] == 0.0
        assert result["km_per_px"] is None


def test_both_sides_empty() -> None:
    region = random_region(1)
    result, _ = figures_of(Region(region.craters.iloc[:0], region.catalogue.iloc[:0], region.footprint))
    assert plain(result)["product"]["n_craters"] == 0


def test_scale_of_the_raster_from_the_craters() -> None:
    assert km_per_pixel(random_region(0).craters) == pytest.approx(KM_PER_PX)


def test_plain_values() -> None:
    value = {"a": np.array([1.0, np.nan]), "b": np.int64(3), "c": (float("inf"), None, "x"), "d": np.bool_(True)}
    assert plain(value) == {"a": [1.0, None], "b": 3, "c": [None, None, "x"], "d": True}


def test_settings_refuse_borders_that_do_not_rise() -> None:
    with pytest.raises(ValueError, match="rise"):
        EvaluationSettings(bins_km=(2.0, 1.0))

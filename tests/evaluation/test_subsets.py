"""Figures by tier, depth and shadow."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.subsets import SHADOW
from crater_pipeline.evaluation.summary import evaluate_region
from crater_pipeline.models.scores import Calibration, OperatingPoint, Scoring
from tests.judged_region import MOON, Region, random_region

Told = tuple[pd.DataFrame, pd.DataFrame, Region]

SETTINGS = EvaluationSettings(bootstrap_samples=100)
POINT = OperatingPoint.of_weights(Scoring(threshold=0.3, calibration=Calibration(kind="identity")), 2.0)


def judged(craters: pd.DataFrame, catalogue: pd.DataFrame, region: Region) -> tuple[dict[str, Any], pd.DataFrame]:
    figures, matches = evaluate_region(craters, catalogue, region.footprint, POINT, SETTINGS, MOON)
    return figures, matches[matches["criterion"] == "iou50"]


def published(region: Region) -> pd.DataFrame:
    return region.craters.assign(raw_score=region.craters["score"], status="candidate", catalogue_id=None)


@pytest.fixture(scope="module")
def told() -> Told:
    """A region whose catalogue tells tier and depth, seen on a photograph."""
    region = random_region(6, n=3000)
    rng = np.random.default_rng(0)
    catalogue = region.catalogue.assign(added=(rng.random(len(region.catalogue)) < 0.4).astype(float))
    catalogue["depth_m"] = catalogue["diameter_km"] * 1000 * rng.choice([0.03, 0.08, 0.12, 0.2], len(catalogue))
    catalogue[SHADOW] = rng.choice([0.0, 0.9], len(catalogue))
    return published(region).assign(**{SHADOW: rng.choice([0.0, 0.9], len(region.craters))}), catalogue, region


def test_recall_of_tiers_and_depths_is_that_of_their_craters(told: Told) -> None:
    craters, catalogue, region = told
    figures, matches = judged(craters, catalogue, region)
    met = matches[matches["outcome"].isin(["true_positive", "false_negative"])].merge(
        catalogue[["catalogue_id", "added", "depth_m"]], on="catalogue_id"
    )
    found = met["outcome"] == "true_positive"
    subsets = figures["subsets"]
    for tier, added in zip(subsets["tiers"], (0, 1), strict=True):
        members = met["added"] == added
        assert tier["n"] == members.sum()
        assert tier["recall"]["value"] == pytest.approx(found[members].mean())
        assert tier["recall"]["low"] <= tier["recall"]["value"] <= tier["recall"]["high"]
    share = met["depth_m"] / met["diameter_km"] / 1000
    assert [row["low"] for row in subsets["depths"]] == [0.0, 0.06, 0.10, 0.15]
    for row in subsets["depths"]:
        members = (share >= row["low"]) & (share < (row["high"] or np.inf))
        assert row["n"] == members.sum()
        assert row["recall"]["value"] == pytest.approx(found[members].mean())


def test_doubtful_craters_are_left_out_as_if_the_tables_said_so(
    told: Told,
) -> None:
    craters, catalogue, region = told
    subsets = judged(craters, catalogue, region)[0]["subsets"]
    dark = judged(craters[craters[SHADOW] <= 0.5], catalogue[catalogue[SHADOW] <= 0.5], region)[0]
    for name in ("precision", "recall", "f1", "average_precision"):
        assert subsets["without_shadow"][name]["value"] == pytest.approx(dark["criteria"]["iou50"][name]["value"])
    assert subsets["without_shadow"]["n"] == dark["truth"]["n"]
    own = (catalogue["added"] == 0).sum()
    assert 0 < subsets["without_added"]["n"] < own
    # neither right nor wrong: no detection becomes false because its crater no longer counts
    assert subsets["without_added"]["precision"]["value"] <= 1
    assert subsets["without_added"]["recall"]["value"] == pytest.approx(
        subsets["tiers"][0]["recall"]["value"], abs=0.02
    )


def test_where_nothing_is_told_nothing_is_said() -> None:
    region = random_region(6)
    subsets = judged(published(region), region.catalogue, region)[0]["subsets"]
    assert subsets == dict.fromkeys(("tiers", "depths", "without_added", "without_shadow"))

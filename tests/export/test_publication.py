"""What is said about each crater."""

import numpy as np
import pandas as pd
import pytest

from crater_pipeline.export.publication import COLUMNS, catalogue_layer, is_exported, publish
from crater_pipeline.labels.catalogues import empty_catalogue
from tests.export.small_region import MOON, OPERATING_POINT, catalogue_of, craters_of, footprint_of


def published(craters: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    return publish(craters, catalogue, OPERATING_POINT, 2.0, MOON)


def test_score_is_calibrated_and_the_raw_one_kept() -> None:
    table = published(craters_of([0, 1], [0, 0], [5, 5], [0.65, 0.15]), empty_catalogue())
    assert table.columns.tolist() == COLUMNS
    assert table["score"].tolist() == pytest.approx([0.75, 0.25])
    assert table["raw_score"].tolist() == pytest.approx([0.65, 0.15])
    assert is_exported(table, OPERATING_POINT).tolist() == [True, False]


def test_a_crater_at_the_threshold_is_exported() -> None:
    table = published(craters_of([0], [0], [5], [0.0]).assign(score=0.3), empty_catalogue())
    assert is_exported(table, OPERATING_POINT).tolist() == [True]


def test_status() -> None:
    craters = craters_of([0, 5, 10, 15], [0, 0, 0, 0], [5, 5, 1.9, 1.9], [0.9] * 4)
    table = published(craters, catalogue_of([0.01, 15.001], [0, 0], [5.2, 1.9]))
    assert table["status"].tolist() == ["matched", "candidate", "unverifiable", "matched"]
    assert table["catalogue_id"].isna().tolist() == [False, True, True, False]
    assert table["catalogue_id"].dropna().tolist() == ["K0", "K1"]


def test_diameters_are_scaled_and_names_and_matches_follow() -> None:
    point = OPERATING_POINT.model_copy(update={"diameter_scale": 1.1})
    craters = craters_of([0, 5], [0, 0], [5, 1.9], [0.9, 0.9])
    table = publish(craters, catalogue_of([5.0], [0], [3.7]), point, 2.0, MOON)
    assert table["diameter_km"].tolist() == pytest.approx([5.5, 2.09])
    assert table["diameter_px"].tolist() == pytest.approx((1.1 * craters["diameter_px"]).tolist(), abs=1e-3)
    assert table["crater_id"].str.endswith(("D0005.50", "D0002.09")).all()
    assert table["status"].tolist() == ["candidate", "candidate"]
    plain = published(craters, catalogue_of([5.0], [0], [2.7]))
    assert plain["status"].tolist() == ["candidate", "unverifiable"]
    assert publish(craters, catalogue_of([5.0], [0], [2.7]), point, 2.0, MOON)["status"].tolist()[1] == "matched"


def test_without_a_catalogue_all_are_candidates() -> None:
    table = published(craters_of([0, 1], [0, 0], [5, 1], [0.9, 0.9]), empty_catalogue())
    assert table["status"].tolist() == ["candidate", "candidate"]


def test_matching_is_one_to_one() -> None:
    table = published(craters_of([0, 0.02], [0, 0], [5, 5], [0.9, 0.8]), catalogue_of([0.0], [0], [5]))
    assert sorted(table["status"]) == ["candidate", "matched"]


def test_a_crater_below_the_threshold_never_takes_the_match_of_one_above() -> None:
    """The less sure one fits better, but it is not in the product."""
    table = published(craters_of([0.03, 0.0], [0, 0], [5.5, 5.0], [0.9, 0.1]), catalogue_of([0.0], [0], [5.0]))
    assert table["status"].tolist() == ["matched", "candidate"]


def test_a_crater_below_the_threshold_may_match_what_is_left() -> None:
    table = published(craters_of([0.0], [0], [5.0], [0.1]), catalogue_of([0.0], [0], [5.0]))
    assert table["status"].tolist() == ["matched"]
    layer = catalogue_layer(
        catalogue_of([0.0], [0], [5.0]),
        table[is_exported(table, OPERATING_POINT)],
        footprint_of({"test": [(-1, -1, 1, 1)]}),
    )
    assert layer["found"].tolist() == [False]


def test_catalogue_layer_holds_what_lies_in_the_footprint() -> None:
    catalogue = catalogue_of([0.0, 0.5, 3.0], [0, 0, 0], [5.0, 6.0, 5.0])
    table = published(craters_of([0.0, 3.0], [0, 0], [5.0, 5.0], [0.9, 0.9]), catalogue)
    layer = catalogue_layer(catalogue, table, footprint_of({"test": [(-1, -1, 1, 1)]}))
    assert layer["catalogue_id"].tolist() == ["K0", "K1"]
    assert layer["found"].tolist() == [True, False]


def test_standard_deviations_in_kilometres() -> None:
    table = published(craters_of([0, 1], [0, 0], [5, 20], [0.9, 0.4]), empty_catalogue())
    assert table["diameter_sigma_km"].tolist() == pytest.approx([0.25, 1.0])
    # 50 and 200 pixels of 100 m
    variance_px = [0.01 + 50**2 * (0.0004 + 0.01 * 0.1**3), 0.01 + 200**2 * (0.0004 + 0.01 * 0.6**3)]
    assert table["centre_sigma_km"].tolist() == pytest.approx(np.sqrt(variance_px) / 10, rel=1e-6)


def test_without_a_model_of_the_errors_nothing_is_claimed() -> None:
    point = OPERATING_POINT.model_copy(update={"uncertainty": None})
    table = publish(craters_of([0], [0], [5], [0.9]), empty_catalogue(), point, 1.0, MOON)
    assert table[["centre_sigma_km", "diameter_sigma_km"]].isna().all().all()

"""Measured depths beside a catalogue's."""

import numpy as np
import pandas as pd
import pytest

from crater_pipeline.evaluation.depths import depth_figures, depth_pairs

BORDERS = (1, 3, 5, 10)


def tables(ratio: float = 0.9) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Twelve matched craters, measured at `ratio` of the catalogue's depth, one without partner, one unmeasured."""
    names = [f"K{i}" for i in range(13)]
    known = pd.DataFrame(
        {"catalogue_id": names, "diameter_km": np.linspace(2, 8, 13), "depth_m": np.arange(1, 14) * 100.0}
    )
    craters = pd.DataFrame({"catalogue_id": [*names, None], "diameter_km": 2.0, "depth_m": np.nan})
    craters.loc[:12, "depth_m"] = ratio * known["depth_m"]
    craters.loc[12, "depth_m"], craters.loc[13, "depth_m"] = np.nan, 50.0
    return craters, known.sample(frac=1, random_state=0)


def test_ratio_and_correlation() -> None:
    figures = depth_figures(*tables(0.8), BORDERS)
    assert (figures["n_craters"], figures["n_measured"]) == (14, 13)
    agreement = figures["agreement"]
    assert agreement["n"] == 12
    assert agreement["median_ratio"] == pytest.approx(0.8)
    assert (agreement["low"], agreement["high"]) == pytest.approx((0.8, 0.8))
    assert agreement["correlation"] == pytest.approx(1.0)


def test_bins_are_of_the_catalogues_diameter_and_hold_every_pair_once() -> None:
    craters, known = tables()
    bins = depth_figures(craters, known, BORDERS)["agreement"]["bins"]
    assert [(each["low_km"], each["high_km"]) for each in bins] == [(1, 3), (3, 5), (5, 10)]
    assert [each["n"] for each in bins] == [2, 4, 6]
    assert depth_figures(craters, known, (4,))["agreement"]["bins"][0]["high_km"] is None


def test_a_correlation_needs_three_craters() -> None:
    craters, known = tables()
    figures = depth_figures(craters.iloc[:2], known, BORDERS)["agreement"]
    assert figures["n"] == 2
    assert figures["correlation"] is None


def test_a_depth_of_zero_is_none() -> None:
    craters, known = tables()
    known["depth_m"] = 0.0
    assert len(depth_pairs(craters, known)) == 0


@pytest.mark.parametrize("column", [[], ["depth_m"]])
def test_a_catalogue_without_depths(column: list[str]) -> None:
    craters, known = tables()
    known = known.drop(columns="depth_m").assign(**dict.fromkeys(column, np.nan))
    assert depth_figures(craters, known, BORDERS)["agreement"] is None

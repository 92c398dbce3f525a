"""Another catalogue as a witness for detections that the region's own lacks."""

import numpy as np
import pandas as pd
import pytest

from crater_pipeline.evaluation.confirmation import Witness, by_chance
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.summary import evaluate_region
from crater_pipeline.models.scores import IDENTITY, OperatingPoint
from tests.judged_region import MOON, footprint_of

POINT = OperatingPoint(
    threshold=0.5, raw_threshold=0.5, calibration=IDENTITY, source="weights", min_diameter_km=2.0, n_validation_truth=0
)


def places(lon: list[float], diameter_km: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"lon": lon, "lat": 10.0, "diameter_km": diameter_km})


def judged(witness: pd.DataFrame, complete_km: float = 2.0) -> dict[str, float]:
    """Of six detections the catalogue holds the first two; it has one more that was missed."""
    craters = places([1.0, 2, 3, 4, 5, 6], [6.0, 6, 6, 6, 3, 3]).assign(
        crater_id=[f"C{i}" for i in range(6)],
        score=0.9,
        raw_score=0.9,
        level=0,
        diameter_px=60.0,
        status="candidate",
        split="test",
    )
    catalogue = places([1.0, 2, 7], [6.0, 6, 6]).assign(catalogue_id=["a", "b", "c"])
    figures, _ = evaluate_region(
        craters,
        catalogue,
        footprint_of({"test": (0, 5, 10, 15)}),
        POINT,
        EvaluationSettings(bootstrap_samples=100),
        MOON,
        [Witness("other", witness, complete_km)],
    )
    (row,) = figures["confirmation"]
    assert row["name"] == "other"
    result: dict[str, float] = row
    return result


def test_what_a_witness_holds_is_confirmed_and_what_it_cannot_hold_is_left_out() -> None:
    row = judged(places([1.0, 3, 5, 7], [6.0, 6, 3, 6]), complete_km=5.0)
    assert (row["n_unmatched"], row["n_tellable"], row["n_confirmed"]) == (4, 2, 1)
    assert (row["n_missed"], row["n_missed_confirmed"]) == (1, 1)
    assert row["precision_before"] == pytest.approx(2 / 4)
    assert row["precision"] == pytest.approx(3 / 4)


def test_a_witness_cannot_confirm_with_a_crater_that_the_catalogue_has() -> None:
    assert judged(places([1.0, 2.0], [6.0, 6.0]))["n_confirmed"] == 0
    assert judged(places([], []))["n_confirmed"] == 0


def test_chance_grows_with_the_number_of_craters() -> None:
    rng = np.random.default_rng(0)

    def scattered(count: int) -> pd.DataFrame:
        lon, lat = rng.uniform(0, 10, count), rng.uniform(-5, 5, count)
        return pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": 5.0})

    detections = scattered(3000)
    few, many = (by_chance(detections, scattered(count), "iou50", MOON) for count in (300, 3000))
    # Two squares of side D have IoU >= 0.5 for offsets (a D, b D) with (1 - a)(1 - b) >= 2/3: an area of 0.252 D^2.
    # Some detections leave the square of 303 km, and some find a crater that another one has.
    expected = 3000 * 3000 * 0.252 * 5.0**2 / 303**2
    assert 0.65 * expected < many < expected
    assert few == pytest.approx(many / 10, rel=0.3)

import logging

import numpy as np
import pytest

from crater_pipeline.evaluation.curves import counts_at
from crater_pipeline.evaluation.judging import make_scene
from crater_pipeline.evaluation.metrics import f1
from crater_pipeline.evaluation.operating_point import operating_point
from crater_pipeline.models.scores import Calibration, ErrorModel, OperatingPoint, Scoring, Uncertainty
from tests.judged_region import MOON, Region, random_region

RULE = Calibration(kind="isotonic", raw=(0.0, 1.0), calibrated=(0.0, 0.5))
WEIGHTS = Scoring(threshold=0.4, calibration=RULE)


def point_of(region: Region, trained: bool = True, limit: float = 2.0, cut: float = 0.25) -> OperatingPoint:
    return operating_point(region.craters, region.catalogue, region.footprint, WEIGHTS, trained, limit, cut, MOON)


def test_no_threshold_has_a_better_f1_on_the_validation_part() -> None:
    region = random_region(4, n=4000)
    point = point_of(region)
    assert point.source == "validation"
    scene = make_scene(region.craters, region.catalogue, region.footprint, "val", 2.0, 0.25, MOON)
    pairs = scene.pairs("iou50")
    best = f1(counts_at(scene, pairs, np.linspace(0, 1, 301))).max()
    assert f1(counts_at(scene, pairs, [point.raw_threshold]))[0] >= best - 0.005
    assert max(row.f1 or 0.0 for row in point.curve) == pytest.approx(
        f1(counts_at(scene, pairs, [point.raw_threshold]))[0]
    )
    assert point.n_validation_truth == scene.truth["counts"].sum()


@pytest.mark.parametrize("drawn", [0.95, 1.0, 1.06])
def test_circles_that_are_drawn_too_small_or_too_large_are_scaled(drawn: float) -> None:
    region = random_region(4, n=4000)
    sizes = {name: drawn * region.craters[name] for name in ("diameter_km", "diameter_px")}
    plain, point = (
        point_of(region),
        point_of(Region(region.craters.assign(**sizes), region.catalogue, region.footprint)),
    )
    assert plain.diameter_scale == pytest.approx(1.0, abs=0.01)
    assert point.diameter_scale * drawn == pytest.approx(plain.diameter_scale, abs=0.02)
    assert point.raw_threshold == pytest.approx(plain.raw_threshold, abs=0.06)
    assert point.scoring.diameter_scale == point.diameter_scale


def test_few_craters_hardly_change_the_scale() -> None:
    region = random_region(4, n=4000)
    sizes = {name: 0.9 * region.craters[name] for name in ("diameter_km", "diameter_px")}
    small = Region(region.craters.assign(**sizes), region.catalogue, region.footprint)
    many, few = point_of(small, limit=2.0), point_of(small, limit=5.0)
    assert few.source == "validation"
    assert few.n_validation_truth < many.n_validation_truth
    assert 1.0 < few.diameter_scale < many.diameter_scale < 1 / 0.9 + 0.01


def test_calibrated_and_raw_threshold_choose_the_same_craters() -> None:
    region = random_region(4)
    point = OperatingPoint.model_validate_json(point_of(region).model_dump_json())
    calibrated = point.calibration.apply(region.craters["score"])
    assert ((calibrated >= point.threshold) == (region.craters["score"] >= point.raw_threshold)).all()
    curve = [row.threshold for row in point.curve]
    assert curve == sorted(curve)
    assert point.expected_calibration_error is not None
    assert 0 <= point.expected_calibration_error < 0.15


def test_the_test_part_plays_no_role() -> None:
    region = random_region(4)
    others = region.craters["split"] != "test"
    without = Region(region.craters[others], region.catalogue[region.catalogue["lon"] < -21], region.footprint)
    assert point_of(without) == point_of(region)


def test_craters_that_the_edge_cuts_count_as_far_as_the_settings_say() -> None:
    region = random_region(4)
    counted = []
    for cut in (0.0, 0.25, 1.0):
        scene = make_scene(region.craters, region.catalogue, region.footprint, "val", 2.0, cut, MOON)
        counted.append(scene.truth["counts"].sum())
        assert point_of(region, cut=cut).n_validation_truth == counted[-1]
    assert counted[0] < counted[1] < counted[2]


@pytest.mark.parametrize("why", ["not trained", "few craters", "no catalogue", "nothing found"])
def test_the_weights_own_are_used(why: str, caplog: pytest.LogCaptureFixture) -> None:
    region, limit = random_region(4), 2.0
    if why == "few craters":
        limit = 20.0
    elif why == "no catalogue":
        region = Region(region.craters, region.catalogue.iloc[:0], region.footprint)
    elif why == "nothing found":
        region = Region(region.craters.iloc[:0], region.catalogue, region.footprint)
    with caplog.at_level(logging.WARNING):
        point = point_of(region, trained=why != "not trained", limit=limit)
    assert point.source == "weights"
    assert point.raw_threshold == 0.4
    assert point.threshold == pytest.approx(0.2)
    assert point.calibration == WEIGHTS.calibration
    assert point.curve == ()
    assert bool(caplog.records) == (why != "not trained")


def test_the_errors_of_found_craters_are_known() -> None:
    """The made-up detector is off by 0.04 of the diameter along each axis, and by 0.05 of the diameter in size."""
    point = point_of(random_region(4, n=6000))
    diameter_px, score = np.array([20.0, 100.0]), np.array([0.6, 0.6])
    assert point.uncertainty is not None
    centre = point.uncertainty.centre.sigma_px(diameter_px, score)
    diameter = point.uncertainty.diameter.sigma_px(diameter_px, score)
    assert centre / diameter_px == pytest.approx(0.04, rel=0.25)
    assert diameter / diameter_px == pytest.approx(0.05, rel=0.25)


def test_the_weights_own_uncertainty_where_nothing_is_fitted() -> None:
    region = random_region(4)
    errors = ErrorModel(floor=0.1, share=0.0, doubt=0.0)
    own = Uncertainty(centre=errors, diameter=errors, n=20)
    given = WEIGHTS.model_copy(update={"uncertainty": own})
    point = operating_point(region.craters, region.catalogue, region.footprint, given, False, 2.0, 0.25, MOON)
    assert point.uncertainty == own
    assert point_of(region, trained=False).uncertainty is None

"""How scores are read: known answers, and what is refused."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from crater_pipeline.models.scores import IDENTITY, Calibration, ErrorModel, OperatingPoint, Scoring, Uncertainty

RULE = Calibration(kind="isotonic", raw=(0.2, 0.6), calibrated=(0.1, 0.9))
KNOWN = Uncertainty(
    centre=ErrorModel(floor=4.0, share=0.0, doubt=0.0), diameter=ErrorModel(floor=0.0, share=0.01, doubt=0.08), n=30
)


def test_known_answers() -> None:
    assert RULE.apply([0.0, 0.2, 0.4, 0.6, 1.0]) == pytest.approx([0.1, 0.1, 0.5, 0.9, 0.9])
    assert IDENTITY.apply([-0.1, 0.3, 1.2]) == pytest.approx([0.0, 0.3, 1.0])
    assert RULE.apply(np.zeros((0,))).shape == (0,)
    assert KNOWN.centre.sigma_px([5.0, 500.0], [0.1, 0.9]) == pytest.approx([2.0, 2.0])
    assert KNOWN.diameter.sigma_px([10.0, 10.0], [1.0, 0.5]) == pytest.approx([1.0, np.sqrt(2.0)])


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"kind": "platt"},
        {"kind": "isotonic", "raw": [], "calibrated": []},
        {"kind": "isotonic", "raw": [0.1, 0.2], "calibrated": [0.1]},
        {"kind": "isotonic", "raw": [0.2, 0.1], "calibrated": [0.1, 0.2]},
        {"kind": "isotonic", "raw": [0.1, 0.2], "calibrated": [0.2, 0.1]},
    ],
)
def test_a_broken_calibration_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Calibration.model_validate(rule)


@pytest.mark.parametrize("known", [None, KNOWN])
def test_the_weights_own_point_leads_back_to_them(known: Uncertainty | None) -> None:
    own = Scoring(threshold=0.4, calibration=RULE, uncertainty=known)
    point = OperatingPoint.of_weights(own)
    assert point.threshold == pytest.approx(0.5)
    assert point.source == "weights"
    assert OperatingPoint.model_validate_json(point.model_dump_json()).scoring == own

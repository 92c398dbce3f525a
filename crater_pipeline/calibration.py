"""From the network's raw score to the probability of being a catalogue crater."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crater_pipeline.errors import UserError

IDENTITY: dict[str, Any] = {"kind": "identity", "raw": [], "calibrated": []}


def apply(calibration: Mapping[str, Any], raw: ArrayLike) -> NDArray[np.float64]:
    """Calibrated scores in [0, 1] of raw ones, same shape, never falling with the raw score.

    `calibration` is {"kind": "identity"} or {"kind": "isotonic", "raw": [...], "calibrated": [...]}, the latter
    interpolated linearly between its knots (both lists rising) and held constant beyond them.
    """
    scores = np.asarray(raw, dtype=float)
    kind = calibration.get("kind")
    if kind == "identity":
        return np.clip(scores, 0.0, 1.0)
    if kind != "isotonic":
        raise UserError(f"calibration: unknown kind {kind!r}; it must be 'isotonic' or 'identity'")
    knots = np.asarray(calibration["raw"], dtype=float)
    values = np.asarray(calibration["calibrated"], dtype=float)
    if len(knots) != len(values) or len(knots) == 0:
        raise UserError("calibration: 'raw' and 'calibrated' must be lists of the same length, at least one long")
    if np.any(np.diff(knots) <= 0) or np.any(np.diff(values) < 0):
        raise UserError("calibration: 'raw' must rise and 'calibrated' must not fall")
    return np.clip(np.interp(scores, knots, values), 0.0, 1.0)

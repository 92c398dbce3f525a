"""How a network's answers are read: the probability, the threshold, the size, and how far a crater may be off."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from crater_pipeline.settings import Settings

FloatArray = NDArray[np.float64]

DOUBT_POWER = 3


class Calibration(Settings):
    """From the network's score to a probability: the identity, or linear between knots and constant beyond them."""

    kind: Literal["identity", "isotonic"]
    raw: tuple[float, ...] = ()
    calibrated: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _rising(self) -> "Calibration":
        if self.kind == "isotonic" and not len(self.raw) == len(self.calibrated) > 0:
            raise ValueError("'raw' and 'calibrated' must be lists of the same length, at least one long")
        if np.any(np.diff(self.raw) <= 0) or np.any(np.diff(self.calibrated) < 0):
            raise ValueError("'raw' must rise and 'calibrated' must not fall")
        return self

    def apply(self, raw: ArrayLike) -> FloatArray:
        """Calibrated scores in [0, 1] of raw ones, same shape, never falling with the raw score."""
        scores = np.asarray(raw, dtype=float)
        if self.kind == "isotonic":
            scores = np.interp(scores, self.raw, self.calibrated)
        return np.asarray(np.clip(scores, 0.0, 1.0))


IDENTITY = Calibration(kind="identity")


def error_terms(diameter_px: ArrayLike, score: ArrayLike) -> FloatArray:
    """What the coefficients of an `ErrorModel` are multiplied with, shape (n, 3), in the order of its fields."""
    square = np.asarray(diameter_px, dtype=float) ** 2
    unsure = np.clip(1.0 - np.asarray(score, dtype=float), 0.0, 1.0) ** DOUBT_POWER
    return np.column_stack([np.ones_like(square), square, square * unsure])


class ErrorModel(Settings):
    """The standard deviation, in pixels, of a crater of d pixels whose network score is s.

    sigma^2 = floor + d^2 (share + doubt (1 - s)^3): an error in pixels that every crater has, one in proportion to its
    size, and one that grows as the network grows unsure.
    """

    floor: float = Field(ge=0)
    share: float = Field(ge=0)
    doubt: float = Field(ge=0)

    def sigma_px(self, diameter_px: ArrayLike, score: ArrayLike) -> FloatArray:
        """Standard deviations in pixels, shape (n,)."""
        return np.asarray(np.sqrt(error_terms(diameter_px, score) @ np.array([self.floor, self.share, self.doubt])))


class Uncertainty(Settings):
    """How far centres (along each axis) and diameters are off, from `n` craters that are known."""

    centre: ErrorModel
    diameter: ErrorModel
    n: int = Field(ge=0)


class Scoring(Settings):
    """How the scores of one network are read."""

    threshold: float = Field(description="Operating threshold on the network's own score.")
    calibration: Calibration = Field(description="Network score to probability.")
    uncertainty: Uncertainty | None = Field(None, description="How far centres and diameters are off; null: not known.")
    diameter_scale: float = Field(
        1.0, gt=0, description="What found diameters are multiplied by: networks draw circles a few percent too small."
    )


SIZES = ("diameter_km", "diameter_px")


def scaled(craters: pd.DataFrame, diameter_scale: float) -> pd.DataFrame:
    """Craters with their diameters multiplied."""
    return craters.assign(**{name: diameter_scale * craters[name].astype(float) for name in SIZES})


class CurvePoint(Settings):
    """Rates at a threshold on the calibrated score; None where undefined."""

    threshold: float
    precision: float | None
    recall: float | None
    f1: float | None


class OperatingPoint(Settings):
    """What `operating_point.json` holds: how the scores of one region are read, and where that comes from.

    Scores under `threshold` are calibrated, those under `raw_threshold` the network's own.
    """

    threshold: float
    raw_threshold: float
    raw_crossing: float | None = None
    """Where precision and recall are equal."""
    calibration: Calibration
    uncertainty: Uncertainty | None = None
    diameter_scale: float = 1.0
    source: Literal["validation", "weights"]
    expected_calibration_error: float | None = None
    curve: tuple[CurvePoint, ...] = ()
    split: str = "val"
    n_validation_truth: int = 0
    min_diameter_km: float

    @classmethod
    def of_weights(cls, own: Scoring, min_diameter_km: float = 0.0) -> "OperatingPoint":
        """The weights' own, where nothing of a region is fitted."""
        return cls(
            threshold=float(own.calibration.apply(own.threshold)),
            raw_threshold=own.threshold,
            calibration=own.calibration,
            uncertainty=own.uncertainty,
            diameter_scale=own.diameter_scale,
            source="weights",
            min_diameter_km=min_diameter_km,
        )

    @property
    def scoring(self) -> Scoring:
        """How the same network's scores are read elsewhere."""
        return Scoring(
            threshold=self.raw_threshold,
            calibration=self.calibration,
            uncertainty=self.uncertainty,
            diameter_scale=self.diameter_scale,
        )

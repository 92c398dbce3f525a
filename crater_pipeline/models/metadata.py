"""What is said of weights, in the JSON beside them."""

from pathlib import Path
from typing import Any

from pydantic import Field

from crater_pipeline.errors import UserError
from crater_pipeline.light.views import View
from crater_pipeline.models.scores import Scoring
from crater_pipeline.models.settings import BackboneName, SizeEncoding, view_of
from crater_pipeline.tables import read_model


class SeveralSuns(Scoring):
    """How the scores of terrain that is searched under several suns are read: their means are lower than one sun's."""

    suns: int = Field(gt=1, description="Number of suns that the rest was fitted with.")


class Scored(Scoring, extra="ignore"):
    """How the scores of whatever searched a region are read, of all that `weights.json` says."""

    several_suns: SeveralSuns | None = Field(
        None, description="Threshold, calibration and uncertainty for several suns; null: those of one serve for all."
    )

    def under(self, suns: int) -> Scoring:
        """How scores are read that come from a search under so many suns."""
        return self if suns == 1 or self.several_suns is None else self.several_suns


class WeightsMetadata(Scored, extra="forbid"):
    """What `weights.json` says of the weights beside it."""

    backbone: BackboneName
    size_encoding: SizeEncoding = "log"
    hash: str = Field(description="SHA-256 of the safetensors file.")
    pixel_size_range_m: tuple[float, float] = Field(description="Pixel sizes that the network was trained for.")
    sun_elevation_range_deg: tuple[float, float] | None = Field(
        None, description="Heights of the sun that it was trained for, degrees; without a value nothing is known."
    )
    diameter_range_px: tuple[float, float] = Field(description="Diameters that it was trained for, pixels of a level.")
    training: dict[str, Any] = Field(description="Summary of how it was trained.")

    @property
    def view(self) -> View:
        """What the network is shown."""
        return view_of(self.backbone)


def read_metadata(path: Path) -> WeightsMetadata:
    """`weights.json`, or a `UserError` that says what it lacks."""
    if not path.is_file():
        raise UserError(f"{path}: missing; it must lie beside the weights (backbone, threshold, calibration)")
    return read_model(path, WeightsMetadata)

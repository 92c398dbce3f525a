"""A region that shipped weights learn from: what its raster shows, and which of its craters and blocks count."""

from typing import Literal

from pydantic import Field

from crater_pipeline.labels.learnable import LabelSettings
from crater_pipeline.settings import Settings
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.splits import SplitSettings


class Ground(Settings):
    """A region of the pretraining; its `train` part is learned from, its `val` part sets threshold and calibration."""

    kind: Literal["image", "dtm"] = Field(description="A photograph (or a picture like one), or a terrain model.")
    bounds: tuple[float, float, float, float] = Field(description="West, south, east, north in degrees.")
    labels: LabelSettings = Field(description="Which craters are learned.")
    split: SplitSettings = Field(description="Which blocks are learned from.")
    judged_from_km: float = Field(gt=0, description="Diameter from which craters are judged.")

    @property
    def area(self) -> Bounds:
        return Bounds(*self.bounds)

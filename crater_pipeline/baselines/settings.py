"""Which other method searches a region, and how it learns."""

from typing import Literal

from pydantic import Field

from crater_pipeline.settings import Settings

Method = Literal["deepmoon", "two_stage", "segmentation", "templates", "published"]

LEARNED: tuple[Method, ...] = ("deepmoon", "two_stage", "segmentation")
"""They learn from a region's training part."""


class BaselineSettings(Settings):
    """Another method in the network's place, for comparisons; config/rivals.yaml uses them all."""

    method: Method | None = Field(
        None,
        description="`deepmoon`: rims segmented, then circle templates (Silburt et al. 2019). `two_stage`: proposals, "
        "then classification and refinement, from pretrained features (as Yang et al. 2020). `segmentation`: crater "
        "interiors segmented on features of the terrain (as Hu et al. 2021). `templates`: shaded bowls correlated with "
        "the picture, nothing learned. `published`: the craters of a catalogue. Without a value our network searches.",
    )
    catalogue: str | None = Field(None, description="For `published`: the name of an entry of `catalogues`.")
    learned_in: str | None = Field(
        None,
        description="For a method that learns: name of the region, with the same method, whose craters it has learned "
        "from. Without it the region's own.",
    )
    samples: int = Field(3072, ge=1, description="Tiles learned from, counted each time.")
    epochs: int = Field(8, ge=1, description="They are learned in so many equal parts, with a checkpoint after each.")
    batch_size: int = Field(2, ge=1, description="Tiles a step.")
    learning_rate: float = Field(1e-3, gt=0, description="Peak step of Adam.")
    workers: int = Field(1, ge=0, description="Processes that prepare tiles.")
    seed: int = Field(0, ge=0, description="Seed of everything random.")

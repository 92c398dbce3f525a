"""Which network, and where it starts from."""

from typing import Literal

from pydantic import Field

from crater_pipeline.settings import Settings

BackboneName = Literal["hourglass_compact", "hourglass", "resnet50", "resnet50_compact"]


class ModelSettings(Settings):
    """The network of a region."""

    backbone: BackboneName = Field(
        "hourglass_compact",
        description="`hourglass_compact` (7 M parameters, for a CPU), `hourglass` (two stacks, 190 M parameters, as "
        "published), `resnet50` (with three deconvolutions) or `resnet50_compact` (half as wide, for a CPU).",
    )
    initial: str = Field(
        "shipped",
        description="Initial weights: `shipped` (come with the package, `hourglass_compact` only), `none` (random), or "
        "the path of a `.safetensors` file (a network of ours, or an ImageNet state dict for `resnet50`).",
    )
    size_encoding: Literal["log", "linear"] = Field(
        "log",
        description="What the size head predicts: the logarithm of the box's sides (relative errors count alike for "
        "small and large craters) or the sides themselves, as published. Both in output cells.",
    )

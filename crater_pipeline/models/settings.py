"""Which network, and where it starts from."""

from typing import Literal

from pydantic import Field

from crater_pipeline.settings import Settings

BackboneName = Literal["hourglass_compact", "hourglass", "resnet50"]


class ModelSettings(Settings):
    """The network of a region."""

    backbone: BackboneName = Field(
        "hourglass_compact",
        description="`hourglass_compact` (7 M parameters, for a CPU), `hourglass` (two stacks, 190 M parameters, as "
        "published) or `resnet50` (with three deconvolutions).",
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

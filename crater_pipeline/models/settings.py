"""Which network, and where it starts from."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from crater_pipeline.light.views import View
from crater_pipeline.settings import Settings, plain_path

BackboneName = Literal["hourglass_compact", "hourglass_terrain", "hourglass", "resnet50", "resnet50_compact"]

TERRAIN_BACKBONES: tuple[BackboneName, ...] = ("hourglass_terrain",)
"""Networks that are shown terrain; all others are shown pictures."""

DEFAULT_BACKBONES: dict[Literal["image", "dtm"], BackboneName] = {
    "image": "hourglass_compact",
    "dtm": "hourglass_terrain",
}
"""The network that a raster of this kind is searched by where none is named."""

SHIPPED_BACKBONES: tuple[BackboneName, ...] = ("hourglass_compact", "hourglass_terrain")
"""Networks whose pretrained weights come with the package."""


def view_of(backbone: BackboneName) -> View:
    """What a backbone is shown."""
    return "terrain" if backbone in TERRAIN_BACKBONES else "picture"


SizeEncoding = Literal["log", "linear"]


class ModelSettings(Settings):
    """The network of a region."""

    backbone: BackboneName = Field(
        DEFAULT_BACKBONES["image"],
        description="`hourglass_compact` (7 M parameters, for a CPU), `hourglass_terrain` (the same, shown terrain "
        "as two lit pictures and the local relief at once), `hourglass` (two stacks, 190 M parameters, as published), "
        "`resnet50` (with three deconvolutions) or `resnet50_compact` (half as wide, for a CPU). Where none is given, "
        "regions with a terrain model take `hourglass_terrain`.",
    )
    initial: Annotated[str, AfterValidator(plain_path)] = Field(
        "shipped",
        min_length=1,
        description="Initial weights: `shipped` (come with the package, for `hourglass_compact` and "
        "`hourglass_terrain`), `none` (random), or the path of a `.safetensors` file (a network of ours, or an "
        "ImageNet state dict for `resnet50`).",
    )
    size_encoding: SizeEncoding = Field(
        "log",
        description="What the size head predicts: the logarithm of the box's sides (relative errors count alike for "
        "small and large craters) or the sides themselves, as published. Both in output cells.",
    )

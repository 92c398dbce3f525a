"""Where weights lie: the files that a network starts from."""

from pathlib import Path

from crater_pipeline.errors import UserError
from crater_pipeline.models.settings import DEFAULT_BACKBONES, SHIPPED_BACKBONES, BackboneName, ModelSettings

SHIPPED = "shipped"
NONE = "none"

SHIPPED_FOLDER = Path(__file__).parents[1] / "weights"


def metadata_path(weights: Path) -> Path:
    """`x.safetensors` -> `x.json`."""
    return weights.with_suffix(".json")


def shipped_weights(backbone: BackboneName = DEFAULT_BACKBONES["image"]) -> Path:
    """The pretrained weights of a backbone that come with the package; the file is there for `SHIPPED_BACKBONES`."""
    return SHIPPED_FOLDER / f"{backbone}.safetensors"


def initial_weights(settings: ModelSettings) -> Path | None:
    """File of the initial weights; None for random ones.

    Raises
    ------
    UserError
        If no weights are shipped for the backbone.
    """
    if settings.initial == NONE:
        return None
    if settings.initial == SHIPPED:
        if settings.backbone not in SHIPPED_BACKBONES:
            raise UserError(
                f"model.initial: weights are shipped for {' and '.join(SHIPPED_BACKBONES)} only, not for "
                f"{settings.backbone}; set model.initial to none or to the path of weights of that backbone, or "
                "model.backbone to one of these"
            )
        return shipped_weights(settings.backbone)
    return Path(settings.initial)

"""The weights file: safetensors beside a JSON that says what they are. Loading executes nothing from the file."""

import json
from pathlib import Path
from typing import Any

import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from crater_pipeline.atomic import atomic_path, write_text
from crater_pipeline.contents import file_hash
from crater_pipeline.errors import UserError
from crater_pipeline.light.views import CHANNELS, View
from crater_pipeline.models.centernet import CenterNet
from crater_pipeline.models.initial import initial_weights as initial_weights
from crater_pipeline.models.initial import metadata_path as metadata_path
from crater_pipeline.models.losses import SizeEncoding
from crater_pipeline.models.resnet import IMAGENET_ONLY
from crater_pipeline.models.settings import BackboneName, ModelSettings, view_of
from crater_pipeline.settings import Settings

CALIBRATION_IDENTITY: dict[str, Any] = {"kind": "identity", "raw": [], "calibrated": []}


class SeveralSuns(Settings):
    """How the scores of terrain that is searched under several suns are read: their means are lower than one sun's."""

    suns: int = Field(gt=1, description="Number of suns that the rest was fitted with.")
    threshold: float = Field(description="Operating threshold on the mean score.")
    calibration: dict[str, Any] = Field(description="Mean score to probability, see `evaluation.calibration`.")
    uncertainty: dict[str, Any] | None = Field(
        None,
        description="How far centres and diameters are off, see `evaluation.uncertainty`; null: not known.",
    )


class WeightsMetadata(Settings):
    """What `weights.json` says of the weights beside it."""

    backbone: BackboneName
    size_encoding: SizeEncoding = "log"
    hash: str = Field(description="SHA-256 of the safetensors file.")
    threshold: float = Field(description="Operating threshold on the network's own score.")
    calibration: dict[str, Any] = Field(description="Network score to probability, see `evaluation.calibration`.")
    uncertainty: dict[str, Any] | None = Field(
        None,
        description="How far centres and diameters are off, see `evaluation.uncertainty`; null: not known.",
    )
    several_suns: SeveralSuns | None = Field(
        None, description="Threshold, calibration and uncertainty for several suns; null: those of one serve for all."
    )
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

    def under(self, suns: int) -> "WeightsMetadata":
        """The same weights with the threshold, calibration and uncertainty of a search under so many suns."""
        if suns == 1 or self.several_suns is None:
            return self
        return self.model_copy(update=self.several_suns.model_dump(exclude={"suns"}))


def save_weights(network: CenterNet, weights: Path, metadata: dict[str, Any], metadata_file: Path) -> WeightsMetadata:
    """Write both files; `metadata` is all of `WeightsMetadata` but the hash.

    Matrices and kernels are stored in half precision (the network computes in bf16 anyway), vectors
    (normalisation, biases) in single.
    """
    tensors = {
        name: (tensor.half() if tensor.ndim > 1 else tensor).detach().cpu().contiguous()
        for name, tensor in network.state_dict().items()
    }
    with atomic_path(weights) as temporary:
        save_file(tensors, temporary)
        temporary.chmod(0o644)  # safetensors writes for the owner alone
    complete = WeightsMetadata(**metadata, hash=file_hash(weights))
    write_text(metadata_file, complete.model_dump_json(indent=2) + "\n")
    return complete


def read_metadata(path: Path) -> WeightsMetadata:
    """`weights.json`, or a `UserError` that says what it lacks."""
    try:
        return WeightsMetadata(**json.loads(path.read_text()))
    except FileNotFoundError:
        raise UserError(f"{path}: missing; it must lie beside the weights (backbone, threshold, calibration)") from None
    except (json.JSONDecodeError, ValidationError, TypeError) as error:
        raise UserError(f"{path}: not the metadata of weights of this pipeline: {error}") from None


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """State dict of a safetensors file, single precision."""
    if not path.is_file():
        raise UserError(f"{path}: no such weights file; check model.initial (shipped, none, or a path)")
    try:
        return {name: t.float() if t.is_floating_point() else t for name, t in load_file(path).items()}
    except SafetensorError as error:
        raise UserError(
            f"{path}: not a safetensors file ({error}); convert other formats first, they are never unpickled"
        ) from None


def load_network(weights: Path, metadata: WeightsMetadata) -> CenterNet:
    """The trained network, in evaluation mode."""
    network = CenterNet(metadata.backbone)
    try:
        network.load_state_dict(read_tensors(weights))
    except RuntimeError as error:
        raise UserError(f"{weights}: does not fit backbone '{metadata.backbone}': {str(error)[:300]}") from None
    return network.eval()


def initial_metadata(settings: ModelSettings) -> WeightsMetadata | None:
    """Metadata of the initial weights; None for random ones, or a backbone's state dict without any."""
    path = initial_weights(settings)
    if path is None or not metadata_path(path).is_file():
        return None
    return read_metadata(metadata_path(path))


STEM = "backbone.stem.0.0.weight"
"""The hourglasses' first kernel: (width, channels, 7, 7)."""

LIT_SHARE = 0.6
"""Of a picture's kernel, for each of terrain's two lit pictures: the sum of two unlike pictures varies less than twice
one."""


def widened(tensors: dict[str, torch.Tensor], view: View) -> dict[str, torch.Tensor]:
    """A picture's hourglass made to start learning terrain from: its first kernel on both lit pictures, none on relief.

    Anything else is returned as it is.
    """
    kernel = tensors.get(STEM)
    if view != "terrain" or kernel is None or kernel.shape[1] != CHANNELS["picture"]:
        return tensors
    lit = LIT_SHARE * kernel
    return {**tensors, STEM: torch.cat([lit, lit, torch.zeros_like(kernel)], dim=1)}


def build_network(settings: ModelSettings, seed: int) -> CenterNet:
    """A network with its initial weights: a whole network of ours, or a ResNet-50 state dict for the backbone alone."""
    torch.manual_seed(seed)
    network = CenterNet(settings.backbone)
    path = initial_weights(settings)
    if path is None:
        return network
    tensors = read_tensors(path)
    try:
        if any(name.startswith("heads.") for name in tensors):
            known = initial_metadata(settings)
            if known is not None and known.size_encoding != settings.size_encoding:
                raise RuntimeError(f"its sizes are {known.size_encoding}, model.size_encoding is not")
            network.load_state_dict(widened(tensors, network.view))
        else:
            backbone = {k: v for k, v in tensors.items() if not k.startswith(IMAGENET_ONLY)}
            missing, unexpected = network.backbone.load_state_dict(backbone, strict=False)
            missing = [name for name in missing if not name.startswith("deconvolutions.")]
            if missing or unexpected:
                raise RuntimeError(f"missing {missing[:3]}, unexpected {unexpected[:3]}")
    except RuntimeError as error:
        raise UserError(
            f"{path}: does not fit backbone '{settings.backbone}' (model.backbone, model.initial): {str(error)[:300]}"
        ) from None
    return network

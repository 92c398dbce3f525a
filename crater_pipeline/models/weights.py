"""The weights file: safetensors beside a JSON that says what they are. Loading executes nothing from the file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from crater_pipeline.atomic import atomic_path, write_text
from crater_pipeline.contents import file_hash
from crater_pipeline.errors import UserError
from crater_pipeline.light.views import CHANNELS, View
from crater_pipeline.models.centernet import CenterNet
from crater_pipeline.models.initial import initial_weights, metadata_path
from crater_pipeline.models.metadata import WeightsMetadata, read_metadata
from crater_pipeline.models.resnet import IMAGENET_ONLY
from crater_pipeline.models.settings import ModelSettings


def save_weights(network: CenterNet, weights: Path, metadata: dict[str, Any], metadata_file: Path) -> WeightsMetadata:
    """Write both files; `metadata` is all of `WeightsMetadata` but the hash.

    Matrices and kernels are stored in half precision (the network computes in bf16 anyway), vectors
    (normalisation, biases) in single.
    """
    tensors = {
        name: (tensor.half() if tensor.ndim > 1 else tensor).detach().cpu()
        for name, tensor in network.state_dict().items()
    }
    write_tensors(tensors, weights)
    complete = WeightsMetadata(**metadata, hash=file_hash(weights))
    write_text(metadata_file, complete.model_dump_json(indent=2) + "\n")
    return complete


def write_tensors(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """A state dict as a safetensors file, there whole or not at all."""
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(contiguous))  # save_file would give it to the owner alone, whatever the umask


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

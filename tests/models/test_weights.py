"""Weights files: what is written comes back, and what is wrong is said."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from crater_pipeline.contents import file_hash
from crater_pipeline.errors import UserError
from crater_pipeline.models.centernet import CenterNet
from crater_pipeline.models.initial import initial_weights, metadata_path, shipped_weights
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.scores import IDENTITY
from crater_pipeline.models.settings import SHIPPED_BACKBONES, ModelSettings
from crater_pipeline.models.weights import LIT_SHARE, STEM, build_network, load_network, read_tensors, save_weights

ERRORS = {"floor": 0.1, "share": 0.0, "doubt": 0.0}

DESCRIPTION: dict[str, Any] = {
    "backbone": "hourglass_compact",
    "threshold": 0.3,
    "calibration": IDENTITY.model_dump(),
    "pixel_size_range_m": (60, 400),
    "diameter_range_px": (8, 128),
    "training": {},
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[CenterNet, Path]:
    torch.manual_seed(5)
    network = CenterNet("hourglass_compact").eval()
    path = tmp_path_factory.mktemp("weights") / "w.safetensors"
    save_weights(network, path, DESCRIPTION, metadata_path(path))
    return network, path


def test_a_network_survives_its_file_to_half_precision(saved: tuple[CenterNet, Path]) -> None:
    network, path = saved
    again = load_network(path, read_metadata(metadata_path(path)))
    image = torch.randn(1, 1, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for a, b in zip(network(image), again(image), strict=True):
            assert torch.allclose(a, b, atol=2e-2)


def test_metadata_carries_the_hash_of_the_file(saved: tuple[CenterNet, Path]) -> None:
    _, path = saved
    assert read_metadata(metadata_path(path)).hash == file_hash(path)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_who_may_read_weights_is_for_the_user_to_say(
    saved: tuple[CenterNet, Path], tmp_path: Path, umask: int, mode: int
) -> None:
    network, path = saved
    metadata = read_metadata(metadata_path(path)).model_dump(exclude={"hash"})
    before = os.umask(umask)
    try:
        save_weights(network, tmp_path / "again.safetensors", metadata, tmp_path / "again.json")
    finally:
        os.umask(before)
    assert {stat.S_IMODE(written.stat().st_mode) for written in tmp_path.iterdir()} == {mode}
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_training_can_start_from_a_file(saved: tuple[CenterNet, Path]) -> None:
    _, path = saved
    network = build_network(ModelSettings(initial=str(path)), seed=1)
    expected = read_tensors(path)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in network.state_dict().items())


def test_random_weights_follow_the_seed() -> None:
    one, two, other = (build_network(ModelSettings(initial="none"), seed) for seed in (1, 1, 2))
    pairs = zip(one.parameters(), two.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_imagenet_weights_load_into_resnet50_by_name(tmp_path: Path) -> None:
    source = CenterNet("resnet50").backbone.state_dict()
    state = {k: v for k, v in source.items() if not k.startswith("deconvolutions.")}
    state |= {"fc.weight": torch.zeros(1000, 2048), "fc.bias": torch.zeros(1000)}
    save_file(state, tmp_path / "imagenet.safetensors")
    network = build_network(ModelSettings(backbone="resnet50", initial=str(tmp_path / "imagenet.safetensors")), 7)
    assert torch.equal(network.backbone.state_dict()["layer2.1.conv2.weight"], source["layer2.1.conv2.weight"])


def test_a_file_of_another_backbone_is_refused(saved: tuple[CenterNet, Path]) -> None:
    with pytest.raises(UserError, match=r"w\.safetensors.*does not fit backbone 'resnet50'"):
        build_network(ModelSettings(backbone="resnet50", initial=str(saved[1])), 0)


def test_several_suns_have_a_threshold_of_their_own(tmp_path: Path) -> None:
    several = {"suns": 4, "threshold": 0.2, "calibration": {"kind": "isotonic", "raw": [0, 1], "calibrated": [0, 0.9]}}
    description = {**DESCRIPTION, "hash": "0" * 64, "uncertainty": {"centre": ERRORS, "diameter": ERRORS, "n": 30}}
    (tmp_path / "w.json").write_text(json.dumps({**description, "several_suns": several}))
    known = read_metadata(tmp_path / "w.json")
    assert known.under(1) == known
    assert (known.under(4).threshold, known.under(2).threshold, known.threshold) == (0.2, 0.2, 0.3)
    assert known.under(4).calibration.calibrated == (0.0, 0.9)
    assert known.under(4).uncertainty is None
    (tmp_path / "w.json").write_text(json.dumps(description))
    unknown = read_metadata(tmp_path / "w.json")
    assert unknown.under(4) == unknown


def test_shipped_weights_are_only_of_their_backbone() -> None:
    assert initial_weights(ModelSettings()) == shipped_weights()
    with pytest.raises(UserError, match=r"model\.initial: .*hourglass_terrain only, not for resnet50"):
        initial_weights(ModelSettings(backbone="resnet50"))


def test_the_shipped_weights_are_whole_and_under_40_mb() -> None:
    for backbone in SHIPPED_BACKBONES:
        path = shipped_weights(backbone)
        described = read_metadata(metadata_path(path))
        assert described.backbone == backbone
        assert described.hash == file_hash(path)
        assert 0 < described.threshold < 1
        assert load_network(path, described).view == described.view
    assert sum(shipped_weights(backbone).stat().st_size for backbone in SHIPPED_BACKBONES) < 40e6


def test_a_network_of_pictures_is_made_to_see_terrain(tmp_path: Path) -> None:
    source = shipped_weights("hourglass_compact")
    picture = load_network(source, read_metadata(metadata_path(source)))
    (tmp_path / "own.safetensors").write_bytes(source.read_bytes())
    terrain = build_network(ModelSettings(backbone="hourglass_terrain", initial=str(tmp_path / "own.safetensors")), 0)
    images = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    kernels = [network.state_dict()[STEM] for network in (picture, terrain)]
    shown = torch.cat([images, images, torch.randn(1, 1, 64, 64)], dim=1)
    expected = 2 * LIT_SHARE * torch.nn.functional.conv2d(images, kernels[0])
    assert torch.allclose(torch.nn.functional.conv2d(shown, kernels[1]), expected, atol=1e-4)
    assert all(torch.equal(a, b) for a, b in zip(picture.heads.parameters(), terrain.heads.parameters(), strict=True))


def test_a_pickled_file_is_refused_not_executed(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / "evil.safetensors")
    with pytest.raises(UserError, match="not a safetensors file"):
        read_tensors(tmp_path / "evil.safetensors")


def test_missing_and_broken_descriptions_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        read_metadata(tmp_path / "none.json")
    (tmp_path / "half.json").write_text(json.dumps({"backbone": "resnet50"}))
    with pytest.raises(UserError, match=r"half\.json"):
        read_metadata(tmp_path / "half.json")

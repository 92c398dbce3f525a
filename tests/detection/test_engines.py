"""What runs the network: the same answers, whatever it is."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch

from crater_pipeline.detection.engines import (
    MOST_WORKERS,
    OpenVinoEngine,
    TorchEngine,
    converted,
    engine_for,
    network_hash,
    shared_out,
)
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.errors import UserError
from crater_pipeline.light.reflectance import Sun
from crater_pipeline.light.views import CHANNELS, terrain_view
from crater_pipeline.models.centernet import CenterNet, Prediction
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.settings import BackboneName
from crater_pipeline.models.weights import load_network
from crater_pipeline.simulation.scenes import drawn_scene

SIZE = 128


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def network(backbone: BackboneName = "hourglass_compact", seed: int = 0) -> CenterNet:
    torch.manual_seed(seed)
    return CenterNet(backbone).eval()


@pytest.mark.parametrize("backbone", ["hourglass_compact", "hourglass_terrain", "resnet50_compact"])
def test_openvino_answers_as_torch_does(backbone: BackboneName) -> None:
    pytest.importorskip("openvino")
    asked = network(backbone)
    pictures = torch.randn(3, CHANNELS[asked.view], SIZE, SIZE)
    wanted = TorchEngine(asked, half=False)(pictures)
    got = OpenVinoEngine(asked, half=False, size=SIZE, workers=2)(pictures)
    for ours, theirs in zip(got, wanted, strict=True):
        assert ours.dtype == torch.float32
        assert torch.allclose(ours, theirs, atol=2e-3, rtol=1e-3)


class Narrow(CenterNet):
    """A network on a device that has memory for so many pictures at once."""

    room = 2

    def forward(self, images: torch.Tensor) -> Prediction:
        if len(images) > self.room:
            raise torch.OutOfMemoryError("out of memory")
        return super().forward(images)


def test_pictures_that_memory_does_not_hold_at_once_are_shown_in_smaller_batches(
    caplog: pytest.LogCaptureFixture,
) -> None:
    torch.manual_seed(0)
    narrow = Narrow("hourglass_compact").eval()
    pictures = torch.randn(7, 1, SIZE, SIZE)
    engine = TorchEngine(narrow, half=False)
    got, again = engine(pictures), engine(pictures)
    assert torch.equal(got.heatmap, again.heatmap)
    assert caplog.text.count("memory does not suffice for 7 pictures") == 1
    narrow.room = 7
    for ours, wanted in zip(got, engine(pictures), strict=True):
        assert torch.allclose(ours, wanted, atol=1e-5)
    narrow.room = 0
    with pytest.raises(UserError, match="one tile"):
        engine(pictures)


def test_an_answer_does_not_depend_on_what_is_beside_it() -> None:
    pytest.importorskip("openvino")
    engine = OpenVinoEngine(network(), half=False, size=SIZE, workers=2)
    pictures = torch.randn(5, 1, SIZE, SIZE)
    together = engine(pictures)
    for i in range(5):
        for whole, alone in zip(together, engine(pictures[i : i + 1]), strict=True):
            assert torch.equal(whole[i : i + 1], alone)


def test_a_network_is_converted_once_and_another_one_anew() -> None:
    pytest.importorskip("openvino")
    shape = (1, 1, SIZE, SIZE)
    first = converted(network(), shape)
    made = first.stat().st_mtime_ns
    assert converted(network(), shape) == first
    assert first.stat().st_mtime_ns == made
    assert converted(network(seed=1), shape) != first


@pytest.mark.parametrize("integers", [False, True])
def test_a_conversion_leaves_our_logging_alone(
    integers: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for module in ("openvino", "nncf"):
        pytest.importorskip(module)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("crater_pipeline.detection.quantising.SCENES", (0,))
    root, kind = logging.getLogger(), logging.getLoggerClass()
    before = (root.level, [(each, each.level) for each in root.handlers], root.filters[:])
    converted(network(seed=3), (1, 1, SIZE, SIZE), integers)
    assert (root.level, [(each, each.level) for each in root.handlers], root.filters) == before
    assert logging.getLoggerClass() is kind
    logging.getLogger("crater_pipeline.anything").warning("still heard")
    assert "still heard" in caplog.text


def test_a_networks_hash_tells_its_kind_and_its_weights() -> None:
    assert network_hash(network()) == network_hash(network())
    assert network_hash(network()) != network_hash(network(seed=1))
    assert network_hash(network()) != network_hash(network("hourglass_terrain"))


def test_without_openvino_torch_answers_unless_openvino_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crater_pipeline.detection.engines.find_spec", lambda name: None)
    assert isinstance(engine_for(network(), InferenceSettings(), SIZE, 1), TorchEngine)
    with pytest.raises(UserError, match="openvino is not installed"):
        engine_for(network(), InferenceSettings(engine="openvino"), SIZE, 1)


def test_integers_are_refused_where_they_change_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("openvino", "nncf"):
        pytest.importorskip(module)
    monkeypatch.setattr("crater_pipeline.detection.quantising.SCENES", (0,))
    settings = InferenceSettings(engine="openvino", precision="int8")
    asked = network()
    monkeypatch.setattr("crater_pipeline.detection.quantising.agreement", lambda *_: 0.5)
    with pytest.raises(UserError, match="only 50 % of what these weights are sure of stands"):
        engine_for(asked, settings, SIZE, 1)


def test_integers_answer_nearly_as_floats_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in ("openvino", "nncf"):
        pytest.importorskip(module)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("crater_pipeline.detection.quantising.SCENES", (0,))
    weights = shipped_weights("hourglass_terrain")
    asked = load_network(weights, read_metadata(metadata_path(weights)))
    with np.load(drawn_scene(1, 2 * SIZE, 5, tmp_path)) as scene:
        view = terrain_view(scene["elevation"][:SIZE, :SIZE], float(scene["pixel_m"]), Sun.at(270.0))
    pictures = torch.from_numpy(view[None])
    plain = engine_for(asked, InferenceSettings(engine="openvino", precision="float32"), SIZE, 1)(pictures)
    small = engine_for(asked, InferenceSettings(engine="openvino", precision="int8"), SIZE, 1)(pictures)
    heat, other = torch.sigmoid(plain.heatmap), torch.sigmoid(small.heatmap)
    assert heat.max() > 0.3
    assert not torch.equal(heat, other)
    assert (heat - other).abs().max() < 0.15


def test_integers_need_openvino() -> None:
    with pytest.raises(UserError, match="int8 needs the engine openvino"):
        engine_for(network(), InferenceSettings(engine="torch", precision="int8"), SIZE, 1)


@pytest.mark.parametrize("threads", [1, 2, MOST_WORKERS, 3 * MOST_WORKERS])
def test_processors_are_shared_out_and_given_back(threads: int) -> None:
    before = torch.get_num_threads()
    with shared_out(threads) as workers:
        assert workers * torch.get_num_threads() <= threads
        assert workers == min(threads, MOST_WORKERS)
    assert torch.get_num_threads() == before

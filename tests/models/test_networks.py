"""The backbones: sizes, shapes, names."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from crater_pipeline.light.views import CHANNELS
from crater_pipeline.models.centernet import BACKBONES, CenterNet
from crater_pipeline.models.settings import BackboneName


@pytest.mark.parametrize("backbone", BACKBONES)
def test_predictions_are_a_quarter_of_the_image(backbone: BackboneName) -> None:
    with torch.device("meta"):
        network = CenterNet(backbone)
        outputs = network.all_outputs(torch.zeros(2, CHANNELS[network.view], 256, 384))
    for output in outputs:
        assert output.heatmap.shape == (2, 1, 64, 96)
        assert output.offset.shape == output.size.shape == (2, 2, 64, 96)


def test_the_published_hourglass_has_two_stacks_and_about_190_million_parameters() -> None:
    with torch.device("meta"):
        network = CenterNet("hourglass")
        stacks = len(network.all_outputs(torch.zeros(1, 1, 256, 256)))
    assert stacks == 2
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(190e6, rel=0.02)


def gigaflop_a_tile(backbone: BackboneName) -> float:
    with torch.device("meta"):
        network = CenterNet(backbone).eval()
        with FlopCounterMode(display=False) as counter:
            network(torch.zeros(1, 1, 512, 512))
    return float(counter.get_total_flops()) / 1e9


def test_the_compact_networks_need_less_than_16_gflop_a_tile_and_the_same() -> None:
    hourglass, resnet = gigaflop_a_tile("hourglass_compact"), gigaflop_a_tile("resnet50_compact")
    assert hourglass < 16
    assert resnet == pytest.approx(hourglass, rel=0.02)


def test_resnet50_has_the_parameters_and_names_of_the_imagenet_network() -> None:
    with torch.device("meta"):
        names = dict(CenterNet("resnet50").backbone.named_parameters())
    own = {name: p for name, p in names.items() if not name.startswith("deconvolutions.")}
    # 25,557,032 parameters with the classifier of 2048 x 1000 weights and 1000 biases.
    assert sum(p.numel() for p in own.values()) == 25_557_032 - 2_049_000
    for name in ("conv1.weight", "layer1.0.downsample.1.bias", "layer3.5.conv3.weight", "layer4.2.bn3.weight"):
        assert name in own
    assert names["conv1.weight"].shape == (64, 3, 7, 7)


def test_an_untrained_network_says_one_percent_everywhere() -> None:
    torch.manual_seed(0)
    network = CenterNet("hourglass_compact").eval()
    with torch.no_grad():
        probability = torch.sigmoid(network(torch.randn(1, 1, 128, 128)).heatmap)
    assert float(probability.mean()) == pytest.approx(0.01, abs=0.01)

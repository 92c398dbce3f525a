"""Where a network starts from: files that are there, and files that a rule makes."""

from pathlib import Path
from typing import Any

import pytest

from crater_pipeline.configuration.entries import deep_merge
from crater_pipeline.configuration.initial_weights import InitialWeights
from crater_pipeline.configuration.loading import load
from crater_pipeline.errors import UserError
from tests.configuration.test_entries import MINIMAL

OTHER = "results/iridum/weights.safetensors"


def weights(**sections: Any) -> InitialWeights:
    regions = {"other": {"like": "iridum", "training": {"enabled": False}, "model": {"initial": OTHER}}}
    return InitialWeights(load(deep_merge(deep_merge(MINIMAL, {"regions": regions}), sections)), "other")


@pytest.mark.parametrize("initial", [OTHER, "./results/iridum/weights.safetensors"])
def test_another_regions_weights_need_not_be_there_yet(initial: str) -> None:
    found = weights(regions={"other": {"model": {"initial": initial}}})
    assert found.region == "iridum"
    assert found.files == [OTHER, "results/iridum/weights.json"]
    assert found.operating_point == "results/iridum/operating_point.json"
    assert list(found.missing()) == []


def test_a_given_file_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    found = weights(regions={"other": {"model": {"initial": str(path)}}})
    assert found.region is None
    assert found.operating_point is None
    assert str(path) in next(found.missing())
    path.touch()
    assert list(found.missing()) == []
    assert found.files == [str(path)]
    path.with_suffix(".json").touch()
    assert found.files == [str(path), str(path.with_suffix(".json"))]


def test_missing_pretrained_weights_come_with_the_command_that_makes_them() -> None:
    path = "results/pretraining/resnet50.safetensors"
    found = weights(regions={"other": {"model": {"initial": path, "backbone": "resnet50"}}})
    message = next(found.missing())
    assert "--configfile config/pretrain.yaml --config model='{backbone: resnet50," in message
    assert message.endswith(path)


def test_pretrained_weights_are_made_where_regions_say_how() -> None:
    path = "results/pretraining/resnet50.safetensors"
    region = {"regions": {"other": {"model": {"initial": path}}}}
    made = {"pretraining": {"regions": ["iridum"]}, "model": {"backbone": "resnet50", "initial": "none"}}
    assert not weights(**region).made
    assert weights(**region, **made).made
    assert weights(**region, **made).files == [path, "results/pretraining/resnet50.json"]


def test_weights_that_need_themselves_are_refused() -> None:
    regions = {
        "iridum": {"model": {"initial": "results/other/weights.safetensors"}},
        "other": {"model": {"initial": OTHER}},
    }
    with pytest.raises(UserError, match=r"regions\.iridum\.model\.initial.*iridum <- other <- iridum"):
        weights(regions=regions)

"""Weights from simulated and real terrain, alone and beside a teacher."""

import json
from pathlib import Path
from typing import Any

import pytest

from crater_pipeline.labels.learnable import LabelSettings
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.models.weights import file_hash, load_network, metadata_path, read_metadata
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.steps.pretrain import pretrain
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.training.settings import PretrainingSettings
from tests.simulated_ground import simulated_ground

BOUNDS = (0.0, 20.0, 4.0, 24.0)
SMALL = PretrainingSettings(
    regions=("somewhere",),
    simulated_scenes=1,
    simulated_size_px=512,
    epochs=2,
    samples_per_epoch=2,
    batch_size=2,
    workers=0,
)


@pytest.fixture(scope="module")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("terrain")
    simulated_ground(folder, 3, BOUNDS)
    return {
        "elevation": [folder / "elevation.tif"],
        "catalogue": [folder / "catalogue.parquet"],
        "bounds": [",".join(map(str, BOUNDS))],
        "body": MOON,
        "labels": LabelSettings(min_diameter_km=1.5),
        "split": SplitSettings(fractions=(0.8, 0.2, 0.0), block_px=512, folds=1),
        "model": ModelSettings(initial="none"),
    }


def made(terrain: dict[str, Any], folder: Path, name: str, settings: PretrainingSettings) -> Path:
    weights = folder / f"{name}.safetensors"
    pretrain(
        **terrain,
        output_weights=weights,
        output_metadata=metadata_path(weights),
        checkpoints=folder / "checkpoints",
        settings=settings,
    )
    return weights


def test_weights_are_described_and_a_teacher_changes_them(terrain: dict[str, Any], tmp_path: Path) -> None:
    plain = made(terrain, tmp_path, "plain", SMALL)
    described = read_metadata(metadata_path(plain))
    assert described.hash == file_hash(plain)
    assert described.sun_elevation_range_deg == (10, 50)
    low, high = described.pixel_size_range_m
    assert low < 100 <= 200 < high  # half a pixel of the finest scene, and no more than what a scene's size allows
    assert described.training["samples"] == 4
    load_network(plain, described)

    # What is done is not done again, and no other run's checkpoints are taken for its own.
    assert file_hash(made(terrain, tmp_path, "again", SMALL)) == file_hash(plain)
    taught = made(terrain, tmp_path, "taught", SMALL.model_copy(update={"teacher": str(plain)}))
    assert file_hash(taught) != file_hash(plain)
    assert json.loads(metadata_path(taught).read_text())["training"]["settings"]["teacher"] == str(plain)

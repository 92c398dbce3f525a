"""Weights from simulated and real terrain, alone and beside a teacher."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from crater_pipeline.contents import file_hash
from crater_pipeline.errors import UserError
from crater_pipeline.labels.learnable import LabelSettings
from crater_pipeline.models.initial import metadata_path
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.models.weights import load_network
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.steps.pretrain import pretrain
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.training.camera import SUN_HEIGHTS_DEG
from crater_pipeline.training.ground import Ground
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


def ground(kind: Literal["image", "dtm"]) -> Ground:
    split = SplitSettings(fractions=(0.8, 0.2, 0.0), block_px=512, folds=1)
    return Ground(kind=kind, bounds=BOUNDS, labels=LabelSettings(min_diameter_km=1.5), split=split, judged_from_km=2.0)


@pytest.fixture(scope="module")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("terrain")
    simulated_ground(folder, 3, BOUNDS)
    return {
        "raster": [folder / "elevation.tif"],
        "catalogue": [folder / "catalogue.parquet"],
        "ground": [ground("dtm").model_dump_json()],
        "body": MOON,
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
    assert described.sun_elevation_range_deg == (SUN_HEIGHTS_DEG[0], SUN_HEIGHTS_DEG[-1])
    low, high = described.pixel_size_range_m
    assert low < 100 <= 200 < high  # half a pixel of the finest scene, and no more than what a scene's size allows
    assert described.training["samples"] == 4
    load_network(plain, described)

    # What is done is not done again, and no other run's checkpoints are taken for its own.
    assert file_hash(made(terrain, tmp_path, "again", SMALL)) == file_hash(plain)
    taught = made(terrain, tmp_path, "taught", SMALL.model_copy(update={"teacher": str(plain)}))
    assert file_hash(taught) != file_hash(plain)
    assert json.loads(metadata_path(taught).read_text())["training"]["settings"]["teacher"] == str(plain)


def test_photographs_are_learned_beside_terrain_and_terrain_networks_refuse_them(
    terrain: dict[str, Any], tmp_path: Path
) -> None:
    image = terrain["raster"][0].with_name("image.tif")
    both = terrain | {
        "raster": [*terrain["raster"], image],
        "catalogue": terrain["catalogue"] * 2,
        "ground": [ground("dtm").model_dump_json(), ground("image").model_dump_json()],
    }
    real = {"regions": ("somewhere", "seen"), "shares": {"seen": 0.4}, "simulated_scenes": 0, "simulated_share": 0.0}
    settings = SMALL.model_copy(update=real)
    weights = made(both, tmp_path, "both", settings)
    assert read_metadata(metadata_path(weights)).training["regions"] == ["somewhere", "seen"]
    with pytest.raises(UserError, match="hourglass_terrain is shown terrain"):
        made(both | {"model": ModelSettings(backbone="hourglass_terrain", initial="none")}, tmp_path, "no", settings)

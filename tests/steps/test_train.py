"""From a raster and a catalogue to fine-tuned weights: tile, label and train on a small simulated region."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import rasterio
from PIL import Image

from crater_pipeline.contents import file_hash
from crater_pipeline.errors import UserError
from crater_pipeline.labels.learnable import LabelSettings
from crater_pipeline.models.initial import shipped_weights
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps.label import label
from crater_pipeline.steps.tile import tile
from crater_pipeline.steps.train import train
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.training.settings import TrainingSettings
from tests.simulated_ground import simulated_ground

MOON = Body(name="moon", radius_m=1_737_400)
BOUNDS = (0.0, 20.0, 3.0, 23.0)
SMALL = TrainingSettings(
    frozen_epochs=1, unfrozen_epochs=1, samples_per_epoch=4, frozen_batch_size=2, unfrozen_batch_size=2, workers=0
)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A simulated region of 3 x 3 degrees, tiled and labelled."""
    folder = tmp_path_factory.mktemp("region")
    simulated_ground(folder, 4, BOUNDS)
    paths = SimpleNamespace(
        image=folder / "image.tif",
        elevation=folder / "elevation.tif",
        tiles=folder / "tiles" / "tiles.parquet",
        images=folder / "tiles" / "images",
        catalogue=folder / "catalogue.parquet",
        annotations=folder / "tiles" / "annotations.json",
        heatmap=folder / "labels.tif",
    )
    tile(
        image=paths.image,
        output_tiles=paths.tiles,
        output_images=paths.images,
        bounds=BOUNDS,
        body=MOON,
        tiling=TilingSettings(size=128, overlap=32, levels=2),
        split=SplitSettings(block_px=128),
    )
    label(
        image=paths.image,
        tiles=paths.tiles,
        catalogue=paths.catalogue,
        output_annotations=paths.annotations,
        output_heatmap=paths.heatmap,
        body=MOON,
        settings=LabelSettings(),
    )
    return paths


def test_tiles_of_different_parts_share_no_ground(region: SimpleNamespace) -> None:
    tiles = pd.read_parquet(region.tiles)
    assert set(tiles["split"]) == {"train", "val", "test"}
    assert set(tiles["level"]) == {0, 1}
    with rasterio.open(region.image) as dataset:
        owner = np.full((dataset.height + 256, dataset.width + 256), -1)
    for row in (SimpleNamespace(**{str(k): v for k, v in record.items()}) for record in tiles.to_dict("records")):
        with Image.open(region.images / row.image) as image:
            shown = np.asarray(image) > 0
        assert shown.mean() == pytest.approx(row.valid_fraction, abs=1e-6)
        scale = 1 << row.level
        shown = np.kron(shown, np.ones((scale, scale), bool))
        view = owner[row.y_off * scale :, row.x_off * scale :][: shown.shape[0], : shown.shape[1]]
        shown = shown[: view.shape[0], : view.shape[1]]
        part = ("train", "val", "test").index(row.split)
        assert np.isin(view[shown], [-1, part]).all()
        view[shown] = part


def test_annotations_are_valid_coco_and_lie_where_the_catalogue_says(region: SimpleNamespace) -> None:
    document = json.loads(region.annotations.read_text())
    images = {image["id"]: image for image in document["images"]}
    assert len(images) == len(pd.read_parquet(region.tiles))
    assert document["annotations"]
    known = pd.read_parquet(region.catalogue).set_index("catalogue_id")
    for annotation in document["annotations"][::50]:
        x, y, w, h = annotation["bbox"]
        assert 0 <= x < x + w <= 128.001
        assert 0 <= y < y + h <= 128.001
        image = images[annotation["image_id"]]
        diameter_km = 2 * annotation["circle"][2] * 0.2 * (1 << image["level"])
        assert diameter_km == pytest.approx(known.loc[annotation["catalogue_id"], "diameter_km"], rel=0.02)


def test_the_label_raster_peaks_at_the_craters(region: SimpleNamespace) -> None:
    with rasterio.open(region.heatmap) as heatmap, rasterio.open(region.image) as image:
        assert heatmap.crs == image.crs
        assert heatmap.bounds.left == image.bounds.left
        assert heatmap.transform.a == 4 * image.transform.a
        values = heatmap.read(1)
    assert values.max() == 255
    document = json.loads(region.annotations.read_text())
    level0 = {image["id"]: image for image in document["images"] if image["level"] == 0}
    for annotation in document["annotations"]:
        image = level0.get(annotation["image_id"])
        cx, cy, _ = annotation["circle"]
        if image and 0 < cx < 128 and 0 < cy < 128:
            assert values[int((cy + image["y_off"]) // 4), int((cx + image["x_off"]) // 4)] == 255


def run(region: SimpleNamespace, folder: Path, **options: object) -> Path:
    settings = {"model": ModelSettings(initial="none"), "training": SMALL, **options}
    train(
        annotations=region.annotations,
        images=region.images,
        output_weights=folder / "weights.safetensors",
        output_metadata=folder / "weights.json",
        checkpoints=folder / "checkpoints",
        **settings,  # type: ignore[arg-type]
    )
    return folder / "weights.safetensors"


def test_training_writes_weights_that_are_the_same_from_the_same_inputs(
    region: SimpleNamespace, tmp_path: Path
) -> None:
    first, second = (run(region, tmp_path / name, elevation=region.elevation) for name in ("a", "b"))
    assert file_hash(first) == file_hash(second)
    described = read_metadata(tmp_path / "a" / "weights.json")
    assert described.hash == file_hash(first)
    assert described.training["samples"] == 8
    assert described.pixel_size_range_m == pytest.approx((200, 400), rel=0.01)


def test_two_processes_train_together(region: SimpleNamespace, tmp_path: Path) -> None:
    together = SMALL.model_copy(update={"processes": 2, "frozen_epochs": 0})
    weights = run(region, tmp_path, elevation=region.elevation, training=together)
    described = read_metadata(tmp_path / "weights.json")
    assert described.hash == file_hash(weights)
    assert described.training["samples"] == 4
    (kept,) = (tmp_path / "checkpoints").iterdir()
    assert {path.name for path in (kept / "unfrozen").iterdir()} == {"finished.safetensors", "last.ckpt"}


def test_other_settings_do_not_go_on_from_anothers_checkpoints(region: SimpleNamespace, tmp_path: Path) -> None:
    run(region, tmp_path)
    run(region, tmp_path, training=SMALL.model_copy(update={"seed": 9}))
    run(region, tmp_path, training=SMALL.model_copy(update={"workers": 1}))
    assert len(list((tmp_path / "checkpoints").iterdir())) == 2


def test_without_training_the_initial_weights_pass_unchanged(region: SimpleNamespace, tmp_path: Path) -> None:
    weights = run(region, tmp_path, model=ModelSettings(), training=TrainingSettings(enabled=False))
    assert file_hash(weights) == file_hash(shipped_weights())
    assert read_metadata(tmp_path / "weights.json") == read_metadata(shipped_weights().with_suffix(".json"))


def test_a_region_without_craters_to_learn_from_is_refused(region: SimpleNamespace, tmp_path: Path) -> None:
    document = json.loads(region.annotations.read_text())
    document["annotations"] = []
    empty = tmp_path / "annotations.json"
    empty.write_text(json.dumps(document))
    bare = SimpleNamespace(**{**vars(region), "annotations": empty})
    with pytest.raises(UserError, match="no crater to learn from"):
        run(bare, tmp_path)

"""Transfer learning on a region's tiles: the two phases, and the description of what came of them."""

import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

from crater_pipeline.code_files import code_hash
from crater_pipeline.contents import run_name
from crater_pipeline.errors import UserError
from crater_pipeline.labels.coco import CocoTile, read_coco
from crater_pipeline.models.centernet import CenterNet
from crater_pipeline.models.initial import NONE, SHIPPED, initial_weights
from crater_pipeline.models.metadata import WeightsMetadata
from crater_pipeline.models.scores import IDENTITY
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.training.coco import CocoTiles
from crater_pipeline.training.fit import EpochSampler, fit, loader
from crater_pipeline.training.module import Detector, default_size_weight
from crater_pipeline.training.settings import TrainingSettings

log = logging.getLogger(__name__)

DEFAULT_THRESHOLD = 0.34
"""Operating threshold of a network that has none yet (the published one); the region's own is fitted later."""


def run_key(
    annotations: Path, images: Path, elevation: Path | None, model: ModelSettings, training: TrainingSettings
) -> str:
    """Name of a run, see `run_name`; it tells apart what other training code, too, would have made."""
    files = [annotations, *sorted(images.glob("*.png")), elevation, initial_weights(model)]
    # Neither changes the result: how many processes prepare tiles, and where the initial weights lie.
    settings = (model.model_dump_json(exclude={"initial"}), training.model_dump_json(exclude={"workers"}))
    return run_name(files, (*settings, code_hash(__name__)))


def transfer(
    network: CenterNet,
    annotations: Path,
    images: Path,
    elevation: Path | None,
    folder: Path,
    model: ModelSettings,
    training: TrainingSettings,
) -> tuple[float, dict[str, int]]:
    """Train `network` in place; returns the ground size of a level-0 pixel in metres and counts for the record."""
    parts = {split: read_coco(annotations, images, split) for split in ("train", "val")}
    learned = sum(int((~tile.ignored).sum()) for tile in parts["train"])
    if learned == 0:
        raise UserError(
            f"{annotations}: no crater to learn from in the training part; enlarge the region, lower "
            "labels.min_diameter_km, or set training.enabled: false"
        )
    pixel_m = float(json.loads(annotations.read_text())["info"]["pixel_size_m"])
    log.info("%d tiles to train on, with %d craters; checkpoints in %s", len(parts["train"]), learned, folder)

    def data(tiles: list[CocoTile], augment: bool) -> CocoTiles:
        return CocoTiles(
            tiles,
            stride=network.stride,
            pixel_m=pixel_m,
            seed=training.seed,
            augment=augment,
            relight=training.relight,
            elevation=elevation,
            view=network.view,
        )

    train_set, val_set = data(parts["train"], training.augment), data(parts["val"], False)
    processes = training.processes
    length = max(training.samples_per_epoch or len(train_set), processes)
    phases = (
        ("frozen", training.frozen_epochs, training.frozen_batch_size, training.frozen_learning_rate),
        ("unfrozen", training.unfrozen_epochs, training.unfrozen_batch_size, training.unfrozen_learning_rate),
    )
    for number, (name, epochs, batch_size, learning_rate) in enumerate(phases):
        sampler = EpochSampler(len(train_set), length, training.seed + number, processes=processes)
        fit(
            network,
            loader(train_set, min(batch_size // processes, len(sampler)), training.workers, sampler),
            loader(val_set, batch_size, 0) if parts["val"] else None,
            epochs=epochs,
            folder=folder,
            name=name,
            precision=training.precision,
            averaging_decay=training.averaging_decay,
            processes=processes,
            module=partial(
                Detector,
                network,
                encoding=model.size_encoding,
                size_weight=training.size_weight or default_size_weight(model.size_encoding),
                offset_weight=training.offset_weight,
                learning_rate=learning_rate,
                frozen_backbone=name == "frozen",
            ),
        )
    counts = {
        "train_tiles": len(parts["train"]),
        "train_craters": learned,
        "val_tiles": len(parts["val"]),
        "samples": length * (training.frozen_epochs + training.unfrozen_epochs),
        "largest_scale": max(tile.tile.scale for tile in parts["train"]),
    }
    return pixel_m, counts


def region_metadata(
    initial: WeightsMetadata | None,
    model: ModelSettings,
    training: TrainingSettings,
    pixel_size_m: float,
    counts: dict[str, int],
) -> dict[str, Any]:
    """Metadata of fine-tuned weights: the initial ones' threshold and so on until the region's are fitted."""
    own_range = (pixel_size_m, pixel_size_m * counts["largest_scale"])
    ranges = [own_range, *([initial.pixel_size_range_m] if initial else [])]
    return {
        "backbone": model.backbone,
        "size_encoding": model.size_encoding,
        "threshold": initial.threshold if initial else DEFAULT_THRESHOLD,
        "calibration": initial.calibration if initial else IDENTITY,
        "uncertainty": initial.uncertainty if initial else None,
        "several_suns": initial.several_suns if initial else None,
        "pixel_size_range_m": (min(r[0] for r in ranges), max(r[1] for r in ranges)),
        "sun_elevation_range_deg": initial.sun_elevation_range_deg if initial else None,
        "diameter_range_px": initial.diameter_range_px if initial else (8.0, 128.0),
        "training": {
            "protocol": "fine-tuning on one region: frozen backbone, then every layer",
            "initial": model.initial if model.initial in (NONE, SHIPPED) else "file",
            "initial_hash": initial.hash if initial else None,
            **counts,
            "settings": training.model_dump(mode="json"),
        },
    }

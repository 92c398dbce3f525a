"""Train the shipped weights on terrain outside the shipped regions."""

from pathlib import Path

import numpy as np

from crater_pipeline.errors import UserError
from crater_pipeline.labels.learnable import LabelSettings
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.models.weights import (
    CALIBRATION_IDENTITY,
    build_network,
    initial_metadata,
    initial_weights,
    load_network,
    metadata_path,
    read_metadata,
    save_weights,
)
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps._command import run
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.training.corpus import simulated_scenes, terrain_scene
from crater_pipeline.training.fit import EpochSampler, fit, loader, run_name
from crater_pipeline.training.module import default_size_weight
from crater_pipeline.training.patches import SUN_HEIGHTS_DEG
from crater_pipeline.training.scenes import SCALES, ScenePatches
from crater_pipeline.training.settings import PretrainingSettings

TILE_PX = 512


def pretrain(
    *,
    elevation: list[Path],
    catalogue: list[Path],
    bounds: list[str],
    output_weights: Path,
    output_metadata: Path,
    checkpoints: Path,
    body: Body,
    labels: LabelSettings,
    split: SplitSettings,
    model: ModelSettings,
    settings: PretrainingSettings,
) -> None:
    """Train a network on simulated and real terrain under random suns.

    Parameters
    ----------
    elevation
        Reprojected terrain models, one a region.
    catalogue
        Catalogue tables, in the same order.
    bounds
        `west,south,east,north` of the regions, in the same order.
    output_weights
        Weights to write (safetensors).
    output_metadata
        Their description; threshold and calibration are filled in by the step `ship`.
    checkpoints
        Folder for checkpoints, logs and simulated scenes; a run that was cut off goes on from it.
    split
        Blocks of the regions; only the `train` part is learned from.
    """
    real = [
        terrain_scene(e, c, Bounds(*map(float, b.split(","))), body, labels, split)
        for e, c, b in zip(elevation, catalogue, bounds, strict=True)
    ]
    simulated = simulated_scenes(settings, checkpoints / "scenes")
    area = [scene.elevation.size for scene in real]
    shares = [(1 - settings.simulated_share) * a / sum(area) for a in area]
    shares += [settings.simulated_share / len(simulated)] * len(simulated)
    network = build_network(model, settings.seed)
    teacher = Path(settings.teacher) if settings.teacher else None
    taught_by = load_network(teacher, read_metadata(metadata_path(teacher))) if teacher else None
    if taught_by and taught_by.view != network.view:
        raise UserError(
            f"pretraining.teacher: {teacher} is shown a {taught_by.view}, {model.backbone} a {network.view}; take "
            "a teacher of the same kind"
        )
    samples = settings.epochs * settings.samples_per_epoch
    patches = ScenePatches(real + simulated, shares, samples, TILE_PX, network.stride, settings.seed, network.view)
    sampler = EpochSampler(samples, settings.samples_per_epoch, settings.seed, fresh=True)
    told = [m.model_dump_json(exclude={"workers"}) for m in (labels, split, model, settings)]
    fit(
        network,
        loader(patches, settings.batch_size, settings.workers, sampler),
        None,
        epochs=settings.epochs,
        folder=checkpoints,
        name=run_name([*elevation, *catalogue, initial_weights(model), teacher], [*bounds, *told]),
        precision="auto",
        averaging_decay=settings.averaging_decay,
        detector_options={
            "encoding": model.size_encoding,
            "size_weight": default_size_weight(model.size_encoding),
            "offset_weight": 1.0,
            "learning_rate": settings.learning_rate,
            "frozen_backbone": False,
            "teacher": taught_by,
            "teacher_weight": settings.teacher_weight,
        },
    )
    # A scene cannot be seen from farther above than it is large.
    pixels = [
        scene.pixel_m * np.clip([SCALES[0], min(scene.elevation.shape) / TILE_PX], SCALES[0], SCALES[-1])
        for scene in real + simulated
    ]
    initial = initial_metadata(model)
    metadata = {
        "backbone": model.backbone,
        "size_encoding": model.size_encoding,
        "threshold": 0.3,
        "calibration": CALIBRATION_IDENTITY,
        "pixel_size_range_m": (round(np.min(pixels)), round(np.max(pixels))),
        "sun_elevation_range_deg": (SUN_HEIGHTS_DEG[0], SUN_HEIGHTS_DEG[-1]) if network.view == "picture" else None,
        "diameter_range_px": (8.0, 128.0),
        "training": {
            "protocol": "pretraining on simulated and real terrain, random suns",
            "regions": list(settings.regions),
            "initial_hash": initial.hash if initial else None,
            "simulated_scenes": len(simulated),
            "samples": samples,
            "settings": settings.model_dump(mode="json"),
        },
    }
    save_weights(network, output_weights, metadata, output_metadata)


if __name__ == "__main__":
    run(pretrain)

"""Train the shipped weights outside the shipped regions."""

from functools import partial
from pathlib import Path

import numpy as np

from crater_pipeline.code_files import code_hash
from crater_pipeline.contents import run_name
from crater_pipeline.errors import UserError
from crater_pipeline.models.initial import initial_weights, metadata_path
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.scores import IDENTITY
from crater_pipeline.models.settings import ModelSettings, view_of
from crater_pipeline.models.weights import build_network, initial_metadata, load_network, save_weights
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile, WeightsFile
from crater_pipeline.training.camera import SUN_HEIGHTS_DEG
from crater_pipeline.training.corpus import ground_scene, sample_shares, simulated_scenes
from crater_pipeline.training.fit import EpochSampler, fit, loader
from crater_pipeline.training.ground import Ground
from crater_pipeline.training.module import Detector, default_size_weight
from crater_pipeline.training.scenes import SCALES, ScenePatches
from crater_pipeline.training.settings import PretrainingSettings

TILE_PX = 512

CODE = "crater_pipeline.steps.pretrain"
"""This module, whose name is another one when it is run as a command."""


def pretrain(
    *,
    raster: list[Path],
    catalogue: list[Path],
    ground: list[str],
    output_weights: WeightsFile,
    output_metadata: JsonFile,
    checkpoints: Path,
    body: Body,
    model: ModelSettings,
    settings: PretrainingSettings,
) -> None:
    """Train a network on simulated and real terrain under random suns, and on photographs.

    Parameters
    ----------
    raster
        Reprojected terrain models and images, one a region, in the order of `settings.regions`.
    catalogue
        Catalogue tables, in the same order.
    ground
        What each region shows and which of its craters and blocks count, as JSON (`training.ground.Ground`), in the
        same order. Only the `train` part is learned from.
    output_weights
        Weights to write (safetensors).
    output_metadata
        Their description; threshold and calibration are filled in by the step `calibrate_weights`.
    checkpoints
        Folder for checkpoints, logs, simulated scenes and unpacked rasters; a run that was cut off goes on from it.
    """
    grounds = [Ground.model_validate_json(text) for text in ground]
    if view_of(model.backbone) == "terrain" and any(each.kind == "image" for each in grounds):
        raise UserError(
            f"pretraining.regions: {model.backbone} is shown terrain, but a region is an image; leave it out"
        )
    stores = [checkpoints / "ground" / f"{name}.npy" for name in settings.regions]
    real = [
        ground_scene(path, known, each, body, store)
        for path, known, each, store in zip(raster, catalogue, grounds, stores, strict=True)
    ]
    simulated = simulated_scenes(settings, checkpoints / "scenes")
    shares = sample_shares(settings.regions, [scene.pixels.size for scene in real], settings)
    shares += [settings.simulated_share / len(simulated) for _ in simulated]
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
    told = [m.model_dump_json(exclude={"workers"}) for m in (*grounds, model, settings)]
    fit(
        network,
        loader(patches, settings.batch_size, settings.workers, sampler),
        None,
        epochs=settings.epochs,
        folder=checkpoints,
        name=run_name([*raster, *catalogue, initial_weights(model), teacher], [*told, code_hash(CODE)]),
        precision="auto",
        averaging_decay=settings.averaging_decay,
        module=partial(
            Detector,
            network,
            encoding=model.size_encoding,
            size_weight=default_size_weight(model.size_encoding),
            offset_weight=1.0,
            learning_rate=settings.learning_rate,
            frozen_backbone=False,
            teacher=taught_by,
            teacher_weight=settings.teacher_weight,
        ),
    )
    # A scene cannot be seen from farther above than it is large.
    pixels = [
        scene.pixel_m * np.clip([SCALES[0], min(scene.pixels.shape) / TILE_PX], SCALES[0], SCALES[-1])
        for scene in real + simulated
    ]
    initial = initial_metadata(model)
    metadata = {
        "backbone": model.backbone,
        "size_encoding": model.size_encoding,
        "threshold": 0.3,
        "calibration": IDENTITY,
        "pixel_size_range_m": (round(np.min(pixels)), round(np.max(pixels))),
        "sun_elevation_range_deg": (SUN_HEIGHTS_DEG[0], SUN_HEIGHTS_DEG[-1]) if network.view == "picture" else None,
        "diameter_range_px": (8.0, 128.0),
        "training": {
            "protocol": "pretraining on simulated and real terrain under random suns, and on photographs",
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

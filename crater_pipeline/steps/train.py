"""Train a region's network from its initial weights."""

import logging
import shutil
from pathlib import Path

from crater_pipeline.atomic import atomic_path
from crater_pipeline.models.initial import initial_weights, metadata_path
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.models.weights import build_network, initial_metadata, save_weights
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import JsonFile, WeightsFile
from crater_pipeline.training.settings import TrainingSettings
from crater_pipeline.training.transfer import region_metadata, run_key, transfer

log = logging.getLogger(__name__)


def train(
    *,
    annotations: Path,
    images: Path,
    elevation: Path | None = None,
    output_weights: WeightsFile,
    output_metadata: JsonFile,
    checkpoints: Path,
    model: ModelSettings,
    training: TrainingSettings,
) -> None:
    """Fine-tune the initial weights on the region's training tiles: frozen backbone first, then everything.

    With `training.enabled: false` the initial weights are passed on unchanged.

    Parameters
    ----------
    annotations
        COCO annotations of the region's tiles.
    images
        Folder of the tiles.
    elevation
        Reprojected terrain model, where the region has one, to light tiles anew.
    output_weights
        Weights (safetensors).
    output_metadata
        Their description (JSON).
    checkpoints
        Folder for checkpoints and logs; a run that was cut off goes on from it, if its inputs are the same.
    """
    if not training.enabled:
        initial = initial_weights(model)
        assert initial is not None  # the configuration refuses `initial: none` here
        for source, target in ((initial, output_weights), (metadata_path(initial), output_metadata)):
            with atomic_path(target) as temporary:
                shutil.copyfile(source, temporary)
        log.info("training is off: %s is used as it is", initial)
        return
    network = build_network(model, training.seed)
    folder = checkpoints / run_key(annotations, images, elevation, model, training)
    pixel_size_m, counts = transfer(network, annotations, images, elevation, folder, model, training)
    metadata = region_metadata(initial_metadata(model), model, training, pixel_size_m, counts)
    save_weights(network, output_weights, metadata, output_metadata)


if __name__ == "__main__":
    run(train)

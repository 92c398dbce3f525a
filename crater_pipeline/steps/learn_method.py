"""Another method learns from a region's craters."""

from pathlib import Path

from crater_pipeline.baselines.learning import learned
from crater_pipeline.baselines.methods import LEARNERS
from crater_pipeline.baselines.settings import BaselineSettings
from crater_pipeline.models.weights import write_tensors
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import WeightsFile


def learn_method(
    *,
    annotations: Path,
    images: Path,
    elevation: Path | None = None,
    output: WeightsFile,
    checkpoints: Path,
    settings: BaselineSettings,
) -> None:
    """Write what a method has learned, for `baseline` to search this region or others with.

    Parameters
    ----------
    annotations
        COCO annotations of the region's tiles.
    images
        Folder of the tiles.
    elevation
        Terrain model that the tiles were shaded from.
    output
        Weights of the method's network (safetensors).
    checkpoints
        Folder for checkpoints and logs; a run that was cut off goes on from it.
    settings
        The method and how it learns: section `baseline` as JSON.
    """
    assert settings.method is not None
    network = learned(LEARNERS[settings.method], annotations, images, elevation, checkpoints, settings)
    write_tensors(network.state_dict(), output)


if __name__ == "__main__":
    run(learn_method)

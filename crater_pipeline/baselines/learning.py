"""A method learns from a region's tiles, with checkpoints; interrupted, it goes on."""

import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

import lightning as pl
import torch
from torch import Tensor, nn

from crater_pipeline.baselines.method import Learner
from crater_pipeline.baselines.samples import LearnedTiles
from crater_pipeline.baselines.settings import BaselineSettings
from crater_pipeline.code_files import code_hash
from crater_pipeline.contents import run_name
from crater_pipeline.errors import UserError
from crater_pipeline.labels.coco import read_coco
from crater_pipeline.models.weights import read_tensors
from crater_pipeline.training.fit import EpochSampler, fit, loader
from crater_pipeline.training.module import adam

log = logging.getLogger(__name__)

AVERAGING_DECAY = 0.995


class Lesson(pl.LightningModule):
    """Trains the network of a method with Adam, warm-up and cosine decay, as ours is trained."""

    def __init__(self, network: nn.Module, learner: Learner, learning_rate: float, total_steps: int) -> None:
        super().__init__()
        self.network, self.learner = network.to(memory_format=torch.channels_last), learner  # type: ignore[call-overload]
        self.learning_rate, self.total_steps = learning_rate, total_steps

    def on_train_epoch_start(self) -> None:
        self.network.train()

    def training_step(self, batch: dict[str, Tensor], _index: int) -> Tensor:
        images = batch["image"].contiguous(memory_format=torch.channels_last)
        loss = self.learner.loss(self.network, {**batch, "image": images})
        self.log("loss", loss.detach(), prog_bar=True, on_step=True, on_epoch=True, batch_size=len(batch["image"]))
        return loss

    def on_train_epoch_end(self) -> None:
        """One line an epoch, for logs in which a progress bar does not show."""
        loss = float(self.trainer.callback_metrics["loss_epoch"])
        log.info("epoch %d of %s: mean loss %.4f", self.current_epoch + 1, self.trainer.max_epochs, loss)

    def configure_optimizers(self) -> dict[str, Any]:  # type: ignore[override]
        return adam(self.network.parameters(), self.learning_rate, self.total_steps)


def learned(
    learner: Learner,
    annotations: Path,
    images: Path,
    elevation: Path | None,
    checkpoints: Path,
    settings: BaselineSettings,
) -> nn.Module:
    """The network of a method after it has learned from the region's training tiles."""
    tiles = read_coco(annotations, images, "train")
    if not any((~tile.ignored).any() for tile in tiles):
        raise UserError(f"{annotations}: no crater to learn from in the training part; enlarge the region")
    pixel_m = float(json.loads(annotations.read_text())["info"]["pixel_size_m"])
    torch.manual_seed(settings.seed)
    network = learner.network()
    told = [settings.model_dump_json(exclude={"workers"}), code_hash("crater_pipeline.steps.learn_method")]
    name = run_name([annotations, *sorted(images.glob("*.png")), elevation], told)
    data = LearnedTiles(tiles, learner, pixel_m, elevation, settings.seed)
    length = max(1, settings.samples // settings.epochs)
    sampler = EpochSampler(len(data), length, settings.seed)
    log.info("%d tiles to learn from; checkpoints in %s", len(tiles), checkpoints / name)
    fit(
        network,
        loader(data, min(settings.batch_size, length), settings.workers, sampler),
        None,
        module=partial(Lesson, network, learner, settings.learning_rate),
        epochs=settings.epochs,
        folder=checkpoints,
        name=name,
        precision="auto",
        averaging_decay=AVERAGING_DECAY,
    )
    return network.eval()


def read_network(learner: Learner, path: Path) -> nn.Module:
    """The network of a method with what it has learned, in evaluation mode."""
    network = learner.network()
    try:
        network.load_state_dict(read_tensors(path))
    except RuntimeError as error:
        raise UserError(f"{path}: learned by another method, or by an earlier version of it; delete it") from error
    return network.eval()

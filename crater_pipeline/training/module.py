"""The Lightning module: loss, phases and optimiser."""

import logging
from collections.abc import Iterable
from typing import Any

import lightning as pl
import torch
from torch import Tensor, nn

from crater_pipeline.models.centernet import CenterNet
from crater_pipeline.models.losses import centernet_loss, distillation_loss
from crater_pipeline.models.settings import SizeEncoding

log = logging.getLogger(__name__)

LOGGED = {"last loss": "loss", "validation loss": "val_total"}

PUBLISHED_LINEAR_SIZE_WEIGHT = 0.1
LOG_SIZE_WEIGHT = 1.0
WARM_UP_SHARE = 0.03


def default_size_weight(encoding: SizeEncoding) -> float:
    """0.1 for sides in cells, as published; 1 for logarithms, whose errors are about ten times smaller."""
    return LOG_SIZE_WEIGHT if encoding == "log" else PUBLISHED_LINEAR_SIZE_WEIGHT


class Detector(pl.LightningModule):
    """Trains a `CenterNet` for `total_steps` with Adam: short warm-up, then cosine decay to 1 % of the peak.

    With a `teacher` (a trained network, sizes encoded alike) its distillation loss is added, `teacher_weight` times.
    """

    def __init__(
        self,
        network: CenterNet,
        *,
        encoding: SizeEncoding,
        size_weight: float,
        offset_weight: float,
        learning_rate: float,
        total_steps: int,
        frozen_backbone: bool,
        teacher: CenterNet | None = None,
        teacher_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.encoding: SizeEncoding = encoding
        self.size_weight, self.offset_weight = size_weight, offset_weight
        self.learning_rate, self.total_steps = learning_rate, total_steps
        self.frozen_backbone = frozen_backbone
        # In a tuple it is no part of this module: it is neither trained, averaged, nor written to checkpoints.
        self.teacher = () if teacher is None else (teacher.eval().requires_grad_(False),)
        self.teacher_weight = teacher_weight
        for parameter in network.backbone.parameters():
            parameter.requires_grad = not frozen_backbone

    def on_fit_start(self) -> None:
        """The teacher goes where the network is."""
        for teacher in self.teacher:
            teacher.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def on_train_epoch_start(self) -> None:
        """Normalise by batches, whatever mode the network came in; a frozen backbone keeps its statistics."""
        self.network.train()
        if self.frozen_backbone:
            self.network.backbone.eval()

    def _loss(self, batch: dict[str, Tensor], stage: str) -> Tensor:
        images = batch["image"].contiguous(memory_format=torch.channels_last)
        outputs = self.network.all_outputs(images)
        losses = centernet_loss(
            outputs,
            batch,
            encoding=self.encoding,
            size_weight=self.size_weight,
            offset_weight=self.offset_weight,
        )
        total = losses.total
        for teacher in self.teacher if stage == "train" else ():
            with torch.no_grad():
                wanted = teacher(images)
            total = total + self.teacher_weight * distillation_loss(outputs[-1], wanted)
        named = {f"{stage}_{name}": value.detach() for name, value in losses._asdict().items()}
        self.log_dict(named, on_step=False, on_epoch=True, batch_size=len(images), sync_dist=True)
        if stage == "train":
            self.log("loss", total.detach(), prog_bar=True, logger=False)
        return total

    def on_train_epoch_end(self) -> None:
        """One line an epoch, for logs in which a progress bar does not show."""
        known = self.trainer.callback_metrics
        shown = ", ".join(f"{name} {float(known[key]):.3f}" for name, key in LOGGED.items() if key in known)
        log.info("epoch %d of %s: %s", self.current_epoch + 1, self.trainer.max_epochs, shown)

    def training_step(self, batch: dict[str, Tensor], _index: int) -> Tensor:
        return self._loss(batch, "train")

    def validation_step(self, batch: dict[str, Tensor], _index: int) -> None:
        self._loss(batch, "val")

    def configure_optimizers(self) -> dict[str, Any]:  # type: ignore[override]
        parameters = [p for p in self.network.parameters() if p.requires_grad]
        return adam(parameters, self.learning_rate, self.total_steps)


def adam(parameters: Iterable[nn.Parameter], learning_rate: float, total_steps: int) -> dict[str, Any]:
    """Adam with a short warm-up, then cosine decay to 1 % of the peak step, as Lightning wants it told."""
    optimiser = torch.optim.Adam(parameters, lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        max_lr=learning_rate,
        total_steps=max(total_steps, 2),
        pct_start=WARM_UP_SHARE,
        div_factor=10,
        final_div_factor=10,
        cycle_momentum=False,
    )
    return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

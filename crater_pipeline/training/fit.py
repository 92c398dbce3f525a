"""One training phase with Lightning: checkpoints after every epoch, exact resume, averaged weights, CSV log."""

import logging
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import lightning as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, RichProgressBar, WeightAveraging
from lightning.pytorch.loggers import CSVLogger
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from crater_pipeline.models.bfloat16 import native_bf16
from crater_pipeline.models.weights import write_tensors
from crater_pipeline.training.together import OwnProcess, process_number, trained_by

log = logging.getLogger(__name__)

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class MovingAverage:
    """Exponential moving average whose decay grows from 0.1 to `decay`: random initial weights are soon forgotten."""

    decay: float

    def __call__(self, average: Tensor, current: Tensor, updates: Tensor | int) -> Tensor:
        decay = min(self.decay, (1 + int(updates)) / (10 + int(updates)))
        # In this form what does not change stays exactly as it is.
        return average + (current - average) * (1 - decay)


class EpochSampler(Sampler[int]):
    """Indices of one epoch as a pure function of seed and epoch, so that a resumed run sees the same order.

    `pool` items are laid out in random order, again and again; epoch `e` takes the `e`-th stretch of `length`. With
    `fresh` the index grows without end instead, for data sets that make item `i` from `i`. Of several `processes` that
    train together each takes turns with the others, so that what they see in a step is what one would see, and as many
    indices as the others: what is left over in the end of an epoch nobody sees.
    """

    def __init__(self, pool: int, length: int, seed: int, fresh: bool = False, processes: int = 1) -> None:
        self.pool, self.length, self.seed, self.fresh, self.processes = pool, length, seed, fresh, processes
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before every epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length // self.processes

    def __iter__(self) -> Iterator[int]:
        return islice(self.indices(), process_number(), len(self) * self.processes, self.processes)

    def indices(self) -> Iterator[int]:
        """Those of the epoch, for all processes."""
        position, last = self.epoch * self.length, (self.epoch + 1) * self.length
        if self.fresh:
            yield from range(position, last)
            return
        while position < last:
            cycle, place = divmod(position, self.pool)
            order = np.random.default_rng([self.seed, cycle]).permutation(self.pool)[place : place + last - position]
            # The cycle stays in the index so that augmentation differs from one pass to the next.
            yield from (cycle * self.pool + order).tolist()
            position += len(order)


def loader(
    dataset: Dataset[Any], batch_size: int, workers: int, sampler: Sampler[int] | None = None
) -> DataLoader[Any]:
    """Batches; whole ones only where a sampler asks for a fixed number of steps."""
    return DataLoader(
        dataset,
        batch_size=batch_size,
        sampler=sampler,
        num_workers=workers,
        persistent_workers=workers > 0,
        prefetch_factor=3 if workers else None,
        drop_last=sampler is not None and len(sampler) >= batch_size,  # type: ignore[arg-type]
        pin_memory=torch.cuda.is_available(),
        worker_init_fn=_one_thread,
    )


def _one_thread(_worker: int) -> None:
    torch.set_num_threads(1)


def fit(
    network: Network,
    train: DataLoader[Any],
    validation: DataLoader[Any] | None,
    *,
    module: Callable[..., pl.LightningModule],
    epochs: int,
    folder: Path,
    name: str,
    precision: str,
    averaging_decay: float,
    processes: int = 1,
) -> Network:
    """Train `network` for `epochs`; the averaged weights are left in it, and it is returned in evaluation mode.

    `module(total_steps=...)` makes what Lightning trains of it, such as a `Detector`.

    `folder/<name>` holds the checkpoint after the latest epoch; if it is there, training goes on from it and gives
    the same weights as an uninterrupted run. A finished phase is not run again.

    `processes` share the samples of each step (`train` holds one process's share: see `EpochSampler`), each on a GPU of
    its own or all on the processor. All of them look at all of `validation`.

    Raises
    ------
    UserError
        If there are GPUs, but fewer than processes.
    """
    if epochs == 0:
        return network
    finished = folder / name / "finished.safetensors"
    if finished.is_file():
        log.info("%s: finished before, in %s", name, finished)
        network.load_state_dict(load_file(finished))
        return network.eval()
    trained = module(total_steps=epochs * len(train))
    callbacks: list[Callback] = [
        ModelCheckpoint(folder / name, filename="last", save_top_k=1, every_n_epochs=1, enable_version_counter=False),
        RichProgressBar(),
        *([OwnProcess(processes)] if processes > 1 else []),
    ]
    if averaging_decay > 0:
        callbacks.append(WeightAveraging(avg_fn=MovingAverage(averaging_decay)))
    if precision == "auto":
        precision = "bf16-mixed" if native_bf16() else "32-true"
    trainer = pl.Trainer(
        max_epochs=epochs,
        **trained_by(processes),
        precision=precision,  # type: ignore[arg-type]
        callbacks=callbacks,
        logger=CSVLogger(folder, name="log", version=name),
        log_every_n_steps=max(1, min(50, len(train))),
        gradient_clip_val=10.0,
        enable_model_summary=False,
        benchmark=torch.cuda.is_available(),  # all batches have one shape
        num_sanity_val_steps=0,
    )
    checkpoint = folder / name / "last.ckpt"
    resume = str(checkpoint) if checkpoint.is_file() else None
    if resume:
        log.info("%s: going on from the checkpoint in %s", name, checkpoint.parent)
    try:
        trainer.fit(trained, train, validation, ckpt_path=resume, weights_only=True)
    except BaseException:
        if trainer.strategy.launcher:  # else this process would wait for the end of the others' training
            trainer.strategy.launcher.kill(signal.SIGTERM)
        raise
    write_tensors(network.state_dict(), finished)
    return network.eval()

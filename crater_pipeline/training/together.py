"""Several processes that train one network together: they share each step's samples, and gradients are averaged."""

import logging
import warnings
from typing import Any

import lightning as pl
import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch.callbacks import Callback
from torch import distributed

from crater_pipeline.errors import UserError


def process_number() -> int:
    """Number of this process among those that train together, from 0."""
    return distributed.get_rank() if distributed.is_available() and distributed.is_initialized() else 0


def trained_by(processes: int) -> dict[str, Any]:
    """What a Lightning trainer is told of the processes: each has a GPU of its own, or all share the processor.

    Raises
    ------
    UserError
        If there are GPUs, but fewer than processes.
    """
    if processes == 1:
        return {"accelerator": "auto", "devices": 1}
    gpus = torch.cuda.device_count()
    if 0 < gpus < processes:
        raise UserError(f"training.processes: {processes}, but this machine shows {gpus} GPU(s); ask for as many")
    return {
        "accelerator": "gpu" if gpus else "cpu",
        "devices": processes,
        # the processes begin and end with the training: what comes before and after it is done once
        "strategy": "ddp_spawn",
        # a batch system's tasks are none of these processes
        "plugins": [LightningEnvironment()],
        "use_distributed_sampler": False,
        "sync_batchnorm": gpus > 0,
    }


class OwnProcess(Callback):
    """Makes a new process like the one that it was started from: its share of the threads, and the first one's log."""

    def __init__(self, processes: int) -> None:
        self.threads = max(1, torch.get_num_threads() // processes)

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Called by Lightning in each process."""
        torch.set_num_threads(self.threads)
        warnings.filterwarnings("ignore", module="lightning.*")
        if trainer.is_global_zero:
            layout = "%(asctime)s %(levelname)s %(message)s"
            logging.basicConfig(level=logging.INFO, format=layout, datefmt="%H:%M:%S")

"""Two processes train one network together, by gloo on the processor."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import distributed

from crater_pipeline.errors import UserError
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.models.weights import build_network
from crater_pipeline.training.fit import EpochSampler, fit, loader
from crater_pipeline.training.module import Detector
from crater_pipeline.training.settings import TrainingSettings
from crater_pipeline.training.together import process_number, trained_by
from tests.training.test_fit import Discs, KilledError

LENGTH = 8
EPOCHS = 2


class Listed(Discs):
    """Discs that note which process has seen them: a line `process index` in `folder/seen.txt`."""

    def __init__(self, folder: Path, stop: int | None = None) -> None:
        super().__init__(stop)
        self.folder = folder

    def __getitem__(self, index: int) -> dict[str, Any]:
        sample = super().__getitem__(index)
        with (self.folder / "seen.txt").open("a") as file:
            file.write(f"{process_number()} {index}\n")
        return sample


class Watched(Detector):
    """Leaves what each process has in the end in `folder/<process>.pt`."""

    def __init__(self, *arguments: Any, folder: Path, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.folder = folder

    def on_train_end(self) -> None:
        assert distributed.get_world_size() == 2
        assert distributed.get_backend() == "gloo"
        torch.save(dict(self.network.named_parameters()), self.folder / f"{process_number()}.pt")


def train(folder: Path, stop: int | None = None) -> dict[str, torch.Tensor]:
    network = build_network(ModelSettings(initial="none"), 0)
    trained = fit(
        network,
        loader(Listed(folder, stop), 2, 0, EpochSampler(LENGTH, LENGTH, 0, fresh=True, processes=2)),
        loader(Discs(), 4, 0),
        epochs=EPOCHS,
        folder=folder,
        name="phase",
        precision="32-true",
        averaging_decay=0.9,
        processes=2,
        module=partial(
            Watched,
            network,
            folder=folder,
            encoding="log",
            size_weight=1.0,
            offset_weight=1.0,
            learning_rate=1e-3,
            frozen_backbone=False,
        ),
    )
    assert trained is network
    return dict(network.named_parameters())


def seen(folder: Path) -> list[tuple[int, int]]:
    lines = (folder / "seen.txt").read_text().splitlines()
    (folder / "seen.txt").unlink()
    return [(int(process), int(index)) for process, index in map(str.split, lines)]


def test_two_processes_see_each_sample_once_and_end_with_the_same_weights(tmp_path: Path) -> None:
    first = dict(build_network(ModelSettings(initial="none"), 0).named_parameters())
    with pytest.raises(Exception, match=KilledError.__name__):
        train(tmp_path, stop=LENGTH + 4)
    # all of the first epoch, shared evenly, and some of the second
    before = [each for each in seen(tmp_path) if each[1] < LENGTH]
    assert sorted(before, key=lambda each: each[1]) == [(index % 2, index) for index in range(LENGTH)]
    assert [path.name for path in (tmp_path / "phase").iterdir()] == ["last.ckpt"]

    weights = train(tmp_path)
    after = sorted(seen(tmp_path), key=lambda each: each[1])
    assert after == [(index % 2, index) for index in range(LENGTH, EPOCHS * LENGTH)]
    assert sorted(path.name for path in (tmp_path / "phase").iterdir()) == ["finished.safetensors", "last.ckpt"]
    assert "val_total" in (tmp_path / "log" / "phase" / "metrics.csv").read_text()

    ours, others = (torch.load(tmp_path / f"{number}.pt", weights_only=False) for number in (0, 1))
    for name in first:
        assert torch.equal(ours[name], others[name]), name
        assert torch.equal(ours[name], weights[name]), name
    assert not torch.equal(weights["heads.0.heatmap.0.weight"], first["heads.0.heatmap.0.weight"])


def test_batches_that_cannot_be_shared_evenly_are_refused() -> None:
    with pytest.raises(ValidationError, match="unfrozen_batch_size leaves 2 over when 3 processes share it"):
        TrainingSettings(processes=3, frozen_batch_size=6, unfrozen_batch_size=8)


def test_fewer_gpus_than_processes_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert trained_by(2)["accelerator"] == "gpu"
    with pytest.raises(UserError, match=r"training.processes: 3, but this machine shows 2 GPU"):
        trained_by(3)

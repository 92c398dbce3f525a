"""The training loop: order of samples, averaging, frozen layers, exact resume."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import Dataset

from crater_pipeline.models.centernet import CenterNet
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.models.weights import build_network
from crater_pipeline.training.fit import EpochSampler, MovingAverage, fit, loader
from crater_pipeline.training.module import Detector
from crater_pipeline.training.patches import Patch
from crater_pipeline.training.samples import to_sample


@given(pool=st.integers(1, 40), length=st.integers(1, 60), seed=st.integers(0, 9))
def test_every_item_is_seen_equally_often(pool: int, length: int, seed: int) -> None:
    sampler = EpochSampler(pool, length, seed)
    seen: list[int] = []
    for epoch in range(5):
        sampler.set_epoch(epoch)
        seen += list(sampler)
    counts = np.bincount(np.array(seen) % pool, minlength=pool)
    assert counts.max() - counts.min() <= 1
    assert len(set(seen)) == len(seen) == 5 * length  # never the same augmentation twice


@given(pool=st.integers(1, 40), length=st.integers(4, 60), batch=st.integers(1, 5), processes=st.integers(1, 4))
def test_processes_share_the_samples_of_each_step(pool: int, length: int, batch: int, processes: int) -> None:
    alone = EpochSampler(pool, length, 3)
    alone.set_epoch(2)
    whole, shares = list(alone), []
    for number in range(processes):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("crater_pipeline.training.fit.process_number", lambda own=number: own)
            sampler = EpochSampler(pool, length, 3, processes=processes)
            sampler.set_epoch(2)
            shares.append(list(sampler))
            assert len(shares[-1]) == len(sampler)
    for step in range(length // (batch * processes)):
        seen = [index for share in shares for index in share[step * batch : (step + 1) * batch]]
        size = batch * processes
        assert sorted(seen) == sorted(whole[step * size : (step + 1) * size])


def test_an_epochs_order_depends_on_seed_and_epoch_alone() -> None:
    one, two = EpochSampler(10, 7, 3), EpochSampler(10, 7, 3)
    one.set_epoch(4)
    list(two)
    two.set_epoch(4)
    assert list(one) == list(two)
    assert list(EpochSampler(10, 7, 3)) != list(EpochSampler(10, 7, 4))


def test_the_moving_average_forgets_its_start_and_then_moves_slowly() -> None:
    average, update = torch.tensor(100.0), MovingAverage(0.99)
    for step in range(60):
        average = update(average, torch.tensor(1.0), step)
    assert float(average) == pytest.approx(1.0, abs=1e-3)
    assert float(update(average, torch.tensor(2.0), 10_000)) == pytest.approx(1.01, abs=1e-3)


class KilledError(Exception):
    """Stands for a kill."""


class Discs(Dataset[dict[str, Any]]):
    """Bright discs on noise; `stop` is the index at which the process dies."""

    def __init__(self, stop: int | None = None) -> None:
        self.stop = stop

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> dict[str, Any]:
        if self.stop is not None and index >= self.stop:
            raise KilledError
        rng = np.random.default_rng(index)
        circles = np.column_stack([rng.uniform(20, 108, (3, 2)), rng.uniform(6, 12, 3)])
        yy, xx = np.mgrid[:128, :128] + 0.5
        values = rng.normal(0, 0.1, (128, 128)).astype(np.float32)
        for x, y, radius in circles:
            values[np.hypot(xx - x, yy - y) < radius] += 2
        return to_sample(Patch(values, 100.0, circles, np.zeros(3, bool)), 4)


def train(folder: Path, stop: int | None = None, epochs: int = 2, frozen: bool = False) -> CenterNet:
    network = build_network(ModelSettings(initial="none"), 0)
    return fit(
        network,
        loader(Discs(stop), 2, 0, EpochSampler(8, 8, 0, fresh=True)),
        loader(Discs(), 4, 0),
        epochs=epochs,
        folder=folder,
        name="phase",
        precision="32-true",
        averaging_decay=0.9,
        module=partial(
            Detector,
            network,
            encoding="log",
            size_weight=1.0,
            offset_weight=1.0,
            learning_rate=1e-3,
            frozen_backbone=frozen,
        ),
    )


def test_a_run_that_was_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    whole = train(tmp_path / "whole").state_dict()
    with pytest.raises(KilledError):
        train(tmp_path / "killed", stop=12)
    resumed = train(tmp_path / "killed").state_dict()
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name
    # And once finished it is not trained again: a data set that dies at once is not even read.
    again = train(tmp_path / "killed", stop=0).state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in whole.items())


def test_a_frozen_backbone_does_not_move_and_the_heads_do(tmp_path: Path) -> None:
    before = build_network(ModelSettings(initial="none"), 0).state_dict()
    after = train(tmp_path, epochs=1, frozen=True).state_dict()
    assert all(torch.equal(after[n], t) for n, t in before.items() if n.startswith("backbone."))
    assert not torch.equal(after["heads.0.heatmap.0.weight"], before["heads.0.heatmap.0.weight"])
    log = (tmp_path / "log" / "phase" / "metrics.csv").read_text()
    assert "train_heatmap" in log
    assert "val_total" in log

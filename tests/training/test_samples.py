"""From patches to the network's input and targets."""

import numpy as np
import pytest

from crater_pipeline.training.camera import degraded
from crater_pipeline.training.patches import Patch
from crater_pipeline.training.samples import to_sample

SIZE = 128


def test_a_sample_is_standardised_and_ignores_craters_of_other_levels() -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(50, 200, (SIZE, SIZE)).astype(np.float32)
    values[:32] = np.nan
    circles = np.array([[64.5, 80.5, 12.0], [30.0, 100.0, 2.0], [100.0, 60.0, 100.0]])
    sample = to_sample(Patch(values, 100.0, circles, np.zeros(3, bool)), 4)
    image = sample["image"][0]
    assert (image[:32] == 0).all()
    assert image[32:].mean() == pytest.approx(0, abs=1e-3)
    assert image[32:].std() == pytest.approx(1, abs=1e-2)
    assert sample["positive"].sum() == 1
    assert not sample["weight"][0, :8].any()


def test_an_empty_patch_gives_a_sample_without_weight() -> None:
    nothing = Patch(np.full((SIZE, SIZE), np.nan, np.float32), 100.0, np.zeros((0, 3)), np.zeros(0, bool))
    sample = to_sample(degraded(nothing, np.random.default_rng(0)), 4)
    assert not sample["image"].any()
    assert not sample["weight"].any()


def test_craters_too_small_to_be_seen_hide_no_ground() -> None:
    """A catalogue that goes far below the pixels takes nothing away from what the loss counts."""
    rng = np.random.default_rng(2)
    values = rng.uniform(50, 200, (SIZE, SIZE)).astype(np.float32)
    tiny = np.column_stack([rng.uniform(0, SIZE, (500, 2)), rng.uniform(0.2, 2.9, 500)])
    small = np.column_stack([rng.uniform(0, SIZE, (10, 2)), np.full(10, 3.2)])

    def counted(circles: np.ndarray) -> np.ndarray:
        return to_sample(Patch(values, 100.0, circles, np.ones(len(circles), bool)), 4)["weight"]

    assert np.array_equal(counted(np.concatenate([tiny, small])), counted(small))
    assert counted(tiny).all()
    assert not counted(small).all()

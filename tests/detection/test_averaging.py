"""Means of the network's answers."""

import itertools

import pytest
import torch

from crater_pipeline.detection.averaging import mean_over_suns
from crater_pipeline.models.centernet import Prediction


def answer(count: int, seed: int = 0) -> Prediction:
    generator = torch.Generator().manual_seed(seed)
    return Prediction(*(torch.randn((count, channels, 6, 5), generator=generator) for channels in (1, 2, 2)))


def close(a: Prediction, b: Prediction) -> bool:
    return all(torch.allclose(x, y, atol=1e-4) for x, y in zip(a, b, strict=True))


def test_one_sun_is_its_own_mean() -> None:
    given = answer(3)
    assert mean_over_suns(given, 1) is given


def test_suns_that_agree_change_nothing() -> None:
    given = answer(2)
    repeated = Prediction(*(output.repeat_interleave(4, 0) for output in given))
    assert close(mean_over_suns(repeated, 4), given)


def test_the_order_of_suns_does_not_matter_but_tiles_do_not_mix() -> None:
    given = answer(6)
    expected = mean_over_suns(given, 3)
    assert expected.heatmap.shape == (2, 1, 6, 5)
    for order in itertools.permutations(range(3)):
        shuffled = [*order, *(3 + i for i in order)]
        assert close(mean_over_suns(Prediction(*(output[shuffled] for output in given)), 3), expected)
    alone = mean_over_suns(Prediction(*(output[3:] for output in given)), 3)
    assert close(alone, Prediction(*(output[1:] for output in expected)))


def test_probabilities_are_averaged_and_boxes_follow_the_suns_that_see_a_crater() -> None:
    probability = torch.tensor([0.9, 0.6, 1e-5]).view(3, 1, 1, 1)
    size = torch.tensor([2.0, 3.0, 50.0]).view(3, 1, 1, 1).expand(3, 2, 1, 1)
    mean = mean_over_suns(Prediction(torch.logit(probability), size / 10, size), 3)
    assert float(torch.sigmoid(mean.heatmap)) == pytest.approx(0.5, abs=1e-4)
    assert mean.size.flatten().tolist() == pytest.approx([2.4, 2.4], abs=1e-3)
    assert mean.offset.flatten().tolist() == pytest.approx([0.24, 0.24], abs=1e-4)


def test_certainty_is_averaged_too() -> None:
    logits = torch.tensor([200.0, -200.0, -200.0, -200.0]).view(4, 1, 1, 1)
    boxes = torch.ones(4, 2, 1, 1)
    assert all(torch.isfinite(output).all() for output in mean_over_suns(Prediction(logits, boxes, boxes), 4))
    assert float(torch.sigmoid(mean_over_suns(Prediction(logits[:2], boxes[:2], boxes[:2]), 2).heatmap)) == 0.5
    nothing = mean_over_suns(Prediction(logits[1:], boxes[1:], boxes[1:]), 3)
    assert float(torch.sigmoid(nothing.heatmap)) < 1e-5

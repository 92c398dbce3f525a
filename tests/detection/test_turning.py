"""Searching a picture in several positions."""

import pytest
import torch
from torch import Tensor

from crater_pipeline.detection.settings import MOST_POSITIONS
from crater_pipeline.detection.turning import answer_in_positions, position
from crater_pipeline.models.centernet import Prediction

STRIDE = 4


def cells(values: Tensor) -> Tensor:
    return torch.nn.functional.avg_pool2d(values, STRIDE)


def what_it_shows(pictures: Tensor) -> Prediction:
    """An answer that turns with the picture: brightness, its centroid in each cell, and its spread along each axis."""
    along = (torch.arange(pictures.shape[-1]) + 0.5) / STRIDE % 1.0
    x, y = along.expand_as(pictures), along[:, None].expand_as(pictures)
    total = cells(pictures)
    offset = torch.cat([cells(pictures * x), cells(pictures * y)], 1) / total
    spread = torch.cat([cells(pictures * (x - 0.5) ** 2), cells(pictures * (y - 0.5) ** 2)], 1) / total
    return Prediction(torch.logit(total), offset, spread)


@pytest.fixture
def pictures() -> Tensor:
    return torch.rand((3, 1, 24, 24), generator=torch.Generator().manual_seed(0)) * 0.9 + 0.05


def test_every_position_is_another_one(pictures: Tensor) -> None:
    seen: list[Tensor] = []

    def network(shown: Tensor) -> Prediction:
        seen.append(shown)
        return what_it_shows(shown)

    answer_in_positions(network, pictures, MOST_POSITIONS)
    assert torch.equal(seen[0], pictures)
    assert len({tuple(shown.flatten().tolist()) for shown in seen}) == MOST_POSITIONS == 8
    assert len({position(index) for index in range(MOST_POSITIONS)}) == 8


@pytest.mark.parametrize("count", range(1, MOST_POSITIONS + 1))
def test_what_turns_with_the_picture_is_answered_the_same_in_every_position(pictures: Tensor, count: int) -> None:
    expected = what_it_shows(pictures)
    for ours, theirs in zip(answer_in_positions(what_it_shows, pictures, count), expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_a_crater_that_is_seen_in_one_position_only_keeps_its_place(pictures: Tensor) -> None:
    """A network that answers in the first position and sees nothing in the others."""
    calls = iter(range(10))
    told = what_it_shows(pictures)
    nothing = Prediction(torch.full_like(told.heatmap, -30.0), torch.zeros_like(told.offset), told.size * 9)
    answer = answer_in_positions(lambda _shown: nothing if next(calls) else told, pictures, 4)
    torch.testing.assert_close(answer.offset, told.offset, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(answer.size, told.size, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(torch.sigmoid(answer.heatmap), torch.sigmoid(told.heatmap) / 4, atol=1e-4, rtol=1e-4)

"""The network's answer about one picture in several positions: turned by quarter turns and mirrored."""

from collections.abc import Callable

import torch
from torch import Tensor

from crater_pipeline.detection.averaging import mean_answer
from crater_pipeline.models.centernet import Prediction


def position(index: int) -> tuple[int, bool]:
    """Quarter turns counter-clockwise, and whether it is mirrored left to right afterwards.

    index: 0 to 7, each another position; 0 changes nothing, and 0 to 3 bring the sun into each of four directions.
    """
    return index % 4, (index % 2 == 1) != (index >= 4)


def _turned(grid: Tensor, quarter_turns: int, mirrored: bool) -> Tensor:
    grid = torch.rot90(grid, quarter_turns, (-2, -1))
    return grid.flip(-1) if mirrored else grid


def _turned_back(grid: Tensor, quarter_turns: int, mirrored: bool) -> Tensor:
    return torch.rot90(grid.flip(-1) if mirrored else grid, -quarter_turns, (-2, -1))


def _as_it_lay(answer: Prediction, quarter_turns: int, mirrored: bool) -> Prediction:
    """What is said of a turned picture as if it had been said of the picture; offsets and sides turn too."""
    x, y = (answer.offset - 0.5).unbind(1)  # from the middle of the cell
    width, height = answer.size.unbind(1)
    if mirrored:
        x = -x
    for _ in range(quarter_turns):  # counter-clockwise turns take (x, y) to (y, -x)
        x, y = -y, x
        width, height = height, width
    offset, size = torch.stack([x, y], 1) + 0.5, torch.stack([width, height], 1)
    return Prediction(*(_turned_back(grid, quarter_turns, mirrored) for grid in (answer.heatmap, offset, size)))


def answer_in_positions(network: Callable[[Tensor], Prediction], pictures: Tensor, count: int) -> Prediction:
    """The mean answer about square pictures (B, C, h, h) over the first `count` positions."""
    if count == 1:
        return network(pictures)
    answers = []
    for turns, mirrored in map(position, range(count)):
        shown = _turned(pictures, turns, mirrored).contiguous(memory_format=torch.channels_last)
        answers.append(_as_it_lay(network(shown), turns, mirrored))
    return mean_answer(Prediction(*(torch.stack(grids, 1) for grids in zip(*answers, strict=True))))

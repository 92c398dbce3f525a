"""Normalised cross-correlation of a picture with templates of many sizes, and the circles where it peaks."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from torch import Tensor

from crater_pipeline.baselines.suppression import best_of_similar

Template = Callable[[float], NDArray[np.float32]]
"""From a radius in pixels to a square template of odd side."""


def box_sums(picture: Tensor, side: int) -> Tensor:
    """Sums (h, w) over windows of odd `side` about every pixel; beyond the border there is nothing."""
    half = side // 2
    padded = torch.nn.functional.pad(picture.double(), (half + 1, half, half + 1, half))
    total = padded.cumsum(0).cumsum(1)
    return total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]


def correlation(picture: Tensor, templates: Sequence[NDArray[np.float32]]) -> Iterator[Tensor]:
    """For every template the coefficient in [-1, 1] at every pixel (h, w) as its middle (Lewis 1995).

    Templates of one size that follow one another share what depends on the picture alone.
    """
    most = max(len(each) for each in templates)
    shape = [next_fast_len(length + most, real=True) for length in picture.shape]
    transformed = torch.fft.rfft2(picture, s=shape)
    loudness = float(picture.square().mean().sqrt().clamp_min(1e-12))
    side, spread = 0, torch.zeros(())
    for each in templates:
        if len(each) != side:
            side = len(each)
            sums, squares = box_sums(picture, side), box_sums(picture**2, side)
            spread = (squares - sums**2 / side**2).clamp_min(0).sqrt()
        template = torch.from_numpy(each - each.mean())
        raw = torch.fft.irfft2(transformed * torch.fft.rfft2(template, s=shape).conj(), s=shape)
        raw = torch.roll(raw, (side // 2, side // 2), (0, 1))[: picture.shape[0], : picture.shape[1]]
        norm = float(template.square().sum().sqrt())
        flat = 1e-6 * side * loudness
        yield torch.where(spread > flat, raw / (spread.clamp_min(flat) * norm).float(), torch.zeros(()))


def circles_where_it_peaks(
    picture: Tensor, families: Sequence[Template], radii: NDArray[np.float64], least: float, most: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(circles (n, 3), coefficients (n,)) of the peaks of at least `least`, of similar ones the best, best first.

    Each family is one template at all `radii` (pixels, rising); at every pixel and radius the best family counts.
    """
    answers = correlation(picture, [family(radius) for radius in radii.tolist() for family in families])
    found, score = [], []
    for radius in radii:
        response = torch.stack(list(islice(answers, len(families)))).amax(0)
        highest = torch.nn.functional.max_pool2d(response[None, None], 3, 1, 1)[0, 0]
        y, x = torch.nonzero((response == highest) & (response >= least), as_tuple=True)
        found.append(np.column_stack([x.numpy() + 0.5, y.numpy() + 0.5, np.full(len(x), radius)]))
        score.append(response[y, x].double().numpy())
    circles, scores = np.concatenate(found), np.concatenate(score)
    strongest = np.argsort(-scores, kind="stable")[: 10 * most]
    kept = strongest[best_of_similar(circles[strongest], scores[strongest])][:most]
    return circles[kept], scores[kept]

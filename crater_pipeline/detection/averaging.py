"""The mean of the network's answers about the same ground: under several suns, or in several positions."""

import torch

from crater_pipeline.models.centernet import Prediction

EPS = 1e-6
"""Probabilities are kept this far from 0 and 1 where they are turned back into logits."""


def mean_answer(answers: Prediction) -> Prediction:
    """(tiles, answers, ...) to (tiles, ...): the mean probability, and offsets and sizes weighted by probability.

    The heads of offset and size have learned nothing where there is no crater. Under a sun that hides a crater they
    answer at random there, and that sun's probability is low: it must not speak as loudly as one that shows it.
    """
    heatmap, offset, size = answers
    probability = torch.sigmoid(heatmap)
    weight = probability / probability.sum(1, keepdim=True).clamp_min(EPS)
    mean = torch.logit(probability.mean(1), eps=EPS)
    return Prediction(mean, (weight * offset).sum(1), (weight * size).sum(1))


def mean_over_suns(answer: Prediction, suns: int) -> Prediction:
    """(tiles * suns, ...) to (tiles, ...), see `mean_answer`."""
    return answer if suns == 1 else mean_answer(Prediction(*(grid.unflatten(0, (-1, suns)) for grid in answer)))

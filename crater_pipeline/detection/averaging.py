"""The mean of the network's answers about the same ground under several suns."""

import torch

from crater_pipeline.models.centernet import Prediction

EPS = 1e-6
"""Probabilities are kept this far from 0 and 1 where they are turned back into logits."""


def mean_over_suns(answer: Prediction, suns: int) -> Prediction:
    """(tiles * suns, ...) to (tiles, ...): the mean probability, and positions and sizes weighted by probability.

    The heads of position and size have learned nothing where there is no crater. Under a sun that hides a crater they
    answer at random there, and that sun's probability is low: it must not speak as loudly as one that shows it.
    """
    if suns == 1:
        return answer
    heatmap, offset, size = (output.unflatten(0, (-1, suns)) for output in answer)
    probability = torch.sigmoid(heatmap)
    weight = probability / probability.sum(1, keepdim=True).clamp_min(EPS)
    mean = torch.logit(probability.mean(1), eps=EPS)
    return Prediction(mean, (weight * offset).sum(1), (weight * size).sum(1))

"""Means of several answers of the network about the same ground."""

import torch

from crater_pipeline.models.centernet import CenterNet, Prediction

EPS = 1e-6
"""Probabilities are kept this far from 0 and 1 where they are turned back into logits."""


def predict(network: CenterNet, pictures: torch.Tensor, suns: int, flip_average: bool) -> Prediction:
    """The network's answer for tiles with `suns` pictures each: (tiles * suns, 1, H, W), the suns of a tile together.

    With `flip_average` every picture is seen a second time, turned by half.
    """
    answer = network(pictures)
    if flip_average:
        answer = mean_of_half_turns(answer, network(pictures.flip((2, 3))))
    return mean_over_suns(answer, suns)


def mean_of_half_turns(upright: Prediction, turned: Prediction) -> Prediction:
    """The mean of the answer to a picture and of that to its half turn, which is turned back."""
    back = [output.flip((2, 3)) for output in turned]
    heatmap = torch.logit((torch.sigmoid(upright.heatmap) + torch.sigmoid(back[0])) / 2, eps=EPS)
    # A half turn takes the offset o in a cell to 1 - o; sides keep their length.
    return Prediction(heatmap, (upright.offset + 1 - back[1]) / 2, (upright.size + back[2]) / 2)


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

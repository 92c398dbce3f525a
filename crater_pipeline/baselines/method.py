"""What a method has to bring."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from crater_pipeline.baselines.ground import Ground
from crater_pipeline.models.decoding import Boxes

Sample = dict[str, NDArray[np.float32]]


class Learner(Protocol):
    """A method with a network of its own, which learns from labelled tiles."""

    def network(self) -> nn.Module:
        """The network before it has learned from the region."""

    def sample(self, ground: Ground, circles: NDArray[np.float64], ignored: NDArray[np.bool_]) -> Sample:
        """Input and targets of one tile; circles (n, 3) centre x, y and radius in its pixels, all seen on its level."""

    def loss(self, network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        """What is to be small."""

    def find(self, network: nn.Module, ground: Ground) -> Boxes:
        """Craters of one tile."""


def as_boxes(circles: NDArray[np.float64], score: NDArray[np.float64]) -> Boxes:
    """Circles (n, 3) centre x, y and radius with scores (n,) as detections, best first."""
    order = np.argsort(-score, kind="stable")
    x, y, radius = circles.reshape(-1, 3)[order].T.astype(np.float32)
    return Boxes(x, y, 2 * radius, 2 * radius, score[order].astype(np.float32))

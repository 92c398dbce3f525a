"""A two-stage detector, as Yang et al. (2020), doi:10.1038/s41467-020-20215-y, use one: proposals, then refinement.

The first stage says of boxes of nine sizes about every cell whether a crater is there (a region proposal network, Ren
et al. 2015, arXiv:1506.01497); the second looks at the features inside each proposal, classifies it and corrects its
box; what overlaps a surer box is dropped. Features come from a network that has learned craters elsewhere (transfer
learning, as published): here the backbone of the shipped weights for images, so that the two differ in the detector
and not in what it has seen. Changed: square boxes, one class, one level of features, a light second stage, for two CPU
cores.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from crater_pipeline.baselines.ground import Ground
from crater_pipeline.baselines.method import Sample, as_boxes
from crater_pipeline.models.decoding import Boxes
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.weights import load_network

SIDES = np.geomspace(8.0, 150.0, 9)
"""Sides of the anchors in pixels."""

MOST_TRUTHS = 400
PROPOSALS, LEARNED_PROPOSALS = 300, 64
ANCHORS_LEARNED = 256
POSITIVE, NEGATIVE = 0.6, 0.3
"""An anchor is a crater from this overlap (IoU) on, and none below the other; between them it is not learned from."""

MOST_RATIO, LEAST_OVERLAP = 1.2, 0.2
"""Squares whose sides differ by more (as a logarithm) overlap by less than a tenth."""

FOREGROUND = 0.5
CELLS = 7
PROPOSAL_OVERLAP, FINAL_OVERLAP = 0.7, 0.5
LEAST = 0.02


def overlaps(first: Tensor, second: Tensor) -> Tensor:
    """IoU (n, m) of squares (n, 3) and (m, 3): centre x, y and side."""
    low = torch.maximum((first[:, :2] - first[:, 2:] / 2)[:, None], (second[:, :2] - second[:, 2:] / 2)[None])
    high = torch.minimum((first[:, :2] + first[:, 2:] / 2)[:, None], (second[:, :2] + second[:, 2:] / 2)[None])
    common = (high - low).clamp_min(0).prod(-1)
    return common / (first[:, None, 2] ** 2 + second[None, :, 2] ** 2 - common)


def suppressed(squares: Tensor, score: Tensor, most_overlap: float, most: int) -> Tensor:
    """Positions of the squares that overlap no surer one by more than `most_overlap`, best first."""
    order = torch.argsort(score, descending=True)[: 4 * most]
    too_near = overlaps(squares[order], squares[order]) > most_overlap
    alive = torch.ones(len(order), dtype=torch.bool)
    for i in range(len(order)):
        if alive[i]:
            alive[i + 1 :] &= ~too_near[i, i + 1 :]
    return order[alive][:most]


def encoded(squares: Tensor, about: Tensor) -> Tensor:
    """Squares as corrections (n, 3) of others: shift in their sides, logarithm of the ratio of sides."""
    return torch.cat([(squares[:, :2] - about[:, :2]) / about[:, 2:], torch.log(squares[:, 2:] / about[:, 2:])], 1)


def decoded(corrections: Tensor, about: Tensor) -> Tensor:
    """The inverse of `encoded`."""
    return torch.cat(
        [about[:, :2] + corrections[:, :2] * about[:, 2:], about[:, 2:] * corrections[:, 2:].clamp(-2, 2).exp()], 1
    )


class Assigned(NamedTuple):
    """Which squares are learned as craters and as none (positions), and the crater (n, 3) of each of the first."""

    positive: Tensor
    negative: Tensor
    truth: Tensor


def assigned(squares: Tensor, truth: Tensor, ignored: Tensor, limits: tuple[float, float], most: int) -> Assigned:
    """Up to `most` squares to learn from, at most half of them craters, drawn at random."""
    best, any_best = torch.zeros(len(squares)), torch.zeros(len(squares))
    which = torch.zeros(len(squares), dtype=torch.long)
    favourite = torch.zeros(len(squares), dtype=torch.bool)
    for position, (row, unsure) in enumerate(zip(truth, ignored.tolist(), strict=True)):
        # Only squares about as large and near can overlap by much: thousands of times fewer than there are.
        near = torch.nonzero(
            ((squares[:, 2] / row[2]).log().abs() < MOST_RATIO)
            & ((squares[:, :2] - row[:2]).abs().amax(1) < 0.7 * torch.maximum(squares[:, 2], row[2]))
        )[:, 0]
        if len(near) == 0:
            continue
        overlap = overlaps(squares[near], row[None])[:, 0]
        any_best[near] = torch.maximum(any_best[near], overlap)
        if unsure:
            continue
        better = overlap > best[near]
        best[near[better]], which[near[better]] = overlap[better], position
        # The best square of every crater counts, whatever its overlap.
        if float(overlap.max()) > LEAST_OVERLAP:
            favourite[near[overlap.argmax()]] = True
            which[near[overlap.argmax()]] = position
    is_crater = (best >= limits[0]) | favourite
    is_none = (any_best < limits[1]) & ~is_crater
    positive, negative = (torch.nonzero(mask)[:, 0] for mask in (is_crater, is_none))
    positive = positive[torch.randperm(len(positive))[: most // 2]]
    negative = negative[torch.randperm(len(negative))[: most - len(positive)]]
    return Assigned(positive, negative, truth[which[positive]])


class TwoStage(nn.Module):
    """Features, proposals and the second stage; all squares in pixels of the picture."""

    def __init__(self) -> None:
        super().__init__()
        weights = shipped_weights()
        shipped = load_network(weights, read_metadata(metadata_path(weights)))
        self.backbone, self.stride = shipped.backbone, shipped.stride
        channels = int(shipped.backbone.channels)  # type: ignore[arg-type]
        self.proposing = nn.Sequential(nn.Conv2d(channels, 128, 3, padding=1), nn.ReLU(inplace=True))
        self.objectness = nn.Conv2d(128, len(SIDES), 1)
        self.correction = nn.Conv2d(128, 3 * len(SIDES), 1)
        self.looking = nn.Sequential(
            nn.Linear(channels * CELLS**2, 256), nn.ReLU(inplace=True), nn.Linear(256, 256), nn.ReLU(inplace=True)
        )
        self.verdict, self.refinement = nn.Linear(256, 1), nn.Linear(256, 3)
        nn.init.constant_(self.objectness.bias, -3.0)  # type: ignore[arg-type]
        nn.init.zeros_(self.refinement.weight)

    def features(self, pictures: Tensor) -> Tensor:
        """(B, channels, h / stride, w / stride)."""
        answer: Tensor = self.backbone(pictures)[-1]
        return answer

    def anchors(self, height: int, width: int) -> Tensor:
        """(n, 3) in the order of the first stage's answers: rows, columns, sides."""
        y, x, side = torch.meshgrid(
            (torch.arange(height) + 0.5) * self.stride,
            (torch.arange(width) + 0.5) * self.stride,
            torch.from_numpy(SIDES).float(),
            indexing="ij",
        )
        return torch.stack([x, y, side], -1).reshape(-1, 3)

    def first_stage(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, n) and corrections (B, n, 3) of all anchors."""
        hidden = self.proposing(features)
        logits = self.objectness(hidden).permute(0, 2, 3, 1).flatten(1)
        corrections = self.correction(hidden).permute(0, 2, 3, 1).reshape(len(features), -1, 3)
        return logits.float(), corrections.float()

    def second_stage(self, features: Tensor, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n,) and corrections (n, 3) of squares in one picture with features (channels, h, w)."""
        offset = (torch.arange(CELLS) + 0.5) / CELLS - 0.5
        x, y = (squares[:, i, None] + offset[None] * squares[:, 2:] for i in (0, 1))
        height, width = features.shape[-2:]
        extent = torch.tensor([width, height]) * self.stride
        grid = torch.stack([x[:, None].expand(-1, CELLS, -1), y[:, :, None].expand(-1, -1, CELLS)], -1)
        grid = (2 * grid / extent - 1).reshape(1, -1, CELLS, 2).to(features.dtype)
        cut = nn.functional.grid_sample(features[None], grid, align_corners=False)[0]
        cut = cut.reshape(len(features), len(squares), CELLS, CELLS).transpose(0, 1).flatten(1)
        hidden = self.looking(cut)
        return self.verdict(hidden)[:, 0].float(), self.refinement(hidden).float()


class TwoStageLearner:
    """Region proposals, then classification and refinement, on pretrained features."""

    def network(self) -> nn.Module:
        return TwoStage()

    def sample(self, ground: Ground, circles: NDArray[np.float64], ignored: NDArray[np.bool_]) -> Sample:
        truth = np.full((MOST_TRUTHS, 4), np.nan, np.float32)
        order = np.argsort(ignored, kind="stable")[:MOST_TRUTHS]
        truth[: len(order)] = np.column_stack([circles[:, :2], 2 * circles[:, 2], ignored])[order]
        return {"image": ground.grey[None], "truth": truth}

    def loss(self, network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        assert isinstance(network, TwoStage)
        features = network.features(batch["image"])
        logits, corrections = network.first_stage(features)
        anchors = network.anchors(*features.shape[-2:])
        total = features.new_zeros((), dtype=torch.float32)
        for i, rows in enumerate(batch["truth"]):
            rows = rows[torch.isfinite(rows[:, 0])]
            truth, ignored = rows[:, :3], rows[:, 3] > 0
            near = assigned(anchors, truth, ignored, (POSITIVE, NEGATIVE), ANCHORS_LEARNED)
            total = total + stage_loss(logits[i], corrections[i], anchors, near)
            with torch.no_grad():
                proposals = self._proposals(logits[i], corrections[i], anchors)
                proposals = torch.cat([proposals, truth[~ignored]])
            chosen = assigned(proposals, truth, ignored, (FOREGROUND, FOREGROUND), LEARNED_PROPOSALS)
            looked_at = torch.cat([chosen.positive, chosen.negative])
            verdict, refined = network.second_stage(features[i], proposals[looked_at])
            count = len(chosen.positive)
            again = Assigned(torch.arange(count), torch.arange(count, len(looked_at)), chosen.truth)
            total = total + stage_loss(verdict, refined, proposals[looked_at], again)
        return total / len(batch["image"])

    def _proposals(self, logits: Tensor, corrections: Tensor, anchors: Tensor) -> Tensor:
        surest = torch.topk(logits, min(4 * PROPOSALS, len(logits))).indices
        squares = decoded(corrections[surest], anchors[surest])
        return squares[suppressed(squares, logits[surest], PROPOSAL_OVERLAP, PROPOSALS)]

    def find(self, network: nn.Module, ground: Ground) -> Boxes:
        assert isinstance(network, TwoStage)
        features = network.features(torch.from_numpy(ground.grey)[None, None])
        logits, corrections = network.first_stage(features)
        anchors = network.anchors(*features.shape[-2:])
        proposals = self._proposals(logits[0], corrections[0], anchors)
        verdict, refined = network.second_stage(features[0], proposals)
        score = torch.sigmoid(verdict)
        squares = decoded(refined, proposals)
        kept = suppressed(squares, score, FINAL_OVERLAP, PROPOSALS)
        kept = kept[score[kept] >= LEAST]
        circles = squares[kept].double().numpy() * [1.0, 1.0, 0.5]
        return as_boxes(circles, score[kept].double().numpy())


def stage_loss(logits: Tensor, corrections: Tensor, squares: Tensor, learned: Assigned) -> Tensor:
    """Binary cross-entropy of the squares learned from, and smooth L1 of the corrections of those that are craters."""
    both = torch.cat([learned.positive, learned.negative])
    wanted = torch.cat([torch.ones(len(learned.positive)), torch.zeros(len(learned.negative))])
    loss = nn.functional.binary_cross_entropy_with_logits(logits[both], wanted) if len(both) else logits.sum() * 0
    if len(learned.positive):
        target = encoded(learned.truth, squares[learned.positive])
        loss = loss + nn.functional.smooth_l1_loss(corrections[learned.positive], target, beta=0.1)
    return loss

"""The focal and L1 losses, against their definitions."""

import numpy as np
import pytest
import torch

from crater_pipeline.models.centernet import Prediction
from crater_pipeline.models.losses import (
    MIN_POSITIVES,
    centernet_loss,
    decode_size,
    distillation_loss,
    encode_size,
    focal_loss,
    masked_l1,
)


def published_focal(p: np.ndarray, target: np.ndarray) -> float:
    """The formula of Zhou et al. (2019), equation 1, for one image, cell by cell."""
    total, positives = 0.0, 0
    for value, y in zip(p.ravel(), target.ravel(), strict=True):
        if y == 1:
            total += (1 - value) ** 2 * np.log(value)
            positives += 1
        else:
            total += (1 - y) ** 4 * value**2 * np.log(1 - value)
    return -total / max(positives, MIN_POSITIVES)


@pytest.mark.parametrize("crowd", [3, 20])
def test_focal_loss_is_the_mean_of_the_published_formula_over_the_tiles(crowd: int) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (2, 1, 8, 8))
    target = rng.uniform(0, 0.95, (2, 1, 8, 8))
    target[0, 0, 2, 3] = 1.0
    target[1].reshape(-1)[rng.choice(64, crowd, replace=False)] = 1.0
    mine = focal_loss(torch.tensor(logits), torch.tensor(target), torch.ones(2, 1, 8, 8))
    p = 1 / (1 + np.exp(-logits))
    expected = (published_focal(p[0], target[0]) + published_focal(p[1], target[1])) / 2
    assert float(mine) == pytest.approx(expected, rel=1e-6)


def test_cells_of_no_weight_do_not_count() -> None:
    logits = torch.randn(1, 1, 6, 6, generator=torch.Generator().manual_seed(1))
    target, weight = torch.zeros(1, 1, 6, 6), torch.ones(1, 1, 6, 6)
    weight[..., :3] = 0
    changed = logits.clone()
    changed[..., :3] = 50.0
    assert focal_loss(logits, target, weight) == focal_loss(changed, target, weight)


def test_losses_stay_finite_for_extreme_logits_and_empty_tiles() -> None:
    target, weight = torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)
    for value in (-1e4, 1e4):
        assert torch.isfinite(focal_loss(torch.full((1, 1, 4, 4), value), target, weight))
    assert masked_l1(torch.ones(1, 2, 4, 4), torch.zeros(1, 2, 4, 4), torch.zeros(1, 1, 4, 4)) == 0


def test_masked_l1_is_the_mean_over_both_channels_of_positive_cells() -> None:
    prediction, mask = torch.zeros(1, 2, 4, 4), torch.zeros(1, 1, 4, 4)
    prediction[0, :, 1, 1] = torch.tensor([3.0, 1.0])
    prediction[0, :, 2, 2] = 100.0  # not positive
    mask[0, 0, 1, 1] = 1
    assert float(masked_l1(prediction, torch.zeros_like(prediction), mask)) == pytest.approx(2.0)


@pytest.mark.parametrize("encoding", ["log", "linear"])
def test_sizes_survive_encoding(encoding: str) -> None:
    sizes = torch.tensor([0.5, 2.0, 40.0])
    assert torch.allclose(decode_size(encode_size(sizes, encoding), encoding), sizes)  # type: ignore[arg-type]


def test_the_total_is_the_weighted_sum_averaged_over_stacks() -> None:
    generator = torch.Generator().manual_seed(2)

    def draw(channels: int) -> torch.Tensor:
        return torch.randn(1, channels, 8, 8, generator=generator)

    outputs = [Prediction(draw(1), draw(2), draw(2)) for _ in range(2)]
    positive = torch.zeros(1, 1, 8, 8)
    positive[0, 0, 4, 4] = 1
    targets = {
        "heatmap": positive.clone(),
        "offset": torch.rand(1, 2, 8, 8, generator=generator),
        "size": torch.full((1, 2, 8, 8), 5.0),
        "positive": positive,
        "weight": torch.ones(1, 1, 8, 8),
    }
    options = {"encoding": "linear", "size_weight": 0.1, "offset_weight": 1.0}
    both = centernet_loss(outputs, targets, **options)  # type: ignore[arg-type]
    each = [centernet_loss([output], targets, **options) for output in outputs]  # type: ignore[arg-type]
    assert float(both.total) == pytest.approx(float(sum(e.total for e in each)) / 2, rel=1e-6)
    assert float(both.total) == pytest.approx(float(both.heatmap + both.offset + 0.1 * both.size), rel=1e-6)


def predictions(seed: int, heat: float = 2.0) -> Prediction:
    generator = torch.Generator().manual_seed(seed)
    draw = [torch.randn(2, channels, 8, 8, generator=generator) for channels in (1, 2, 2)]
    return Prediction(draw[0] * heat, draw[1], draw[2])


def test_a_network_that_says_what_its_teacher_says_has_nothing_to_learn() -> None:
    teacher, other = predictions(0), predictions(1)
    assert distillation_loss(teacher, teacher) == 0
    assert distillation_loss(other, teacher) > 0


def test_where_the_teacher_sees_nothing_boxes_do_not_matter() -> None:
    teacher = predictions(0)._replace(heatmap=torch.full((2, 1, 8, 8), -40.0))
    student = predictions(1)._replace(heatmap=teacher.heatmap)
    assert float(distillation_loss(student, teacher)) == pytest.approx(0, abs=1e-6)


def test_distillation_pulls_towards_the_teacher() -> None:
    teacher = predictions(0)
    student = Prediction(*(part.clone().requires_grad_() for part in predictions(1)))
    optimiser = torch.optim.Adam(list(student), lr=0.05)
    before = distillation_loss(student, teacher).item()
    for _ in range(200):
        optimiser.zero_grad()
        distillation_loss(student, teacher).backward()
        optimiser.step()
    assert distillation_loss(student, teacher).item() < 0.1 * before
    assert (torch.sigmoid(student.heatmap) - torch.sigmoid(teacher.heatmap)).abs().mean() < 0.1

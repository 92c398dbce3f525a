"""The other methods on ground that they can know: each finds plain craters, and its parts do what they say."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from crater_pipeline.baselines import deepmoon, segmentation, templates, two_stage
from crater_pipeline.baselines.correlation import correlation
from crater_pipeline.baselines.ground import Ground
from crater_pipeline.baselines.methods import LEARNERS
from crater_pipeline.baselines.settings import LEARNED
from crater_pipeline.baselines.suppression import best_of_similar
from crater_pipeline.light.reflectance import shade
from crater_pipeline.models.decoding import Boxes

SIZE, PIXEL_M = 128, 100.0
CIRCLES = np.array([[28.0, 32, 9], [90, 36, 20], [40, 92, 14], [104, 104, 6]])


def terrain() -> NDArray[np.float32]:
    """Parabolic bowls with raised rims on level ground, depth a fifth of the diameter."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    height = np.zeros((SIZE, SIZE))
    for cx, cy, r in CIRCLES:
        distance = np.hypot(x - cx, y - cy) / r
        depth = 0.2 * 2 * r * PIXEL_M
        height += np.where(distance < 1, depth * (distance**2 - 1), 0)
        height += 0.2 * depth * np.exp(-(((distance - 1) / 0.15) ** 2))
    return height.astype(np.float32)


@pytest.fixture(scope="module")
def ground() -> Ground:
    """Lit from the west (270 degrees), 30 degrees high."""
    height = terrain()
    light = shade(height, np.full_like(height, PIXEL_M), np.full_like(height, 270.0), 30.0, 0.5, False)
    return Ground.of((100 * light).astype(np.float32), height, np.ones(height.shape, bool), PIXEL_M)


def found(boxes: Boxes, score: float = 0.0) -> list[int]:
    """Which of `CIRCLES` a detection of at least that score fits."""
    sure = boxes.score >= score
    near = np.hypot(boxes.x[sure, None] - CIRCLES[:, 0], boxes.y[sure, None] - CIRCLES[:, 1]) < 0.3 * CIRCLES[:, 2]
    like = np.abs(np.log(boxes.width[sure, None] / 2 / CIRCLES[:, 2])) < 0.3
    return np.flatnonzero((near & like).any(axis=0)).tolist()


def test_coefficients_are_those_of_numpy() -> None:
    rng = np.random.default_rng(0)
    picture = rng.normal(size=(40, 50)).astype(np.float32)
    sizes = (5, 9, 13)
    kernels = [rng.normal(size=(side, side)).astype(np.float32) for side in sizes]
    for side, kernel, answer in zip(sizes, kernels, correlation(torch.from_numpy(picture), kernels), strict=True):
        half = side // 2
        for y, x in ((half, half), (20, 25), (39 - half, 49 - half)):
            window = picture[y - half : y + half + 1, x - half : x + half + 1]
            expected = np.corrcoef(window.ravel(), kernel.ravel())[0, 1]
            assert float(answer[y, x]) == pytest.approx(expected, abs=1e-4)


def test_even_ground_correlates_with_nothing() -> None:
    for answer in correlation(torch.full((64, 64), 3.0), [templates.bowl(270.0, 6.0)]):
        assert float(answer[20:44, 20:44].abs().max()) == 0


def test_templates_find_bowls_where_the_sun_is_known_and_where_it_is_not(ground: Ground) -> None:
    known = templates.find(ground, 270.0)
    assert found(known, 0.7) == [0, 1, 2, 3]
    assert found(templates.find(ground, None), 0.7) == [0, 1, 2, 3]
    wrong = templates.find(ground, 90.0)
    assert found(wrong, 0.5) == []
    assert (np.diff(known.score) <= 0).all()


def test_a_perfect_drawing_of_rims_gives_its_circles(ground: Ground) -> None:
    class Drawn(torch.nn.Module):
        def forward(self, _: torch.Tensor) -> torch.Tensor:
            rims = deepmoon.rims((SIZE, SIZE), CIRCLES, deepmoon.RIM_PX)
            return torch.from_numpy(np.where(rims, 9.0, -9.0))[None, None]

    boxes = deepmoon.DeepMoon().find(Drawn(), ground)
    assert found(boxes, 0.3) == [0, 1, 2, 3]


def test_perfect_interiors_give_their_circles() -> None:
    certainty = segmentation.interiors((SIZE, SIZE), CIRCLES).astype(np.float32)
    circles, score = segmentation.pieces(certainty)
    order = np.argsort(circles[:, 2])
    assert circles[order] == pytest.approx(CIRCLES[np.argsort(CIRCLES[:, 2])], abs=0.2)
    assert score.min() > 0.95
    # Two that touch are one piece, and not a round one.
    pair = np.array([[40.0, 60, 20], [75, 60, 20]])
    _, score = segmentation.pieces(segmentation.interiors((SIZE, SIZE), pair).astype(np.float32))
    assert len(score) == 1
    assert score[0] < 0.8


squares = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(4, 40)).map(list), min_size=1, max_size=12
).map(lambda rows: torch.tensor(rows, dtype=torch.float64))


@given(squares, squares)
def test_corrections_lead_back_to_the_square(first: torch.Tensor, second: torch.Tensor) -> None:
    count = min(len(first), len(second))
    first, about = first[:count], second[:count]
    ratio = (first[:, 2] / about[:, 2]).log().abs()
    first = first[ratio < 2]
    about = about[ratio < 2]
    assert torch.allclose(two_stage.decoded(two_stage.encoded(first, about), about), first)


@given(squares)
def test_overlap_is_symmetric_and_one_with_itself(rows: torch.Tensor) -> None:
    overlap = two_stage.overlaps(rows, rows)
    assert torch.allclose(overlap, overlap.T)
    assert torch.allclose(overlap.diagonal(), torch.ones(len(rows), dtype=torch.float64))
    assert float(overlap.min()) >= 0


@given(squares, st.randoms())
def test_what_is_kept_overlaps_nothing_surer_and_covers_the_rest(rows: torch.Tensor, random: object) -> None:
    score = torch.from_numpy(np.random.default_rng(len(rows)).permutation(len(rows))).double()
    kept = two_stage.suppressed(rows, score, 0.5, 100)
    overlap = two_stage.overlaps(rows, rows)
    for position, i in enumerate(kept):
        assert (overlap[i, kept[:position]] <= 0.5).all()
    lost = sorted(set(range(len(rows))) - set(kept.tolist()))
    assert all(((overlap[i, kept] > 0.5) & (score[kept] > score[i])).any() for i in lost)


circles = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(2, 30)), min_size=0, max_size=15)


@given(circles)
def test_of_similar_circles_the_best_stays_whatever_their_order(rows: list[tuple[float, float, float]]) -> None:
    table = np.array(rows, dtype=float).reshape(-1, 3)
    score = np.linspace(1, 0, len(table))
    kept = {tuple(row) for row in table[best_of_similar(table, score)]}
    backwards = {tuple(row) for row in table[::-1][best_of_similar(table[::-1], score[::-1])]}
    assert kept == backwards
    if rows:
        assert rows[0] in kept


@pytest.mark.parametrize("method", LEARNED)
def test_a_learner_learns_the_craters_that_it_is_shown(method: str, ground: Ground) -> None:
    torch.manual_seed(0)
    learner = LEARNERS[method]
    network = learner.network().train()
    ignored = np.zeros(len(CIRCLES), bool)
    sample = learner.sample(ground, CIRCLES, ignored)
    batch = {name: torch.from_numpy(values)[None] for name, values in sample.items()}
    optimiser = torch.optim.Adam(network.parameters(), lr=4e-3)
    losses = []
    for _ in range(50 if method == "two_stage" else 80):
        optimiser.zero_grad()
        loss = learner.loss(network, batch)
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < 0.5 * losses[0]
    # Normalised by this picture, as it learned: an average over many batches it has none.
    with torch.inference_mode():
        boxes = learner.find(network, ground)
    assert len(found(boxes)) >= 3


@pytest.mark.parametrize("method", LEARNED)
def test_tiles_without_craters_or_data_are_no_trouble(method: str) -> None:
    learner = LEARNERS[method]
    blank = np.zeros((128, 128), np.float32)
    nothing = Ground.of(blank, np.full_like(blank, np.nan), np.zeros(blank.shape, bool), PIXEL_M)
    network = learner.network()
    sample = learner.sample(nothing, np.zeros((0, 3)), np.zeros(0, bool))
    batch = {name: torch.from_numpy(np.stack([values, values])) for name, values in sample.items()}
    assert torch.isfinite(learner.loss(network.train(), batch))
    with torch.inference_mode():
        boxes = learner.find(network.eval(), nothing)
    assert np.isfinite(boxes.score).all()

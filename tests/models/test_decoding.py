"""Decoding inverts the targets; peaks are local maxima."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.models.centernet import Prediction
from crater_pipeline.models.decoding import decode, peaks
from crater_pipeline.models.losses import encode_size
from crater_pipeline.models.settings import SizeEncoding
from crater_pipeline.models.targets import encode

STRIDE = 4


def perfect_prediction(circles: np.ndarray, encoding: SizeEncoding) -> Prediction:
    targets = encode(circles, np.zeros(len(circles), bool), np.ones((256, 256), bool), STRIDE)
    heatmap, offset, size = (torch.from_numpy(a)[None] for a in (targets.heatmap, targets.offset, targets.size))
    return Prediction(torch.logit(heatmap, eps=1e-6), offset, encode_size(size, encoding))


@settings(max_examples=40, deadline=None)
@given(
    cells=st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=20),
    seed=st.integers(0, 1000),
    encoding=st.sampled_from(["log", "linear"]),
)
def test_a_perfect_prediction_gives_the_craters_back(
    cells: set[tuple[int, int]], seed: int, encoding: SizeEncoding
) -> None:
    rng = np.random.default_rng(seed)
    corners = np.array(sorted(cells), dtype=float) * 32
    circles = np.column_stack([corners + rng.uniform(4, 28, corners.shape), rng.uniform(3, 14, len(cells))])
    (boxes,) = decode(
        perfect_prediction(circles, encoding), stride=STRIDE, encoding=encoding, max_detections=100, min_score=0.9
    )
    assert len(boxes.x) == len(circles)
    found = np.column_stack([boxes.x, boxes.y, boxes.width / 2])
    order = np.lexsort(found.T.round(3)), np.lexsort(circles.T.round(3))
    assert np.allclose(found[order[0]], circles[order[1]], atol=0.01)


def test_peaks_are_the_maxima_of_their_neighbourhood() -> None:
    heatmap = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    kept = peaks(heatmap)
    padded = torch.nn.functional.pad(heatmap, (1, 1, 1, 1), value=-1.0)
    for b in range(2):
        for row in range(32):
            for col in range(32):
                highest = padded[b, 0, row : row + 3, col : col + 3].max()
                expected = heatmap[b, 0, row, col] if heatmap[b, 0, row, col] == highest else 0.0
                assert kept[b, 0, row, col] == expected


def test_scores_are_sorted_and_below_the_least_are_dropped() -> None:
    generator = torch.Generator().manual_seed(3)
    prediction = Prediction(*(torch.randn(2, c, 16, 16, generator=generator) for c in (1, 2, 2)))
    for boxes in decode(prediction, stride=4, encoding="log", max_detections=7, min_score=0.3):
        assert len(boxes.x) <= 7
        assert (np.diff(boxes.score) <= 0).all()
        assert (boxes.score >= 0.3).all()


def test_nothing_above_the_least_score_gives_empty_arrays() -> None:
    prediction = Prediction(torch.full((1, 1, 8, 8), -20.0), torch.zeros(1, 2, 8, 8), torch.zeros(1, 2, 8, 8))
    (boxes,) = decode(prediction, stride=4, encoding="log", max_detections=5, min_score=0.02)
    assert boxes.x.shape == boxes.score.shape == (0,)

"""Targets: the Gaussian's radius, centres, and what the loss looks away from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crater_pipeline.models.targets import MIN_IOU, encode, gaussian_radius

ALL_VALID = np.ones((128, 128), bool)


def square_iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return width * height / (area - width * height)


@given(w=st.floats(1, 500), h=st.floats(1, 500))
def test_corners_moved_by_the_radius_keep_the_overlap_and_by_more_lose_it(w: float, h: float) -> None:
    box = (0.0, 0.0, w, h)

    def worst(r: float) -> float:
        moved = [(r, r, w + r, h + r), (r, r, w - r, h - r), (-r, -r, w + r, h + r)]
        return min(square_iou(box, m) for m in moved)

    r = float(gaussian_radius(w, h))
    assert worst(r) == pytest.approx(MIN_IOU, abs=1e-6)
    assert worst(1.05 * r) < MIN_IOU


@given(x=st.floats(0, 127.9), y=st.floats(0, 127.9), radius=st.floats(3, 60), stride=st.sampled_from([2, 4]))
def test_centre_and_size_can_be_read_back(x: float, y: float, radius: float, stride: int) -> None:
    targets = encode(np.array([[x, y, radius]]), np.zeros(1, bool), ALL_VALID, stride)
    (row,), (col,) = np.nonzero(targets.positive[0])
    assert targets.heatmap.max() == targets.heatmap[0, row, col] == 1.0
    ox, oy = targets.offset[:, row, col]
    assert ((col + ox) * stride, (row + oy) * stride) == pytest.approx((x, y), abs=1e-3)
    assert targets.size[:, row, col] * stride == pytest.approx([2 * radius] * 2, rel=1e-5)
    assert targets.weight.all()


@given(seed=st.integers(0, 200))
def test_the_heatmap_does_not_depend_on_the_order_of_craters(seed: int) -> None:
    rng = np.random.default_rng(seed)
    circles = np.column_stack([rng.uniform(0, 128, (12, 2)), rng.uniform(3, 40, 12)])
    ignored = rng.random(12) < 0.3
    order = rng.permutation(12)
    one = encode(circles, ignored, ALL_VALID, 4)
    other = encode(circles[order], ignored[order], ALL_VALID, 4)
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a, b)


def test_the_smaller_of_two_craters_in_one_cell_is_kept() -> None:
    circles = np.array([[41.0, 41.0, 4.0], [42.0, 42.0, 30.0]])
    targets = encode(circles, np.zeros(2, bool), ALL_VALID, 4)
    assert targets.positive.sum() == 1
    assert targets.size[0, 10, 10] == pytest.approx(2.0)


def test_the_loss_looks_away_from_ignored_craters_and_missing_data_but_not_from_a_positive() -> None:
    valid = ALL_VALID.copy()
    valid[:, :32] = False
    circles = np.array([[80.0, 80.0, 12.0], [84.0, 80.0, 6.0]])
    targets = encode(circles, np.array([True, False]), valid, 4)
    assert not targets.weight[0, :, :8].any()
    assert targets.weight[0, 20, 21] == 1.0  # the positive beside the ignored centre
    assert targets.weight[0, 20, 18] == 0.0  # inside the ignored disc
    assert targets.weight[0, 5, 20] == 1.0
    assert targets.positive.sum() == 1


def test_no_craters_and_craters_outside_the_tile_leave_an_empty_heatmap() -> None:
    for circles in (np.zeros((0, 3)), np.array([[-5.0, 10.0, 20.0], [10.0, 128.0, 3.0]])):
        targets = encode(circles, np.zeros(len(circles), bool), ALL_VALID, 4)
        assert targets.heatmap.shape == (1, 32, 32)
        assert not targets.heatmap.any()
        assert targets.weight.all()

"""The quick matching against pycocotools' own, on crowded tiles with equal scores and equal overlaps."""

from unittest import mock

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.cocoeval import COCOeval

from crater_pipeline.evaluation import coco_tiles
from crater_pipeline.evaluation.coco_tiles import coco_figures

SIDE = 64


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    n_truth=st.integers(0, 40),
    n_found=st.integers(0, 60),
    limit_km=st.sampled_from([0.0, 1.2, 3.0]),
)
def test_the_outcome_is_pycocotools_own(seed: int, n_truth: int, n_found: int, limit_km: float) -> None:
    rng = np.random.default_rng(seed)
    images = [
        {"id": 7 + row, "level": 0, "row": row, "col": 0, "split": "test", "width": SIDE, "height": SIDE}
        for row in range(3)
    ]
    # Few places, sizes and scores, so that much overlaps and much is equal.
    annotations = [
        {
            "image_id": 7 + int(rng.integers(3)),
            "bbox": [float(x - r), float(y - r), 2 * r, 2 * r],
            "circle": [float(x), float(y), r],
            "diameter_km": 0.1 * 2 * r,
            "ignore": int(rng.random() < 0.4),
        }
        for x, y, r in zip(*rng.choice([20, 24, 40], (2, n_truth)), rng.choice([6.0, 8.0, 16.0], n_truth), strict=True)
    ]
    found = pd.DataFrame(
        {
            "level": 0,
            "tile_row": rng.integers(0, 3, n_found),
            "tile_col": 0,
            "x": rng.choice([20.0, 22.0, 24.0, 40.0], n_found),
            "y": rng.choice([20.0, 24.0, 41.0], n_found),
            "width": rng.choice([11.0, 12.0, 17.0, 32.0], n_found),
            "height": rng.choice([12.0, 16.0, 30.0], n_found),
            "score": rng.choice([0.25, 0.5, 0.75], n_found),
        }
    )

    def figures() -> object:
        return coco_figures(found, {"images": images, "annotations": annotations}, limit_km, (2, 5, 100))

    quick = figures()
    with mock.patch.object(coco_tiles, "SparseCOCOeval", COCOeval):
        assert figures() == quick

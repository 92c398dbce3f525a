import contextlib
import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from crater_pipeline.evaluation.coco_tiles import coco_figures

KM_PER_PX = 0.1


def tiles(seed: int = 0, n_tiles: int = 4) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Tiles with craters inside, and detections of most of them among false ones."""
    rng = np.random.default_rng(seed)
    images: list[dict[str, Any]] = [
        {"id": 10 + i, "level": i % 2, "row": i, "col": 0, "split": "test", "width": 512, "height": 512}
        for i in range(n_tiles)
    ]
    annotations: list[dict[str, Any]] = []
    rows: list[tuple[float, ...]] = []
    for image in images:
        for _ in range(30):
            r, (x, y) = rng.uniform(5, 40), rng.uniform(60, 450, 2)
            diameter = 2 * r * KM_PER_PX * 2 ** image["level"]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    "category_id": 1,
                    "bbox": [x - r, y - r, 2 * r, 2 * r],
                    "area": 4 * r * r,
                    "iscrowd": 0,
                    "ignore": 0,
                    "circle": [x, y, r],
                    "diameter_km": diameter,
                }
            )
            place = (image["level"], image["row"], image["col"])
            if rng.random() < 0.8:
                size = 2 * r * np.exp(rng.normal(0, 0.1, 2))
                rows.append((*place, *([x, y] + rng.normal(0, 0.1, 2) * r), *size, rng.beta(4, 2)))
            rows.append((*place, *rng.uniform(60, 450, 2), *rng.uniform(10, 60, 2), rng.beta(2, 4)))
    columns = ["level", "tile_row", "tile_col", "x", "y", "width", "height", "score"]
    return pd.DataFrame(rows, columns=columns), {"images": images, "annotations": annotations}


def standard(detections: pd.DataFrame, annotations: dict[str, Any]) -> tuple[float, float]:
    """(AP, AP50) of pycocotools used in its ordinary way."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = annotations | {"categories": [{"id": 1}]}
        truth.createIndex()
        number = {(each["level"], each["row"]): each["id"] for each in annotations["images"]}
        results = [
            {
                "image_id": number[level, row],
                "category_id": 1,
                "bbox": [x - width / 2, y - height / 2, width, height],
                "score": score,
            }
            for level, row, _, x, y, width, height, score in detections.to_numpy().tolist()
        ]
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0]), float(evaluation.stats[1])


@pytest.mark.parametrize("seed", [0, 1])
def test_without_anything_to_ignore_it_is_coco(seed: int) -> None:
    detections, annotations = tiles(seed)
    figures = coco_figures(detections, annotations, 0.0)
    assert figures is not None
    assert [row["max_detections"] for row in figures["max_detections"]] == [100, 300, 500]
    first = figures["max_detections"][0]
    assert (first["ap"], first["ap50"]) == pytest.approx(standard(detections, annotations))
    assert 0.3 < first["ap50"] < 1.0


def test_fewer_detections_a_tile_never_help() -> None:
    detections, annotations = tiles()
    figures = coco_figures(detections, annotations, 0.0, max_detections=(5, 20, 500))
    assert figures is not None
    ap = [row["ap50"] for row in figures["max_detections"]]
    assert ap[0] < ap[1] <= ap[2]


def test_only_tiles_of_the_part_are_judged() -> None:
    detections, annotations = tiles()
    expected = coco_figures(
        detections[detections["tile_row"] < 2], annotations | {"images": annotations["images"][:2]}, 0.0
    )
    for image in annotations["images"][2:]:
        image["split"] = "train"
    assert coco_figures(detections, annotations, 0.0) == expected
    assert expected is not None
    assert expected["n_tiles"] == 2
    for image in annotations["images"]:
        image["split"] = "val"
    assert coco_figures(detections, annotations, 0.0) is None


def test_an_ignored_annotation_costs_nothing_found_or_not() -> None:
    detections, annotations = tiles()
    perfect = pd.DataFrame(
        [
            (e["image_id"] % 2, e["image_id"] - 10, 0, *e["circle"][:2], *e["bbox"][2:], 0.9)
            for e in annotations["annotations"]
        ],
        columns=detections.columns,
    )
    for index, each in enumerate(annotations["annotations"]):
        each["ignore"] = index % 3 == 0
    found = coco_figures(perfect, annotations, 0.0)
    missed = coco_figures(perfect[np.arange(len(perfect)) % 3 != 0], annotations, 0.0)
    assert found is not None
    assert missed is not None
    assert found["n_truth"] == missed["n_truth"] == 80
    assert found["max_detections"][0] == missed["max_detections"][0] == {"max_detections": 100, "ap50": 1.0, "ap": 1.0}


def test_an_ignored_annotation_does_not_swallow_what_lies_inside_it() -> None:
    detections, annotations = tiles(n_tiles=1)
    whole_tile = {"bbox": [0, 0, 512, 512], "circle": [256, 256, 256], "diameter_km": 51.2, "ignore": 1}
    annotations["annotations"].append(annotations["annotations"][0] | whole_tile | {"id": 999})
    without = annotations | {"annotations": annotations["annotations"][:-1]}
    assert coco_figures(detections, annotations, 0.0) == coco_figures(detections, without, 0.0)


def test_the_limit_is_a_diameter_on_the_ground() -> None:
    detections, annotations = tiles()
    figures = coco_figures(detections, annotations, 4.0)
    assert figures is not None
    assert figures["n_truth"] == sum(each["diameter_km"] >= 4.0 for each in annotations["annotations"])
    # False detections below the limit cost nothing.
    small = detections.assign(width=12.0, height=12.0, score=0.99).loc[detections["level"] == 0]
    more = coco_figures(pd.concat([detections, small]), annotations, 4.0)
    assert more is not None
    assert more["max_detections"][2] == figures["max_detections"][2]


def test_empty_sides() -> None:
    detections, annotations = tiles()
    nothing = coco_figures(detections.iloc[:0], annotations, 0.0)
    assert nothing is not None
    assert nothing["max_detections"][0] == {"max_detections": 100, "ap50": 0.0, "ap": 0.0}
    no_truth = coco_figures(detections, annotations | {"annotations": []}, 0.0)
    assert no_truth is not None
    assert no_truth["max_detections"][0] == {"max_detections": 100, "ap50": None, "ap": None}

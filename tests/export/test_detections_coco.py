"""Detections as COCO: pycocotools reads them, and judges them as the project's own figures do."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from crater_pipeline.evaluation.coco_tiles import NOT_JUDGED, coco_figures
from crater_pipeline.steps.coco import coco
from crater_pipeline.tiles.writing import COLUMNS
from tests.evaluation.test_coco_tiles import tiles as judged_tiles


def written(folder: Path, detections: pd.DataFrame, images: list[dict[str, Any]]) -> Path:
    """What the step makes of detections and of a table of tiles."""
    rows = [
        (f"t{each['id']}", each["level"], each["row"], each["col"], 0, 0, each["width"], each["split"], "x.png", 1.0)
        for each in images
    ]
    pd.DataFrame(rows, columns=COLUMNS).to_parquet(folder / "tiles.parquet")
    detections.to_parquet(folder / "detections.parquet")
    coco(
        region="here",
        detections=folder / "detections.parquet",
        tiles=folder / "tiles.parquet",
        output=folder / "detections.coco.json",
    )
    return folder / "detections.coco.json"


def read(document: Path | dict[str, Any]) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        if isinstance(document, Path):
            return COCO(str(document))
        found = COCO()
        found.dataset = document
        found.createIndex()
    return found


def average_precision(truth: COCO, found: COCO, max_detections: list[int]) -> list[tuple[float, float]]:
    """(AP, AP50) for each limit of detections a tile, by pycocotools used in its ordinary way."""
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, found, "bbox")
        evaluation.params.maxDets = max_detections
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0.0, 1e12]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, 0, 0]
    return [(float(precision[..., i].mean()), float(precision[0, :, i].mean())) for i in range(len(max_detections))]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_pycocotools_judges_the_file_as_our_figures_do(seed: int, tmp_path: Path) -> None:
    detections, annotations = judged_tiles(seed)
    for number, image in enumerate(annotations["images"], start=1):
        for each in annotations["annotations"]:
            each["image_id"] = number if each["image_id"] == image["id"] else each["image_id"]
        image["id"] = number
    for number, each in enumerate(annotations["annotations"]):
        each["ignore"] = int(number % 5 == 0)
    figures = coco_figures(detections, annotations, 0.0)
    assert figures is not None
    truth = [
        {**each, "area": NOT_JUDGED if each["ignore"] else each["area"], "ignore": 0}
        for each in annotations["annotations"]
    ]
    found = read(written(tmp_path, detections, annotations["images"]))
    limits = [row["max_detections"] for row in figures["max_detections"]]
    judged = average_precision(read({**annotations, "annotations": truth, "categories": [{"id": 1}]}), found, limits)
    expected = [(row["ap"], row["ap50"]) for row in figures["max_detections"]]
    assert [value for pair in judged for value in pair] == pytest.approx([v for pair in expected for v in pair])
    assert figures["n_detections"] == len(found.anns)


def test_the_document_is_whole(tmp_path: Path) -> None:
    """What importers ask for: an image's size and name, a category's name, and boxes inside their images."""
    detections, annotations = judged_tiles()
    over_the_edge = detections.iloc[:1].assign(x=1.0, y=511.0, width=20.0, height=20.0, score=0.5)
    path = written(tmp_path, pd.concat([detections, over_the_edge]), annotations["images"])
    document = json.loads(path.read_text())
    assert document["categories"] == [{"id": 1, "name": "crater"}]
    assert [each["id"] for each in document["images"]] == [1, 2, 3, 4]
    assert {key for each in document["images"] for key in each} >= {"id", "file_name", "width", "height"}
    assert [each["id"] for each in document["annotations"]] == list(range(1, len(detections) + 2))
    sizes = {each["id"]: (each["width"], each["height"]) for each in document["images"]}
    for each in document["annotations"]:
        assert set(each) == {"id", "image_id", "category_id", "bbox", "area", "iscrowd", "score"}
        left, top, width, height = each["bbox"]
        assert min(left, top) >= 0
        assert (left + width, top + height) <= sizes[each["image_id"]]
        assert each["area"] == pytest.approx(width * height, abs=1e-3)
    assert [0.0, 501.0, 11.0, 11.0] in [each["bbox"] for each in document["annotations"]]
    with contextlib.redirect_stdout(io.StringIO()):
        loaded = read({**document, "annotations": []}).loadRes(document["annotations"])
    assert len(loaded.getAnnIds()) == len(document["annotations"])


def test_detections_in_tiles_without_an_image_are_left_out(tmp_path: Path) -> None:
    detections, annotations = judged_tiles()
    document = json.loads(written(tmp_path, detections, annotations["images"][1:]).read_text())
    assert len(document["annotations"]) == (detections["tile_row"] > 0).sum()


@pytest.mark.parametrize("images", [0, 1])
def test_nothing_found_is_a_document_too(images: int, tmp_path: Path) -> None:
    detections, annotations = judged_tiles()
    found = read(written(tmp_path, detections.iloc[:0], annotations["images"][:images]))
    assert (len(found.imgs), len(found.anns)) == (images, 0)


def test_the_same_detections_give_the_same_bytes(tmp_path: Path) -> None:
    detections, annotations = judged_tiles()
    first, second = (written(tmp_path, detections, annotations["images"]).read_bytes() for _ in range(2))
    assert first == second

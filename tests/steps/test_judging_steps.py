"""calibrate, evaluate and report, one after another, on a made-up region and its picture."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from crater_pipeline.errors import UserError
from crater_pipeline.models.scores import Calibration, OperatingPoint, Scoring
from tests.html_page import check_page
from tests.judged_chain import WEIGHTS, Chain
from tests.judged_region import Region, footprint_of, random_region


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Chain, dict[str, Any], str]:
    chain = Chain(tmp_path_factory.mktemp("region"), random_region(0))
    return chain, *chain.run()


def test_the_chain_judges_what_it_was_given(finished: tuple[Chain, dict[str, Any], str]) -> None:
    _, figures, _ = finished
    headline = figures["criteria"]["iou50"]
    # The made-up detector finds 80 % and its false alarms score low.
    assert 0.65 < headline["recall"]["value"] < 0.85
    assert headline["precision"]["value"] > 0.8
    assert figures["region"] == "somewhere"
    assert figures["schema_version"] == 1
    assert figures["coco_tiles"] is None
    assert figures["threshold_source"] == "validation"


def test_the_page_fetches_nothing_and_shows_the_figures(finished: tuple[Chain, dict[str, Any], str]) -> None:
    _, figures, page = finished
    check_page(page)
    for name in ("precision", "recall", "f1", "average_precision"):
        assert f"{100 * figures['criteria']['iou50'][name]['value']:.1f} %" in page
    for criterion in ("iou50", "deepmoon", "strict"):
        assert f"<code>{criterion}</code>" in page
    assert page.count('class="chart"') == 11
    assert page.count('class="heat"') == 1
    assert page.count('<figure class="picture">') > 2 + 12 * 4
    assert "Somewhere &amp; &lt;elsewhere&gt;" in page
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in page
    assert "0123abcd" in page
    assert "0.1235" in page


def test_depths_are_compared_with_the_catalogues(tmp_path: Path) -> None:
    chain = Chain(tmp_path, random_region(1, n=300))
    assert chain.run()[0]["depths"] is None
    depths = chain.measure()
    figures = chain.evaluate(depths=depths)["depths"]
    assert 0 < figures["agreement"]["n"] <= figures["n_measured"] <= figures["n_craters"]
    assert figures["agreement"]["median_ratio"] == pytest.approx(0.9)
    page = chain.report(depths=depths)
    check_page(page)
    assert page.count('class="chart"') == 12
    assert "measured over catalogued, are below 0.90" in page


def test_published_figures_are_quoted_as_printed_and_marked(finished: tuple[Chain, dict[str, Any], str]) -> None:
    _, _, page = finished
    for printed in ("75.97", "74.71", "75.08", "81.35", "80.92", "74.00", "73.34", "78.44"):
        assert f"{printed} %" in page
    assert "75.33" in page
    assert page.count('title="2PR/(P+R) of the printed P and R') == 4


def test_the_same_inputs_give_the_same_page(finished: tuple[Chain, dict[str, Any], str]) -> None:
    chain, _, page = finished
    assert chain.report() == page


def test_without_a_catalogue_there_is_a_page_and_no_figures(tmp_path: Path) -> None:
    region = random_region(0)
    chain = Chain(tmp_path, Region(region.craters, region.catalogue.iloc[:0], region.footprint))
    figures, page = chain.run(trained=False)
    assert figures["criteria"] is None
    check_page(page)
    assert "No catalogue was given" in page
    assert "81.35" not in page
    assert page.count('class="chart"') == 3
    assert len(pd.read_parquet(chain.path("matches.parquet"))) == 0


@pytest.mark.parametrize("side", ["craters", "catalogue and craters"])
def test_nothing_found(tmp_path: Path, side: str) -> None:
    region = random_region(0)
    catalogue = region.catalogue if side == "craters" else region.catalogue.iloc[:0]
    figures, page = Chain(tmp_path, Region(region.craters.iloc[:0], catalogue, region.footprint)).run()
    check_page(page)
    assert figures["product"]["n_craters"] == 0


def test_untrained_region_is_judged_as_a_whole(tmp_path: Path) -> None:
    region = random_region(0, n=300)
    whole = footprint_of({"test": (-30, 30, -18, 40)})
    chain = Chain(tmp_path, Region(region.craters.assign(split="test"), region.catalogue, whole))
    figures, page = chain.run(trained=False)
    assert figures["threshold_source"] == "weights"
    assert figures["threshold"] == 0.35
    check_page(page)
    assert "nothing was trained on it" in page


def test_tile_figures_when_detections_are_given(finished: tuple[Chain, dict[str, Any], str]) -> None:
    chain, _, _ = finished
    columns = ["level", "tile_row", "tile_col", "x", "y", "width", "height", "score"]
    pd.DataFrame([(0, 1, 2, 60.0, 60.0, 41.0, 40.0, 0.9)], columns=columns).to_parquet(chain.path("detections.parquet"))
    place = {"level": 0, "row": 1, "col": 2, "x_off": 512, "y_off": 256, "width": 512, "height": 512}
    annotations = {
        "images": [{"id": 1, "file_name": "tile.png", "split": "test", **place}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 1,
                "bbox": [40, 40, 40, 40],
                "area": 1600,
                "iscrowd": 0,
                "ignore": 0,
                "circle": [60, 60, 20],
                "diameter_km": 4.0,
            }
        ],
    }
    chain.path("annotations.json").write_text(json.dumps(annotations))
    figures = chain.evaluate(detections=chain.path("detections.parquet"), annotations=chain.path("annotations.json"))
    assert figures["coco_tiles"]["max_detections"][0]["ap50"] == pytest.approx(1.0)
    page = chain.report()
    check_page(page)
    assert "Per tile, as COCO counts" in page


def test_another_regions_operating_point_counts_as_the_weights_own(tmp_path: Path) -> None:
    chain = Chain(tmp_path, random_region(0))
    rule = Calibration(kind="isotonic", raw=(0.0, 1.0), calibrated=(0.0, 0.8))
    other = OperatingPoint.of_weights(Scoring(threshold=0.5, calibration=rule))
    chain.path("other.json").write_text(other.model_dump_json())
    point = chain.calibrate(trained=False, initial_operating_point=chain.path("other.json"))
    assert point["source"] == "weights"
    assert point["raw_threshold"] == 0.5
    assert point["threshold"] == pytest.approx(0.4)
    # Where the region's own validation part says enough, it decides.
    fitted = chain.calibrate(trained=True, initial_operating_point=chain.path("other.json"))
    assert fitted == chain.calibrate(trained=True)


def test_the_weights_own_threshold_is_that_of_the_suns_in_use(tmp_path: Path) -> None:
    chain = Chain(tmp_path, random_region(0))
    several = {"suns": 4, "threshold": 0.25, "calibration": WEIGHTS["calibration"], "uncertainty": None}
    chain.path("weights.json").write_text(json.dumps({**WEIGHTS, "several_suns": several}))
    assert chain.calibrate(trained=False)["raw_threshold"] == WEIGHTS["threshold"]
    assert chain.calibrate(trained=False, suns=4)["raw_threshold"] == 0.25
    chain.path("weights.json").write_text(json.dumps({**WEIGHTS, "several_suns": None}))
    assert chain.calibrate(trained=False, suns=4)["raw_threshold"] == WEIGHTS["threshold"]


def test_missing_input_is_named(tmp_path: Path) -> None:
    chain = Chain(tmp_path, random_region(0, n=20))
    chain.path("weights.json").unlink()
    with pytest.raises(UserError, match=r"weights\.json"):
        chain.calibrate()
    assert not chain.path("operating_point.json").exists()

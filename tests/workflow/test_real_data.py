"""The whole chain on a small window of real terrain, trained for a moment, and of an image of it, not trained."""

import json
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import yaml

from tests.workflow.conftest import Checkout, copy_checkout

BOUNDS = [-33, 32, -30, 35]

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("CRATER_REAL_DATA"), reason="CRATER_REAL_DATA names no folder of real data"),
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with the window's region made from both kinds of source."""
    data = Path(os.environ["CRATER_REAL_DATA"]).resolve()
    region = {"catalogue": "wang_wu", "bounds": BOUNDS, "reprojection": {"margin_px": 64}, "tiling": {"levels": 2}}
    mine: dict[str, Any] = {
        "mosaics": {
            "terrain": {"kind": "dtm", "body": "moon", "url": str(data / "gld100_hongwan.tif")},
            "lit": {"kind": "image", "body": "moon", "url": str(data / "wac_like_hongwan.tif")},
        },
        "catalogues": {"wang_wu": {"format": "wang_wu", "url": str(data / "wang_wu_west.csv")}},
        "regions": {
            "window": {
                **region,
                "mosaic": "terrain",
                "split": {"block_px": 128},
                "training": {"frozen_epochs": 0, "unfrozen_epochs": 1, "samples_per_epoch": 64},
            },
            "picture": {**region, "mosaic": "lit", "training": {"enabled": False}},
        },
    }
    checkout = copy_checkout(tmp_path_factory.mktemp("real"))
    (checkout.folder / "mine.yaml").write_text(yaml.safe_dump(mine))
    targets = [f"results/{name}/{file}" for name in mine["regions"] for file in ("craters.gpkg", "report.html")]
    checkout.snakemake("--configfile", "mine.yaml", "--", *targets)
    return checkout


@pytest.mark.parametrize(("region", "parts"), [("window", {"train", "val", "test"}), ("picture", {"test"})])
def test_craters_lie_in_the_searched_area_and_agree_with_the_catalogue(
    finished: Checkout, region: str, parts: set[str]
) -> None:
    results = finished.folder / "results" / region
    craters = gpd.read_file(results / "craters.gpkg", layer="craters")
    footprint = gpd.read_file(results / "craters.gpkg", layer="footprint")
    catalogue = gpd.read_file(results / "craters.gpkg", layer="catalogue")
    assert craters.crs.to_authority() == ("IAU_2015", "30100")
    assert not craters["crater_id"].duplicated().any()
    assert craters["lon"].between(BOUNDS[0], BOUNDS[2]).all()
    assert craters["lat"].between(BOUNDS[1], BOUNDS[3]).all()
    assert set(craters["split"]) <= parts
    spherical = np.radians(3) * 1737.4**2 * (np.sin(np.radians(BOUNDS[3])) - np.sin(np.radians(BOUNDS[1])))
    assert footprint["area_km2"].sum() == pytest.approx(spherical, rel=0.02)
    large = catalogue[catalogue["diameter_km"] >= 2]
    assert len(large) >= 8
    assert large["found"].mean() > 0.4


@pytest.mark.parametrize("region", ["window", "picture"])
def test_figures_are_there(finished: Checkout, region: str) -> None:
    metrics = json.loads((finished.folder / "results" / region / "metrics.json").read_text())
    assert metrics["min_diameter_km"] == {"window": 2.0, "picture": 1.0}[region]
    assert set(metrics["criteria"]) == {"iou50", "deepmoon", "strict"}
    for figures in metrics["criteria"].values():
        found, missed, others = (figures[f"n_{name}"] for name in ("true_positive", "false_negative", "false_positive"))
        assert found + missed > 0
        assert figures["f1"]["value"] == pytest.approx(2 * found / (2 * found + missed + others))


def test_matched_craters_lie_where_the_catalogue_has_them(finished: Checkout) -> None:
    metrics = json.loads((finished.folder / "results" / "picture" / "metrics.json").read_text())
    assert metrics["criteria"]["iou50"]["n_true_positive"] >= 10
    assert metrics["criteria"]["iou50"]["centre_error"]["value"] < 0.15


def test_the_operating_point_comes_from_where_the_contract_says(finished: Checkout) -> None:
    points = {
        region: json.loads((finished.folder / "results" / region / "operating_point.json").read_text())
        for region in ("window", "picture")
    }
    assert points["picture"]["source"] == "weights"
    described = json.loads((finished.folder / "results" / "picture" / "weights.json").read_text())
    assert points["picture"]["raw_threshold"] == described["threshold"]
    assert points["window"]["split"] == "val"

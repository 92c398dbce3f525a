"""Folds, another region's weights and the ablation: what Snakemake makes of them, and whole runs of tiny ones."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import yaml

from crater_pipeline.models.scores import IDENTITY
from crater_pipeline.models.settings import BackboneName, ModelSettings
from crater_pipeline.models.weights import build_network, save_weights
from tests.html_page import check_page
from tests.workflow.conftest import Checkout, copy_checkout

GROUND: dict[str, Any] = {
    "mosaic": "tiny",
    "catalogue": "tiny",
    "bounds": [-0.9, 29.1, 0.9, 30.9],
    "reprojection": {"margin_px": 32},
    "tiling": {"size": 128, "overlap": 32, "levels": 1},
    "split": {"block_px": 128},
}
MOMENT = {"frozen_epochs": 0, "unfrozen_epochs": 1, "samples_per_epoch": 8, "workers": 0}
TINY: dict[str, Any] = {
    "mosaics": {
        "tiny": {"kind": "simulated", "body": "moon", "seed": 7, "pixel_size_m": 200, "bounds": [-1, 29, 1, 31]}
    },
    "catalogues": {"tiny": {"format": "simulated", "mosaic": "tiny"}},
    "evaluation": {"bootstrap_samples": 100},
}
FOLDS = TINY | {
    "training": MOMENT,
    "regions": {
        "tiny": GROUND | {"folds": 2},
        "from_fold": {
            "like": "tiny",
            "model": {"initial": "results/tiny_fold1/weights.safetensors"},
            "training": {"enabled": False},
        },
    },
    "comparisons": {
        "starts": {"title": "--folds", "entries": {"_folds, pooled": ["tiny"], "another region's": ["from_fold"]}}
    },
}
STARTS = "results/comparisons/starts/report.html"
ABLATION = "results/comparisons/ablation_hongwan/report.html"
ABLATION_PRESETS = ("config/real_ground.yaml", "config/ablation.yaml")
MODELS = ("hourglass_pretrained", "hourglass_scratch", "resnet_pretrained", "resnet_scratch")
SHORT = TINY | {
    "regions": {
        "gld100_hongwan": GROUND,
        **{f"hongwan_{name}": {"training": MOMENT} for name in MODELS},
    }
}
"""Laid over the ablation's presets: a moment of training each, on simulated ground."""


def write_pretrained(folder: Path) -> None:
    """Weights of the compact networks, where the ablation looks for them."""
    backbones: tuple[BackboneName, ...] = ("hourglass_compact", "resnet50_compact")
    for backbone in backbones:
        network = build_network(ModelSettings(backbone=backbone, initial="none"), seed=0)
        metadata: dict[str, Any] = {
            "backbone": backbone,
            "threshold": 0.3,
            "calibration": IDENTITY,
            "pixel_size_range_m": (50, 500),
            "diameter_range_px": (8, 128),
            "training": {},
        }
        path = folder / "results" / "pretraining" / f"{backbone}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        save_weights(network, path, metadata, path.with_suffix(".json"))


def jobs(checkout: Checkout, *arguments: str) -> Counter[str]:
    """How many jobs of each rule a run would execute."""
    done = checkout.snakemake("--dry-run", "--quiet", "host", *arguments)
    table = done.stdout.partition("job ")[2]
    return Counter({name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)})


@pytest.fixture
def fresh(tmp_path: Path) -> Checkout:
    checkout = copy_checkout(tmp_path)
    (tmp_path / "folds.yaml").write_text(yaml.safe_dump(FOLDS, sort_keys=False))
    (tmp_path / "short.yaml").write_text(yaml.safe_dump(SHORT, sort_keys=False))
    return checkout


def test_folds_and_variants_make_their_raster_once(fresh: Checkout) -> None:
    planned = jobs(fresh, "--configfile", "folds.yaml", "--", STARTS)
    assert (planned["simulate"], planned["reproject"], planned["compare"]) == (1, 1, 1)
    assert planned["train"] == planned["detect"] == planned["calibrate"] == planned["footprint"] == 3
    # The region that is not trained on needs no tiles, for nothing here is judged by them.
    assert planned["tile"] == planned["label"] == 2


def test_another_method_takes_the_networks_place(fresh: Checkout) -> None:
    region = {"like": "tiny", "folds": None, "baseline": {"method": "templates"}}
    document = FOLDS | {
        "regions": FOLDS["regions"] | {"other": region},
        "comparisons": {"methods": {"entries": {"ours": ["from_fold"], "templates": ["other"]}}},
    }
    (fresh.folder / "methods.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    target = "results/comparisons/methods/report.html"
    planned = jobs(fresh, "--configfile", "methods.yaml", "--", target)
    # The first fold is trained and searched for its weights and threshold, with which the other entry is searched.
    assert (planned["train"], planned["baseline"], planned["detect"]) == (2, 1, 2)
    assert (planned["calibrate"], planned["heatmaps"], planned["compare"]) == (3, 2, 1)


def test_a_method_learns_once_and_searches_other_regions_with_it(fresh: Checkout) -> None:
    learner = {"like": "tiny", "folds": None, "training": {"enabled": True}, "baseline": {"method": "deepmoon"}}
    others = {
        name: {"like": "tiny", "folds": None, "baseline": {"method": "deepmoon", "learned_in": "learner"}}
        for name in ("first", "second")
    }
    document = FOLDS | {
        "regions": FOLDS["regions"] | {"learner": learner} | others,
        "comparisons": {"methods": {"entries": {"first": ["first"], "second": ["second"]}}},
    }
    (fresh.folder / "methods.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    planned = jobs(fresh, "--configfile", "methods.yaml", "--", "results/comparisons/methods/report.html")
    assert (planned["learn_method"], planned["baseline"], planned["train"]) == (1, 2, 0)


def test_the_ablation_trains_four_networks_on_one_raster(fresh: Checkout) -> None:
    write_pretrained(fresh.folder)
    presets = ("--configfile", *ABLATION_PRESETS, "short.yaml")
    planned = jobs(fresh, *presets, "--", ABLATION)
    assert (planned["simulate"], planned["reproject"], planned["train"], planned["compare"]) == (1, 1, 5, 1)
    assert (planned["detect"], planned["pretrain"]) == (5, 0)
    folded = '{"gld100_hongwan": {"folds": 5}}'
    planned = jobs(fresh, *presets, "--config", f"regions={folded}", "--", ABLATION)
    assert (planned["reproject"], planned["train"], planned["compare"]) == (1, 21, 1)


@pytest.mark.parametrize(
    ("presets", "target"),
    [
        ((*ABLATION_PRESETS, "short.yaml"), ABLATION),
        ((*ABLATION_PRESETS, "config/ablation_gpu.yaml", "short.yaml"), ABLATION),
        (("config/paper.yaml",), "results/hongwan/report.html"),
    ],
)
def test_without_pretrained_weights_the_command_that_makes_them_is_given(
    fresh: Checkout, presets: tuple[str, ...], target: str
) -> None:
    done = fresh.snakemake("--dry-run", "--configfile", *presets, "--", target, check=False)
    printed = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in printed
    (line,) = [each for each in printed.splitlines() if each.startswith("error:")]
    assert "make it with: snakemake --cores all --configfile config/pretrain.yaml --config model=" in line


def test_pretrained_weights_that_are_there_are_used_as_they_are(fresh: Checkout) -> None:
    path = fresh.folder / "results" / "pretraining" / "hourglass.safetensors"
    path.parent.mkdir(parents=True)
    path.touch()
    planned = jobs(fresh, "--configfile", "config/paper.yaml", "--", "results/hongwan/report.html")
    assert (planned["train"], planned["pretrain"]) == (1, 0)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A tiny region in two folds, and the first fold's weights on all of it."""
    checkout = copy_checkout(tmp_path_factory.mktemp("folds"))
    (checkout.folder / "folds.yaml").write_text(yaml.safe_dump(FOLDS, sort_keys=False))
    checkout.snakemake("--configfile", "folds.yaml", "--", STARTS)
    return checkout


@pytest.mark.slow
def test_pooled_folds_are_judged_on_every_crater_of_the_region_once(finished: Checkout) -> None:
    results = finished.folder / "results"
    figures = json.loads((results / "comparisons" / "starts" / "metrics.json").read_text())
    folds, whole = figures["entries"]
    assert [region["name"] for region in folds["regions"]] == ["tiny_fold1", "tiny_fold2"]
    assert folds["n_truth"] == whole["n_truth"] > 0
    assert folds["area_km2"] == pytest.approx(whole["area_km2"])
    assert figures["differences"][0]["n_truth"] == [whole["n_truth"]] * 2
    tested = [
        gpd.read_parquet(results / f"tiny_fold{k}" / "footprint.parquet").set_index("split").geometry["test"]
        for k in (1, 2)
    ]
    assert tested[0].intersection(tested[1]).area == pytest.approx(0, abs=1e-9)
    page = (results / "comparisons" / "starts" / "report.html").read_text()
    check_page(page)
    assert "<h1>--folds" in page


@pytest.mark.slow
def test_another_regions_weights_come_with_the_threshold_chosen_there(finished: Checkout) -> None:
    results = finished.folder / "results"
    weights = [(results / name / "weights.safetensors").read_bytes() for name in ("tiny_fold1", "from_fold")]
    assert weights[0] == weights[1]
    points = [json.loads((results / name / "operating_point.json").read_text()) for name in ("tiny_fold1", "from_fold")]
    for key in ("threshold", "raw_threshold", "calibration"):
        assert points[0][key] == points[1][key]
    assert points[1]["source"] == "weights"
    assert set(pd.read_parquet(results / "from_fold" / "craters_all.parquet")["split"]) <= {"test"}


@pytest.mark.slow
def test_nothing_is_run_again_without_a_change(finished: Checkout) -> None:
    assert finished.would_run("--configfile", "folds.yaml", "--quiet", "host", "--", STARTS) == set()


@pytest.mark.slow
def test_the_ablation_runs_to_its_end(fresh: Checkout) -> None:
    write_pretrained(fresh.folder)
    fresh.snakemake("--configfile", *ABLATION_PRESETS, "short.yaml", "--", ABLATION)
    figures = json.loads((fresh.folder / "results" / "comparisons" / "ablation_hongwan" / "metrics.json").read_text())
    labels = [(entry["label"], entry["regions"][0]["backbone"]) for entry in figures["entries"]]
    assert labels == [
        ("hourglass, pretrained", "hourglass_compact"),
        ("hourglass, from scratch", "hourglass_compact"),
        ("ResNet-50, pretrained", "resnet50_compact"),
        ("ResNet-50, from scratch", "resnet50_compact"),
        ("as shipped", "hourglass_compact"),
    ]
    assert len({entry["regions"][0]["weights"] for entry in figures["entries"]}) == 5
    page = (fresh.folder / ABLATION).read_text()
    check_page(page)
    assert "ROC over candidate peaks" in page

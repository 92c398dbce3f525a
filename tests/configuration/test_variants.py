"""Variants of a region, folds of a cross-validation, and comparisons of them."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.configuration.comparison_plan import ComparisonPlan
from crater_pipeline.configuration.entries import Configuration, deep_merge
from crater_pipeline.configuration.loading import load
from crater_pipeline.configuration.plan import RegionPlan
from crater_pipeline.errors import UserError
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.tiles.grid import TileGrid
from crater_pipeline.tiles.splits import TEST, SplitSettings, split_map
from crater_pipeline.training.settings import TrainingSettings

BASE: dict[str, Any] = {
    "bodies": {"moon": {"radius_m": 1737400}, "mars": {"radius_m": 3396190}},
    "mosaics": {
        "terrain": {"kind": "dtm", "body": "moon", "url": "https://example.org/terrain.tif", "pixel_size_m": 118},
        "red": {"kind": "image", "body": "mars", "url": "red.tif", "pixel_size_m": 100},
    },
    "catalogues": {"known": {"format": "wang_wu", "url": "known.csv"}},
    "regions": {
        "iridum": {
            "title": "Bay of rainbows",
            "mosaic": "terrain",
            "catalogue": "known",
            "bounds": [-35, 25, -15, 50],
            "training": {"unfrozen_epochs": 3},
        }
    },
}


def configured(**sections: Any) -> Configuration:
    return load(deep_merge(BASE, sections))


def refusal(**sections: Any) -> str:
    with pytest.raises(UserError) as caught:
        configured(**sections)
    return str(caught.value)


def test_a_region_like_another_takes_over_all_but_the_title_and_what_it_says_itself() -> None:
    regions = {"variant": {"like": "iridum", "training": {"frozen_epochs": 0}}, "third": {"like": "variant"}}
    configuration = configured(regions=regions)
    for name in regions:
        region = configuration.regions[name]
        assert (region.mosaic, region.catalogue, region.bounds) == ("terrain", "known", (-35, 25, -15, 50))
        training = configuration.stage(name, TrainingSettings).model_dump()
        assert (training["frozen_epochs"], training["unfrozen_epochs"]) == (0, 3)
    assert RegionPlan("variant", configuration).title == "Variant"


def test_a_variant_uses_the_raster_of_the_region_it_is_like_unless_it_needs_another() -> None:
    regions = {
        "model": {"like": "iridum", "model": {"initial": "none"}, "split": {"seed": 4}, "tiling": {"levels": 1}},
        "second": {"like": "model"},
        "lit": {"like": "iridum", "shading": {"sun_azimuth_deg": 90}},
        "lit_so_too": {"like": "lit", "model": {"initial": "none"}},
        "lit_back": {"like": "lit", "shading": {"sun_azimuth_deg": 270}},
        "small": {"like": "iridum", "bounds": [-30, 30, -20, 40]},
        "inside": {"like": "small"},
    }
    plans = {name: RegionPlan(name, configured(regions=regions)) for name in regions}
    grounds = {name: plan.ground for name, plan in plans.items()}
    lit = dict.fromkeys(("lit", "lit_so_too", "lit_back"), "iridum")
    assert grounds == {"model": "iridum", "second": "iridum", **lit, "small": "small", "inside": "small"}
    assert [plans[name].image_file for name in lit] == [
        f"results/{name}/shaded.tif" for name in ("lit", "lit", "lit_back")
    ]
    assert {plans[name].elevation_file for name in lit} == {"results/iridum/projected.tif"}
    assert plans["second"].mosaic_file == "results/iridum/mosaic.tif"
    assert plans["second"].image_file == "results/iridum/shaded.tif"
    assert plans["second"].elevation_file == "results/iridum/projected.tif"
    assert plans["second"].training_files[0] == "results/second/tiles/annotations.json"


@pytest.mark.parametrize(
    ("regions", "path"),
    [
        ({"variant": {"like": "nowhere"}}, "regions.variant.like"),
        ({"variant": {"like": "variant"}}, "regions.variant.like"),
        ({"a": {"like": "b"}, "b": {"like": "a"}}, "regions.b.like"),
        ({"variant": {"like": "iridum", "tiling": {"sise": 3}}}, "regions.variant.tiling.sise"),
        ({"variant": {"like": 3}}, "regions.variant"),
        ({"iridum": {"folds": 1}}, "regions.iridum.folds"),
        ({"iridum": {"folds": 2, "split": {"fractions": [0.3, 0.6, 0.1]}}}, "regions.iridum.folds"),
        ({"iridum": {"folds": 2}, "iridum_fold2": {"like": "iridum", "folds": None}}, "regions.iridum_fold2"),
        ({"comparisons": {"like": "iridum"}}, "regions.comparisons"),
    ],
)
def test_a_wrong_variant_is_named_by_its_path(regions: dict[str, Any], path: str) -> None:
    assert path in refusal(regions=regions)


def test_folds_are_regions_of_their_own_on_the_same_raster() -> None:
    regions = {"iridum": {"folds": 5}, "scratch": {"like": "iridum", "model": {"initial": "none"}}}
    configuration = configured(regions=regions)
    names = [f"{base}_fold{k}" for base in ("iridum", "scratch") for k in range(1, 6)]
    assert set(configuration.regions) == {"iridum", "scratch", *names}
    plans = [RegionPlan(name, configuration) for name in names]
    assert {plan.ground for plan in plans} == {"iridum"}
    assert {plan.image_file for plan in plans} == {"results/iridum/shaded.tif"}
    assert plans[1].title == "Bay of rainbows, fold 2 of 5"
    assert plans[7].stage(ModelSettings).initial == "none"
    assert all(plan.stage(TrainingSettings).unfrozen_epochs == 3 for plan in plans)


def test_where_nothing_is_trained_there_are_no_folds() -> None:
    regions = {"iridum": {"folds": 5}, "shipped": {"like": "iridum", "training": {"enabled": False}}}
    configuration = configured(regions=regions, comparisons={"both": {"entries": {"a": ["iridum"], "b": ["shipped"]}}})
    assert not any(name.startswith("shipped_") for name in configuration.regions)
    plan = ComparisonPlan("both", configuration)
    assert plan.entries == {"a": [f"iridum_fold{k}" for k in range(1, 6)], "b": ["shipped"]}


@settings(max_examples=40, deadline=None)
@given(
    folds=st.integers(2, 7),
    method=st.sampled_from(["blocks", "random"]),
    block_px=st.sampled_from([128, 256, 512]),
    seed=st.integers(0, 100),
    shape=st.tuples(st.integers(8, 60), st.integers(8, 60)),
)
def test_the_test_parts_of_the_folds_share_nothing_and_cover_the_region(
    folds: int, method: str, block_px: int, seed: int, shape: tuple[int, int]
) -> None:
    """On ragged ground: parts are disjoint, cover it together, and no block is in two parts of a fold."""
    region = {"iridum": {"folds": folds, "split": {"method": method, "block_px": block_px, "seed": seed}}}
    configuration = configured(regions=region)
    factor = 16
    wanted = np.random.default_rng(seed).random(shape) < 0.8
    grid = TileGrid(shape[1] * factor, shape[0] * factor, size=128, overlap=32)
    tested, rows, cols = np.zeros(shape, int), *np.indices(shape)
    block = rows * factor // block_px * 1000 + cols * factor // block_px
    for name in (f"iridum_fold{k}" for k in range(1, folds + 1)):
        split = configuration.stage(name, SplitSettings)
        assert isinstance(split, SplitSettings)
        parts = split_map(grid, wanted, factor, split)
        tested += parts == TEST
        if method == "blocks":
            assert max(Counter(b for b, _ in {*zip(block.flat, parts.flat, strict=True)}).values()) == 1
    assert (tested[wanted] == 1).all()
    assert (tested <= 1).all()


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ({"a": ["nowhere"]}, "comparisons.mine.entries.a: no region 'nowhere'"),
        ({"a": []}, "comparisons.mine.entries.a: empty"),
        ({"a": ["iridum", "iridum"]}, "comparisons.mine.entries.a: names a region twice"),
        ({"a": ["blind"]}, "comparisons.mine.entries.a: region 'blind' has no catalogue"),
        ({"a": ["iridum"], "b": ["jezero"]}, "comparisons.mine: regions of different bodies"),
        ({}, "comparisons.mine.entries"),
    ],
)
def test_an_impossible_comparison_is_named(entries: dict[str, list[str]], text: str) -> None:
    blind = {"like": "iridum", "catalogue": None, "training": {"enabled": False}}
    jezero = {"mosaic": "red", "catalogue": "known", "bounds": [77, 18, 78, 19]}
    regions = {"blind": blind, "jezero": jezero}
    assert text in refusal(regions=regions, comparisons={"mine": {"entries": entries}})


def test_all_regions_of_a_comparison_are_judged_from_the_largest_of_their_diameters() -> None:
    regions = {"variant": {"like": "iridum", "evaluation": {"min_diameter_km": 3.5}}}
    entries = {"as it is": ["iridum", "variant"], "with a = in it": ["variant"]}
    plan = ComparisonPlan("mine", configured(regions=regions, comparisons={"mine": {"entries": entries}}))
    assert plan.evaluation.min_diameter_km == 3.5
    assert plan.regions == ["iridum", "variant"]
    assert plan.title == "Mine"
    assert plan.pooled == ["iridum,variant=as it is", "variant=with a = in it"]

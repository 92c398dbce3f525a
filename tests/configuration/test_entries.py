"""The configuration: what is accepted, what is refused and how, and what follows from it."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import from_origin

from crater_pipeline.configuration.entries import STAGES, deep_merge
from crater_pipeline.configuration.loading import load
from crater_pipeline.configuration.plan import OWN, RegionPlan
from crater_pipeline.configuration.sources import RasterMosaic
from crater_pipeline.errors import UserError
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.labels.learnable import LabelSettings
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.tiles.grid import TilingSettings

ROOT = Path(__file__).parents[2]
SHIPPED: dict[str, Any] = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())

MINIMAL: dict[str, Any] = {
    "bodies": {"moon": {"radius_m": 1737400}},
    "mosaics": {"terrain": {"kind": "dtm", "body": "moon", "url": "terrain.tif"}},
    "catalogues": {"known": {"format": "wang_wu", "url": "known.csv"}},
    "regions": {"iridum": {"mosaic": "terrain", "catalogue": "known", "bounds": [-35, 25, -15, 50]}},
}

SIMULATED: dict[str, Any] = {
    "mosaics": {"made": {"kind": "simulated", "body": "moon", "seed": 3, "pixel_size_m": 200, "bounds": [0, 0, 2, 2]}},
    "catalogues": {"made": {"format": "simulated", "mosaic": "made"}},
    "regions": {"demo": {"mosaic": "made", "catalogue": "made", "bounds": [0, 0, 2, 2]}},
}


def plan(name: str, *overrides: dict[str, Any]) -> RegionPlan:
    raw = MINIMAL
    for override in overrides:
        raw = deep_merge(raw, override)
    return RegionPlan(name, load(raw))


def message(*overrides: dict[str, Any]) -> str:
    """What a configuration is refused with."""
    with pytest.raises(UserError) as caught:
        plan("iridum", *overrides)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_shipped_regions_are_those_of_the_contract() -> None:
    configuration = load(SHIPPED)
    assert set(configuration.regions) == {"hongwan", "procellarum", "demo"}
    assert configuration.regions["hongwan"].bounds == (-35, 25, -15, 50)
    assert configuration.regions["procellarum"].bounds == (-70, 30, -40, 55)
    assert configuration.mosaics[configuration.regions["demo"].mosaic].kind == "simulated"


LAID_OVER = {
    "pretrain_pictures.yaml": ("pretrain.yaml",),
    "ablation.yaml": ("real_ground.yaml",),
    "ablation_gpu.yaml": ("real_ground.yaml", "ablation.yaml"),
    "rivals.yaml": ("real_ground.yaml",),
}
"""Presets that need another one below them."""


@pytest.mark.parametrize("preset", sorted(path.name for path in (ROOT / "config").glob("*.yaml")))
def test_shipped_presets_are_valid(preset: str) -> None:
    merged = SHIPPED
    for name in (*LAID_OVER.get(preset, ()), preset):
        merged = deep_merge(merged, yaml.safe_load((ROOT / "config" / name).read_text()))
    load(merged)


def test_only_the_written_out_keys_are_required() -> None:
    region = plan("iridum")
    assert region.kind == "dtm"
    assert region.trained
    assert all(isinstance(region.stage(stage), stage) for stage in STAGES.values())


def test_a_body_mosaic_catalogue_and_region_are_one_entry_each() -> None:
    mars = {
        "bodies": {"mars": {"radius_m": 3396190}},
        "mosaics": {"thm": {"kind": "image", "body": "mars", "url": "https://example.org/thm.tif"}},
        "catalogues": {"mine": {"format": "table", "url": "mine.csv", "complete_km": 2.5}},
        "regions": {"jezero": {"mosaic": "thm", "catalogue": "mine", "bounds": [77, 18, 78, 19]}},
    }
    region = plan("jezero", mars)
    assert region.body.name == "mars"
    assert region.body.radius_m == 3396190
    assert region.mosaic_file == "results/jezero/mosaic.tif"
    assert region.catalogue_file == "mine.csv"
    assert region.complete_km == 2.5


def test_a_regions_section_wins_over_the_global_one() -> None:
    override = {
        "tiling": {"size": 256, "overlap": 64},
        "regions": {"iridum": {"tiling": {"overlap": 32}, "model": {"initial": "none"}}},
    }
    region = plan("iridum", override)
    assert region.stage(TilingSettings).model_dump(include={"size", "overlap"}) == {"size": 256, "overlap": 32}
    assert region.stage(ModelSettings).initial == "none"
    assert region.configuration.model.initial == "shipped"


def test_terrain_models_get_a_network_that_sees_terrain_unless_another_is_named() -> None:
    def chosen(region: str, *overrides: dict[str, Any]) -> tuple[object, int]:
        settled = plan(region, *overrides)
        return settled.stage(ModelSettings).backbone, settled.suns

    named = {"regions": {"iridum": {"model": {"backbone": "hourglass_compact"}}}}
    assert chosen("iridum") == ("hourglass_terrain", 1)
    assert chosen("iridum", named) == ("hourglass_compact", 4)
    assert chosen("iridum", {"model": {"backbone": "hourglass_compact"}}) == ("hourglass_compact", 4)
    assert chosen("iridum", {"inference": {"suns": 2}}) == ("hourglass_terrain", 2)
    assert chosen("demo", SIMULATED) == ("hourglass_compact", 1)


@pytest.mark.parametrize(
    ("override", "path"),
    [
        ({"tilling": {}}, "tilling"),
        ({"tiling": {"sise": 512}}, "tiling.sise"),
        ({"tiling": {"size": "large"}}, "tiling.size"),
        ({"tiling": {"size": 500}}, "tiling.size"),
        ({"regions": {"iridum": {"tiling": {"sise": 512}}}}, "regions.iridum.tiling.sise"),
        ({"regions": {"iridum": {"tiling": {"size": -1}}}}, "regions.iridum.tiling.size"),
        ({"regions": {"iridum": {"tiling": 5}}}, "regions.iridum.tiling"),
        ({"regions": {"iridum": {"colour": {"red": 1}}}}, "regions.iridum.colour"),
        ({"regions": {"iridum": {"bounds": [1, 2, 3]}}}, "regions.iridum.bounds"),
        ({"regions": {"iridum": {"bounds": [0, 50, 10, 25]}}}, "regions.iridum.bounds"),
        ({"regions": {"Iridum-2": {"mosaic": "terrain", "bounds": [0, 0, 1, 1]}}}, "regions.Iridum-2"),
        ({"regions": {"simulated": {"mosaic": "terrain", "bounds": [0, 0, 1, 1]}}}, "regions.simulated"),
        ({"regions": {"iridum": {"mosaic": "nowhere"}}}, "regions.iridum.mosaic"),
        ({"regions": {"iridum": {"catalogue": "nowhere"}}}, "regions.iridum.catalogue"),
        ({"regions": {"iridum": {"catalogue": None}}}, "regions.iridum.catalogue"),
        ({"mosaics": {"terrain": {"kind": "radar"}}}, "mosaics.terrain"),
        ({"mosaics": {"terrain": {"body": "pluto"}}}, "mosaics.terrain.body"),
        ({"mosaics": {"terrain": {"url": "s3://bucket/terrain.tif"}}}, "mosaics.terrain.url"),
        ({"mosaics": {"terrain": {"url": "data/{x}.tif"}}}, "mosaics.terrain.url"),
        ({"model": {"initial": "{x}.safetensors"}}, "model.initial"),
        ({"model": {"initial": ""}}, "model.initial"),
        ({"regions": {"iridum": {"folds": 10**30}}}, "regions.iridum.folds"),
        ({"mosaics": {"terrain": {"colour": "grey"}}}, "mosaics.terrain.colour"),
        ({"mosaics": {"other": {"url": "x.tif", "body": "moon"}}}, "mosaics.other.kind"),
        ({"mosaics": {"other": {"kind": "image", "body": "moon"}}}, "mosaics.other.url"),
        ({"catalogues": {"known": {"complete_km": -1}}}, "catalogues.known.complete_km"),
        ({"catalogues": {"other": {"format": "simulated", "mosaic": "terrain"}}}, "catalogues.other.mosaic"),
        ({"training": {"enabled": False}, "model": {"initial": "none"}}, "training.enabled"),
        ({"model": {"backbone": "resnet50"}}, "model.initial"),
        (deep_merge(SIMULATED, {"model": {"backbone": "hourglass_terrain"}}), "regions.demo.model.backbone"),
        ({"pretraining": {"regions": ["nowhere"]}}, "pretraining.regions"),
        (
            deep_merge(SIMULATED, {"model": {"backbone": "hourglass_terrain"}, "pretraining": {"regions": ["demo"]}}),
            "pretraining.regions",
        ),
        ({"bodies": {"moon": {"radius_m": 0}}}, "bodies.moon.radius_m"),
        (
            {
                "bodies": {"ceres": {"radius_m": 470_000}},
                "mosaics": {"terrain": {"body": "ceres"}},
                "dating": {"program": "craterstats"},
            },
            "regions.iridum.dating.chronology",
        ),
    ],
)
def test_a_wrong_key_is_named_by_its_path(override: dict[str, Any], path: str) -> None:
    assert path in message(override)


@pytest.mark.parametrize(
    ("override", "path"),
    [
        ({"mosaics": {"terrain": {"url": "https://ada:s3cret@archive.example/x.tif"}}}, "mosaics.terrain.url"),
        ({"mosaics": {"terrain": {"url": "ftp://ada:s3cret@archive.example/x.tif"}}}, "mosaics.terrain.url"),
        ({"mosaics": {"terrain": {"mirrors": ["https://s3cret@archive.example/x.tif"]}}}, "mosaics.terrain.mirrors"),
        ({"catalogues": {"known": {"url": "http://ada:s3cret@archive.example/x.csv"}}}, "catalogues.known.url"),
        ({"sources": "https://ada:s3cret@archive.example/"}, "sources"),
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(override: dict[str, Any], path: str) -> None:
    text = message(override)
    assert f"{path}: a name or password stands in the address" in text
    assert "s3cret" not in text


def test_a_password_is_not_repeated_for_another_mistake_either() -> None:
    text = message({"mosaics": {"terrain": "https://ada:s3cret@archive.example/x.tif"}})
    assert "mosaics.terrain" in text
    assert "s3cret" not in text


def test_an_address_may_have_an_at_sign_in_its_path() -> None:
    address = "https://archive.example/moon@100m/x.tif"
    mosaic = load(deep_merge(MINIMAL, {"mosaics": {"terrain": {"url": address, "pixel_size_m": 100.0}}})).mosaics[
        "terrain"
    ]
    assert isinstance(mosaic, RasterMosaic)
    assert mosaic.url == address


def test_a_misspelt_key_is_answered_with_the_nearest() -> None:
    assert "did you mean 'overlap'" in message({"tiling": {"overlapp": 3}})


def test_all_wrong_keys_come_in_one_message() -> None:
    text = message({"tiling": {"sise": 1}, "merging": {"x": 2}})
    assert "tiling.sise" in text
    assert "merging.x" in text


def test_a_missing_section_is_named() -> None:
    with pytest.raises(UserError, match="bodies: required"):
        load({key: value for key, value in MINIMAL.items() if key != "bodies"})


def test_without_a_catalogue_nothing_is_trained_and_nothing_unverifiable() -> None:
    region = plan("iridum", {"regions": {"iridum": {"catalogue": None, "training": {"enabled": False}}}})
    assert region.catalogue_file is None
    assert region.complete_km == 0.0
    assert not region.trained


def test_a_terrain_model_is_judged_from_two_kilometres() -> None:
    region = plan("iridum", {"mosaics": {"terrain": {"pixel_size_m": 118.45}}})
    assert region.stage(EvaluationSettings).min_diameter_km == 2.0
    assert region.stage(LabelSettings).min_diameter_km == 1.5


def test_an_image_is_judged_from_what_it_shows_or_the_catalogue_holds() -> None:
    image = {"mosaics": {"terrain": {"kind": "image", "pixel_size_m": 100}}}
    assert plan("iridum", image).stage(EvaluationSettings).min_diameter_km == 1.0
    coarse = {"mosaics": {"terrain": {"kind": "image", "pixel_size_m": 2130}}, "labels": {}}
    assert plan("iridum", coarse).stage(EvaluationSettings).min_diameter_km == pytest.approx(21.3)
    assert plan("iridum", coarse).stage(LabelSettings).min_diameter_km == pytest.approx(17.04)
    late = {"catalogues": {"known": {"complete_km": 5}}}
    assert plan("iridum", image, late).stage(LabelSettings).min_diameter_km == 5.0


def test_a_given_diameter_is_kept() -> None:
    region = plan("iridum", {"evaluation": {"min_diameter_km": 3.5}})
    assert region.stage(EvaluationSettings).min_diameter_km == 3.5


def test_pixel_size_is_read_from_a_local_raster_in_degrees(tmp_path: Path) -> None:
    path = tmp_path / "terrain.tif"
    profile = {"width": 8, "height": 8, "count": 1, "dtype": "int16", "driver": "GTiff", "crs": "IAU_2015:30100"}
    with rasterio.open(path, "w", transform=from_origin(0, 1, 1 / 256, 1 / 256), **profile) as raster:
        raster.write(np.ones((1, 8, 8), dtype=np.int16))
    region = plan("iridum", {"mosaics": {"terrain": {"url": str(path)}}})
    assert region.mosaic_file == str(path)
    assert region.pixel_size_m == pytest.approx(118.45, abs=0.01)


def test_simulated_sources_come_from_the_simulation() -> None:
    region = plan("demo", SIMULATED)
    assert region.kind == "image"
    assert region.mosaic_file == "results/simulated/made.tif"
    assert region.catalogue_file == "results/simulated/made_catalogue.csv"
    assert region.pixel_size_m == 200


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("https://example.org/craters.CSV?x=1", "known.csv"),
        ("https://example.org/download/craters_2018", "known.dat"),
    ],
)
def test_a_downloaded_catalogue_keeps_its_ending(url: str, file: str) -> None:
    region = plan("iridum", {"catalogues": {"known": {"url": url}}})
    assert region.catalogue_file == f"results/catalogues/{file}"


def test_a_mosaic_with_a_checksum_is_one_file_for_all_its_regions() -> None:
    mosaic = {"url": "https://example.org/big.TIF", "sha256": "0" * 64}
    other = {"mosaic": "terrain", "catalogue": "known", "bounds": [0, 0, 1, 1]}
    override = {"mosaics": {"terrain": mosaic}, "regions": {"other": other}}
    assert {plan(name, override).mosaic_file for name in ("iridum", "other")} == {"results/downloads/terrain.tif"}
    unchecked = {"mosaics": {"terrain": {"url": mosaic["url"]}}}
    assert plan("iridum", unchecked).mosaic_file == "results/iridum/mosaic.tif"


def test_provenance_changes_with_what_makes_the_craters_and_only_then() -> None:
    first = plan("iridum").provenance["configuration_hash"]
    assert plan("iridum", {"evaluation": {"seed": 99}}).provenance["configuration_hash"] == first
    assert plan("iridum", {"regions": {"iridum": {"title": "Bay"}}}).provenance["configuration_hash"] == first
    when = {"mosaics": {"terrain": {"acquired": ["2009-11-01", "2011-02-28"]}}}
    assert plan("iridum", when).acquired == "2009-11-01/2011-02-28"
    assert plan("iridum", when).provenance["configuration_hash"] == first
    assert plan("iridum", {"tiling": {"overlap": 64}}).provenance["configuration_hash"] != first


def test_days_of_measuring_are_in_their_order() -> None:
    wrong = {"mosaics": {"terrain": {"acquired": ["2011-02-28", "2009-11-01"]}}}
    assert "mosaics.terrain.acquired: the first day, 2011-02-28, comes after the last" in message(wrong)


def test_rasters_are_where_the_region_that_made_them_lies() -> None:
    variant = {"regions": {"other": {"like": "iridum", "shading": {"sun_elevation_deg": 33}}}}
    own, shared = plan("iridum", variant), plan("other", variant)
    assert own.raster_files == ["results/iridum/projected.tif", "results/iridum/shaded.tif"]
    assert shared.raster_files == ["results/iridum/projected.tif", "results/other/shaded.tif"]
    files = [shared.raster_file(name) for name in ("projected", "shaded", "labels")]
    assert files == [*shared.raster_files, "results/other/labels.tif"]


keys = st.sampled_from("abc")
trees = st.recursive(st.integers(), lambda inner: st.dictionaries(keys, inner, max_size=3), max_leaves=8)


@given(st.dictionaries(keys, trees), st.dictionaries(keys, trees))
def test_deep_merge_takes_the_override_and_keeps_the_rest(base: dict[str, Any], override: dict[str, Any]) -> None:
    before = deepcopy((base, override))
    merged = deep_merge(base, override)
    assert (base, override) == before
    assert deep_merge(merged, override) == merged
    assert deep_merge({}, override) == override
    assert deep_merge(base, {}) == base
    assert set(merged) == set(base) | set(override)
    assert all(merged[key] == base[key] for key in set(base) - set(override))


@pytest.mark.parametrize(("bounds", "apart"), [([-30, 30, -28, 32], False), ([-14, 30, -12, 32], True)])
def test_regions_that_weights_are_trained_on_may_not_overlap(bounds: list[float], apart: bool) -> None:
    other = {"mosaic": "terrain", "catalogue": "known", "bounds": bounds}
    override = {"regions": {"other": other}, "pretraining": {"regions": ["iridum", "other"]}}
    if apart:
        assert plan("iridum", override).configuration.pretraining.regions == ("iridum", "other")
    else:
        assert "overlap" in message(override)


def test_what_a_file_does_not_say_of_itself_is_said_in_the_mosaic() -> None:
    told = {"mosaics": {"terrain": {"band": 2, "nodata": "none", "elevation_unit": "km"}}}
    region = plan("iridum", told)
    assert (region.band, region.nodata, region.elevation_unit) == (2, "none", "km")
    number = plan("iridum", {"mosaics": {"terrain": {"nodata": -9999, "elevation_unit": 0.5}}})
    assert (number.band, number.nodata, number.elevation_unit) == (None, -9999, 0.5)
    far = plan("iridum", told, {"mosaics": {"terrain": {"url": "https://example.org/t.tif"}}})
    assert far.band is None  # the downloaded window has one band


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("nodata", "nothing", "must be a number, or none"),
        ("elevation_unit", "miles", "must be a number, or m or km or dm or cm or mm or ft"),
        ("elevation_unit", -1.0, "greater than 0"),
        ("band", 0, "greater than or equal to 1"),
    ],
)
def test_a_wrong_word_about_a_raster_is_one_message(key: str, value: Any, said: str) -> None:
    text = message({"mosaics": {"terrain": {key: value}}})
    assert f"mosaics.terrain.{key}" in text
    assert said in text
    assert text.count("mosaics.terrain") <= (2 if value == -1.0 else 1)


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ({"baseline": {"method": "published"}}, r"regions\.iridum\.baseline\.catalogue: no catalogue 'None'"),
        (
            {"baseline": {"method": "deepmoon"}, "training": {"enabled": False}},
            r"regions\.iridum\.training\.enabled: false, but deepmoon learns",
        ),
        (
            {"baseline": {"method": "deepmoon", "learned_in": "nowhere"}},
            r"regions\.iridum\.baseline\.learned_in: no region 'nowhere'",
        ),
        (
            {"baseline": {"method": "deepmoon", "learned_in": "iridum"}},
            r"learned_in: in 'iridum' deepmoon does not learn; give that region baseline: {method: deepmoon}",
        ),
    ],
)
def test_a_method_that_lacks_what_it_needs_is_refused(region: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        plan("iridum", {"regions": {"iridum": region}})


def test_witnesses_are_tables_of_other_catalogues() -> None:
    witness = {"format": "table", "url": "https://example.org/theirs.csv", "complete_km": 5}
    region = plan("iridum", {"catalogues": {"theirs": witness}, "regions": {"iridum": {"witnesses": ["theirs"]}}})
    assert region.witness_files == ["results/iridum/catalogue_theirs.parquet"]
    assert region.witnesses == ["theirs=5"]
    assert region.file_of_table("_theirs") == "results/catalogues/theirs.csv"
    assert region.format_of_table("_theirs") == "table"
    assert region.file_of_table(OWN) == region.catalogue_file
    with pytest.raises(UserError, match=r"regions\.iridum\.witnesses: no catalogue 'nobody'"):
        plan("iridum", {"regions": {"iridum": {"witnesses": ["nobody"]}}})


OTHER_TERRAIN: dict[str, Any] = {
    "mosaics": {
        "photo": {"kind": "image", "body": "moon", "url": "photo.tif", "pixel_size_m": 100},
        "sharp": {"kind": "dtm", "body": "moon", "url": "sharp.tif", "band": 2, "elevation_unit": "km"},
        "remote": {"kind": "dtm", "body": "moon", "url": "https://e.org/a.tif", "band": 2, "pixel_size_m": 60},
    }
}


@pytest.mark.parametrize(
    ("region", "file", "told"),
    [
        ({}, "results/iridum/projected.tif", (None, "none", "m")),
        ({"mosaic": "photo"}, None, None),
        ({"mosaic": "photo", "depth_from": "sharp"}, "sharp.tif", (2, None, "km")),
        ({"depth_from": "sharp"}, "sharp.tif", (2, None, "km")),
        ({"mosaic": "photo", "depth_from": "remote"}, "results/iridum/mosaic_remote.tif", (None, None, None)),
        ({"mosaic": "photo", "depth_from": "made"}, "results/simulated/made_dtm.tif", (None, "none", "m")),
    ],
)
def test_what_depths_are_measured_on(region: dict[str, Any], file: str | None, told: tuple[Any, ...] | None) -> None:
    made = plan("iridum", OTHER_TERRAIN, {"mosaics": SIMULATED["mosaics"]}, {"regions": {"iridum": region}})
    terrain = made.terrain
    assert (None if terrain is None else terrain.file) == file
    assert (None if terrain is None else (terrain.band, terrain.nodata, terrain.unit)) == told
    assert made.depths_file == (None if file is None else "results/iridum/depths.parquet")
    assert ("depth_from" in region) == (len(made.provenance["sources"]) == 3 or region.get("depth_from") == "made")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nowhere", "regions.iridum.depth_from: no mosaic 'nowhere'; add it to mosaics"),
        ("photo", "regions.iridum.depth_from: 'photo' is an image, which has no heights"),
        ("mars", "regions.iridum.depth_from: 'mars' shows mars, the region moon"),
    ],
)
def test_what_has_no_heights_of_the_region_is_refused(name: str, text: str) -> None:
    mars = {
        "bodies": {"mars": {"radius_m": 3396190}},
        "mosaics": {"mars": {"kind": "dtm", "body": "mars", "url": "mars.tif"}},
    }
    assert text in message(OTHER_TERRAIN, mars, {"regions": {"iridum": {"depth_from": name}}})


def test_settings_of_depths_count_only_where_there_are_depths() -> None:
    deeper = {"depth": {"min_diameter_px": 12}}
    for region, differs in (({}, True), ({"mosaic": "photo"}, False)):
        plans = [plan("iridum", OTHER_TERRAIN, {"regions": {"iridum": region}}, each) for each in ({}, deeper)]
        hashes = {each.provenance["configuration_hash"] for each in plans}
        assert (len(hashes) == 2) == differs

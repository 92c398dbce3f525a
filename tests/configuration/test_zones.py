"""A region that no one conformal map shows is planned as zones."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from crater_pipeline.configuration.entries import Zone
from crater_pipeline.configuration.loading import load
from crater_pipeline.configuration.plan import RegionPlan
from crater_pipeline.download.record import Record, record_path
from crater_pipeline.errors import UserError

NOT_TRAINED = {"training": {"enabled": False}}


def configured(kind: str = "image", **region: Any) -> dict[str, Any]:
    return {
        "bodies": {"moon": {"radius_m": 1737400}},
        "mosaics": {"all": {"kind": kind, "body": "moon", "url": "https://example.org/all.tif", "pixel_size_m": 1000}},
        "catalogues": {"known": {"format": "table", "url": "known.csv"}},
        "regions": {"moon": {"mosaic": "all", "catalogue": "known", "bounds": "body", **NOT_TRAINED, **region}},
    }


def plan(name: str = "moon", **region: Any) -> RegionPlan:
    return RegionPlan(name, load(configured(**region)))


def test_a_whole_body_is_zones_each_with_a_raster_and_context_of_its_own() -> None:
    whole = plan(title="The Moon")
    assert [zone.name for zone in whole.zones] == ["moon_zone_01", "moon_zone_02", "moon_zone_03"]
    assert [zone.area for zone in whole.zones] == [(-180, -90, 180, -37), (-180, -37, 180, 37), (-180, 37, 180, 90)]
    assert {zone.bounds for zone in whole.zones} == {whole.bounds} == {(-180, -90, 180, 90)}
    assert [zone.reprojection.margin_px for zone in whole.zones] == [402, 561, 402]
    assert {zone.network for zone in whole.zones} == {"moon"}
    assert {zone.ground for zone in whole.zones} == {zone.name for zone in whole.zones}
    assert whole.zones[1].title == "The Moon, zone 2 of 3"
    assert whole.image_files == [f"results/{zone.name}/projected.tif" for zone in whole.zones]
    assert {zone.mosaic_file for zone in whole.zones} == {f"results/{zone.name}/mosaic.tif" for zone in whole.zones}
    assert [source["file"] for source in whole.provenance["sources"][:3]] == [zone.mosaic_file for zone in whole.zones]


def test_terrain_is_shaded_zone_by_zone_and_searched_with_its_elevations() -> None:
    whole = plan(kind="dtm")
    assert whole.image_files == [f"results/{zone.name}/shaded.tif" for zone in whole.zones]
    assert whole.elevation_files == [f"results/{zone.name}/projected.tif" for zone in whole.zones]
    assert (whole.elevation_file, whole.photograph_files, whole.detections_file) == (None, [], None)


def test_smaller_zones_may_be_asked_for_and_are_not_divided_again() -> None:
    part = plan(bounds=[-35, 25, -15, 50], zoning={"max_side_deg": 15})
    assert len(part.zones) == 4
    assert not any(zone.zones for zone in part.zones)
    assert not plan(bounds=[-35, 25, -15, 50]).zones
    assert len(plan(zoning={"max_side_deg": 10}).zones[0].name) == len("moon_zone_001")


def test_a_region_that_is_searched_as_a_whole_has_no_overview() -> None:
    part = plan(bounds=[-35, 25, -15, 50])
    assert (part.overview_file, part.shown_file) == (None, "results/moon/projected.tif")
    assert part.image_files == ["results/moon/projected.tif"]
    assert plan().shown_file == "results/moon/overview.tif"


def test_variants_use_the_zones_rasters_unless_the_zones_differ() -> None:
    raw = configured()
    raw["regions"]["fast"] = {"like": "moon", "inference": {"positions": 1}}
    raw["regions"]["smaller"] = {"like": "moon", "zoning": {"max_side_deg": 60}}
    loaded = load(raw)
    fast, smaller = (RegionPlan(name, loaded) for name in ("fast", "smaller"))
    assert [zone.ground for zone in fast.zones] == ["moon_zone_01", "moon_zone_02", "moon_zone_03"]
    assert {zone.network for zone in fast.zones} == {"fast"}
    assert {zone.ground for zone in smaller.zones} == {zone.name for zone in smaller.zones}


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ({"training": {"enabled": True}}, r"moon\.training\.enabled: .*3 zones.*nothing can be trained"),
        ({"baseline": {"method": "templates"}}, r"moon\.baseline\.method: .*3 zones"),
        ({"split": {"learned_before": True}}, r"moon\.split\.learned_before: .*3 zones"),
        (
            {"bounds": "moon"},
            r"moon\.bounds: must be \[west, south, east, north\] in degrees, or body \(it is 'moon'\)",
        ),
    ],
)
def test_what_cannot_be_is_one_message(region: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        load(configured(**region))


def test_a_region_may_not_have_a_zones_name() -> None:
    raw = configured()
    raw["regions"]["moon_zone_02"] = {**raw["regions"]["moon"], "bounds": [0, 0, 10, 10]}
    with pytest.raises(
        UserError, match=r"regions\.moon_zone_02: regions\.moon has a zone of this name; rename this one"
    ):
        load(raw)


def test_zones_are_derived_and_never_written() -> None:
    loaded = load(configured())
    assert sum(isinstance(region, Zone) for region in loaded.regions.values()) == 3
    raw = configured(part_of="moon")
    with pytest.raises(UserError, match=r"moon\.part_of"):
        load(raw)


def test_a_local_mosaic_is_read_in_place_by_every_zone(tmp_path: Path) -> None:
    raw = configured()
    raw["mosaics"]["all"]["url"] = str(tmp_path / "all.tif")
    whole = RegionPlan("moon", load(raw))
    assert {zone.mosaic_file for zone in whole.zones} == {str(tmp_path / "all.tif")}
    assert len([source for source in whole.provenance["sources"] if source["url"].endswith(".tif")]) == 1


def test_one_file_of_the_whole_body_in_a_folder_of_sources_serves_every_zone(tmp_path: Path) -> None:
    raw = configured(zoning={"max_side_deg": 60})
    part = tmp_path / "all_moon.tif"
    part.touch()
    record = Record(
        file=part.name,
        url=raw["mosaics"]["all"]["url"],
        retrieved="2026-11-28T00:00:00+00:00",
        size_bytes=0,
        sha256="",
        published_bytes=None,
        version=None,
        part=RegionPlan("moon", load(raw)).wanted_of("all").described(),
        citation="",
        licence="",
    )
    record_path(part).write_text(json.dumps(asdict(record)))
    whole = RegionPlan("moon", load({**raw, "sources": str(tmp_path)}))
    assert len(whole.zones) == 14
    assert {zone.mosaic_file for zone in whole.zones} == {whole.mosaic_file} == {str(part)}

"""`sources`: what a folder or a mirror has is taken from there, whole files by name and parts of mosaics by record."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from crater_pipeline.configuration.entries import deep_merge
from crater_pipeline.configuration.given_files import unusable_files
from crater_pipeline.configuration.loading import load
from crater_pipeline.configuration.needs import needs_of
from crater_pipeline.configuration.plan import RegionPlan
from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import MOON

MOSAIC, TABLE = "https://example.org/a/mosaic.tif", "https://example.org/download/craters_2018"

REMOTE: dict[str, Any] = {
    "bodies": {"moon": {"radius_m": 1737400}},
    "mosaics": {"far": {"kind": "image", "body": "moon", "url": MOSAIC, "pixel_size_m": 1000, "band": 2}},
    "catalogues": {
        "known": {"format": "robbins", "url": TABLE, "mirrors": ["https://example.com/b"], "licence": "CC0"},
        "other": {"format": "wang_wu", "url": "https://example.org/lu.csv"},
        "unused": {"format": "table", "url": "https://example.org/unused.csv"},
    },
    "regions": {"bay": {"mosaic": "far", "catalogue": "known", "witnesses": ["other"], "bounds": [0, 0, 10, 10]}},
}


def plan(sources: str | None = None, region: str = "bay", **override: Any) -> RegionPlan:
    return RegionPlan(region, load(deep_merge(REMOTE, {"sources": sources, **override})))


def write_mosaic(path: Path, bands: int = 2) -> Path:
    profile = {"width": 40, "height": 40, "count": bands, "dtype": "uint8", "driver": "GTiff"}
    with rasterio.open(path, "w", crs=MOON.geographic_crs, transform=from_origin(-10, 20, 1, 1), **profile) as raster:
        raster.write(np.ones((bands, 40, 40), np.uint8))
    return path


def write_part(path: Path, **different: Any) -> Path:
    """A part of the mosaic, with the record that was written beside it."""
    part = {"bounds": [-1, -1, 11, 11], "margin_deg": 30, "body_radius_m": 1737400, "band": 2, "nodata": None}
    record = {"file": path.name, "url": MOSAIC, "retrieved": "", "size_bytes": 1, "sha256": "", "published_bytes": 1}
    record |= {"version": None, "citation": "", "licence": "", "part": part | different}
    path.with_name(path.name + ".source.json").write_text(json.dumps(record))
    return write_mosaic(path, bands=1)


def test_without_sources_everything_is_downloaded() -> None:
    region = plan()
    assert (region.mosaic_file, region.catalogue_file) == ("results/bay/mosaic.tif", "results/catalogues/known.dat")
    assert region.configuration.catalogues["known"].urls == (TABLE, "https://example.com/b")  # type: ignore[union-attr]


def test_a_file_in_the_folder_is_used_in_place_of_the_remote_one(tmp_path: Path) -> None:
    write_mosaic(tmp_path / "mosaic.tif")
    (tmp_path / "craters_2018").write_text("CRATER_ID\n")
    region = plan(str(tmp_path))
    assert region.mosaic_file == str(tmp_path / "mosaic.tif")
    assert region.band == 2
    assert region.catalogue_file == str(tmp_path / "craters_2018")
    assert region.file_of_table("_other") == "results/catalogues/other.csv"
    assert list(unusable_files(region)) == []


def test_a_part_in_the_folder_is_known_by_its_record(tmp_path: Path) -> None:
    part = write_part(tmp_path / "mosaic_bay.tif")
    region = plan(str(tmp_path))
    assert region.mosaic_file == str(part)
    assert region.band is None  # a part has one band
    assert region.wanted_of("far") == plan().wanted_of("far")
    assert region.pixel_size_m == 1000
    inner = {"inner": {"mosaic": "far", "catalogue": "known", "bounds": [359.5, 3, 5, 6]}}
    assert plan(str(tmp_path), "inner", regions=inner).mosaic_file == str(part)


@pytest.mark.parametrize(
    "different",
    [{"bounds": [1, 0, 11, 11]}, {"margin_deg": 0.0}, {"band": 1}, {"body_radius_m": 3396190}, {"bounds": "all"}],
    ids=str,
)
def test_a_part_that_does_not_hold_the_region_is_not_taken(different: dict[str, Any], tmp_path: Path) -> None:
    write_part(tmp_path / "mosaic_bay.tif", **different)
    assert plan(str(tmp_path)).mosaic_file == "results/bay/mosaic.tif"


def test_a_part_without_its_file_and_a_record_that_is_none_are_passed_over(tmp_path: Path) -> None:
    write_part(tmp_path / "mosaic_bay.tif").unlink()
    (tmp_path / "a.tif.source.json").write_text("{}")
    (tmp_path / "b.tif.source.json").write_text("no JSON")
    assert plan(str(tmp_path)).mosaic_file == "results/bay/mosaic.tif"


def test_a_mirror_is_asked_first_and_then_the_published_addresses() -> None:
    catalogue = plan("https://mirror.example.org/moon").configuration.catalogues["known"]
    first = "https://mirror.example.org/moon/craters_2018"
    assert catalogue.urls == (first, TABLE, "https://example.com/b")  # type: ignore[union-attr]


@pytest.mark.parametrize("sources", [None, ".", "https://mirror.example.org"])
def test_a_local_mosaic_stays_what_it_is_readable_or_not(
    sources: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.tif").write_text("no raster")
    region = plan(sources, mosaics={"far": {"url": "mine.tif", "pixel_size_m": None}})
    assert region.mosaic_file == "mine.tif"
    assert any("mine.tif: not a raster" in problem for problem in unusable_files(region))


def test_a_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(UserError, match=r"^configuration: sources: nowhere is no folder; correct the path"):
        plan("nowhere")


def test_a_mirror_must_be_an_address() -> None:
    with pytest.raises(UserError, match=r"catalogues.known.mirrors: 'data/x.csv' is not http"):
        plan(catalogues={"known": {"mirrors": ["data/x.csv"]}})


def test_a_region_needs_its_part_of_the_mosaic_and_its_catalogues() -> None:
    region = plan()
    needs = {need.key: need for need in needs_of(region.configuration, "bay")}
    assert list(needs) == ["mosaics.far.url", "catalogues.known.url", "catalogues.other.url"]
    mosaic, known = needs["mosaics.far.url"], needs["catalogues.known.url"]
    assert (mosaic.name, mosaic.content, mosaic.part) == ("mosaic_bay.tif", "raster", region.wanted_of("far"))
    assert (known.name, known.content, known.part) == ("craters_2018", "table", None)
    assert known.origin.licence == "CC0"
    whole = plan(mosaics={"far": {"sha256": "0" * 64}})
    assert needs_of(whole.configuration, "bay")[0].part is None


def test_the_terrain_that_depths_are_measured_on_is_needed_too(tmp_path: Path) -> None:
    terrain = {"kind": "dtm", "body": "moon", "url": "https://example.org/a/heights.tif", "pixel_size_m": 60}
    more: dict[str, Any] = {"mosaics": {"heights": terrain}, "regions": {"bay": {"depth_from": "heights"}}}
    region = plan(**more)
    need = {need.key: need for need in needs_of(region.configuration, "bay")}["mosaics.heights.url"]
    assert (need.name, need.part) == ("heights_bay.tif", region.wanted_of("heights"))
    assert region.terrain is not None
    assert region.terrain.file == "results/bay/mosaic_heights.tif"
    (tmp_path / "heights.tif").touch()
    provided = plan(str(tmp_path), **more).terrain
    assert provided is not None
    assert provided.file == str(tmp_path / "heights.tif")


def test_a_region_that_starts_from_anothers_weights_needs_what_that_one_needs() -> None:
    later = {"mosaic": "far", "bounds": [20, 0, 30, 10], "training": {"enabled": False}}
    regions = {"later": later | {"model": {"initial": "results/bay/weights.safetensors"}}}
    keys = [(need.key, need.name) for need in needs_of(plan(regions=regions).configuration, "later")]
    assert ("mosaics.far.url", "mosaic_later.tif") in keys
    assert ("mosaics.far.url", "mosaic_bay.tif") in keys
    assert ("catalogues.known.url", "craters_2018") in keys

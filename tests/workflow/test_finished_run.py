"""A whole run of a tiny simulated region, and what would be run again after each kind of change.

All of it is in one module, so that one worker makes the run once.
"""

import json
import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import yaml
from rasterio.transform import from_origin

from crater_pipeline.sphere.bodies import Body
from tests.workflow.conftest import Checkout, copy_checkout

MINE = """
mosaics:
  tiny: {kind: simulated, body: moon, seed: 7, pixel_size_m: 200, bounds: [-1, 29, 1, 31]}
  large: {kind: image, body: moon, url: data/large.tif}
catalogues:
  tiny: {format: simulated, mosaic: tiny}
regions:
  tiny:
    mosaic: tiny
    catalogue: tiny
    bounds: [-0.75, 29.25, 0.75, 30.75]
    depth_from: tiny
    depth: {min_diameter_px: 6, min_rim_height_px: 6}
    title: "--help: A tiny Moon's face"
    reprojection: {margin_px: 32}
    tiling: {size: 256, overlap: 64, levels: 1}
    training: {enabled: false}
  large:
    mosaic: large
    bounds: [0.5, 0.5, 1, 1]
    reprojection: {margin_px: 16}
    training: {enabled: false}
"""
TINY = ("results/tiny/craters.gpkg", "results/tiny/report.html")
LARGE = "results/large/projected.tif"
MADE_OF_CRATERS = {"publish", "measure_depth", "export", "evaluate", "report"}
MADE_OF_DETECTIONS = {"georeference", "merge", "calibrate", "heatmaps"} | MADE_OF_CRATERS

CRATERSTATS = ("tiny_CRATER.shp", "tiny_AREA.shp", "tiny.diam", "tiny.scc")


def write_large_mosaic(path: Path, low: int = 1, high: int = 255) -> None:
    """A raster of more than a megabyte, up to which Snakemake compares contents if it is not told otherwise."""
    pixel = 2 / 1100
    profile = {"width": 1100, "height": 1100, "count": 1, "dtype": "uint8", "driver": "GTiff", "nodata": 0}
    crs = Body(name="moon", radius_m=1_737_400).geographic_crs
    path.parent.mkdir(exist_ok=True)
    with rasterio.open(path, "w", transform=from_origin(0, 2, pixel, pixel), crs=crs, **profile) as raster:
        raster.write(np.random.default_rng(0).integers(low, high, (1, 1100, 1100), dtype=np.uint8))
    assert path.stat().st_size > 1_000_000


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the tiny region, and the projection of a large local raster, have been made."""
    checkout = copy_checkout(tmp_path_factory.mktemp("finished"))
    (checkout.folder / "mine.yaml").write_text(MINE)
    write_large_mosaic(checkout.folder / "data" / "large.tif")
    checkout.snakemake("--configfile", "mine.yaml", "--", *TINY, LARGE)
    return checkout


def would_run(checkout: Checkout, *targets: str, mine: str = "mine.yaml") -> set[str]:
    return checkout.would_run("--configfile", mine, "--quiet", "host", "--", *(targets or TINY))


def test_the_contracts_files_are_there(finished: Checkout) -> None:
    results = finished.folder / "results" / "tiny"
    others = (
        "craters.gpkg craters.qgz craters.csv craters_all.parquet craters.shp craters.dbf craters.shx craters.prj "
        "detections.parquet metrics.json report.html tiles/annotations.json weights.safetensors weights.json "
        "operating_point.json labels.tif depths.parquet"
    )
    for name in [*others.split(), *CRATERSTATS]:
        assert (results / name).stat().st_size > 0, name
    assert any((results / "tiles" / "images").iterdir())
    for rule in MADE_OF_DETECTIONS | {"reproject", "footprint", "tile", "label", "train", "detect", "read_catalogue"}:
        assert (results / "logs" / f"{rule}.log").is_file(), rule
    with sqlite3.connect(results / "craters.gpkg") as geopackage:
        tables = {name for (name,) in geopackage.execute("select table_name from gpkg_contents")}
    assert {"craters", "centres", "footprint", "catalogue"} <= tables


def test_craters_have_depths(finished: Checkout) -> None:
    results = finished.folder / "results" / "tiny"
    craters = gpd.read_file(results / "craters.gpkg", layer="craters")
    deep = craters.dropna(subset="depth_m")
    assert len(deep) > 0.5 * len(craters) > 0
    # worn craters and fresh ones of the simulated Moon
    assert 0.02 < deep["depth_to_diameter"].median() < 0.2
    metrics = json.loads((results / "metrics.json").read_text())
    assert metrics["depths"]["n_measured"] == len(deep)
    assert metrics["depths"]["agreement"] is None  # the simulated catalogue has the columns of Robbins's, no depths


def test_the_geopackage_waits_for_no_tiles_and_the_report_for_no_geopackage(finished: Checkout) -> None:
    options = ("--configfile", "mine.yaml", "--forceall", "--quiet", "host", "--")
    geopackage, report = (finished.would_run(*options, target) for target in TINY)
    assert not geopackage & {"tile", "label", "evaluate"}
    assert {"footprint", "publish"} <= geopackage & report
    assert {"tile", "label"} <= report
    assert "export" not in report


def test_without_terrain_no_depths_are_measured(finished: Checkout) -> None:
    assert "measure_depth" not in would_run(finished, "results/large/craters.gpkg")


def test_without_a_catalogue_no_tiles_are_made(finished: Checkout) -> None:
    planned = would_run(finished, "results/large/report.html")
    assert {"footprint", "detect", "evaluate"} <= planned
    assert not planned & {"tile", "label"}


def test_a_title_may_look_like_an_option(finished: Checkout) -> None:
    page = (finished.folder / TINY[1]).read_text()
    assert "<h1>--help: A tiny Moon&#39;s face" in page


FORMATS = ("craters.parquet", "craters.geojson", "detections.coco.json", "projected.cog.tif", "stac.json")


def test_other_formats_are_made_when_they_are_asked_for(finished: Checkout) -> None:
    results = finished.folder / "results" / "tiny"
    targets = [f"results/tiny/{name}" for name in FORMATS]
    assert not any((results / name).exists() for name in FORMATS)
    assert would_run(finished, *targets) == {"geoparquet", "geojson", "coco", "cog", "stac"}
    finished.snakemake("--configfile", "mine.yaml", "--", *targets)
    with sqlite3.connect(results / "craters.gpkg") as geopackage:
        (count,) = geopackage.execute("select count(*) from craters").fetchone()
    for craters in (gpd.read_parquet(results / "craters.parquet"), gpd.read_file(results / "craters.geojson")):
        assert len(craters) == count
        assert craters.crs.ellipsoid.semi_major_metre == 1_737_400
    detected = json.loads((results / "detections.coco.json").read_text())
    assert (
        len(detected["annotations"]) == json.loads((results / "metrics.json").read_text())["coco_tiles"]["n_detections"]
    )
    labelled = json.loads((results / "tiles" / "annotations.json").read_text())
    assert detected["images"] == labelled["images"]
    with rasterio.open(results / "projected.cog.tif") as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    listed = json.loads((results / "stac.json").read_text())["assets"]
    assert {"craters.gpkg", "report.html", "projected.tif"} <= set(listed)
    assert all((results / asset["href"]).is_file() for asset in listed.values())


def test_the_stac_item_is_made_again_when_there_is_more_to_list(finished: Checkout) -> None:
    """The other formats were made together with it, so they were not there yet."""
    assert would_run(finished, "results/tiny/stac.json") == {"stac"}


def test_nothing_is_run_again_without_a_change(finished: Checkout) -> None:
    assert would_run(finished, *TINY, LARGE) == set()


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("crater_pipeline/detection/merging.py", MADE_OF_DETECTIONS - {"georeference"}),
        ("crater_pipeline/steps/georeference.py", MADE_OF_DETECTIONS),
        ("crater_pipeline/steps/report.py", {"report"}),
        ("crater_pipeline/reporting/report.py", {"report"}),
        ("crater_pipeline/steps/download.py", set()),
        ("crater_pipeline/steps/shade.py", set()),
        ("crater_pipeline/configuration/loading.py", set()),
        ("crater_pipeline/tiles/splits.py", {"footprint", "tile", "label"} | MADE_OF_DETECTIONS - {"georeference"}),
        ("crater_pipeline/tiles/writing.py", {"tile", "label", "evaluate", "report"}),
        ("crater_pipeline/training/patches.py", {"train", "detect"} | MADE_OF_DETECTIONS),
        ("crater_pipeline/export/geopackage.py", {"export"}),
        ("crater_pipeline/measures/relief.py", {"measure_depth", "export", "evaluate", "report"}),
    ],
)
def test_editing_a_module_reruns_the_rules_that_import_it_and_what_follows(
    finished: Checkout, module: str, rules: set[str]
) -> None:
    with finished.edited(module):
        assert would_run(finished) == rules


def test_undoing_an_edit_reruns_nothing(finished: Checkout) -> None:
    with finished.edited("crater_pipeline/detection/merging.py"):
        assert would_run(finished) != set()
    assert would_run(finished) == set()


@pytest.mark.parametrize(
    ("section", "rules"),
    [
        ({"merging": {"max_size_ratio": 1.31}}, MADE_OF_DETECTIONS - {"georeference"}),
        ({"evaluation": {"bootstrap_samples": 123}}, {"evaluate", "report"}),
        ({"evaluation": {"min_diameter_km": 2.5}}, {"calibrate"} | MADE_OF_CRATERS),
        ({"evaluation": {"max_cut_fraction": 0.3}}, {"calibrate"} | MADE_OF_CRATERS),
        ({"split": {"seed": 3}}, {"export"}),  # the configuration's hash; nothing is divided where nothing is trained
        ({"labels": {"min_diameter_km": 3.0}}, {"label", "export", "evaluate", "report"}),
        ({"inference": {"min_score": 0.031}}, {"detect"} | MADE_OF_DETECTIONS),
        ({"depth": {"min_rim_share": 0.4}}, {"measure_depth", "export", "evaluate", "report"}),
        ({"shading": {"sun_elevation_deg": 33}}, set()),
    ],
)
def test_editing_a_stages_section_reruns_that_stage_and_what_follows(
    finished: Checkout, section: dict[str, dict[str, float]], rules: set[str]
) -> None:
    configuration = yaml.safe_load(MINE)
    configuration.update(section)
    (finished.folder / "changed.yaml").write_text(yaml.safe_dump(configuration))
    assert would_run(finished, mine="changed.yaml") == rules


def test_a_regions_own_section_reruns_what_the_global_one_would(finished: Checkout) -> None:
    configuration = yaml.safe_load(MINE)
    configuration["regions"]["tiny"]["merging"] = {"max_size_ratio": 1.31}
    configuration["regions"]["large"]["merging"] = {"max_size_ratio": 1.33}
    (finished.folder / "changed.yaml").write_text(yaml.safe_dump(configuration))
    assert would_run(finished, mine="changed.yaml") == MADE_OF_DETECTIONS - {"georeference"}


def test_touching_a_file_without_changing_it_reruns_nothing(finished: Checkout) -> None:
    large = finished.folder / "data" / "large.tif"
    touched = [large, *(finished.folder / "crater_pipeline").rglob("*.py")]
    touched += [path for path in (finished.folder / "results").rglob("*.*") if path.is_file()]
    assert len(touched) > 50
    for path in touched:
        path.touch()
    assert would_run(finished, *TINY, LARGE) == set()


def test_changing_a_large_raster_reruns_what_reads_it(finished: Checkout) -> None:
    large = finished.folder / "data" / "large.tif"
    before = large.read_bytes()
    large.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    try:
        assert would_run(finished, LARGE) == {"reproject"}
    finally:
        large.write_bytes(before)


def test_a_failing_step_says_so_to_the_user_and_in_its_log(finished: Checkout) -> None:
    large = finished.folder / "data" / "large.tif"
    before = large.read_bytes()
    log = finished.folder / "results" / "large" / "logs" / "reproject.log"
    large.unlink()
    write_large_mosaic(large, low=0, high=1)  # nothing but nodata
    try:
        done = finished.snakemake("--configfile", "mine.yaml", "--", LARGE, check=False)
    finally:
        large.write_bytes(before)
    printed = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in printed
    assert "large.tif" in log.read_text()
    assert log.read_text().strip().splitlines()[0] in printed
    assert not (finished.folder / LARGE).exists()
    finished.snakemake("--configfile", "mine.yaml", "--", LARGE)


def test_snakemakes_own_report_is_written(finished: Checkout) -> None:
    finished.snakemake("--configfile", "mine.yaml", "--report", "overview.html", "--", *TINY)
    overview = (finished.folder / "overview.html").read_text()
    assert "operating threshold" in overview


def test_what_a_user_edited_outlives_a_rerun(finished: Checkout) -> None:
    """Snakemake deletes outputs before it makes them anew, but not this one; a failing step changes nothing."""
    results = finished.folder / "results" / "tiny"
    craters = gpd.read_file(results / "craters.gpkg", layer="craters")
    edited = craters.iloc[1:].assign(review="accept")
    pyogrio.write_dataframe(edited, results / "craters.gpkg", layer="craters", driver="GPKG")
    mine = (results / "craters.gpkg").read_bytes()
    point = (results / "operating_point.json").read_text()
    (results / "operating_point.json").write_text("{")
    failed = finished.snakemake("--configfile", "mine.yaml", "--forcerun", "export", "--", TINY[0], check=False)
    assert failed.returncode == 1
    assert (results / "craters.gpkg").read_bytes() == mine
    assert not (results / "craters_edited_1.gpkg").exists()
    (results / "operating_point.json").write_text(point)
    (finished.folder / "changed.yaml").write_text(MINE + "merging: {max_size_ratio: 1.31}\n")
    assert "export" in would_run(finished, mine="changed.yaml")
    finished.snakemake("--configfile", "changed.yaml", "--", *TINY)
    kept = gpd.read_file(results / "craters_edited_1.gpkg", layer="craters")
    assert kept["crater_id"].tolist() == edited["crater_id"].tolist()
    assert set(kept["review"]) == {"accept"}
    assert gpd.read_file(results / "craters.gpkg", layer="craters")["review"].isna().all()
    assert "kept as craters_edited_1.gpkg" in " ".join((results / "logs" / "export.log").read_text().split())
    finished.snakemake("--configfile", "mine.yaml", "--", *TINY)
    assert not (results / "craters_edited_2.gpkg").exists()

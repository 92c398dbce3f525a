"""How the main job begins, with the archives' files on a server on the loopback: the shipped configuration's own names.

Only addresses differ from it, and the region, which is small.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml

from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.projections import transformer
from crater_pipeline.steps.fetch import fetch
from tests.archives import (
    ROBBINS_NAME,
    WAC_BYTES,
    WAC_GRID,
    WAC_NAME,
    WAC_SIZE,
    equirectangular,
    write_robbins,
    write_rows_tiff,
)
from tests.range_server import Files, serve
from tests.workflow.conftest import Checkout, copy_checkout

pytestmark = pytest.mark.slow

TARGETS = ("results/bay/projected.tif", "results/bay/catalogue.parquet")
CONTEXT_PX = 100


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    """The WAC mosaic, with pixels around 40 N 30 W, and Robbins' archive (of ten megabytes)."""
    folder, crs = tmp_path_factory.mktemp("archive"), equirectangular(0)
    east, north = transformer(MOON.geographic_crs, crs).transform(-30.0, 40.25)
    column, row = (round(value) - CONTEXT_PX for value in ~WAC_GRID @ (east, north))
    noise = np.random.default_rng(0).integers(1, 255, (300, 400), dtype=np.uint8)
    wac = write_rows_tiff(folder / WAC_NAME, WAC_SIZE, crs, WAC_GRID, {(row, column): noise}, total=WAC_BYTES)
    rows = [("01-1-000001", 40.1, 330.2, 3.5), ("01-1-000002", 40.2, 330.3, 2.0)]
    robbins = write_robbins(folder / ROBBINS_NAME, rows, size=10_000_000)
    with serve(Files({f"new/{WAC_NAME}": wac, f"download/{ROBBINS_NAME}": robbins})) as files:
        files.redirects = {f"mosaic/{WAC_NAME}": (302, f"/new/{WAC_NAME}")}
        yield files


@pytest.fixture(scope="module")
def begun(archive: Files, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the mosaic's part and the catalogue have been downloaded and read."""
    checkout = copy_checkout(tmp_path_factory.mktemp("begun"))
    mine = {
        "mosaics": {
            "wac_global": {
                "url": archive.url(f"gone/{WAC_NAME}"),
                "mirrors": [archive.url(f"mosaic/{WAC_NAME}")],
            }
        },
        "catalogues": {"robbins": {"url": archive.url(f"download/{ROBBINS_NAME}")}},
        "regions": {"bay": {"mosaic": "wac_global", "catalogue": "robbins", "bounds": [-30, 40, -29.5, 40.25]}},
        "reprojection": {"margin_px": 16},
    }
    (checkout.folder / "mine.yaml").write_text(yaml.safe_dump(mine))
    archive.faults = [503, "cut", "fine", 503, "cut"]
    checkout.snakemake("--configfile", "mine.yaml", "--", *TARGETS)
    return checkout


def test_the_raster_and_the_catalogue_of_the_region_are_there(begun: Checkout, archive: Files) -> None:
    results = begun.folder / "results"
    with rasterio.open(results / "bay" / "projected.tif") as projected:
        data = projected.read(1, masked=True)
    assert data.count() > 0.9 * data.size
    assert pd.read_parquet(results / "bay" / "catalogue.parquet")["diameter_km"].tolist() == [3.5, 2.0]
    record = json.loads((results / "catalogues" / "robbins.dat.source.json").read_text())
    assert record["citation"].startswith("Robbins (2019)")
    assert record["licence"] == "public domain"
    record = json.loads((results / "bay" / "mosaic.tif.source.json").read_text())
    assert record["url"] == archive.url(f"mosaic/{WAC_NAME}")
    assert record["published_bytes"] == WAC_BYTES
    assert (results / "bay" / "logs" / "download.log").read_text().count("trying") == 1


def test_new_code_or_another_mirror_fetches_nothing_again(begun: Checkout, archive: Files) -> None:
    before, archive.faults = archive.bytes_sent, []
    mine = yaml.safe_load((begun.folder / "mine.yaml").read_text())
    mine["catalogues"]["robbins"] |= {"mirrors": [archive.url("elsewhere")], "citation": "another"}
    (begun.folder / "changed.yaml").write_text(yaml.safe_dump(mine))
    with begun.edited("crater_pipeline/download/http.py"):
        begun.snakemake("--configfile", "changed.yaml", "--", *TARGETS)
    assert archive.bytes_sent - before == 2 * 512
    text = (begun.folder / "results" / "catalogues" / "robbins.dat.source.json").read_text()
    assert json.loads(text)["citation"] == "another"


def test_what_was_fetched_elsewhere_is_all_that_is_needed(
    begun: Checkout, archive: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.faults = []
    monkeypatch.chdir(begun.folder)
    fetch("bay", configfile=[Path("mine.yaml")], to=Path("moon"))
    run = ("--configfile", "mine.yaml", "--config", "sources=moon", "--quiet", "host", "--", *TARGETS)
    assert begun.would_run(*run) == {"reproject", "read_catalogue"}
    assert Path("moon/Lunar_LRO_LROC-WAC_Mosaic_global_100m_June2013_bay.tif").is_file()
    assert Path("moon", ROBBINS_NAME).read_bytes() == Path("results/catalogues/robbins.dat").read_bytes()

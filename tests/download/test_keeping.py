"""What is there is not fetched again, and what it is is written beside it."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from crater_pipeline.download.coverage import Wanted
from crater_pipeline.download.files import download_file, partial_path
from crater_pipeline.download.origin import Origin
from crater_pipeline.download.windows import download_window
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from tests.download.patience import IMPATIENT
from tests.range_server import Files, serve

TABLE = b"lon,lat,diameter_km\n10.5,-3.25,12.0\n"
TEN = Wanted(Bounds(0, 0, 10, 10), MOON)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    place = {"crs": MOON.geographic_crs, "transform": Affine(1, 0, -180, 0, -1, 90), "width": 360, "height": 180}
    path = tmp_path / "world.tif"
    with rasterio.open(path, "w", driver="GTiff", count=1, dtype="uint8", blockysize=1, **place) as raster:
        raster.write(np.ones((1, 180, 360), np.uint8))
    with serve(Files({"table.csv": TABLE, "world.tif": path.read_bytes()})) as served:
        yield served


def test_the_record_says_what_it_is_and_whom_to_cite(files: Files, tmp_path: Path) -> None:
    urls = [files.url("gone.csv"), files.url("table.csv")]
    files.modified = "Sat, 28 Nov 2026 04:00:00 GMT"
    download_file(Origin(urls, citation="Müller (2019)", licence="public domain"), tmp_path / "out.csv", "table")
    text = (tmp_path / "out.csv.source.json").read_text(encoding="utf-8")
    record = json.loads(text)
    assert "Müller" in text
    retrieved = datetime.fromisoformat(record.pop("retrieved"))
    assert abs((datetime.now(UTC) - retrieved).total_seconds()) < 600
    assert record == {
        "file": "out.csv",
        "url": urls[1],
        "size_bytes": len(TABLE),
        "sha256": hashlib.sha256(TABLE).hexdigest(),
        "published_bytes": len(TABLE),
        "version": '"1"',
        "part": None,
        "citation": "Müller (2019)",
        "licence": "public domain",
    }


def test_the_record_of_a_part_says_which(files: Files, tmp_path: Path) -> None:
    download_window(Origin([files.url("world.tif")]), tmp_path / "part.tif", TEN)
    record = json.loads((tmp_path / "part.tif.source.json").read_text())
    assert record["part"] == {
        "bounds": [0, 0, 10, 10],
        "margin_deg": 0.0,
        "body_radius_m": MOON.radius_m,
        "band": None,
        "nodata": None,
    }
    assert record["published_bytes"] == files.size("world.tif")
    assert record["sha256"] == hashlib.sha256((tmp_path / "part.tif").read_bytes()).hexdigest()
    assert record["licence"] == "not stated in the configuration"


def again(files: Files, tmp_path: Path, kind: str, wanted: Wanted = TEN, citation: str | None = None) -> int:
    """Bytes that another download of the same costs."""
    before = files.bytes_sent
    if kind == "file":
        download_file(Origin([files.url("table.csv")], citation=citation), tmp_path / "out.csv", "table", IMPATIENT)
    else:
        download_window(Origin([files.url("world.tif")], citation=citation), tmp_path / "out.tif", wanted, IMPATIENT)
    return files.bytes_sent - before


@pytest.mark.parametrize("kind", ["file", "part"])
def test_what_the_server_still_has_is_kept(files: Files, kind: str, tmp_path: Path) -> None:
    output = tmp_path / ("out.csv" if kind == "file" else "out.tif")
    first = again(files, tmp_path, kind)
    stamp = output.stat().st_mtime_ns
    assert again(files, tmp_path, kind) <= 512
    assert again(files, tmp_path, kind, citation="Somebody (2020)") <= 512
    assert json.loads(output.with_name(output.name + ".source.json").read_text())["citation"] == "Somebody (2020)"
    assert output.stat().st_mtime_ns == stamp
    files.etag = '"2"'
    assert again(files, tmp_path, kind) >= first
    output.write_bytes(output.read_bytes()[:-1] + b"?")
    assert again(files, tmp_path, kind) >= first
    files.etag = None  # the server does not say which state it has
    assert again(files, tmp_path, kind) >= first


def test_another_part_is_fetched(files: Files, tmp_path: Path) -> None:
    again(files, tmp_path, "part")
    assert again(files, tmp_path, "part", Wanted(Bounds(0, 0, 11, 10), MOON)) > 512
    assert again(files, tmp_path, "part", Wanted(Bounds(0, 0, 11, 10), MOON, nodata=3)) > 512
    with rasterio.open(tmp_path / "out.tif") as raster:
        assert raster.nodata == 3


@pytest.mark.parametrize("kind", ["file", "part"])
def test_where_the_server_cannot_be_asked_what_is_there_is_kept_with_a_warning(
    files: Files, kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    again(files, tmp_path, kind)
    files.faults = [503] * 99
    assert again(files, tmp_path, kind) == 0
    assert "what was fetched on 20" in caplog.text


def test_all_that_had_come_before_a_crash_is_not_fetched_again(files: Files, tmp_path: Path) -> None:
    url = files.url("table.csv")
    part = partial_path(tmp_path / "out.csv", url)
    part.write_bytes(TABLE)
    part.with_suffix(".json").write_text(json.dumps({"url": url, "version": '"1"'}))
    download_file(Origin([url]), tmp_path / "out.csv", "table")
    assert (tmp_path / "out.csv").read_bytes() == TABLE
    assert files.bytes_sent == 0
    assert sorted(path.name for path in tmp_path.glob("*out.csv*")) == ["out.csv", "out.csv.source.json"]


def test_a_file_with_the_right_checksum_gets_a_record_without_being_asked_for(files: Files, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_bytes(TABLE)
    origin = Origin([files.url("table.csv")], sha256=hashlib.sha256(TABLE).hexdigest(), licence="CC0")
    download_file(origin, tmp_path / "out.csv", "table")
    assert files.requests == []
    assert json.loads((tmp_path / "out.csv.source.json").read_text())["licence"] == "CC0"

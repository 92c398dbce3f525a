"""The command that looks whether everything can be had, and that fetches it for a machine without a network."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml
from affine import Affine

from crater_pipeline.configuration.plan import RegionPlan
from crater_pipeline.configuration.reading import read_configuration
from crater_pipeline.errors import UserError
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.steps.fetch import fetch
from tests.range_server import Files, serve

TABLE = b"lon,lat,diameter_km\n5,5,12.0\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    """A server with a mosaic and a table, and `mine.yaml` that names them, in a working directory of its own."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    place = {"crs": MOON.geographic_crs, "transform": Affine(0.1, 0, -180, 0, -0.1, 90), "width": 3600, "height": 1800}
    path = tmp_path / "world.tif"
    with rasterio.open(path, "w", driver="GTiff", count=1, dtype="uint8", blockysize=1, **place) as raster:
        raster.write(np.ones((1, 1800, 3600), np.uint8))
    content = path.read_bytes()
    path.unlink()
    with serve(Files({"table.csv": TABLE, "world.tif": content})) as served:
        write_mine(served)
        yield served


def write_mine(files: Files, **more: Any) -> None:
    mine: dict[str, Any] = {
        "mosaics": {"world": {"kind": "image", "body": "moon", "url": files.url("world.tif"), "pixel_size_m": 3032}},
        "catalogues": {"mine": {"format": "table", "url": files.url("table.csv")}},
        "regions": {"bay": {"mosaic": "world", "catalogue": "mine", "bounds": [0, 0, 10, 10], **more}},
    }
    Path("mine.yaml").write_text(yaml.safe_dump(mine | {"reprojection": {"margin_px": 8}}))


MINE = [Path("mine.yaml")]


def test_a_check_says_what_is_needed_and_leaves_nothing(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    fetch("bay", configfile=MINE, check=True)
    lines = capsys.readouterr().out.splitlines()
    url = re.escape(files.url("world.tif"))
    assert re.fullmatch(rf"mosaics\.world\.url: {url}: 6\.49 MB, needed [4-9]\d\d kB, about \d+ s at .*B/s", lines[0])
    assert re.fullmatch(r"catalogues\.mine\.url: .*/table\.csv: 29 bytes, about 1 s at .*/s", lines[1])
    assert re.fullmatch(r"To fetch: [4-9]\d\d kB, about \d+ s", lines[2])
    assert len(lines) == 3
    assert [path.name for path in Path().iterdir()] == ["mine.yaml"]
    assert files.bytes_sent < 1_500_000


def test_a_check_tells_all_that_cannot_be_had(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files.contents = {"world.tif": b"<html>not here</html>"}
    with pytest.raises(UserError) as caught:
        fetch("bay", configfile=MINE, check=True)
    assert "mosaics.world.url: " in str(caught.value)
    assert "a web page" in str(caught.value)
    assert "catalogues.mine.url: " in str(caught.value)
    assert "404 Not Found" in str(caught.value)
    assert capsys.readouterr().out == "mosaics.world.url: cannot be had\ncatalogues.mine.url: cannot be had\n"


def test_a_check_knows_files_that_are_here(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    mine = yaml.safe_load(Path("mine.yaml").read_text())
    mine["catalogues"]["mine"]["url"] = "here.csv"
    Path("mine.yaml").write_text(yaml.safe_dump(mine))
    with pytest.raises(UserError, match=r"catalogues\.mine\.url: here\.csv is not there"):
        fetch("bay", configfile=MINE, check=True)
    Path("here.csv").write_bytes(TABLE)
    fetch("bay", configfile=MINE, check=True)
    assert "catalogues.mine.url: here.csv, used in place" in capsys.readouterr().out


def test_what_is_fetched_is_used_where_there_is_no_network(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    fetch("bay", configfile=MINE, to=Path("moon"))
    assert "snakemake --cores 8 --config sources=moon -- results/bay/craters.gpkg" in capsys.readouterr().out
    assert sorted(path.name for path in Path("moon").iterdir()) == [
        "table.csv",
        "table.csv.source.json",
        "world_bay.tif",
        "world_bay.tif.source.json",
    ]
    Path("offline.yaml").write_text("sources: moon\n")
    plan = RegionPlan("bay", read_configuration([*MINE, Path("offline.yaml")]))
    assert (plan.mosaic_file, plan.catalogue_file) == ("moon/world_bay.tif", "moon/table.csv")
    before = files.bytes_sent
    fetch("bay", configfile=MINE, to=Path("moon"))
    assert files.bytes_sent - before <= 2 * 512
    asked = len(files.requests)
    fetch("bay", configfile=[*MINE, Path("offline.yaml")], check=True)
    assert "Nothing to fetch" in capsys.readouterr().out
    assert len(files.requests) == asked


def test_one_file_that_cannot_be_had_does_not_keep_the_others_away(files: Files) -> None:
    files.contents.pop("world.tif")
    with pytest.raises(UserError, match=r"^mosaics\.world\.url: .*404"):
        fetch("bay", configfile=MINE, to=Path("moon"))
    assert (Path("moon") / "table.csv").read_bytes() == TABLE


@pytest.mark.parametrize(
    ("region", "options", "said"),
    [
        ("bay", {}, "say either --check, or --to <folder>"),
        ("bay", {"check": True, "to": Path("x")}, "say either --check, or --to <folder>"),
        ("nowhere", {"check": True}, "no region 'nowhere'; there are "),
    ],
)
def test_what_is_asked_for_wrongly_is_told(files: Files, region: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        fetch(region, configfile=MINE, **options)


def test_a_simulated_region_needs_nothing(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    fetch("demo", check=True)
    assert capsys.readouterr().out == "Nothing to fetch\n"

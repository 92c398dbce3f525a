"""Whole files: interrupted, changed, mistaken and packed ones, from a server on the loopback."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import stamina

from crater_pipeline.download.files import download_file, download_table, extract_table, partial_path
from crater_pipeline.download.http import looks_like_html
from crater_pipeline.errors import UserError
from tests.range_server import Files, serve

CONTENT = np.random.default_rng(0).bytes(3_000_000)
TABLE = b"lon,lat,diameter_km\n10.5,-3.25,12.0\n"


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=6):
        yield


@pytest.fixture
def files() -> Iterator[Files]:
    with serve(Files({"table.csv": TABLE, "big.bin": CONTENT})) as served:
        yield served


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_nothing_else(files: Files, tmp_path: Path) -> None:
    download_file(files.url("big.bin"), tmp_path / "sub" / "big.bin", hashlib.sha256(CONTENT).hexdigest())
    assert (tmp_path / "sub" / "big.bin").read_bytes() == CONTENT
    assert leftovers(tmp_path / "sub") == ["big.bin"]


def test_an_interrupted_transfer_goes_on_where_it_stopped(files: Files, tmp_path: Path) -> None:
    files.faults = ["cut", 503, "cut"]
    download_file(files.url("big.bin"), tmp_path / "big.bin")
    assert (tmp_path / "big.bin").read_bytes() == CONTENT
    assert files.bytes_sent == len(CONTENT)
    assert [asked for _, asked in files.requests] == [
        None,
        "bytes=1500000-",
        "bytes=1500000-",
        "bytes=2250000-",
    ]


def test_a_later_call_goes_on_too(files: Files, tmp_path: Path) -> None:
    output = tmp_path / "big.bin"
    files.faults = ["cut", *[503] * 20]
    with pytest.raises(UserError, match="503"):
        download_file(files.url("big.bin"), output)
    assert not output.exists()
    assert partial_path(output, files.url("big.bin")).stat().st_size == len(CONTENT) // 2
    files.faults = []
    download_file(files.url("big.bin"), output)
    assert output.read_bytes() == CONTENT
    assert files.bytes_sent == len(CONTENT)


def test_a_file_that_changed_in_between_is_fetched_anew(files: Files, tmp_path: Path) -> None:
    output = tmp_path / "big.bin"
    files.faults = ["cut", *[503] * 20]
    with pytest.raises(UserError):
        download_file(files.url("big.bin"), output)
    files.faults, files.etag, files.contents["big.bin"] = [], '"2"', CONTENT[::-1]
    download_file(files.url("big.bin"), output)
    assert output.read_bytes() == CONTENT[::-1]


def test_a_server_without_ranges_starts_again(files: Files, tmp_path: Path) -> None:
    files.ranges, files.faults = False, ["cut"]
    download_file(files.url("big.bin"), tmp_path / "big.bin")
    assert (tmp_path / "big.bin").read_bytes() == CONTENT


def test_a_partial_file_longer_than_the_file_is_dropped(files: Files, tmp_path: Path) -> None:
    output = tmp_path / "table.csv"
    files.faults = ["cut", *[503] * 20]
    with pytest.raises(UserError):
        download_file(files.url("table.csv"), output)
    partial_path(output, files.url("table.csv")).write_bytes(bytes(1000))
    files.faults = []
    download_file(files.url("table.csv"), output)
    assert output.read_bytes() == TABLE


def test_a_wrong_checksum_leaves_nothing(files: Files, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="SHA-256"):
        download_file(files.url("big.bin"), tmp_path / "big.bin", "0" * 64)
    assert leftovers(tmp_path) == []


def test_a_web_page_instead_of_the_file_is_refused(files: Files, tmp_path: Path) -> None:
    files.contents["gone.csv"] = b"\n<!DOCTYPE html><html><body>Sorry</body></html>"
    with pytest.raises(UserError, match="web page"):
        download_file(files.url("gone.csv"), tmp_path / "gone.csv")
    assert leftovers(tmp_path) == []


def test_a_missing_file_is_not_asked_for_again(files: Files, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="404"):
        download_file(files.url("nothing.csv"), tmp_path / "nothing.csv")
    assert len(files.requests) == 1


def test_no_server_is_a_clear_message(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="check the address and the network"):
        download_file("http://127.0.0.1:9/x.csv", tmp_path / "x.csv")


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_zip_without_the_ending_is_unpacked(files: Files, tmp_path: Path) -> None:
    archive = packed({"readme.txt": b"hello", "data/craters.csv": TABLE, "__MACOSX/._craters.csv": b"x"})
    files.contents["database"] = archive
    download_table(files.url("database"), tmp_path / "craters.dat", hashlib.sha256(archive).hexdigest())
    assert (tmp_path / "craters.dat").read_bytes() == TABLE
    download_table(files.url("database"), tmp_path / "craters.zip")
    assert (tmp_path / "craters.zip").read_bytes() == archive
    assert leftovers(tmp_path) == ["craters.dat", "craters.zip"]


def test_a_plain_table_passes_through(files: Files, tmp_path: Path) -> None:
    download_table(files.url("table.csv"), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == TABLE
    assert leftovers(tmp_path) == ["t.csv"]


@pytest.mark.parametrize("members", [{"a.csv": TABLE, "b.csv": TABLE}, {"picture.png": b"x"}])
def test_an_archive_without_one_table_names_what_it_holds(members: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed(members))
    with pytest.raises(UserError, match=next(iter(members))):
        extract_table(tmp_path / "a.zip", tmp_path / "out.csv")
    assert leftovers(tmp_path) == ["a.zip"]


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    content = bytearray(packed({"a.csv": TABLE * 100}))
    content[60:80] = bytes(20)
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        extract_table(tmp_path / "a.zip", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("head", "html"),
    [
        (b"\xef\xbb\xbf <!doctype HTML>", True),
        (b"<html lang=en>", True),
        (b"II*\x00", False),
        (b"lon,lat", False),
        (b"<?xml version='1.0'?><Product_Observational>", False),
        (b"", False),
    ],
)
def test_web_pages_are_told_by_their_first_bytes(head: bytes, html: bool) -> None:
    assert looks_like_html(head) is html

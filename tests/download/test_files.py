"""Whole files: interrupted, changed and mistaken ones, from a server on the loopback."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from crater_pipeline.download.files import download_file, partial_path
from crater_pipeline.download.origin import Origin
from crater_pipeline.errors import UserError
from tests.download.patience import IMPATIENT
from tests.range_server import Files, serve

CONTENT = np.random.default_rng(0).bytes(3_000_000)
TABLE = b"lon,lat,diameter_km\n10.5,-3.25,12.0\n"


@pytest.fixture
def files() -> Iterator[Files]:
    with serve(Files({"table.csv": TABLE, "big.bin": CONTENT})) as served:
        yield served


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_nothing_else(files: Files, tmp_path: Path) -> None:
    download_file(Origin([files.url("big.bin")], hashlib.sha256(CONTENT).hexdigest()), tmp_path / "sub" / "big.bin")
    assert (tmp_path / "sub" / "big.bin").read_bytes() == CONTENT
    assert leftovers(tmp_path / "sub") == ["big.bin", "big.bin.source.json"]


def test_an_interrupted_transfer_goes_on_where_it_stopped(files: Files, tmp_path: Path) -> None:
    files.faults = ["cut", 503, "cut"]
    download_file(Origin([files.url("big.bin")]), tmp_path / "big.bin")
    assert (tmp_path / "big.bin").read_bytes() == CONTENT
    assert files.bytes_sent == len(CONTENT)
    assert [asked for _, asked in files.requests] == [
        None,
        "bytes=1500000-",
        "bytes=1500000-",
        "bytes=2250000-",
    ]


def test_a_stalled_a_reset_and_a_cut_transfer_go_on_where_they_stopped(
    files: Files, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files.faults = ["mute", "stall", "cut", "stall"]
    download_file(Origin([files.url("big.bin")]), tmp_path / "big.bin", patience=IMPATIENT)
    assert (tmp_path / "big.bin").read_bytes() == CONTENT
    assert [asked for _, asked in files.requests] == [None, None, "bytes=1500000-", "bytes=2250000-", "bytes=2625000-"]
    assert [
        record.getMessage().rpartition("; ")[2] for record in caplog.records if "interrupted" in record.message
    ] == [f"attempt {number} follows" for number in (2, 3, 4, 5)]
    files.faults, files.requests = ["reset"], []
    download_file(Origin([files.url("big.bin")]), tmp_path / "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == CONTENT
    assert len(files.requests) == 2


def test_what_is_there_with_the_right_checksum_is_kept(files: Files, tmp_path: Path) -> None:
    checksum = hashlib.sha256(CONTENT).hexdigest()
    for _ in range(2):
        download_file(Origin([files.url("big.bin")], checksum.upper()), tmp_path / "big.bin")
    assert len(files.requests) == 1
    (tmp_path / "big.bin").write_bytes(CONTENT[:-1])
    download_file(Origin([files.url("big.bin")], checksum), tmp_path / "big.bin")
    assert (tmp_path / "big.bin").read_bytes() == CONTENT
    assert len(files.requests) == 2


def test_a_later_failure_does_not_cost_the_file_that_was_there(files: Files, tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(b"before")
    with pytest.raises(UserError, match="SHA-256"):
        download_file(Origin([files.url("big.bin")], "0" * 64), tmp_path / "big.bin")
    assert (tmp_path / "big.bin").read_bytes() == b"before"


def test_a_later_call_goes_on_too(files: Files, tmp_path: Path) -> None:
    output = tmp_path / "big.bin"
    files.faults = ["cut", *[503] * 20]
    with pytest.raises(UserError, match="503"):
        download_file(Origin([files.url("big.bin")]), output)
    assert not output.exists()
    assert partial_path(output, files.url("big.bin")).stat().st_size == len(CONTENT) // 2
    files.faults = []
    download_file(Origin([files.url("big.bin")]), output)
    assert output.read_bytes() == CONTENT
    assert files.bytes_sent == len(CONTENT)


@pytest.mark.parametrize("conditional", [True, False], ids=["If-Range", "without If-Range"])
def test_a_file_that_changed_in_between_is_fetched_anew(files: Files, conditional: bool, tmp_path: Path) -> None:
    output, files.conditional = tmp_path / "big.bin", conditional
    files.faults = ["cut", *[503] * 20]
    with pytest.raises(UserError):
        download_file(Origin([files.url("big.bin")]), output)
    files.faults, files.etag, files.contents["big.bin"] = [], '"2"', CONTENT[::-1]
    download_file(Origin([files.url("big.bin")]), output)
    assert output.read_bytes() == CONTENT[::-1]


def test_a_server_without_ranges_starts_again(files: Files, tmp_path: Path) -> None:
    files.ranges, files.faults = False, ["cut"]
    download_file(Origin([files.url("big.bin")]), tmp_path / "big.bin")
    assert (tmp_path / "big.bin").read_bytes() == CONTENT


def test_a_partial_file_longer_than_the_file_is_dropped(files: Files, tmp_path: Path) -> None:
    output = tmp_path / "table.csv"
    files.faults = ["cut", *[503] * 20]
    with pytest.raises(UserError):
        download_file(Origin([files.url("table.csv")]), output)
    partial_path(output, files.url("table.csv")).write_bytes(bytes(1000))
    files.faults = []
    download_file(Origin([files.url("table.csv")]), output)
    assert output.read_bytes() == TABLE


def test_a_wrong_checksum_leaves_nothing(files: Files, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="SHA-256"):
        download_file(Origin([files.url("big.bin")], "0" * 64), tmp_path / "big.bin")
    assert leftovers(tmp_path) == []


def test_a_web_page_instead_of_the_file_is_refused(files: Files, tmp_path: Path) -> None:
    files.contents["gone.csv"] = b"\n<!DOCTYPE html><html><body>Sorry</body></html>"
    with pytest.raises(UserError, match="web page"):
        download_file(Origin([files.url("gone.csv")]), tmp_path / "gone.csv")
    assert leftovers(tmp_path) == []


def test_a_missing_file_is_not_asked_for_again(files: Files, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="404"):
        download_file(Origin([files.url("nothing.csv")]), tmp_path / "nothing.csv")
    assert len(files.requests) == 1


def test_no_server_is_a_clear_message(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="check the address and the network"):
        download_file(Origin(["http://127.0.0.1:9/x.csv"]), tmp_path / "x.csv")

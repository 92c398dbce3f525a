"""A remote file as GDAL sees it: the file's bytes whatever is asked for in whatever order, and few requests."""

from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.download.gdal_file import CHUNK_BYTES, CONNECTIONS, GdalFile

CONTENT = np.random.default_rng(4).bytes(3_000_001)


class Parts:
    """As `remote.Parts`, of bytes at hand."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content, self.remote = content, SimpleNamespace(size=len(content))
        self.asked: list[tuple[int, int]] = []

    def read(self, start: int, length: int) -> bytes:
        self.asked.append((start, length))
        return self.content[start : start + length]


def opened(parts: Any) -> GdalFile:
    return GdalFile(parts, "a.tif")


@given(st.lists(st.tuples(st.integers(0, len(CONTENT) + 10), st.integers(0, 700_000)), max_size=12))
@settings(max_examples=40)
def test_any_reads_give_the_files_bytes_and_fetch_none_twice(reads: list[tuple[int, int]]) -> None:
    parts = Parts()
    file = opened(parts)
    with file(f"/vsi/{file.path}") as handle:
        for start, length in reads:
            assert handle.seek(start) == start
            assert handle.read(length) == CONTENT[start : start + length]
            assert handle.tell() == min(start + length, max(start, len(CONTENT)))
        assert handle.seek(-5, 2) == len(CONTENT) - 5
        assert handle.read() == CONTENT[-5:]
    spans = [range(start // CHUNK_BYTES, -(-(start + length) // CHUNK_BYTES)) for start, length in parts.asked]
    fetched = [index for span in spans for index in span]
    assert len(set(fetched)) == len(fetched)


def test_reading_in_order_takes_ever_larger_requests() -> None:
    parts = Parts()
    file = opened(parts)
    for start in range(0, len(CONTENT), 5000):
        file.read(start, 5000)
    assert len(parts.asked) < 12
    assert sum(length for _, length in parts.asked) < len(CONTENT) + CHUNK_BYTES


def test_what_was_fetched_before_is_not_asked_for() -> None:
    parts = Parts()
    file = opened(parts)
    ranges = [(100_000 * k, 2000) for k in range(CONNECTIONS * 2)]
    file.prefetch(ranges)
    asked = len(parts.asked)
    for start, length in ranges:
        assert file.read(start, length) == CONTENT[start : start + length]
    assert len(parts.asked) == asked == len(ranges)


def test_an_error_is_kept_for_after_gdal() -> None:
    class Broken(Parts):
        def read(self, start: int, length: int) -> bytes:
            raise httpx.ReadError("gone")

    file = opened(Broken())
    assert file.read(0, 10) == b""
    with pytest.raises(httpx.ReadError, match="gone"):
        file.check()


def test_only_the_file_itself_is_there() -> None:
    file = opened(Parts())
    with pytest.raises(FileNotFoundError):
        file(f"/vsi/{file.path}.aux.xml")

"""A remote file as a file that GDAL can open, so that rasters are read with the client of every other download.

GDAL's own network access knows neither our retries nor whether a file changes between two requests, and has proxies,
certificates and time limits of its own.
"""

import io
import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import rasterio

from crater_pipeline.download.remote import Parts

CHUNK_BYTES = 1 << 14
"""What is fetched is kept by whole pieces of this size."""

MOST_AHEAD = 256
"""Chunks (4 MiB) fetched at once: reading in order fetches more each time, up to this."""

ONE_REQUEST = 64
"""Chunks (1 MiB) in one request, so that several connections share what is large."""

KEPT_CHUNKS = 4096
"""Chunks (64 MiB) held in memory."""

CONNECTIONS = 8
"""Requests under way at once: enough to hide the latency, few enough for a public archive."""

HIDDEN_NAME = "remote"

OPTIONS = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
"""No looking for sidecars: of a remote raster only the file itself counts."""


class GdalFile:
    """Opens one remote file for GDAL, `rasterio.open(file.path, opener=file)`, and keeps the chunks that were read.

    Errors cannot pass through GDAL: the first is kept, what is read after it is empty, and `check` raises it.
    """

    def __init__(self, parts: Parts, name: str) -> None:
        assert parts.remote.size is not None
        self.parts, self.size = parts, parts.remote.size
        self.path = f"{HIDDEN_NAME}://{HIDDEN_NAME}/{name}"
        self.error: BaseException | None = None
        self._chunks: OrderedDict[int, bytes] = OrderedDict()
        self._next, self._ahead = -1, 1

    def __call__(self, path: str, mode: str = "rb", **_: object) -> "_Handle":
        if not path.endswith(self.path):
            raise FileNotFoundError(path)
        return _Handle(self)

    def open(self) -> rasterio.DatasetReader:
        """The raster; rasterio's errors, unless the network's is the cause."""
        try:
            return rasterio.open(self.path, opener=self)
        finally:
            self.check()

    def check(self) -> None:
        """Raise what stood in the way of a read, if anything did."""
        if self.error is not None:
            raise self.error

    def read(self, start: int, length: int) -> bytes:
        """Bytes of the file, fewer at its end; none once there has been an error."""
        stop = min(start + length, self.size)
        if stop <= start or self.error is not None:
            return b""
        try:
            first, last = start // CHUNK_BYTES, (stop - 1) // CHUNK_BYTES
            content = b"".join(self._chunk(index, last) for index in range(first, last + 1))
        except BaseException as error:  # an exception that GDAL met in a read would be lost, and a signal's with it
            self.error = error
            return b""
        return content[start - first * CHUNK_BYTES : stop - first * CHUNK_BYTES]

    def _chunk(self, index: int, last: int) -> bytes:
        if index not in self._chunks:
            self._ahead = min(2 * self._ahead, MOST_AHEAD) if index == self._next else 1
            self._next = min(max(last + 1, index + self._ahead), index + MOST_AHEAD, -(-self.size // CHUNK_BYTES))
            self._fetch([each for each in range(index, self._next) if each not in self._chunks])
        self._chunks.move_to_end(index)
        return self._chunks[index]

    def prefetch(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Fetch (offset, length) pieces over several connections, as far as they are not held and fit in memory."""
        pieces = [(start, min(start + length, self.size)) for start, length in ranges]
        wanted = {index for start, stop in pieces for index in range(start // CHUNK_BYTES, -(-stop // CHUNK_BYTES))}
        self._fetch(sorted(wanted - self._chunks.keys())[: KEPT_CHUNKS // 2])

    def _fetch(self, indices: Sequence[int]) -> None:
        runs: list[range] = []
        for index in indices:
            if runs and runs[-1].stop == index and len(runs[-1]) < ONE_REQUEST:
                runs[-1] = range(runs[-1].start, index + 1)
            else:
                runs.append(range(index, index + 1))

        def read(run: range) -> bytes:
            return self.parts.read(run.start * CHUNK_BYTES, len(run) * CHUNK_BYTES)

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for run, content in zip(runs, map(read, runs) if len(runs) == 1 else pool.map(read, runs), strict=True):
                for index in run:
                    offset = (index - run.start) * CHUNK_BYTES
                    self._chunks[index] = content[offset : offset + CHUNK_BYTES]
        while len(self._chunks) > KEPT_CHUNKS:
            self._chunks.popitem(last=False)


class _Handle(io.RawIOBase):
    """One opening of the file, with a position of its own."""

    def __init__(self, file: GdalFile) -> None:
        super().__init__()
        self._file, self._position = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._file.size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(self._position, self._file.size if size < 0 else size)
        self._position += len(content)
        return content

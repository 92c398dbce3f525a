"""Pieces of rows of a large uncompressed raster on a web server.

GDAL reads whole strips, which for a window of a global mosaic (one strip a row) is the full circle of longitude.
Here only the window's own bytes of each row are asked for, over a few connections.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.download.gdal_file import CONNECTIONS
from crater_pipeline.download.remote import Parts, RemoteFile
from crater_pipeline.errors import UserError
from crater_pipeline.rasters.reading import Reading

CUT_OFF = "it ends before its last pixel: it was cut off when it was put there; take another address (mirrors)"

WORTHWHILE_SHARE = 0.5
"""Whole strips are read if the window takes up more of their width than this."""

COALESCED_GAP_BYTES = 32_768
"""Two pieces nearer to each other than this are one request: the bytes between cost less than another round trip."""

ONE_REQUEST_BYTES = 1 << 20
"""Pieces are put together up to this, so that several connections share what is large."""


@dataclass(frozen=True)
class RowLayout:
    """Where the rows of an uncompressed, striped, single-band TIFF lie in its file."""

    dtype: np.dtype
    width: int
    strip_rows: int
    strip_offsets: tuple[int, ...]
    first_row: int

    def piece(self, row: int, column: int, count: int) -> tuple[int, int]:
        """(offset, length) in bytes of `count` pixels of a row."""
        strip, line = divmod(row, self.strip_rows)
        start = self.strip_offsets[strip - self.first_row // self.strip_rows]
        return start + (line * self.width + column) * self.dtype.itemsize, count * self.dtype.itemsize


def row_layout(dataset: rasterio.DatasetReader, remote: RemoteFile, window: Window) -> RowLayout | None:
    """The layout of the rows of `window`, or None if GDAL's own reading is as good or the file is of another kind."""
    height, width = dataset.block_shapes[0]
    plain = dataset.driver == "GTiff" and dataset.count == 1 and dataset.compression is None
    if not plain or width != dataset.width or window.width > WORTHWHILE_SHARE * dataset.width:
        return None
    first, last = int(window.row_off), int(window.row_off + window.height) - 1
    offsets = [
        dataset.get_tag_item(f"BLOCK_OFFSET_0_{strip}", "TIFF", bidx=1)
        for strip in range(first // height, last // height + 1)
    ]
    if any(offset is None for offset in offsets):
        return None  # a sparse file
    order = ">" if remote.head.startswith(b"MM") else "<"
    return RowLayout(
        dtype=np.dtype(dataset.dtypes[0]).newbyteorder(order),
        width=dataset.width,
        strip_rows=height,
        strip_offsets=tuple(int(offset) for offset in offsets),
        first_row=first,
    )


def block_ranges(dataset: rasterio.DatasetReader, reading: Reading, window: Window) -> list[tuple[int, int]]:
    """(offset, length) in bytes of the blocks of a TIFF that a window touches; none for what is no TIFF."""
    if dataset.driver != "GTiff":
        return []
    bands = [*reading.bands, *([reading.alpha] if reading.alpha else [])]
    height, width = dataset.block_shapes[bands[0] - 1]
    top, left = int(window.row_off), int(window.col_off)
    found = set()
    for row in range(top // height, (top + int(window.height) - 1) // height + 1):
        for column in range(left // width, (left + int(window.width) - 1) // width + 1):
            for band in bands:
                place = f"{column}_{row}"
                offset = dataset.get_tag_item(f"BLOCK_OFFSET_{place}", "TIFF", bidx=band)
                length = dataset.get_tag_item(f"BLOCK_SIZE_{place}", "TIFF", bidx=band)
                if offset is not None and length is not None:
                    found.add((int(offset), int(length)))
    return sorted(found)


def coalesce(pieces: list[tuple[int, int]]) -> Iterator[tuple[int, int, list[int]]]:
    """(offset, length, members) of requests that hold several neighbouring pieces, given in rising order."""
    start, end, members = pieces[0][0], sum(pieces[0]), [0]
    for index, (offset, length) in enumerate(pieces[1:], 1):
        if 0 <= offset - end <= COALESCED_GAP_BYTES and offset + length - start <= ONE_REQUEST_BYTES:
            members.append(index)
        else:
            yield start, end - start, members
            start, members = offset, [index]
        end = offset + length
    yield start, end - start, members


def pieces_of(layout: RowLayout, window: Window) -> list[tuple[int, int]]:
    """(offset, length) in bytes of each row of a window."""
    rows = range(int(window.row_off), int(window.row_off + window.height))
    return [layout.piece(row, int(window.col_off), int(window.width)) for row in rows]


def read_rows(parts: Parts, layout: RowLayout, window: Window) -> NDArray[Any]:
    """The pixels of `window`, shape (h, w), in the raster's own type; raises what `Parts.read` does."""
    height, width = int(window.height), int(window.width)
    pieces = pieces_of(layout, window)
    requests = list(coalesce(pieces))
    out = np.empty((height, width), layout.dtype.newbyteorder("="))
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        answers = pool.map(lambda request: parts.read(request[0], request[1]), requests)
        for (start, length, members), answer in zip(requests, answers, strict=True):
            if len(answer) < length:
                raise UserError(f"{parts.remote.url}: {CUT_OFF}")
            for member in members:
                out[member] = np.frombuffer(answer, layout.dtype, width, pieces[member][0] - start)
    return out

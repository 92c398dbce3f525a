"""The part of a large raster on a web server that a region needs, without the rest."""

import hashlib
import json
import logging
import math
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import rasterio
import stamina
from numpy.typing import NDArray
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.windows import Window

from crater_pipeline.download.http import RETRIES, TRANSIENT_STATUS, RemoteFile, explained, open_client, probe
from crater_pipeline.download.rows import read_rows, row_layout
from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import (
    GDAL_OPTIONS,
    RasterInfo,
    create_raster,
    info_of,
)
from crater_pipeline.rasters.grid import shifted
from crater_pipeline.rasters.one_band import profile_of, read_as_one_band
from crater_pipeline.rasters.progress import progress
from crater_pipeline.rasters.reading import Reading, reading_of
from crater_pipeline.rasters.source_pixels import SourcePixels
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds

logger = logging.getLogger(__name__)

BLOCK_PX = 1024
"""Side (about) of the blocks that are fetched, and kept over an interruption."""

EDGE_PX = 4
"""Pixels beyond the bounds and their margin that interpolation needs."""

REMOTE_OPTIONS = {
    **GDAL_OPTIONS,
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": 1,  # while it opens a raster; otherwise `RETRIES` is what counts
    "GDAL_HTTP_RETRY_CODES": ",".join(map(str, [0, *sorted(TRANSIENT_STATUS)])),  # 0: silence
    "GDAL_HTTP_RETRY_DELAY": 1,
    "GDAL_HTTP_CONNECTTIMEOUT": 30,
    "GDAL_HTTP_LOW_SPEED_TIME": 60,
    "GDAL_HTTP_LOW_SPEED_LIMIT": 100,
    "CPL_VSIL_CURL_NON_CACHED": "/vsicurl/",
}

BlockReader = Callable[[Window], NDArray[Any]]


def source_window(source: RasterInfo, bounds: Bounds, body: Body, margin_deg: float) -> Window:
    """The window of a raster that holds `bounds` and `margin_deg` (of latitude) around them.

    Where a raster spans all longitudes, columns run on past its last one when the bounds cross its edge.

    Raises
    ------
    UserError
        If the raster stands on another body or the bounds lie outside.
    """
    grid = source.on(body)
    steepest = min(max(abs(bounds.south), abs(bounds.north)) + margin_deg, 89.9)
    wanted = bounds.expanded(margin_deg, min(margin_deg / math.cos(math.radians(steepest)), 180.0))
    mapping = SourcePixels(grid, body.geographic_crs)
    parts = np.linspace(0.0, 1.0, 129)
    lon, lat = np.meshgrid(wanted.west + parts * wanted.width, wanted.south + parts * wanted.height)
    centre, _ = mapping.pixel(np.array([wanted.centre[0]]), np.array([wanted.centre[1]]))
    reference = float(centre[0]) if math.isfinite(centre[0]) else source.width / 2
    x, y = mapping.pixel(lon.ravel(), lat.ravel(), reference)
    known = np.isfinite(x) & np.isfinite(y)
    left = right = top = bottom = 0
    if known.any():
        left, right = math.floor(x[known].min()) - EDGE_PX, math.ceil(x[known].max()) + EDGE_PX
        top, bottom = max(math.floor(y[known].min()) - EDGE_PX, 0), math.ceil(y[known].max()) + EDGE_PX
    turn = None if mapping.period is None else round(mapping.period)
    all_around = turn is not None and abs(source.width - turn) <= 1
    if not all_around or right - left >= source.width or wanted.width == 360.0:
        left, right = max(left, 0), min(right, source.width)
        if all_around:
            left, right = 0, source.width
    bottom = min(bottom, source.height)
    if right <= left or bottom <= top:
        raise UserError(f"{source.path}: does not reach the bounds {list(bounds)}; choose another mosaic")
    return Window(left, top, right - left, bottom - top)


def blocks_of(window: Window, block_shape: tuple[int, int]) -> list[Window]:
    """Parts of `window` along the borders of the raster's own blocks, so that none is fetched twice."""

    def edges(offset: int, length: int, step: int, wanted: int) -> list[int]:
        size = step * max(1, round(wanted / step))
        return [offset, *range((offset // size + 1) * size, offset + length, size), offset + length]

    cols = edges(int(window.col_off), int(window.width), block_shape[1], BLOCK_PX)
    widest = max(right - left for left, right in pairwise(cols))
    # A strip is as wide as the raster: fewer rows of it make a block of the same size.
    rows = edges(int(window.row_off), int(window.height), block_shape[0], max(1, BLOCK_PX**2 // widest))
    return [
        Window(left, top, right - left, bottom - top)
        for top, bottom in pairwise(rows)
        for left, right in pairwise(cols)
    ]


@dataclass(frozen=True)
class BlockStore:
    """Blocks already fetched, in a hidden folder beside the output that survives an interruption."""

    folder: Path

    @classmethod
    def beside(cls, output: Path, identity: dict[str, object]) -> "BlockStore":
        """The store of one download; blocks of another one (address, window or state of the file) never match."""
        key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
        for other in output.parent.glob(f".{output.name}.*.blocks"):
            if key not in other.name:
                shutil.rmtree(other, ignore_errors=True)
        folder = output.parent / f".{output.name}.{key}.blocks"
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def fetch(self, window: Window, read: BlockReader) -> NDArray[Any]:
        """The stored block, else what `read` gives, which is then stored."""
        path = self.folder / f"{window.row_off}_{window.col_off}_{window.height}_{window.width}.npy"
        if not path.is_file():
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".tmp", delete=False) as file:
                np.save(file, read(window))
            Path(file.name).replace(path)
        return np.asarray(np.load(path))

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _wrapped(dataset: rasterio.DatasetReader, read: BlockReader) -> BlockReader:
    """A reader whose columns continue at the other edge of a raster that goes all around the body."""

    def read_wrapped(window: Window) -> NDArray[Any]:
        left, right = int(window.col_off) % dataset.width, int(window.col_off + window.width - 1) % dataset.width + 1
        if left < right:
            return read(Window(left, window.row_off, right - left, window.height))
        parts = ((left, dataset.width - left), (0, right))
        return np.concatenate([read(Window(c, window.row_off, n, window.height)) for c, n in parts], axis=1)

    return read_wrapped


def _block_reader(
    dataset: rasterio.DatasetReader, reading: Reading, remote: RemoteFile, client: httpx.Client, window: Window
) -> BlockReader:
    """How to fetch a block: by pieces of rows where that spares much, else through GDAL."""
    layout = row_layout(dataset, remote, window)
    if layout is not None and not reading.is_colour:
        rows = layout
        return lambda block: read_rows(client, remote.url, rows, block)

    opened = dataset

    @stamina.retry(on=RasterioIOError, **RETRIES)
    def through_gdal(block: Window) -> NDArray[Any]:
        nonlocal opened
        try:
            return read_as_one_band(opened, reading, block)
        except RasterioIOError:
            # What an open raster has got in part it never asks for again.
            opened = rasterio.open(dataset.name)
            raise

    return through_gdal


def _copy_window(
    dataset: rasterio.DatasetReader,
    reading: Reading,
    source: RasterInfo,
    window: Window,
    output: Path,
    nodata: float | None,
    fetch: BlockReader,
) -> None:
    """Write a window of an open raster as a GeoTIFF of its own: same values, CRS and grid, one band."""
    assert source.crs is not None  # source_window has checked it
    transform = shifted(source.transform, window.col_off, window.row_off)
    dtype, own = profile_of(dataset, reading)
    first = reading.bands[0] - 1
    size = (int(window.width), int(window.height))
    with create_raster(output, *size, source.crs, transform, dtype, nodata if own is None else own) as target:
        target.scales, target.offsets = (reading.scale,), (reading.offset,)
        target.units = dataset.units[first : first + 1]
        for block in progress(blocks_of(window, dataset.block_shapes[first]), "download"):
            here = Window(block.col_off - window.col_off, block.row_off - window.row_off, block.width, block.height)
            target.write(fetch(block), 1, window=here)


def download_window(
    url: str,
    output: Path,
    bounds: Bounds,
    body: Body,
    margin_deg: float,
    nodata: float | None = None,
    band: int | None = None,
) -> None:
    """Write the part of the raster at `url` that covers `bounds` and a margin to `output`, fetching little else.

    Values, type and grid are the source's; `nodata` is declared where the source declares none. Of several bands
    `band` is written, of colours their luminance. Blocks already fetched are kept over an interruption.

    Raises
    ------
    UserError
        If the server has no such file, answers with a web page, cannot serve parts of files, or the file is no
        raster of the body that reaches the bounds.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with explained(url), open_client() as client:
        remote = probe(client, url)
        if not remote.ranges:
            raise UserError(
                f"{url}: the server does not serve parts of files, so all of it would have to be downloaded; do that "
                "yourself and give the path"
            )
        with rasterio.Env(**REMOTE_OPTIONS):
            try:
                dataset = rasterio.open(f"/vsicurl/{remote.url}")
            except RasterioError as error:
                raise UserError(f"{url}: not a raster that GDAL can read ({error}); check the address") from error
            with dataset:
                source = info_of(dataset, Path(Path(url).name))
                window = source_window(source, bounds, body, margin_deg)
                reading = reading_of(dataset, band)
                identity: dict[str, object] = {"band": band} if band else {}
                identity |= {"url": url, "version": remote.version, "size": remote.size, "window": window.flatten()}
                store = BlockStore.beside(output, identity)
                read = _wrapped(dataset, _block_reader(dataset, reading, remote, client, window))
                try:
                    _copy_window(
                        dataset, reading, source, window, output, nodata, lambda block: store.fetch(block, read)
                    )
                except RasterioError as error:
                    raise UserError(f"{url}: cannot be read ({error}); try again, finished parts are kept") from error
    store.discard()
    logger.info("%s: %d x %d pixels of %s", output, window.width, window.height, url)

"""The part of a large raster on a web server that a region needs, without the rest."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from crater_pipeline.contents import file_hash
from crater_pipeline.download.account import account
from crater_pipeline.download.blocks import BlockReader, BlockStore, blocks_of
from crater_pipeline.download.coverage import Wanted, source_window
from crater_pipeline.download.failures import explained
from crater_pipeline.download.gdal_file import OPTIONS, GdalFile
from crater_pipeline.download.http import PATIENCE, ChangedError, Patience, open_client
from crater_pipeline.download.keeping import is_current
from crater_pipeline.download.origin import Origin, file_name
from crater_pipeline.download.record import write_record
from crater_pipeline.download.remote import Parts, probe
from crater_pipeline.download.rows import block_ranges, read_rows, row_layout
from crater_pipeline.errors import UserError
from crater_pipeline.rasters.files import GDAL_OPTIONS, RasterInfo, create_raster, info_of
from crater_pipeline.rasters.grid import shifted
from crater_pipeline.rasters.one_band import profile_of, read_as_one_band
from crater_pipeline.rasters.reading import Reading, reading_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RemoteRaster:
    """An open raster on a server, the window of it that is wanted, and how it is read."""

    parts: Parts
    file: GdalFile
    dataset: rasterio.DatasetReader
    source: RasterInfo
    window: Window
    reading: Reading


@contextmanager
def open_remote(
    client: httpx.Client, origin: Origin, url: str, wanted: Wanted, patience: Patience
) -> Iterator[RemoteRaster]:
    """Open a raster on a server for as long as the block runs.

    Raises
    ------
    UserError
        If the server answers with a web page or cannot serve parts of files, or the file has not the size that it must
        have, or is no raster of the body that reaches the bounds.
    """
    remote = probe(client, url, patience)
    origin.check_size(url, remote.size)
    if not remote.ranges or remote.size is None:
        raise UserError(
            f"{url}: the server does not serve parts of files, so all of it would have to be downloaded; take another "
            "address (mirrors), give its sha256 (it is downloaded whole then), or download it yourself and give the "
            "path"
        )
    parts = Parts(client, remote, patience)
    file = GdalFile(parts, file_name(url))
    with rasterio.Env(**GDAL_OPTIONS, **OPTIONS):
        try:
            dataset = file.open()
        except RasterioError as error:
            raise UserError(f"{url}: not a raster that GDAL can read ({error}); check the address") from error
        with dataset:
            try:
                source = info_of(dataset, Path(file_name(url)))
                window = source_window(source, wanted.bounds, wanted.body, wanted.margin_deg)
                yield RemoteRaster(parts, file, dataset, source, window, reading_of(dataset, wanted.band))
            except UserError as error:  # in which GDAL's name for it means nothing
                raise UserError(str(error).replace(dataset.name, url)) from error


def _wrapped(dataset: rasterio.DatasetReader, read: BlockReader) -> BlockReader:
    """A reader whose columns continue at the other edge of a raster that goes all around the body."""

    def read_wrapped(window: Window) -> NDArray[Any]:
        left, right = int(window.col_off) % dataset.width, int(window.col_off + window.width - 1) % dataset.width + 1
        if left < right:
            return read(Window(left, window.row_off, right - left, window.height))
        parts = ((left, dataset.width - left), (0, right))
        return np.concatenate([read(Window(c, window.row_off, n, window.height)) for c, n in parts], axis=1)

    return read_wrapped


def _block_reader(raster: RemoteRaster) -> BlockReader:
    """How to fetch a block: by pieces of rows where that spares much, else through GDAL."""
    layout = row_layout(raster.dataset, raster.parts.remote, raster.window)
    if layout is not None and not raster.reading.is_colour:
        rows = layout
        return lambda block: read_rows(raster.parts, rows, block)

    def through_gdal(block: Window) -> NDArray[Any]:
        raster.file.prefetch(block_ranges(raster.dataset, raster.reading, block))
        try:
            return read_as_one_band(raster.dataset, raster.reading, block)
        finally:
            raster.file.check()  # the network's error rather than what GDAL makes of it

    return through_gdal


def _copy_window(raster: RemoteRaster, output: Path, nodata: float | None, store: BlockStore) -> None:
    """Write the window as a GeoTIFF of its own: same values, CRS and grid, one band."""
    dataset, window, reading = raster.dataset, raster.window, raster.reading
    assert raster.source.crs is not None  # source_window has checked it
    read = _wrapped(dataset, _block_reader(raster))
    transform = shifted(raster.source.transform, window.col_off, window.row_off)
    dtype, own = profile_of(dataset, reading)
    first = reading.bands[0] - 1
    size = (int(window.width), int(window.height))
    declared = nodata if own is None else own
    with (
        create_raster(output, *size, raster.source.crs, transform, dtype, declared) as target,
        account(output.name) as so_far,
    ):
        target.scales, target.offsets = (reading.scale,), (reading.offset,)
        target.units = dataset.units[first : first + 1]
        so_far.begin(size[0] * size[1] * np.dtype(dtype).itemsize, 0)
        for block in blocks_of(window, dataset.block_shapes[first]):
            here = Window(block.col_off - window.col_off, block.row_off - window.row_off, block.width, block.height)
            there = store.holds(block)
            data = store.fetch(block, read)
            target.write(data, 1, window=here)
            so_far.add(data.nbytes, fetched=not there)


def download_window(origin: Origin, output: Path, wanted: Wanted, patience: Patience = PATIENCE) -> None:
    """Write the wanted part of a remote raster to `output`, fetching little else, and its record beside it.

    Values, type and grid are the source's. Blocks already fetched are kept over an interruption, and a part that is
    there is kept where the server still has the same file; a file that changes while it is read is begun anew once.

    Raises
    ------
    UserError
        If no address gives it; see `open_remote`.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with open_client(patience) as client:
        if is_current(client, origin, output, patience, wanted.described()):
            return

        def fetch(url: str) -> None:
            with explained(url):
                try:
                    _fetch(client, origin, url, output, wanted, patience)
                except ChangedError as error:
                    logger.warning("%s: %s; begun anew", url, error)
                    _fetch(client, origin, url, output, wanted, patience)

        origin.first(fetch)


def _fetch(client: httpx.Client, origin: Origin, url: str, output: Path, wanted: Wanted, patience: Patience) -> None:
    with open_remote(client, origin, url, wanted, patience) as raster:
        remote, window = raster.parts.remote, raster.window
        identity: dict[str, object] = {"band": wanted.band} if wanted.band else {}
        identity |= {"url": url, "version": remote.version, "size": remote.size, "window": window.flatten()}
        store = BlockStore.beside(output, identity)
        try:
            _copy_window(raster, output, wanted.nodata, store)
        except RasterioError as error:
            raise UserError(
                f"{url}: cannot be read ({error}); it is cut off or damaged there, or the disk is full here: run it "
                "again (finished parts are kept), or take another address (mirrors)"
            ) from error
    store.discard()
    write_record(output, origin, remote, file_hash(output), wanted.described())
    logger.info("%s: %d x %d pixels of %s", output, window.width, window.height, url)

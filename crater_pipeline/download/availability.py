"""Whether a file can be had, how much of it is needed, and about how long that takes, without fetching it."""

import time
from dataclasses import dataclass

import httpx
import numpy as np

from crater_pipeline.contents import Content, mismatch
from crater_pipeline.download.coverage import Wanted
from crater_pipeline.download.failures import explained
from crater_pipeline.download.gdal_file import CONNECTIONS
from crater_pipeline.download.http import Patience, body_of, open_client
from crater_pipeline.download.origin import Origin, file_name
from crater_pipeline.download.remote import Parts, RemoteFile, probe
from crater_pipeline.download.rows import block_ranges, coalesce, pieces_of, row_layout
from crater_pipeline.download.windows import RemoteRaster, open_remote
from crater_pipeline.errors import UserError

SAMPLE_BYTES = 1 << 20
"""How much is fetched, and thrown away, to see how fast a server is."""

GLANCE = Patience(silence_s=20.0, connect_s=10.0, attempts=2)
"""Somebody is waiting for the answer."""


@dataclass(frozen=True)
class Availability:
    """A file on a server. published_bytes: all of it; needed_bytes: about what will be fetched (None: not known)."""

    url: str
    published_bytes: int | None
    needed_bytes: int | None
    bytes_per_s: float
    seconds: float | None


def of_file(origin: Origin, content: Content = "any", patience: Patience = GLANCE) -> Availability:
    """Of a whole file; raises `UserError` as `download_file` does, as far as can be seen without fetching it."""
    with open_client(patience) as client:

        def look(url: str) -> Availability:
            with explained(url):
                remote = probe(client, url, patience)
                origin.check_size(url, remote.size)
                if wrong := mismatch(remote.head, content, file_name(url)):
                    raise UserError(f"{url}: {wrong}; check the address")
                return _timed(client, remote, remote.size, 1, patience)

        return origin.first(look)


def of_window(origin: Origin, wanted: Wanted, patience: Patience = GLANCE) -> Availability:
    """Of a part of a raster; raises `UserError` as `download_window` does."""
    with open_client(patience) as client:

        def look(url: str) -> Availability:
            with explained(url), open_remote(client, origin, url, wanted, patience) as raster:
                requests = _requests(raster)
                needed = sum(length for _, length, _ in requests)
                return _timed(client, raster.parts.remote, needed, len(requests), patience)

        return origin.first(look)


def _requests(raster: RemoteRaster) -> list[tuple[int, int, list[int]]]:
    """What will be asked for, nearly: (offset, length, members)."""
    layout = row_layout(raster.dataset, raster.parts.remote, raster.window)
    if layout is not None and not raster.reading.is_colour:
        pieces = pieces_of(layout, raster.window)
    else:
        pieces = block_ranges(raster.dataset, raster.reading, raster.window)
    if pieces:
        return list(coalesce(pieces))
    line = raster.dataset.width * sum(
        np.dtype(raster.dataset.dtypes[band - 1]).itemsize for band in raster.reading.bands
    )
    return [(0, min(int(raster.window.height) * line, raster.file.size), [])]


def _timed(
    client: httpx.Client, remote: RemoteFile, needed: int | None, requests: int, patience: Patience
) -> Availability:
    sample = min(SAMPLE_BYTES, remote.size or SAMPLE_BYTES)
    begun = time.monotonic()
    if remote.ranges and remote.size is not None:
        Parts(client, remote, patience).read((remote.size - sample) // 2, sample)
    else:
        with client.stream("GET", remote.address) as response:
            response.raise_for_status()
            sample = sum(map(len, body_of(response, patience, sample)))
    speed = sample / max(time.monotonic() - begun, 1e-6)
    # many small requests take their round trips rather than their bytes
    seconds = None if needed is None else max(needed / speed, requests * remote.latency_s / CONNECTIONS)
    return Availability(remote.url, remote.size, needed, speed, seconds)

"""Parts of one file on a server, all of the same state of it."""

import time
from dataclasses import dataclass

import httpx

from crater_pipeline.contents import HEAD_BYTES
from crater_pipeline.download.http import (
    ChangedError,
    Patience,
    attempts,
    body_of,
    check_not_html,
    total_size,
    version_of,
)

MOVED = frozenset({401, 403, 404, 410})
"""Answers of an address that a redirection once led to and that has expired."""


@dataclass(frozen=True)
class RemoteFile:
    """What a server says about a file.

    address: where redirections lead to. latency_s: time from a request to the first byte of its answer.
    """

    url: str
    address: str
    size: int | None
    version: str | None
    ranges: bool
    head: bytes
    latency_s: float


def probe(client: httpx.Client, url: str, patience: Patience) -> RemoteFile:
    """Ask for the first bytes of a file; raises httpx's errors, and `UserError` for a web page."""
    for attempt in attempts(patience):
        with attempt:
            return _probe_once(client, url, patience)
    raise AssertionError("an attempt ends with a result or an error")


def _probe_once(client: httpx.Client, url: str, patience: Patience) -> RemoteFile:
    begun = time.monotonic()
    with client.stream("GET", url, headers={"Range": f"bytes=0-{HEAD_BYTES - 1}"}) as response:
        response.raise_for_status()
        latency_s = time.monotonic() - begun
        head = b"".join(body_of(response, patience, HEAD_BYTES))
        check_not_html(url, response.headers.get("Content-Type", ""), head)
        return RemoteFile(
            url=url,
            address=str(response.url),
            size=total_size(response),
            version=version_of(response),
            ranges=response.status_code == httpx.codes.PARTIAL_CONTENT,
            head=head,
            latency_s=latency_s,
        )


class Parts:
    """Reads byte ranges of a file that was probed; may be used by several threads."""

    def __init__(self, client: httpx.Client, remote: RemoteFile, patience: Patience) -> None:
        self.client, self.remote, self.patience = client, remote, patience
        self._address = remote.address

    def read(self, start: int, length: int) -> bytes:
        """Bytes [start, start + length), fewer only at the file's end.

        Raises
        ------
        ChangedError
            If the file has another size or version than when it was probed.
        httpx.HTTPError
            If they cannot be had, also by asking again.
        """
        if self.remote.size is not None:
            length = min(length, self.remote.size - start)
        if length <= 0:
            return b""
        for attempt in attempts(self.patience):
            with attempt:
                return self._ask(start, length)
        raise AssertionError("an attempt ends with a result or an error")

    def _ask(self, start: int, length: int) -> bytes:
        headers = {"Range": f"bytes={start}-{start + length - 1}"}
        address = self._address
        with self.client.stream("GET", address, headers=headers) as response:
            if response.status_code in MOVED and address != self.remote.url:
                self._address = self.remote.url
                raise httpx.ReadError("the address has expired", request=response.request)
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise ChangedError("the file has become shorter while it was read")
            response.raise_for_status()
            self._check_same(response)
            if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                raise httpx.ReadError("the server sent another range than asked for", request=response.request)
            content = b"".join(body_of(response, self.patience, length))
        if len(content) != length:
            raise httpx.ReadError(f"asked for {length} bytes, got {len(content)}", request=response.request)
        return content

    def _check_same(self, response: httpx.Response) -> None:
        """Compare rather than ask with If-Range, which not all servers know: each answer says what it is a part of."""
        size, version = total_size(response), version_of(response)
        for was, now in ((self.remote.size, size), (self.remote.version, version)):
            if was is not None and now is not None and was != now:
                raise ChangedError(f"the file has changed while it was read (from {was} to {now})")

"""HTTP: one client, retries, byte ranges, and answers that are checked to be what they claim."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from crater_pipeline.contents import HEAD_BYTES, is_web_page
from crater_pipeline.errors import UserError

logger = logging.getLogger(__name__)

TIMEOUT_S = 60.0
"""A connection that has been silent for so long is given up, and made anew."""

CONNECT_TIMEOUT_S = 20.0
"""The same for one that does not come about at all."""

RETRIES: dict[str, Any] = {"attempts": 6, "timeout": None}
"""How often a request is made. No time limit stands over all attempts: one stall would use it up."""

TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which asking again later may help."""


@dataclass(frozen=True)
class RemoteFile:
    """What a server says about a file. `url` is the address after redirection."""

    url: str
    size: int | None
    version: str | None
    ranges: bool
    head: bytes


def open_client() -> httpx.Client:
    """A client that follows redirects; content encodings are refused because they make byte ranges meaningless."""
    return httpx.Client(
        follow_redirects=True,
        timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        headers={"Accept-Encoding": "identity", "User-Agent": "crater-pipeline"},
    )


def is_transient(error: Exception) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in TRANSIENT_STATUS
    return isinstance(error, httpx.TransportError) and not isinstance(error, httpx.UnsupportedProtocol)


def say_why(details: RetryDetails) -> None:
    """One line for each attempt that failed, in the place of stamina's own, which says neither what nor why."""
    reason = str(details.caused_by) or type(details.caused_by).__name__
    logger.warning("interrupted (%s); attempt %d follows", reason, details.retry_num + 1)


set_on_retry_hooks([say_why])


def version_of(response: httpx.Response) -> str | None:
    """What identifies this state of the file: a strong ETag, else its date."""
    etag = response.headers.get("ETag")
    if etag and not etag.startswith("W/"):
        return str(etag)
    date: str | None = response.headers.get("Last-Modified")
    return date


def total_size(response: httpx.Response) -> int | None:
    """Size of the whole file, from a partial or a whole answer."""
    if response.status_code == httpx.codes.PARTIAL_CONTENT:
        found = re.fullmatch(r"bytes \d+-\d+/(\d+)", response.headers.get("Content-Range", ""))
        return int(found[1]) if found else None
    length = response.headers.get("Content-Length")
    return int(length) if length else None


def check_not_html(url: str, content_type: str, head: bytes) -> None:
    """Servers answer wrong addresses with status 200 and a page that says so."""
    if is_web_page(head) or content_type.split(";")[0].strip().lower() == "text/html":
        raise UserError(f"{url}: the server answers with a web page instead of the file; check the address")


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what the network raises into a `UserError`."""
    try:
        yield
    except httpx.HTTPStatusError as error:
        response = error.response
        raise UserError(
            f"{url}: the server answers {response.status_code} {response.reason_phrase}; check the address, or try "
            "again later"
        ) from error
    except (httpx.TransportError, httpx.InvalidURL, httpx.TooManyRedirects) as error:
        raise UserError(
            f"{url}: cannot be downloaded ({error or type(error).__name__}); check the address and the network, or "
            "download the file yourself and give its path"
        ) from error


@stamina.retry(on=is_transient, **RETRIES)
def probe(client: httpx.Client, url: str) -> RemoteFile:
    """Ask for the first bytes of a file; raises httpx's errors, and `UserError` for a web page."""
    with client.stream("GET", url, headers={"Range": f"bytes=0-{HEAD_BYTES - 1}"}) as response:
        response.raise_for_status()
        head = b""
        for chunk in response.iter_bytes(HEAD_BYTES):
            head += chunk
            if len(head) >= HEAD_BYTES:
                break
        check_not_html(url, response.headers.get("Content-Type", ""), head)
        return RemoteFile(
            url=str(response.url),
            size=total_size(response),
            version=version_of(response),
            ranges=response.status_code == httpx.codes.PARTIAL_CONTENT,
            head=head[:HEAD_BYTES],
        )


@stamina.retry(on=is_transient, **RETRIES)
def read_range(client: httpx.Client, url: str, start: int, length: int) -> bytes:
    """Bytes [start, start + length) of a file whose server is known to serve ranges."""
    response = client.get(url, headers={"Range": f"bytes={start}-{start + length - 1}"})
    response.raise_for_status()
    if response.status_code != httpx.codes.PARTIAL_CONTENT or len(response.content) != length:
        raise httpx.ReadError(f"asked for {length} bytes, got {len(response.content)}", request=response.request)
    return response.content

"""HTTP: one client, how long it waits, when asking again helps, and answers that are checked to be what they claim.

All that is fetched goes through this client, rasters that GDAL reads too, so that proxies, certificates and time limits
are the same for everything. Proxies are those of HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, authorities besides
the usual ones those of SSL_CERT_FILE or SSL_CERT_DIR, names and passwords those of ~/.netrc, or of the file NETRC.
"""

import logging
import netrc
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from crater_pipeline.contents import is_web_page
from crater_pipeline.errors import UserError

logger = logging.getLogger(__name__)

TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which asking again later may help."""


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    silence_s: a connection that has been silent for so long is given up, and made anew. slowest_bytes_per_s: so is one
    that brings less than this, on average over `silence_s`. connect_s: one that does not come about at all. attempts:
    how often the same bytes are asked for; counted afresh once any of them have come. first_pause_s: a server is asked
    again after about this, then after twice as long each time. longest_pause_s: one that asks to be left alone for
    longer is not waited for. There is no time limit over all attempts: one stall would use it up.
    """

    silence_s: float = 60.0
    slowest_bytes_per_s: float = 100.0
    connect_s: float = 20.0
    attempts: int = 6
    first_pause_s: float = 1.0
    longest_pause_s: float = 300.0


PATIENCE = Patience()


class ChangedError(Exception):
    """The file on the server is no longer the one of which parts have been fetched."""


def open_client(patience: Patience = PATIENCE) -> httpx.Client:
    """A client that follows redirects; content encodings are refused because they make byte ranges meaningless.

    Raises
    ------
    UserError
        If the environment names a proxy, certificates or passwords that cannot be used.
    """
    passwords = _passwords()
    try:
        return httpx.Client(
            auth=passwords,
            follow_redirects=True,
            timeout=httpx.Timeout(patience.silence_s, connect=patience.connect_s),
            headers={"Accept-Encoding": "identity", "User-Agent": "crater-pipeline"},
        )
    except (ImportError, ValueError) as error:
        raise UserError(
            f"HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names a proxy that cannot be used ({error}); give one like "
            "http://host:port, or unset it"
        ) from error
    except OSError as error:  # ssl.SSLError is one
        raise UserError(
            f"SSL_CERT_FILE or SSL_CERT_DIR names no certificates ({error}); give a file of them in PEM format, or "
            "unset it"
        ) from error


def _passwords() -> httpx.Auth | None:
    """What servers are told that the user's own file knows; httpx tells no other server when one redirects."""
    file = Path(os.environ.get("NETRC") or "~/.netrc").expanduser()
    try:
        return httpx.NetRCAuth(str(file)) if file.is_file() else None
    except netrc.NetrcParseError as error:
        raise UserError(f"{file}: line {error.lineno} is not what a netrc file may hold; correct it") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror}); give yourself the right to it") from error


def transient(error: Exception) -> bool | float:
    """Whether the same request may succeed later; seconds, where the server says how much later."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in TRANSIENT_STATUS and (asked_pause_s(error.response) or True)
    if isinstance(error, httpx.UnsupportedProtocol) or is_distrust(error):
        return False
    return isinstance(error, httpx.TransportError) and not (isinstance(error, httpx.ProxyError) and "407" in str(error))


def is_distrust(error: Exception) -> bool:
    """Whether the server's certificate is what is wrong."""
    return isinstance(error, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def asked_pause_s(response: httpx.Response) -> float | None:
    """The seconds or the date of `Retry-After`, as seconds from now."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isdigit():
        return float(said)
    try:
        return max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):  # no date, or one without a time zone
        return None


def attempts(patience: Patience) -> Iterator[stamina.Attempt]:
    """`for attempt in attempts(patience): with attempt: ...`, as often as `Patience` says."""

    def again(error: Exception) -> bool | float:
        pause = transient(error)
        return pause if pause is True or pause <= patience.longest_pause_s else False

    yield from stamina.retry_context(
        on=again,
        attempts=patience.attempts,
        timeout=None,
        wait_initial=patience.first_pause_s,
        wait_max=patience.longest_pause_s,
    )


def say_why(details: RetryDetails) -> None:
    """One line for each attempt that failed, in the place of stamina's own, which says neither what nor why."""
    cause = details.caused_by
    reason = str(cause) or type(cause).__name__
    if isinstance(cause, httpx.HTTPStatusError):
        reason = f"{cause.response.status_code} {cause.response.reason_phrase}"
    pause = f" in {details.wait_for:.0f} s" if details.wait_for >= 1 else ""
    logger.warning("interrupted (%s); attempt %d follows%s", reason, details.retry_num + 1, pause)


set_on_retry_hooks([say_why])


def body_of(response: httpx.Response, patience: Patience, at_most: int | None = None) -> Iterator[bytes]:
    """The answer's bytes, not more than `at_most`; `httpx.ReadTimeout` if they come in drips."""
    begun, came, left = time.monotonic(), 0, at_most
    for chunk in response.iter_bytes():
        yield chunk if left is None else chunk[:left]
        came += len(chunk)
        if left is not None and (left := left - len(chunk)) <= 0:
            return
        passed = time.monotonic() - begun
        if passed > patience.silence_s:
            if came < patience.slowest_bytes_per_s * passed:
                raise httpx.ReadTimeout(f"only {came} bytes in {passed:.0f} s", request=response.request)
            begun, came = time.monotonic(), 0


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

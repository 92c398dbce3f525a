"""Whole files over HTTP: resumed after an interruption, checked, and only then given their name."""

import hashlib
import json
import logging
import time
import zipfile
from pathlib import Path

import httpx

from crater_pipeline.contents import HEAD_BYTES, Content, file_hash, mismatch, read_head
from crater_pipeline.download.account import Account, account
from crater_pipeline.download.failures import explained
from crater_pipeline.download.http import (
    PATIENCE,
    Patience,
    attempts,
    body_of,
    check_not_html,
    open_client,
    total_size,
    transient,
    version_of,
)
from crater_pipeline.download.keeping import is_current
from crater_pipeline.download.origin import Origin, file_name
from crater_pipeline.download.record import read_record, write_record
from crater_pipeline.download.remote import RemoteFile
from crater_pipeline.errors import UserError

logger = logging.getLogger(__name__)


def partial_path(output: Path, key: str) -> Path:
    """Where an unfinished download to `output` lies; a hidden file, so that a retry finds it again.

    key: what tells its bytes from others', the address, or the checksum, by which all addresses have the same.
    """
    return output.parent / f".{output.name}.{hashlib.sha256(key.encode()).hexdigest()[:12]}.part"


class _Transfer:
    """One file on its way; `attempt` may be called again after any interruption."""

    def __init__(self, client: httpx.Client, url: str, part: Path, so_far: Account, patience: Patience) -> None:
        self.client, self.url, self.part, self.so_far, self.patience = client, url, part, so_far, patience
        self.state = part.with_suffix(".json")
        self.remote: RemoteFile | None = None

    @property
    def have(self) -> int:
        """Bytes that are here."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def _resume_headers(self) -> dict[str, str]:
        """Continue only what is known to be the same state of the file, else start again.

        What another address has begun is continued by this one, for a checksum tells in the end.
        """
        state = json.loads(self.state.read_text()) if self.state.is_file() else {}
        if not self.have or not state.get("version"):
            return {}
        condition = {"If-Range": state["version"]} if state.get("url") == self.url else {}
        return {"Range": f"bytes={self.have}-", **condition}

    def run(self) -> None:
        """Fetch all that is missing, trying again as long as an attempt or one of those after it brings something."""
        while True:
            before = self.have
            try:
                for attempt in attempts(self.patience):
                    with attempt:
                        self._attempt()
                return
            except httpx.HTTPError as error:
                if not transient(error) or self.have <= before:
                    raise

    def _attempt(self) -> None:
        headers, begun = self._resume_headers(), time.monotonic()
        with self.client.stream("GET", self.url, headers=headers) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and headers:
                if response.headers.get("Content-Range") == f"bytes */{self.have}":
                    self._answered_by(response, self.have, begun)  # all of it is here
                    return
                self.discard()  # longer than the file: it cannot be a part of it
                raise httpx.ReadError("the partial file does not fit", request=response.request)
            response.raise_for_status()
            start = self.have if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
            if start and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                self.discard()
                raise httpx.ReadError("the server sent another range than asked for", request=response.request)
            if start and headers.get("If-Range") not in (None, version_of(response)):
                self.discard()  # a server that does not know If-Range sends parts of another state of the file
                raise httpx.ReadError("the file has changed", request=response.request)
            remote = self._answered_by(response, total_size(response), begun)
            self.state.write_text(json.dumps({"url": self.url, "version": remote.version}))
            self.so_far.begin(remote.size, start)
            with self.part.open("ab" if start else "wb") as file:
                for chunk in body_of(response, self.patience):
                    if file.tell() == 0:
                        check_not_html(self.url, response.headers.get("Content-Type", ""), chunk)
                    file.write(chunk)
                    self.so_far.add(len(chunk))

    def _answered_by(self, response: httpx.Response, size: int | None, begun: float) -> RemoteFile:
        ranges = response.status_code != httpx.codes.OK
        waited_s = time.monotonic() - begun
        self.remote = RemoteFile(self.url, str(response.url), size, version_of(response), ranges, b"", waited_s)
        return self.remote

    def discard(self) -> None:
        for path in (self.part, self.state):
            path.unlink(missing_ok=True)


def check_whole(url: str, path: Path, origin: Origin, content: Content) -> str:
    """The SHA-256 of a file that has come.

    Raises
    ------
    UserError
        If its size, its first bytes, the end of an archive, or its checksum are not what they must be.
    """
    origin.check_size(url, path.stat().st_size)
    head = read_head(path, HEAD_BYTES)
    check_not_html(url, "", head)
    if wrong := mismatch(head, content, file_name(url)):
        raise UserError(f"{url}: {wrong}; check the address")
    if head.startswith(b"PK\3\4") and not zipfile.is_zipfile(path):
        raise UserError(
            f"{url}: the end of the ZIP archive is missing: it was cut off; run it again, or take another "
            "address (mirrors)"
        )
    found = file_hash(path)
    if origin.sha256 is not None and found != origin.sha256.lower():
        raise UserError(
            f"{url}: its SHA-256 is {found}, not {origin.sha256}; the file has changed or is damaged: compare with "
            "its publisher, then correct the checksum or the address"
        )
    return found


def download_file(origin: Origin, output: Path, content: Content = "any", patience: Patience = PATIENCE) -> None:
    """Download a file to `output`, and write its record beside it.

    Interrupted transfers are retried, and continued where they stopped, also by a later call; a file that has changed
    on the server in between is fetched anew. `output` appears only when the file is complete. What lies there already
    is kept if it has the right SHA-256, or if its record says that it is what the server still has.

    Raises
    ------
    UserError
        If no address gives it: the server does not have it, answers with a web page, or it is not what it must be.
    """
    if origin.sha256 is not None and output.is_file() and file_hash(output) == origin.sha256.lower():
        logger.info("%s: there already, sha256 %s", output, origin.sha256)
        if read_record(output) is None:
            found = RemoteFile(origin.urls[0], origin.urls[0], output.stat().st_size, None, False, b"", 0.0)
            write_record(output, origin, found, origin.sha256.lower())
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    with open_client(patience) as client, account(output.name) as so_far:
        if origin.sha256 is None and is_current(client, origin, output, patience):
            return

        def fetch(url: str) -> None:
            part = partial_path(output, origin.sha256 or url)
            with explained(url):
                _fetch(_Transfer(client, url, part, so_far, patience), origin, output, content)

        origin.first(fetch)
    for leftover in output.parent.glob(f".{output.name}.*.part"):
        leftover.with_suffix(".json").unlink(missing_ok=True)
        leftover.unlink()


def _fetch(transfer: _Transfer, origin: Origin, output: Path, content: Content) -> None:
    # what lay here from before may be what is wrong: then all of it is fetched once more
    for last in (False, True) if transfer.have else (True,):
        try:
            transfer.run()
            found = check_whole(transfer.url, transfer.part, origin, content)
            break
        except UserError:
            transfer.discard()
            if last:
                raise
    assert transfer.remote is not None
    transfer.part.replace(output)
    transfer.discard()
    write_record(output, origin, transfer.remote, found)
    logger.info("%s: %d bytes, sha256 %s", output, output.stat().st_size, found)

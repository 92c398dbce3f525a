"""Whole files over HTTP: resumed after an interruption, checked, and only then given their name."""

import hashlib
import json
import logging
from pathlib import Path

import httpx
import stamina
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from crater_pipeline.contents import file_hash
from crater_pipeline.download.http import (
    RETRIES,
    check_not_html,
    explained,
    is_transient,
    open_client,
    total_size,
    version_of,
)
from crater_pipeline.errors import UserError

logger = logging.getLogger(__name__)


def partial_path(output: Path, url: str) -> Path:
    """Where the unfinished download of `url` to `output` lies; a hidden file, so that a retry finds it again."""
    return output.parent / f".{output.name}.{hashlib.sha256(url.encode()).hexdigest()[:12]}.part"


class _Transfer:
    """One file on its way; `attempt` may be called again after any interruption."""

    def __init__(self, client: httpx.Client, url: str, part: Path, progress: Progress) -> None:
        self.client, self.url, self.part = client, url, part
        self.state = part.with_suffix(".json")
        self.progress, self.task = progress, progress.add_task("download", total=None)

    def _resume_headers(self) -> dict[str, str]:
        """Continue only what is known to be the same state of the file, else start again."""
        version = json.loads(self.state.read_text())["version"] if self.state.is_file() else None
        have = self.part.stat().st_size if self.part.is_file() else 0
        return {"Range": f"bytes={have}-", "If-Range": version} if have and version else {}

    def attempt(self) -> None:
        """Fetch what is missing; raises httpx's errors."""
        headers = self._resume_headers()
        with self.client.stream("GET", self.url, headers=headers) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and headers:
                self.discard()  # longer than the file: it cannot be a part of it
                raise httpx.ReadError("the partial file does not fit", request=response.request)
            response.raise_for_status()
            start = self.part.stat().st_size if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
            if start and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                self.discard()
                raise httpx.ReadError("the server sent another range than asked for", request=response.request)
            self.state.write_text(json.dumps({"version": version_of(response)}))
            self.progress.update(self.task, total=total_size(response), completed=start)
            with self.part.open("ab" if start else "wb") as file:
                for chunk in response.iter_bytes():
                    if file.tell() == 0:
                        check_not_html(self.url, response.headers.get("Content-Type", ""), chunk)
                    file.write(chunk)
                    self.progress.advance(self.task, len(chunk))

    def discard(self) -> None:
        for path in (self.part, self.state):
            path.unlink(missing_ok=True)


def download_file(url: str, output: Path, sha256: str | None = None) -> None:
    """Download `url` to `output`.

    Interrupted transfers are retried, and continued where they stopped, also by a later call; a file that has changed
    on the server in between is fetched anew. `output` appears only when the file is complete. One that lies there
    already with the right SHA-256 is kept, and nothing is asked for.

    Raises
    ------
    UserError
        If the server does not have it, answers with a web page, or the SHA-256 differs.
    """
    if sha256 is not None and output.is_file() and file_hash(output) == sha256.lower():
        logger.info("%s: there already, sha256 %s", output, sha256)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    part = partial_path(output, url)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with (
        explained(url),
        open_client() as client,
        Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as progress,
    ):
        transfer = _Transfer(client, url, part, progress)
        try:
            for trial in stamina.retry_context(on=is_transient, **RETRIES):
                with trial:
                    transfer.attempt()
            found = file_hash(part)
            if sha256 is not None and found != sha256.lower():
                raise UserError(
                    f"{url}: its SHA-256 is {found}, not {sha256}; the file has changed or is damaged: compare with "
                    "its publisher, then correct the checksum or the address"
                )
        except UserError:
            transfer.discard()
            raise
        part.replace(output)
        transfer.discard()
    logger.info("%s: %d bytes, sha256 %s", output, output.stat().st_size, found)

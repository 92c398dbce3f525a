"""What a file holds, told from its bytes."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Literal

Content = Literal["any", "table", "raster"]
"""What a downloaded file is to be."""

STARTS = {
    ".tif": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ".zip": (b"PK\3\4",),
    ".gz": (b"\x1f\x8b",),
    ".png": (b"\x89PNG",),
    ".jp2": (b"\0\0\0\x0cjP",),
    ".parquet": (b"PAR1",),
}
"""How files of these endings begin."""

TEXT_WITH_ZEROS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")

HEAD_BYTES = 512
"""How much of a file is looked at to see what it is."""

PAGE_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<error")
"""How pages begin, and what object stores say instead of a file that they do not have."""


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_stamp(path: Path) -> str:
    """What tells a file from others and from what it was before, without reading it: place, size and time of change."""
    status = path.stat()
    return f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"


def read_head(path: Path, count: int = HEAD_BYTES) -> bytes:
    """The first `count` bytes of a file."""
    with path.open("rb") as file:
        return file.read(count)


def is_web_page(head: bytes) -> bool:
    """Whether a file that begins so is a page that a server sent instead of what was asked for.

    XML that is no page, such as the label of a planetary image, is none.
    """
    rest = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    while rest.startswith((b"<?", b"<!--")):
        rest = rest.partition(b"-->" if rest.startswith(b"<!--") else b">")[2].lstrip()
    return rest.startswith(PAGE_STARTS)


def mismatch(head: bytes, content: Content, name: str) -> str | None:
    """Why a file that begins so cannot be what its name and its use say; None if it can."""
    if not head:
        return "is empty"
    ending = PurePath(name).suffix.lower().replace(".tiff", ".tif")
    if ending in STARTS and not head.startswith(STARTS[ending]):
        return f"does not begin as a file with the ending {ending} does"
    packed = head.startswith((*STARTS[".zip"], *STARTS[".gz"], *STARTS[".parquet"], *TEXT_WITH_ZEROS))
    if content == "table" and b"\0" in head and not packed:
        return "is neither a table nor an archive that holds one"
    return None


def run_name(files: Iterable[Path | None], told: Iterable[str]) -> str:
    """Name of a run: a hash of all that its weights depend on, so that checkpoints are never taken for another's.

    files: their contents count, not their places; None for one that is not there. told: settings, and the hash of the
    code that trains.
    """
    digest = hashlib.sha256()
    for path in files:
        digest.update(file_hash(path).encode() if path else b"none")
    digest.update(json.dumps(list(told)).encode())
    return digest.hexdigest()[:16]

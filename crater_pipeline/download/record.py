"""`<file>.source.json`: where a downloaded file comes from, what it was then, whom to cite, and on what terms.

It lies beside the file wherever that is taken, and tells a later run whether the file is still what the server has.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crater_pipeline.atomic import write_text
from crater_pipeline.contents import file_hash
from crater_pipeline.download.origin import Origin

if TYPE_CHECKING:  # configurations read records, and load no HTTP client for it
    from crater_pipeline.download.remote import RemoteFile

ENDING = ".source.json"

NOT_STATED = "not stated in the configuration"


@dataclass(frozen=True)
class Record:
    """A file that was downloaded.

    size_bytes, sha256: of the file here. published_bytes, version: of the one on the server. part: which part of it
    this is (bounds and margin in degrees, band); None: all of it. retrieved: in UTC, ISO 8601.
    """

    file: str
    url: str
    retrieved: str
    size_bytes: int
    sha256: str
    published_bytes: int | None
    version: str | None
    part: dict[str, Any] | None
    citation: str
    licence: str


def record_path(file: Path) -> Path:
    return file.with_name(file.name + ENDING)


def write_record(
    file: Path, origin: Origin, remote: "RemoteFile", sha256: str, part: Mapping[str, Any] | None = None
) -> None:
    """Write down where `file` comes from, beside it."""
    record = Record(
        file=file.name,
        url=remote.url,
        retrieved=datetime.now(UTC).isoformat(timespec="seconds"),
        size_bytes=file.stat().st_size,
        sha256=sha256,
        published_bytes=remote.size,
        version=remote.version,
        part=None if part is None else dict(part),
        citation=origin.citation or NOT_STATED,
        licence=origin.licence or NOT_STATED,
    )
    write_text(record_path(file), json.dumps(asdict(record), indent=2, ensure_ascii=False) + "\n")


def read_record(file: Path) -> Record | None:
    """What is written down beside a file; None without it, or if it is of another form."""
    return parsed(record_path(file))


def parsed(path: Path) -> Record | None:
    """A record's own file."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def describes(record: Record, file: Path) -> bool:
    """Whether the file is still, to the byte, the one that was written down."""
    return file.is_file() and file.stat().st_size == record.size_bytes and file_hash(file) == record.sha256

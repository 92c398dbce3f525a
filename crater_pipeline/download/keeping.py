"""Whether what was downloaded before is still what the server has: then nothing is fetched again."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from crater_pipeline.download.failures import explained
from crater_pipeline.download.http import Patience
from crater_pipeline.download.origin import Origin
from crater_pipeline.download.record import describes, read_record, write_record
from crater_pipeline.download.remote import probe
from crater_pipeline.errors import UserError

logger = logging.getLogger(__name__)


def is_current(
    client: httpx.Client, origin: Origin, output: Path, patience: Patience, part: Mapping[str, Any] | None = None
) -> bool:
    """Whether `output` is the file, or that part of it, and its server still has the same state of it.

    It counts as current too where its server cannot be asked; a warning says so.
    """
    record = read_record(output)
    if record is None or record.url not in origin.urls or record.part != part or not describes(record, output):
        return False
    try:
        with explained(record.url):
            remote = probe(client, record.url, patience)
    except UserError as error:
        logger.warning("%s; what was fetched on %s is kept", error, record.retrieved)
        return True
    if remote.version is None or (remote.version, remote.size) != (record.version, record.published_bytes):
        return False
    write_record(output, origin, remote, record.sha256, part)
    logger.info("%s: there already, as the server has it", output)
    return True

"""Where a result comes from, as rows of names and values."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crater_pipeline.code_files import code_version
from crater_pipeline.contents import file_hash
from crater_pipeline.errors import UserError


def provenance_rows(given: str, **facts: Any) -> list[tuple[str, str]]:
    """(key, value) pairs, sorted by key.

    `given` is a JSON object, nested ones flattened to dotted keys (`sources.0.url`); `facts` are added, those that
    are None are left out. `code_files.code_version` is always there. A source's `file` gets its SHA-256 beside it:
    that of the data really read, which for a remote mosaic is the region's window and not the published file.

    Raises
    ------
    UserError
        If `given` is not a JSON object.
    """
    try:
        parsed = json.loads(given or "{}")
    except json.JSONDecodeError as error:
        raise UserError(f"provenance: not valid JSON ({error}); give an object such as {{}}") from error
    if not isinstance(parsed, dict):
        raise UserError("provenance: must be a JSON object of names and values, such as {}")
    for source in parsed.get("sources", []):
        if source.get("file") and Path(source["file"]).is_file():
            source["file_sha256"] = file_hash(Path(source["file"]))
    known = {key: value for key, value in facts.items() if value is not None}
    return sorted(_flatten({"code_version": code_version(), **known, **parsed}))


def _flatten(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield prefix, value if isinstance(value, str) else json.dumps(value)
        return
    for key, member in items:
        yield from _flatten(member, f"{prefix}.{key}" if prefix else str(key))

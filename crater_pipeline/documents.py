"""Reading the JSON documents that pass between the steps."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crater_pipeline.errors import UserError


def read_document(path: Path, keys: Sequence[str] = ()) -> dict[str, Any]:
    """A JSON object with at least `keys`; `UserError` if it is missing, unreadable or lacks one."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; run the step that makes it")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); delete it and make it again") from error
    if not isinstance(document, dict):
        raise UserError(f"{path}: holds no JSON object; delete it and make it again")
    missing = [key for key in keys if key not in document]
    if missing:
        raise UserError(f"{path}: lacks the keys {', '.join(missing)}; delete it and make it again")
    return document

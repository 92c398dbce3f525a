"""What a user has changed in a GeoPackage is kept when the file is written anew.

Bytes do not tell: a GIS that only looks at a file turns on a journal, notes times and adds tables of its own. So the
content is compared that a user edits (rows, columns and shapes of every table, and the styles), whose hash the file
carries from the day it was written.
"""

import hashlib
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from crater_pipeline.errors import UserError
from crater_pipeline.recognition import NOT_OURS, is_own_geopackage, written_hash

logger = logging.getLogger(__name__)

SIDECARS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file that is open, with changes that the file itself does not hold yet."""

NOT_CONTENT = ("gpkg_", "rtree_", "sqlite_", "provenance")
"""Beginnings of the names of tables that programs look after, or that we do."""

STYLE_COLUMNS = ("f_table_name", "styleName", "styleQML")
"""Of `layer_styles` what is drawn, not when or by whom it was stored: programs add columns and times to it."""

GEOPACKAGE_MAGIC = b"GP"
ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}

DIGEST_BYTES = 16


def content_hash(database: sqlite3.Connection) -> str:
    """Hash (hexadecimal) of what a user edits: names of tables and columns, every value, every shape.

    It depends neither on the order of rows and columns nor on row numbers, indexes and times. Of a geometry the
    coordinates count, not the box that programs store before them.
    """
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    total = 0
    for table in names:
        if not table.startswith(NOT_CONTENT):
            total += _table_sum(database, table)
    return f"{total % 2 ** (8 * DIGEST_BYTES):0{2 * DIGEST_BYTES}x}"


def _table_sum(database: sqlite3.Connection, table: str) -> int:
    """Sum of the rows' digests: the same in any order, in flat memory."""
    described = database.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    columns = sorted(name for _, name, kind, _, _, key in described if not (key and kind.upper() == "INTEGER"))
    if table == "layer_styles":
        columns = [name for name in STYLE_COLUMNS if name in columns]
    head = repr((table, columns)).encode()
    total = _digest(head)
    if columns:
        for row in database.execute(f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(table)}"):
            total += _digest(head + b"".join(map(_value, row)))
    return total


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _digest(text: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text, digest_size=DIGEST_BYTES).digest())


def _value(value: object) -> bytes:
    """A value of SQLite, unmistakably followed by the next; of a geometry only its well-known binary."""
    if not isinstance(value, bytes):
        return repr(value).encode() + b"\0"
    if value.startswith(GEOPACKAGE_MAGIC) and len(value) > 8:
        value = value[8 + ENVELOPE_BYTES.get(value[3] >> 1 & 7, 0) :]
    return len(value).to_bytes(8) + value


def is_edited(path: Path) -> bool:
    """Whether a GeoPackage that was written here may hold a user's work: its content is not what was written.

    A file that is open in another program counts too: what is saved there next would be lost with it.
    """
    if Path(f"{path}-wal").exists():
        return True
    try:
        # not read-only and not immutable: an interrupted change in a journal has to be settled first
        with closing(sqlite3.connect(path)) as database:
            return written_hash(database) != content_hash(database)
    except sqlite3.DatabaseError:
        return True


def kept_path(path: Path) -> Path:
    """Where an edited file is kept: `<name>_edited_<n>` beside it, the first that is free."""
    number = 1
    while (kept := path.with_name(f"{path.stem}_edited_{number}{path.suffix}")).exists():
        number += 1
    return kept


def keep_edited(path: Path) -> Path | None:
    """Move an edited file out of the way, to `<name>_edited_<n>` beside it; its new path, or None if there is none.

    It is renamed, together with what SQLite keeps beside it, so that a program that has it open goes on with the
    file that it knows.

    Raises
    ------
    UserError
        If what is there was not written here: it is nothing that a run may move away.
    """
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return None
    if not is_own_geopackage(path):
        raise UserError(f"{path}: {NOT_OURS}")
    if not is_edited(path):
        return None
    kept = kept_path(path)
    # the journals first: under the old name they would be taken for the new file's
    for suffix in SIDECARS:
        sidecar = Path(f"{path}{suffix}")
        if sidecar.exists():
            sidecar.rename(f"{kept}{suffix}")
    path.rename(kept)
    logger.warning(
        "%s was changed since it was written (or is open in another program): it is kept as %s", path, kept.name
    )
    return kept

"""How files that this program wrote are told from others: what is not its own it neither replaces nor moves away."""

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

HASH_KEY = "content_hash"
"""Key in the table `provenance` of a GeoPackage: the hash of what was written."""

PLUGIN_NAME = "name=Crater pipeline"
"""Line of the metadata of our QGIS plugin."""

NOT_OURS = "what is there is not known to be this program's, so it is kept; choose another name or move it away"


def is_own_geopackage(path: Path) -> bool:
    """Whether an existing file is a GeoPackage that was written here: it says what was written."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(path)) as database:
            return written_hash(database) is not None
    except sqlite3.DatabaseError:
        return False


def written_hash(database: sqlite3.Connection) -> str | None:
    """The hash that a GeoPackage carries; errors of SQLite where it has no such table."""
    found = database.execute("SELECT value FROM provenance WHERE key = ?", (HASH_KEY,)).fetchone()
    return None if found is None else str(found[0])


def is_project(path: Path) -> bool:
    """Whether a file is a QGIS project, whoever saved it last."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith(".qgs") for name in archive.namelist())


def is_plugin(folder: Path) -> bool:
    """Whether a folder is empty or holds our QGIS plugin, of whatever version."""
    metadata = folder / "metadata.txt"
    if metadata.is_file():
        return PLUGIN_NAME in metadata.read_text(encoding="utf-8", errors="replace").splitlines()
    return not any(folder.iterdir())

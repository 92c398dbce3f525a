"""What a path is that is no raster, and what to give instead."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyogrio

from crater_pipeline.contents import is_web_page, read_head
from crater_pipeline.errors import UserError

HEAD_BYTES = 4096
"""How much of a file is looked at to see what it is."""

DETACHED = (".lbl", ".xml", ".hdr")
"""Labels and headers that lie beside the file of numbers that they describe, the first that helps first."""

ADDRESS = re.compile(r"^(?:/vsi\w+/)?(?:https?|ftp|s3|gs):/", re.IGNORECASE)


def missing(path: Path) -> UserError:
    """The error of a path at which no file is."""
    if ADDRESS.match(str(path)):
        return UserError(
            f"{path}: an address, not a file; download it and give its path (a region of a remote mosaic needs only "
            "its own part: mosaics.<name>.url of the configuration takes an address)"
        )
    what = "is a folder, not a raster file" if path.is_dir() else "no such file"
    return UserError(f"{path}: {what}; check the path (relative paths start at the working directory)")


def unreadable(path: Path, error: Exception) -> UserError:
    """The error of a file that GDAL cannot read as a raster."""
    head = read_head(path, HEAD_BYTES)
    if is_web_page(head):
        return UserError(
            f"{path}: a web page, not a raster (servers answer a wrong address so); download the file again and check "
            "the address"
        )
    if is_label(head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()):
        return UserError(
            f"{path}: a label, which only describes a raster, and GDAL cannot read the raster by it ({_short(error)}); "
            f"{_described_by(path, head)}"
        )
    beside = next(labels_beside(path), None)
    if beside is not None and path.suffix.lower() not in DETACHED:
        return UserError(f"{path}: not readable by itself; its label {beside.name} describes it: give that instead")
    if layers := vector_layers(path):
        return UserError(
            f"{path}: holds tables or vector layers ({', '.join(layers[:4])}), no raster; give the raster that "
            "they were drawn on"
        )
    return UserError(f"{path}: not a raster that GDAL can read, or damaged ({_short(error)})")


def is_label(head: bytes) -> bool:
    """Whether a file begins, in lower case, as a PDS3, ISIS3 or PDS4 label or an ENVI header."""
    xml = head.startswith(b"<?xml") and b"product_observational" in head
    return xml or head.startswith((b"pds_version_id", b"object = isiscube", b"envi")) or b"\nrecord_type" in head[:1000]


def labels_beside(path: Path) -> Iterator[Path]:
    """Files of the same name that may describe this one."""
    siblings = {each.name.lower(): each for each in path.parent.iterdir()}
    for suffix in DETACHED:
        for name in (path.stem, path.name):
            found = siblings.get(f"{name}{suffix}".lower())
            if found is not None and found != path:
                yield found


def _described_by(path: Path, head: bytes) -> str:
    """What to do about a label whose raster is not found."""
    names = re.findall(r"<file_name>\s*([^<\s]+)|\^\w+\s*=\s*\(?\s*\"([^\"]+)\"", head.decode("latin-1"))
    wanted = [first or second for first, second in names]
    absent = [name for name in wanted if not any((path.parent / each).is_file() for each in (name, name.lower()))]
    if absent:
        return f"{absent[0]}, which it names, is not beside it: put it there, under that name"
    return "give the file that holds the pixels"


def vector_layers(path: Path) -> list[str]:
    """Names of the vector layers in a file; none if it is no vector file."""
    try:
        return [str(name) for name, _ in pyogrio.list_layers(path)]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        return []


def _short(error: Exception) -> str:
    """The reason that GDAL gives, on one line."""
    return " ".join(str(error).split())[:200]

"""The text of a table, from a file that may be packed, and what is said of a file that holds none."""

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

from crater_pipeline.contents import is_web_page, read_head
from crater_pipeline.errors import UserError

HEAD_BYTES = 4096
"""How much is looked at to see what a file is."""

LARGEST_BYTES = 4 * 2**30
"""Text longer than this is no catalogue: the largest published one has 0.24 GB, a ZIP bomb has no end."""

TABLE_SUFFIXES = (".csv", ".txt", ".tab", ".tsv")
"""A table in an archive is known by its name: .csv before the others."""

NOT_TEXT = {
    b"PAR1": "a Parquet table; save it as CSV",
    b"\xd0\xcf\x11\xe0": "a spreadsheet (.xls); export it as CSV",
    b"SQLite format 3": "a database or GeoPackage; save its table as CSV",
    b"\0\0\x27\x0a": "a shapefile; save its table as CSV",
    b"%PDF": "a PDF document; the table must be a file of its own, CSV",
    b"\x89HDF": "an HDF5 file; save its table as CSV",
    b"SIMPLE  =": "a FITS file; save its table as CSV",
    b"BZh": "packed with bzip2; unpack it",
    b"\xfd7zXZ": "packed with xz; unpack it",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it",
    b"7z\xbc\xaf": "packed with 7-Zip; unpack it",
    b"Rar!": "packed with RAR; unpack it",
}
"""How files begin that are taken for tables -> what they are and what to do."""

SPREADSHEETS = {
    "xl/": "a spreadsheet (.xlsx)",
    "content.xml": "a spreadsheet (.ods)",
    "Index/": "a spreadsheet (.numbers)",
}
"""How a member of an archive begins that is no archive of tables."""

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Beginning of a text -> its encoding; UTF-32 before UTF-16, whose mark it begins with."""

LATIN_1 = "crater_pipeline.latin_1"

DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, UnicodeError, NotImplementedError, OSError)
"""What unpacking a damaged archive ends with: places that are not in the file, versions that do not exist."""

CONTROLS = set(map(chr, range(32))) - set("\t\n\r\f\x1a")
"""Characters that no text holds."""


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are not UTF-8 are letters of older tables."""
    if not isinstance(error, UnicodeDecodeError) or error.encoding != "utf-8":
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(LATIN_1, _as_latin_1)


class _Bounded(io.RawIOBase):
    """A stream that ends with an error where it is longer than any catalogue."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self.stream, self.path, self.count = stream, path, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self.stream.read(len(buffer))
        self.count += len(chunk)
        if self.count > LARGEST_BYTES:
            raise UserError(
                f"{self.path}: unpacks to more than {LARGEST_BYTES / 2**30:.0f} GB; no catalogue is so long"
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """The text of a table that is plain, gzipped or the only table of a ZIP file; line ends are left as they are.

    What it is shows in the file's first bytes, for downloads come without a suffix. UTF-8, UTF-16 and UTF-32 are told
    apart; bytes that are none of them are taken for Latin-1.

    Raises
    ------
    UserError
        Also while the text is read: the file is missing, damaged, too long, or something else than text.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such catalogue file"
        raise UserError(f"{path}: {what}; correct the path or download it")
    try:
        with _unpacked(path) as packed:
            stream = io.BufferedReader(_Bounded(packed, path), 1 << 20)
            head = stream.peek(HEAD_BYTES)[:HEAD_BYTES]
            _check_text(head, path)
            encoding = _encoding(head)
            # universal line ends, but untranslated: what is quoted may hold some
            text = io.TextIOWrapper(stream, encoding, LATIN_1 if encoding.startswith("utf-8") else "strict", newline="")
            yield text
    except PermissionError:
        raise
    except DAMAGED as error:
        raise UserError(f"{path}: damaged ({error}); delete it and download it again") from error


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    head = read_head(path, HEAD_BYTES)
    if head.startswith(b"PK") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive, _opened(archive, only_table(archive, path), path) as member:
            yield member
    elif head.startswith(b"PK\3\4"):
        raise zipfile.BadZipFile("the end of the archive is missing")
    elif head.startswith(b"\x1f\x8b"):
        with gzip.open(path) as unpacked:
            yield unpacked  # type: ignore[misc]
    else:
        with path.open("rb") as stream:
            yield stream


def _opened(archive: zipfile.ZipFile, name: str, path: Path) -> IO[bytes]:
    try:
        return archive.open(name)
    except (NotImplementedError, RuntimeError) as error:  # an unknown method, or a password
        raise UserError(f"{path}: {name} cannot be unpacked here ({error}); unpack it and give the table") from error


def only_table(archive: zipfile.ZipFile, path: Path) -> str:
    """Name of the one table of an archive; `UserError` if there is none, or more than one."""
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX/") and not name.endswith("/")]
    for beginning, what in SPREADSHEETS.items():
        if any(name.startswith(beginning) for name in names):
            raise UserError(f"{path}: is {what}; export it as CSV")
    tables = [name for name in names if name.lower().endswith(TABLE_SUFFIXES[0])]
    tables = tables or [name for name in names if name.lower().endswith(TABLE_SUFFIXES)]
    if len(tables) != 1:
        shown = ", ".join((tables or names)[:5]) + (" ..." if len(tables or names) > 5 else "")
        raise UserError(
            f"{path}: the archive must hold exactly one .csv, it holds {shown or 'nothing'}; unpack it and give the "
            "table's own path"
        )
    return tables[0]


def _check_text(head: bytes, path: Path) -> None:
    for start, what in NOT_TEXT.items():
        if head.startswith(start):
            raise UserError(f"{path}: is {what}")
    if is_web_page(head):
        raise UserError(f"{path}: is a web page, not a table; check the address it was downloaded from")
    if head.lstrip(codecs.BOM_UTF8 + b" \t\r\n").startswith(b"<"):
        raise UserError(f"{path}: is XML, not a table; save the table as CSV")
    text = head[: len(head) // 4 * 4].decode(_encoding(head), "ignore")
    if CONTROLS & set(text):
        raise UserError(f"{path}: is no text; a catalogue is a table in a text file, such as CSV")


def _encoding(head: bytes) -> str:
    """Encoding of a text, by its byte order mark or by where its zero bytes are."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return encoding
    even, odd = head[::2], head[1::2]
    for encoding, empty, full in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(empty) > 4 and empty.count(0) > 0.5 * len(empty) and full.count(0) < 0.1 * len(full):
            return encoding
    return "utf-8"

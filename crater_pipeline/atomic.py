"""Outputs appear whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A temporary path beside `target`, with its suffix, renamed onto it when the block ends without error.

    It lies in a temporary folder of its own so that sidecars (.aux.xml, -journal) never litter the results.
    """
    with _folder_beside(target) as folder:
        temporary = folder / target.name
        yield temporary
        temporary.replace(target)


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """An empty temporary folder beside `target` that takes its place when the block ends without error."""
    with _folder_beside(target) as folder:
        temporary = folder / target.name
        temporary.mkdir()
        yield temporary
        if target.exists():
            target.rename(folder / "replaced")
        temporary.rename(target)


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    target.parent.mkdir(parents=True, exist_ok=True)
    # a part of the name will do: with what is added the whole one may be longer than a name can be
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.", dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_text(target: Path, text: str) -> None:
    """Write `text` to `target` atomically, UTF-8."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_lines(target: Path, lines: Iterable[str]) -> None:
    """Write lines to `target` atomically, UTF-8, one at a time."""
    with atomic_path(target) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)

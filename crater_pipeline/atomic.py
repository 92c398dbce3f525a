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


@contextmanager
def kept_folder(kept: Path | None, name: str) -> Iterator[Path]:
    """A folder in `kept` for what a piece of work has done so far, which outlives the process if it is cut off.

    `name` tells one piece of work from another: what others left in `kept` is removed first, and all of it once the
    work has ended well. Without `kept` the folder goes with the process.
    """
    if kept is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    for other in kept.glob("*"):
        if other.name != name:
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    (kept / name).mkdir(parents=True, exist_ok=True)
    yield kept / name
    shutil.rmtree(kept)


def write_text(target: Path, text: str) -> None:
    """Write `text` to `target` atomically, UTF-8."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_lines(target: Path, lines: Iterable[str]) -> None:
    """Write lines to `target` atomically, UTF-8, one at a time."""
    with atomic_path(target) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)

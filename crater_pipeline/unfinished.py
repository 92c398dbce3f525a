"""What a piece of work has done so far, kept on disk: work that was cut off goes on from it."""

import errno
import logging
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from crater_pipeline.errors import NothingThereError, UserError, excerpt

logger = logging.getLogger(__name__)

LOCK = "lock"

RUN_NAME = re.compile("[0-9a-f]{16}")
"""What `contents.run_name` gives."""

NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}
"""What file systems without locks answer."""


@contextmanager
def kept_folder(kept: Path | None, name: str) -> Iterator[Path]:
    """A folder in `kept` for what a piece of work has done so far, which outlives the process if it is cut off.

    `name`, from `contents.run_name`, tells one piece of work from another: what others left in `kept` is removed
    first. All of it is removed when the work has ended, well or with nothing to work on. Without `kept` the folder goes
    with the process.

    Raises
    ------
    UserError
        If another process is at work in `kept`, or if there is something in it that this program has not put there.
    """
    if kept is None:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)
        return
    kept.mkdir(parents=True, exist_ok=True)
    with _alone(kept):
        _remove_others(kept, name)
        folder = kept / name
        if _holds_files(folder):
            logger.info("%s: going on from what an earlier run has left there", kept)
        folder.mkdir(exist_ok=True)
        try:
            yield folder
        except NothingThereError:
            shutil.rmtree(folder)
            raise
        except BaseException:
            if _holds_files(folder):
                logger.info("%s: holds what has been done so far; the same command goes on from there", kept)
            else:
                shutil.rmtree(folder)
            raise
        shutil.rmtree(folder)


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """No other process works in the folder meanwhile, where there are locks; it goes if nothing is left in it."""
    lock = FileLock(kept / LOCK, blocking=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise UserError(
            f"{kept}: another process is at work there; wait for its end, or choose another output"
        ) from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    try:
        yield
    finally:
        with suppress(OSError):  # somebody else may have begun there
            if {path.name for path in kept.iterdir()} <= {LOCK}:
                (kept / LOCK).unlink(missing_ok=True)
                kept.rmdir()
        lock.release()


def _remove_others(kept: Path, name: str) -> None:
    others = [path for path in kept.iterdir() if path.name not in (LOCK, name)]
    for path in others:
        if not (path.is_dir() and RUN_NAME.fullmatch(path.name)):
            raise UserError(f"{kept}: {excerpt(path.name)} in it is none of this program's; move it away")
    for path in others:
        shutil.rmtree(path)


def _holds_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))

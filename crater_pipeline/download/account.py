"""How far a transfer is: a bar on a terminal, elsewhere (a batch job's log) a line every so often."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from crater_pipeline.rasters.progress import span

logger = logging.getLogger(__name__)

LINE_EVERY_S = 15.0
"""Time between two lines in a log."""


def size_text(size: float) -> str:
    """Bytes for a reader: 950 bytes, 47.3 MB, 5.96 GB."""
    if size < 1000:
        return f"{size:.0f} bytes"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.5 or unit == "GB":
            break
    return f"{size:.3g} {unit}"


class Account:
    """Bytes that have come, of how many, and when the rest may be there."""

    def __init__(
        self,
        name: str,
        bar: Progress | None = None,
        every_s: float = LINE_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self._bar, self._every_s, self._clock = name, bar, every_s, clock
        self._task = None if bar is None else bar.add_task(name, total=None)
        self.begin(None, 0)
        self._said = self._clock()

    def begin(self, total: int | None, there: int) -> None:
        """`total` bytes are wanted, `there` of them lie here from before."""
        self.total, self.done, self._there, self._begun = total, there, there, self._clock()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=total, completed=there)

    def add(self, count: int, fetched: bool = True) -> None:
        """`count` bytes more; not `fetched`: they lay here already."""
        self.done += count
        if not fetched:
            self._there += count
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)
        elif self._clock() - self._said >= self._every_s:
            self._said = self._clock()
            logger.info("%s", self.line())

    def line(self) -> str:
        """`big.tif: 45.2 MB of 96.2 MB (47 %), 3.1 MB/s, 16 s left`."""
        speed = (self.done - self._there) / max(self._clock() - self._begun, 1e-9)
        if self.total is None:
            return f"{self.name}: {size_text(self.done)}, {size_text(speed)}/s"
        share = f"({100 * self.done // max(self.total, 1)} %)"
        left = f", {span((self.total - self.done) / speed)} left" if speed else ""
        return f"{self.name}: {size_text(self.done)} of {size_text(self.total)} {share}, {size_text(speed)}/s{left}"


@contextmanager
def account(name: str) -> Iterator[Account]:
    """An account of what is fetched while the block runs."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Account(name)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        yield Account(name, bar)

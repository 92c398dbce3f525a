"""How far a pass over a raster's pieces has come: a bar on a terminal, a line now and then in a log."""

import logging
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

logger = logging.getLogger(__name__)

OFTEN = "CRATER_PIPELINE_PROGRESS"
"""Environment variable: with the value `often`, programs that draw a bar of their own get more lines."""

USUAL = (0.05, 10.0)
"""A line is written when this share more is done, and so many seconds after the last one: 20 lines at most."""

FREQUENT = (0.01, 0.5)

_Item = TypeVar("_Item")


def progress(items: Sequence[_Item], description: str) -> Iterable[_Item]:
    """`items`, and on stderr how many of them have been dealt with."""
    console = Console(stderr=True)
    if console.is_terminal:
        return track(items, description=description, console=console, transient=True)
    return told(items, description, *(FREQUENT if os.environ.get(OFTEN) == "often" else USUAL))


def told(
    items: Sequence[_Item],
    description: str,
    share: float,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[_Item]:
    """`items`, with a line in the log when `share` more of them is done and `seconds` have passed since the last."""
    start = last = clock()
    due = step = max(1, math.ceil(share * len(items)))
    for done, item in enumerate(items, start=1):
        yield item
        now = clock()
        if done >= due and now - last >= seconds:
            left = (now - start) / done * (len(items) - done)
            logger.info(
                "%s: %d %% (%d of %d), %s left", description, 100 * done // len(items), done, len(items), span(left)
            )
            last, due = now, done + step


def span(seconds: float) -> str:
    """A time in words, of two units at most: 45 s, 12 min, 3 h 20 min."""
    if round(seconds) < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"

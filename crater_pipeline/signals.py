"""Ending when asked to: what was begun is cleaned up, as on Ctrl-C."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGTERM", "SIGHUP")
"""What a shell, a batch system or a closed terminal ends a program with."""


def end_cleanly() -> list[int]:
    """From now on such a signal ends the program as an error does: open blocks are left, temporary files removed.

    The exit code is 128 and the signal's number. Signals that are ignored (`nohup`) stay so. Returns a list that the
    signal's number will be put into.
    """
    received: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # another one must not cut the cleaning short
        received.append(number)
        sys.exit(128 + number)

    for name in NAMES:
        number = getattr(signal, name, None)  # there is no SIGHUP on every system
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, end)
    return received


@contextmanager
def ending_cleanly() -> Iterator[None]:
    """As `end_cleanly`, also where a library turns the ending into an error of its own on the way."""
    received = end_cleanly()
    try:
        yield
    except Exception:
        if received:
            sys.exit(128 + received[0])
        raise

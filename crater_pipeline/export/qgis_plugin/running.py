"""The program `crater-pipeline` as a process of its own: what it says while it works, and its end on request.

Imports nothing of QGIS.
"""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import Any

POLL_S = 0.1

PATIENCE_S = 20.0
"""What the program is given to clean up before it is killed."""

FOREIGN = ("PYTHON", "PROJ_", "GDAL_")
"""Variables that QGIS sets for its own Python and libraries; others must not take them for theirs."""

LINE = re.compile(r"\d\d:\d\d:\d\d (DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)")
ZONE = re.compile(r"zone (\d+) of (\d+)")
SEARCHED = re.compile(r"searching tiles: (\d+) %")

WARNING = "WARNING"

ERROR = "error: "
"""How the line begins in which the program says why it ends."""


class FailedError(Exception):
    """The program ended with an error; the message says why."""


class StoppedError(Exception):
    """The program was stopped on request."""


class Progress:
    """Percent of a search from what the program says: zones, and tiles in each."""

    def __init__(self) -> None:
        self.zone, self.zones = 1, 1

    def percent(self, text: str) -> float | None:
        """Percent done after this line; None if it tells nothing of it."""
        if zone := ZONE.match(text):
            self.zone, self.zones = int(zone[1]), int(zone[2])
            return 100.0 * (self.zone - 1) / self.zones
        if searched := SEARCHED.match(text):
            return (100.0 * (self.zone - 1) + float(searched[1])) / self.zones
        return None


def run(command: Sequence[str], stopped: Callable[[], bool], heard: Callable[[str, str], None]) -> None:
    """Run a command to its end. `heard(level, text)` gets each line that it says, but for the error that it ends with.

    `stopped()` is asked again and again.

    Raises
    ------
    FailedError
        If there is no such program, or it ends with an error.
    StoppedError
        If `stopped()` has answered yes; then the process has ended, and what it had done lies beside its output.
    """
    with _start(command) as process:
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
        said: list[str] = []
        try:
            while (line := _next(lines, stopped)) is not None:
                level, text = parsed(line)
                said = [*said[-19:], text]
                if not text.startswith(ERROR):
                    heard(level, text)
        except BaseException:
            end(process)
            raise
    if process.returncode != 0:
        raise FailedError(complaint(said, process.returncode))


def _next(lines: queue.Queue[str | None], stopped: Callable[[], bool]) -> str | None:
    """The next line that is said; None when there will be no more."""
    while not stopped():
        try:
            return lines.get(timeout=POLL_S)
        except queue.Empty:
            continue
    raise StoppedError


def parsed(line: str) -> tuple[str, str]:
    """Level and text of a line of the program's log; other lines are information."""
    found = LINE.fullmatch(line.strip())
    return (found[1], found[2].strip()) if found else ("INFO", line.strip())


def complaint(said: Sequence[str], code: int) -> str:
    """Why a program has failed: its line that says so, else all that it has said last."""
    errors = [line[len(ERROR) :] for line in said if line.startswith(ERROR)]
    return errors[-1] if errors else "\n".join([*said, f"crater-pipeline ended with code {code}"])


def environment() -> dict[str, str]:
    """This process's variables without those that are QGIS's own, and with what the program needs to be understood."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {**kept, "CRATER_PIPELINE_PROGRESS": "often", "PYTHONIOENCODING": "utf-8"}


def _start(command: Sequence[str]) -> subprocess.Popen[str]:
    # a group of its own, so that what the program starts ends with it; no window on Windows
    own: dict[str, Any] = (
        {"creationflags": subprocess.CREATE_NO_WINDOW}  # type: ignore[attr-defined]
        if os.name == "nt"
        else {"start_new_session": True}
    )
    try:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=environment(),
            **own,
        )
    except OSError as error:
        raise FailedError(f"{command[0]}: cannot be run ({error.strerror})") from error


def _read(stream: Any, lines: queue.Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def end(process: subprocess.Popen[str]) -> None:
    """End a process and what it has started, first kindly."""
    _signal(process, "SIGTERM")
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        _signal(process, "SIGKILL")
        process.wait()


def _signal(process: subprocess.Popen[str], name: str) -> None:
    if os.name == "nt":
        process.kill()
    elif process.poll() is None:
        os.killpg(process.pid, getattr(signal, name))

"""A program that is told to end cleans up, says nothing and tells how it was ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = """
import sys, time
from pathlib import Path
from crater_pipeline.atomic import atomic_path
from crater_pipeline.steps._command import run

def step(*, output: Path) -> None:
    with atomic_path(output) as temporary:
        temporary.write_text("half")
        {work}

run(step)
"""

WAIT = """
        while True:
            time.sleep(0.05)
"""

SWALLOWED = """
        try:
            while True:
                time.sleep(0.05)
        except SystemExit as error:
            raise RuntimeError("a library's own words") from error
"""


SLOW_TO_CLEAN = """
        try:
            time.sleep(60)
        finally:
            time.sleep(1)
"""


def _heeding() -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(script: str, output: Path, shell: str = "", **options: object) -> subprocess.Popen[str]:
    """A step that is in the midst of writing; a `shell` command may be put round it."""
    command = [sys.executable, "-c", script, "--output", str(output)]
    command = ["bash", "-c", shell, "bash", *command] if shell else command
    # A test run in a shell's background, or under nohup, would hand on that signals are ignored.
    options.setdefault("preexec_fn", _heeding)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]
    deadline = time.monotonic() + 60
    while not list(output.parent.glob(f".{output.name}.*/{output.name}")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert isinstance(process, subprocess.Popen)
    return process


ENDINGS = [(signal.SIGTERM, WAIT), (signal.SIGHUP, WAIT), (signal.SIGINT, WAIT), (signal.SIGTERM, SWALLOWED)]


@pytest.mark.parametrize(("number", "work"), ENDINGS, ids=["SIGTERM", "SIGHUP", "SIGINT", "turned into an error"])
def test_a_step_that_is_ended(tmp_path: Path, number: int, work: str) -> None:
    process = started(SCRIPT.format(work=work), tmp_path / "out.txt")
    process.send_signal(number)
    assert process.wait(timeout=30) == 128 + number
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert list(tmp_path.iterdir()) == []


def test_a_second_signal_does_not_cut_the_cleaning_short(tmp_path: Path) -> None:
    process = started(SCRIPT.format(work=SLOW_TO_CLEAN), tmp_path / "out.txt")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 143
    assert list(tmp_path.iterdir()) == []


def test_what_nohup_ignores_stays_ignored(tmp_path: Path) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = started(SCRIPT.format(work=WAIT), tmp_path / "out.txt", preexec_fn=ignore)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    process.terminate()
    assert process.wait(timeout=30) == 143


def test_a_rule_s_whole_group_ends(tmp_path: Path) -> None:
    """As a batch system or `timeout` ends a job: shell, step and `tee` at once."""
    results = tmp_path / "results"
    results.mkdir()
    rule = f'set -o pipefail; "$@" 2>&1 | tee {tmp_path / "log"}'
    process = started(SCRIPT.format(work=WAIT), results / "out.txt", rule, start_new_session=True)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(timeout=30) != 0
    deadline = time.monotonic() + 30
    while list(results.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert (tmp_path / "log").read_text() == ""

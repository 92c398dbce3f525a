"""Whichever stage finds no room to write, or a damaged file to read, ends with one message and harms nothing.

`make test-faults` damages more files (`CRATER_DAMAGES`).
"""

import importlib
import os
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from functools import partial
from pathlib import Path

import pytest

from crater_pipeline.steps._command import run
from tests.faults.chain import Chain, chain
from tests.faults.damage import damaged

pytestmark = pytest.mark.slow

DAMAGES = int(os.environ.get("CRATER_DAMAGES", "40"))
LIMIT_S = 120


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    whole = chain(tmp_path_factory.mktemp("whole"))
    code, output = whole.run()
    assert code == 0, output
    return whole


def commands(made: Chain) -> dict[str, str]:
    """Each stage's command, as the workflow would run it, without its log."""
    code, output = made.run("--dry-run", "--forceall", "--printshellcmds", "--quiet", "host")
    assert code == 0, output
    lines = [line.strip() for line in output.splitlines() if "python -m crater_pipeline.steps." in line]
    lines = [line.removeprefix("Shell command: ").partition(" 2>&1 |")[0] for line in lines]
    return {line.split("crater_pipeline.steps.")[1].split()[0]: line for line in lines}


def outputs(command: str, results: Path) -> list[Path]:
    """Files and folders of results that a command is told to write."""
    told = [word.partition("=")[2] for word in shlex.split(command) if word.startswith("--output")]
    return [results.parent / path for path in told if path.startswith("results/")]


def test_every_stage_that_finds_no_room_says_so_and_changes_nothing(made: Chain) -> None:
    failed = set()
    for stage, command in commands(made).items():
        written = outputs(command, made.results)
        for folder in filter(Path.is_dir, written):  # as Snakemake does before a rule runs
            shutil.rmtree(folder)
        before = made.made()
        # A limit on the size of files stands for the disk: it strikes in the same calls and needs no rights.
        room = max((path.stat().st_size for path in written if path.is_file()), default=2) // 2
        limited = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        done = subprocess.run(
            command,
            shell=True,
            cwd=made.checkout.folder,
            env=made.environment,
            preexec_fn=limited,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, (stage, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, (stage, done.stderr)
        assert len(re.findall("^error: .*(room|disk)", done.stderr, re.MULTILINE)) == 1, (stage, done.stderr)
        assert made.made() == before, stage
        failed.add(stage)
    assert {"simulate", "reproject", "tile", "detect", "merge", "publish", "export", "evaluate"} <= failed


def in_a_process_of_its_own(stage: str, words: list[str]) -> tuple[int, str]:
    """Exit code and output of a stage's command, without the seconds that a new interpreter takes to load it."""
    step = getattr(importlib.import_module(f"crater_pipeline.steps.{stage}"), stage)
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        child = os.fork()
        if child == 0:
            code = 99
            try:
                signal.alarm(LIMIT_S)
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
                sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
                sys.argv = [stage, *words]
                run(step)
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
                sys.stderr.write("" if isinstance(end.code, int) else str(end.code))
            except BaseException:
                traceback.print_exc(file=sys.stderr)
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return os.waitstatus_to_exitcode(status), output.read()


def inputs(words: list[str]) -> list[int]:
    """Places in a command of the files that it reads."""
    return [
        place
        for place, word in enumerate(words)
        if not word.startswith(("--output", "--parts")) and os.path.isfile(word.partition("=")[2])  # noqa: PTH113 -- Path refuses long words
    ]


def test_a_damaged_file_is_one_message_or_does_no_harm(
    made: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = made.run()  # what the test of the disk took away
    assert code == 0, output
    before, chance = made.made(), random.Random(DAMAGES)
    every = {stage: shlex.split(command)[3:] for stage, command in commands(made).items() if stage != "simulate"}
    monkeypatch.chdir(made.checkout.folder)
    for number in range(DAMAGES):
        stage = chance.choice(sorted(every))
        words, aside = list(every[stage]), tmp_path / str(number)
        place = chance.choice(inputs(words))
        name, _, path = words[place].partition("=")
        aside.mkdir()
        (aside / Path(path).name).write_bytes(damaged(Path(path).read_bytes(), chance))
        words[place] = f"{name}={aside / Path(path).name}"
        for each, word in enumerate(words):
            if word.startswith(("--output", "--parts")):
                option, _, target = word.partition("=")
                words[each] = f"{option}={aside / 'out' / Path(target).name}"
        code, output = in_a_process_of_its_own(stage, words)
        told = f"{number}: {stage} {name}, exit code {code}\n{output}"
        assert code in (0, 1, 2), told
        assert "Traceback" not in output, told
        assert code == 0 or len(re.findall("^error: ", output, re.MULTILINE | re.IGNORECASE)) <= 1, told
        shutil.rmtree(aside)
    assert made.made() == before

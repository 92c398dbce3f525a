"""Whichever stage finds no room to write ends with one message, and what was there before is there still.

A limit on the size of files stands for the disk: it strikes in the same calls and needs no rights.
"""

import re
import resource
import shlex
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.faults.chain import Chain, chain

pytestmark = pytest.mark.slow


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

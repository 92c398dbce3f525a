"""A chain whose stages are killed, or that is stopped, ends with what an undisturbed one makes, byte for byte.

`make test-faults` kills more often (`CRATER_KILLS`) and prints what it hit.
"""

import os
import random
import signal
import subprocess
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.faults.chain import chain, name_of, stage

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("CRATER_KILLS", "5"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    quiet = chain(tmp_path_factory.mktemp("quiet"))
    code, output = quiet.run()
    assert code == 0, output
    return quiet.made()


def hit(run: subprocess.Popen[str], chance: random.Random) -> str:
    """Kill a stage of a run at a random moment, and the name of it; empty where the run ended before."""
    for _ in range(chance.randrange(4)):  # one of the next stages
        if (passing := stage(run)) is None:
            return ""
        try:
            passing.wait(60)
        except psutil.Error:
            continue
    if (target := stage(run)) is None:
        return ""
    name = name_of(target)
    try:
        target.wait(chance.uniform(0.0, 1.5))
    except psutil.TimeoutExpired:
        target.kill()
        return name
    except psutil.Error:
        return ""
    return ""


def test_stages_that_are_killed_lose_nothing(
    tmp_path: Path, undisturbed: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    chance, killed, rounds = random.Random(20261128), Counter[str](), 0
    while killed.total() < KILLS:
        disturbed = chain(tmp_path / f"round{rounds}")
        while killed.total() < KILLS:
            with disturbed.running() as run:
                name = hit(run, chance)
                output, _ = run.communicate()
            if not name:
                assert run.returncode == 0, output
                break
            killed[name] += 1
            assert run.returncode == 1, output
        code, output = disturbed.run()
        assert code == 0, output
        assert disturbed.made() == undisturbed
        rounds += 1
    with capsys.disabled():
        print(f"\nkilled {killed.total()} stages in {rounds} chains, lost none: {dict(killed.most_common())}")


def test_a_second_run_is_refused_and_an_interrupted_one_leaves_nothing_behind(
    tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    fresh = chain(tmp_path)
    with fresh.running() as first:
        assert stage(first) is not None
        os.killpg(first.pid, signal.SIGSTOP)  # it must not have ended before the second one has begun
        code, output = fresh.run()
        assert code == 1
        assert "Directory cannot be locked" in output
        os.killpg(first.pid, signal.SIGCONT)
        os.killpg(first.pid, signal.SIGINT)
        first.communicate()
    assert first.returncode not in (0, -signal.SIGKILL)
    assert not list((fresh.checkout.folder / ".snakemake" / "locks").glob("*"))
    assert set(fresh.made().items()) <= set(undisturbed.items())
    code, output = fresh.run()
    assert code == 0, output
    assert fresh.made() == undisturbed

"""The profile for SLURM, on a real one: what its jobs make is what a local run makes, byte for byte."""

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster.slurm import NODES, Cluster, Job, cluster, missing
from tests.faults.chain import Chain, chain

pytestmark = pytest.mark.slow

# As profiles/slurm/config.yaml says for a cluster without GPUs and accounting; and asked early, since jobs are short.
PROFILE = ("--workflow-profile", "profiles/slurm", "--set-resources", "train:gpu=0", "detect:gpu=0")
STATUS = ("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "5")


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster that everything started here submits to."""
    if lacking := missing():
        pytest.skip(f"needs slurm, of which {', '.join(lacking)} cannot be found")
    with cluster() as ready:
        for name, value in ready.environment.items():
            monkeypatch.setenv(name, value)
        yield ready


def cancelled_search(run: subprocess.Popen[str], on_slurm: Chain, slurm: Cluster, limit_s: float = 300.0) -> Job:
    """The job that searches the region, cancelled once its step has begun."""
    begun, end = on_slurm.results / "tiny" / "logs" / "detect.log", time.monotonic() + limit_s
    while not begun.exists() and run.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    (search,) = [job for job in slurm.jobs() if "detect" in job.what]
    assert search.state == "RUNNING"
    slurm.cancel(search)
    return search


def test_jobs_of_a_cluster_make_what_a_local_run_makes_though_one_is_cancelled(tmp_path: Path, slurm: Cluster) -> None:
    on_slurm = chain(tmp_path / "slurm", *PROFILE, *STATUS)
    local = chain(tmp_path / "local")
    with ThreadPoolExecutor(1) as beside, on_slurm.running() as run:
        undisturbed = beside.submit(local.run)
        cancelled = cancelled_search(run, on_slurm, slurm)
        output, _ = run.communicate()
    assert run.returncode == 0, output
    assert "Trying to restart" in output

    jobs = slurm.jobs()
    assert {job.node for job in jobs} == set(NODES)
    assert [job.state for job in jobs if job.what == cancelled.what] == ["CANCELLED", "COMPLETED"]
    assert {job.state for job in jobs if job.what != cancelled.what} == {"COMPLETED"}

    code, said = undisturbed.result()
    assert code == 0, said
    assert on_slurm.made() == local.made()

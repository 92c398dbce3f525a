"""The profile for SLURM, on a real one: what its jobs make is what a local run makes, byte for byte."""

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster.slurm import NODES, Cluster, Job, cluster, missing
from tests.faults.chain import ZONED, Chain, chain

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


def jobs_with(rule: str, slurm: Cluster) -> list[Job]:
    """The jobs that run a rule, alone or in a group."""
    return [job for job in slurm.jobs() if rule in job.what]


def cancel_a_search(run: subprocess.Popen[str], on_slurm: Chain, slurm: Cluster, limit_s: float = 300.0) -> None:
    """Cancel a job that searches a zone, once there is one whose step has begun."""
    end = time.monotonic() + limit_s
    while run.poll() is None and time.monotonic() < end:
        if list(on_slurm.results.glob("tiny_zone_*/logs/detect.log")):
            slurm.cancel(next(job for job in jobs_with("detect", slurm) if job.state == "RUNNING"))
            return
        time.sleep(0.1)


def test_zones_searched_on_two_nodes_make_what_a_local_run_makes_though_a_job_is_cancelled(
    tmp_path: Path, slurm: Cluster
) -> None:
    on_slurm = chain(tmp_path / "slurm", *PROFILE, *STATUS, region=ZONED)
    local = chain(tmp_path / "local", region=ZONED)
    with ThreadPoolExecutor(1) as beside, on_slurm.running() as run:
        undisturbed = beside.submit(local.run)
        cancel_a_search(run, on_slurm, slurm)
        output, _ = run.communicate()
    assert run.returncode == 0, output
    assert "Trying to restart" in output

    searches = jobs_with("detect", slurm)
    assert sorted(job.state for job in searches) == ["CANCELLED", "COMPLETED", "COMPLETED"]
    assert {job.state for job in slurm.jobs() if job not in searches} == {"COMPLETED"}
    assert {job.node for job in jobs_with("reproject", slurm)} == set(NODES)

    code, said = undisturbed.result()
    assert code == 0, said
    assert on_slurm.made() == local.made()

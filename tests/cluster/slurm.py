"""A SLURM cluster of two nodes on this machine, in a folder of its own: nothing outside of it is read or changed.

munged, slurmctld and one slurmd a node are started as children and stopped by their process ids. Accounting, cgroups
and a data base, which a test needs none of, are left out; what a node has is only declared:
9 cores, so that two jobs that ask for 8 take two nodes, and 32 GB.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd")
NODES = ("n1", "n2")

CONFIGURATION = """
ClusterName=test
SlurmctldHost=localhost
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/%n/slurmd.pid
SlurmdSpoolDir={folder}/%n
SlurmdLogFile={folder}/%n/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
MpiDefault=none
MinJobAge=3600
KillWait=1
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=9 RealMemory=32000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=9 RealMemory=32000
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


@dataclass(frozen=True)
class Job:
    """A job as the queue shows it, also after its end."""

    number: str
    state: str
    node: str
    what: str
    """The rule, or the group of rules, that it runs."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that is up."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Of programs that are to use this cluster and no other that the machine may belong to.

        Snakemake's executor forgets `SLURM_CONF` where it starts a job's step, so that an `srun` that remembers it
        stands first on the path.
        """
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def ask(self, *command: str) -> str:
        """What one of SLURM's programs answers."""
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def jobs(self) -> list[Job]:
        """All jobs, in the order of their submission."""
        lines = self.ask("squeue", "--states=all", "--noheader", "--sort=i", "--format=%i|%T|%N|%k").splitlines()
        return [Job(*line.split("|")) for line in lines]

    def at_work(self) -> bool:
        """Whether a job waits, runs or is being ended."""
        return bool(self.ask("squeue", "--noheader").strip())

    def cancel(self, job: Job) -> None:
        """End a job as an administrator does, or its time limit."""
        self.ask("scancel", job.number)


def missing() -> list[str]:
    """The programs that a cluster needs and that are not installed."""
    return [program for program in PROGRAMS if _program(program) is None]


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Two idle nodes; when the block ends, so have their jobs and every process that was started."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slurm", ignore_cleanup_errors=True)))
        _furnish(folder)
        ready = Cluster(folder)
        stack.callback(_end_what_is_left, ready)
        stack.enter_context(_running(ready, "munged", "--foreground", "--force", *_munge_files(folder)))
        _wait_until((folder / "munge.socket").exists, ready)
        stack.enter_context(_running(ready, "slurmctld", "-D", "-c"))
        for node in NODES:
            stack.enter_context(_running(ready, "slurmd", "-D", "-N", node))
        _wait_until(lambda: _idle(ready), ready)
        stack.callback(_end_jobs, ready)
        yield ready


def _program(name: str) -> str | None:
    """Where a daemon lies; not every user has its folder on the path."""
    return shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin{os.pathsep}/usr/local/sbin")


def _furnish(folder: Path) -> None:
    for name in ("state", "bin", *NODES):
        (folder / name).mkdir()
    with ExitStack() as stack:  # all at once, so that no port is given twice
        sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        ports = [each.getsockname()[1] for each in sockets]
    user, host = pwd.getpwuid(os.getuid()).pw_name, socket.gethostname().partition(".")[0]
    configuration = folder / "slurm.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, ports=ports, user=user, host=host))
    key = folder / "munge.key"
    key.touch(0o600)
    key.write_bytes(os.urandom(128))
    srun = folder / "bin" / "srun"
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {shutil.which("srun")} "$@"\n')
    srun.chmod(0o700)


def _munge_files(folder: Path) -> list[str]:
    kinds = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    return [f"--{option}={folder}/munge.{ending}" for option, ending in kinds.items()]


@contextmanager
def _running(ready: Cluster, program: str, *options: str) -> Iterator[None]:
    """A daemon in the foreground."""
    command, environment = [str(_program(program)), *options], {**os.environ, **ready.environment}
    said = ready.folder / f"{program}{''.join(options[-1:]) if program == 'slurmd' else ''}.out"
    with said.open("w") as output:
        daemon = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        daemon.terminate()
        try:
            daemon.wait(10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _idle(ready: Cluster) -> bool:
    try:
        return ready.ask("sinfo", "--noheader", "--Node", "--format=%T").split() == ["idle"] * len(NODES)
    except subprocess.CalledProcessError:  # not up yet
        return False


def _wait_until(holds: Callable[[], bool], ready: Cluster, limit_s: float = 60.0) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > end:
            logs = [*ready.folder.glob("*.out"), *ready.folder.rglob("*.log")]
            raise TimeoutError("\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in logs))
        time.sleep(0.2)


def _end_jobs(ready: Cluster) -> None:
    """Cancel what still runs while the daemons are up, for the processes of a job's steps outlive them."""
    if ready.at_work():
        ready.ask("scancel", "--partition=main")
        _wait_until(lambda: not ready.at_work(), ready)


def _end_what_is_left(ready: Cluster) -> None:
    """Kill what jobs have started and left behind, known by the configuration that it was started with."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("SLURM_CONF") == ready.environment["SLURM_CONF"]:
                process.kill()
        except psutil.Error:
            continue

"""The whole chain of a tiny simulated region, run in a copy of the checkout, so that it can be disturbed."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from tests.workflow.conftest import Checkout, copy_checkout


def asked(pixel_size_m: float, ground: list[float], bounds: list[float], **sections: object) -> str:
    """Configuration of a small simulated region `tiny` inside `ground`, searched in a fast and repeatable way."""
    region = {
        "mosaic": "tiny",
        "catalogue": "tiny",
        "bounds": bounds,
        "reprojection": {"margin_px": 32},
        "tiling": {"size": 256, "overlap": 64, "levels": 1},
        "inference": {"engine": "torch", "precision": "float32", "positions": 1},
        "training": {"enabled": False},
        **sections,
    }
    mosaic = {"kind": "simulated", "body": "moon", "seed": 7, "pixel_size_m": pixel_size_m, "bounds": ground}
    catalogue = {"format": "simulated", "mosaic": "tiny"}
    return yaml.safe_dump({"mosaics": {"tiny": mosaic}, "catalogues": {"tiny": catalogue}, "regions": {"tiny": region}})


TINY = asked(250, [-1, 29, 1, 31], [-0.75, 29.25, 0.75, 30.75])

ZONED = asked(1500, [-7, 26, 7, 36], [-6, 27, 6, 35], zoning={"max_side_deg": 10})
"""A region of the same name in two zones."""

WANTED = ("results/tiny/craters.gpkg", "results/tiny/metrics.json")

ASIDE = {"logs", "benchmarks"}
"""Folders of results that tell how a run went and not what it found."""


@dataclass(frozen=True)
class Chain:
    """A checkout in which the tiny region is made."""

    checkout: Checkout
    jobs: tuple[str, ...] = ("--cores", "2")
    """Options that say where and how many jobs run."""

    @property
    def results(self) -> Path:
        return self.checkout.folder / "results"

    @property
    def environment(self) -> dict[str, str]:
        """That of a run: this interpreter's programs, one thread."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"}

    @contextmanager
    def running(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """A run under way, in a process group of its own, which has ended when the block has."""
        command = [sys.executable, "-m", "snakemake", *self.jobs, "--configfile", "mine.yaml", *options]
        with subprocess.Popen(
            [*command, "--", *WANTED],
            cwd=self.checkout.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_interruptible,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def run(self, *options: str) -> tuple[int, str]:
        """Exit code and output of a run that nobody disturbs."""
        with self.running(*options) as process:
            output, _ = process.communicate()
            return process.returncode, output

    def made(self) -> dict[str, str]:
        """Hash of every result by its place; what lies there under a temporary name counts too."""
        files = [path.relative_to(self.results) for path in self.results.rglob("*") if path.is_file()]
        kept = [path for path in files if not ASIDE & set(path.parts)]
        return {str(path): hashlib.sha256((self.results / path).read_bytes()).hexdigest() for path in sorted(kept)}


def _interruptible() -> None:
    """Ctrl-C ends a run also where the tests themselves run in the background, in which a shell ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def chain(folder: Path, *jobs: str, region: str = TINY) -> Chain:
    """A fresh copy of the checkout that is asked for a tiny region; `jobs` as in `Chain`."""
    folder.mkdir(exist_ok=True)
    checkout = copy_checkout(folder)
    (folder / "mine.yaml").write_text(region)
    return Chain(checkout, jobs or Chain.jobs)


def stage(run: subprocess.Popen[str], limit_s: float = 120.0) -> psutil.Process | None:
    """A stage that a run has begun, as soon as there is one; None where the run ends before."""
    end = time.monotonic() + limit_s
    while run.poll() is None and time.monotonic() < end:
        for process in _children(run):
            if any(word.startswith("crater_pipeline.steps.") for word in _words(process)):
                return process
        time.sleep(0.01)
    return None


def name_of(process: psutil.Process) -> str:
    """Name of the step that a process runs."""
    found = [word for word in _words(process) if word.startswith("crater_pipeline.steps.")]
    return found[0].rpartition(".")[2] if found else ""


def _children(run: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        children: list[psutil.Process] = psutil.Process(run.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return children


def _words(process: psutil.Process) -> list[str]:
    """The command line of a process, unless it is a shell's, which holds a step's name too."""
    try:
        words: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return words if words and "python" in Path(words[0]).name else []

"""A copy of the checkout to run Snakemake in, and what a run would do."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "crater_pipeline", "workflow", "config", "profiles", "envs", ".test")
LEFTOVERS = shutil.ignore_patterns("__pycache__", "results", ".snakemake")


@dataclass(frozen=True)
class Checkout:
    """A copy of everything that the workflow consists of."""

    folder: Path

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here with this interpreter's environment on PATH."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=self.folder,
            env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "2"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done

    def would_run(self, *arguments: str) -> set[str]:
        """Names of the rules that a run would execute."""
        done = self.snakemake("--dry-run", *arguments)
        return set(re.findall(r"^(?:local)?rule (\w+):", done.stdout + done.stderr, re.MULTILINE)) - {"all"}

    @contextmanager
    def edited(self, file: str, text: str | None = None) -> Iterator[None]:
        """The file with `text` (or with a comment added), as long as the block lasts."""
        path = self.folder / file
        before = path.read_text()
        path.write_text(before + "\n# edited\n" if text is None else text)
        try:
            yield
        finally:
            path.write_text(before)


def _placed(source: str, target: str) -> str:
    if source.endswith(".safetensors"):
        Path(target).symlink_to(source)
        return target
    return str(shutil.copy2(source, target))


def copy_checkout(target: Path) -> Checkout:
    """Copy the parts that a run needs, without what earlier runs left; the weights, which are large, are linked."""
    target.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=LEFTOVERS, copy_function=_placed)
        else:
            shutil.copy2(source, target / part)
    return Checkout(target)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A fresh copy, shared by tests that run nothing in it."""
    return copy_checkout(tmp_path_factory.mktemp("checkout"))

"""Runs scripts with the Python that has PyQGIS, which is the system's and not this one."""

import functools
import os
import subprocess
from pathlib import Path

import pytest


def environment(folder: Path) -> dict[str, str]:
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PROJ_", "GDAL_"))}
    return {**kept, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(runtime), "HOME": str(folder)}


@functools.cache
def qgis_python() -> str | None:
    """The Python that has PyQGIS: what QGIS_PYTHON names, or the system's."""
    python = os.environ.get("QGIS_PYTHON", "/usr/bin/python3")
    try:
        done = subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False)
    except OSError:
        return None
    return python if done.returncode == 0 else None


def run_qgis(script: Path, *arguments: str | Path, folder: Path) -> str:
    """Run a script that uses PyQGIS, with `folder` for its temporary files; what it printed to stderr."""
    python = qgis_python()
    if python is None:
        pytest.skip(
            "PyQGIS is not installed (apt-get install python3-qgis, or let QGIS_PYTHON name a Python that has it)"
        )
    done = subprocess.run(
        [python, str(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment(folder),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr

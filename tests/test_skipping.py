"""A run of the tests that promised what they need fails where one is skipped for the want of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest


def test_with_a_browser():
    pytest.skip("needs chromium and chromedriver")


def test_without():
    pass
"""


@pytest.mark.parametrize(
    ("missing", "workers", "code"),
    [(None, [], 0), ("PyQGIS chromium", [], 0), ("", [], 1), ("PyQGIS", ["-n", "1"], 1)],
)
def test_a_test_is_skipped_only_for_what_is_known_to_be_missing(
    tmp_path: Path, missing: str | None, workers: list[str], code: int
) -> None:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_some.py").write_text(TESTS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CRATER_", "PYTEST_"))}
    if missing is not None:
        environment["CRATER_MISSING"] = missing
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers, str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert ("test_with_a_browser: Skipped: needs chromium" in done.stdout) == bool(code)
    assert "1 passed, 1 skipped" in done.stdout

"""The step's function and its message on the command line."""

import hashlib
import subprocess
import sys
from pathlib import Path

from crater_pipeline.steps.download_catalogue import download_catalogue
from tests.range_server import Files, serve

TABLE = b"lon,lat,diameter_km\n1,2,3\n"


def test_a_catalogue_is_downloaded(tmp_path: Path) -> None:
    with serve(Files({"c.csv": TABLE})) as files:
        checksum = hashlib.sha256(TABLE).hexdigest()
        download_catalogue(url=[files.url("c.csv")], output=tmp_path / "c.csv", sha256=checksum)
    assert (tmp_path / "c.csv").read_bytes() == TABLE


def test_a_wrong_address_is_one_line(tmp_path: Path) -> None:
    with serve(Files({})) as files:
        command = [sys.executable, "-m", "crater_pipeline.steps.download_catalogue", "--url", files.url("c.csv")]
        done = subprocess.run(
            [*command, "--output", str(tmp_path / "c.csv")], capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert "404" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []

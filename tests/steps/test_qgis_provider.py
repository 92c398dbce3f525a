"""The command that writes the plugin for QGIS."""

import subprocess
import sys
from pathlib import Path

from crater_pipeline.recognition import is_plugin
from crater_pipeline.steps.qgis_provider import qgis_provider


def test_it_calls_the_program_of_this_environment_unless_told(tmp_path: Path) -> None:
    qgis_provider(out=tmp_path / "crater_finder")
    assert (tmp_path / "crater_finder" / "program.txt").read_text().strip().endswith("crater-pipeline")
    qgis_provider(out=tmp_path / "crater_finder", program=Path(sys.executable))
    assert (tmp_path / "crater_finder" / "program.txt").read_text().strip() == sys.executable


def test_the_plugin_of_somebody_else_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "another"
    folder.mkdir()
    (folder / "metadata.txt").write_text("[general]\nname=Another\n")
    command = [sys.executable, "-m", "crater_pipeline.cli", "qgis-provider", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no plugin of this program, so it is kept" in done.stderr
    assert not is_plugin(folder)

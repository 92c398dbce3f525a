"""The plugin without QGIS: its files, how it listens to the program, and how it ends it."""

import ast
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crater_pipeline import __version__
from crater_pipeline.errors import UserError
from crater_pipeline.export.processing_plugin import SOURCES, installed_program, plugins_folder, write_plugin
from crater_pipeline.export.qgis_plugin import running
from crater_pipeline.export.qgis_plugin.longitudes import spanned
from crater_pipeline.export.qgis_plugin.running import FailedError, Progress, StoppedError, run
from crater_pipeline.recognition import is_plugin
from crater_pipeline.sphere.bounds import wrap_longitude


def test_the_folder_holds_all_that_qgis_needs(tmp_path: Path) -> None:
    folder = tmp_path / "plugins" / "crater_finder"
    write_plugin(folder, Path(sys.executable))
    assert {path.name for path in folder.iterdir()} == {path.name for path in SOURCES.iterdir() if path.is_file()} | {
        "program.txt"
    }
    assert f"version={__version__}" in (folder / "metadata.txt").read_text().splitlines()
    assert (folder / "program.txt").read_text() == f"{sys.executable}\n"
    assert is_plugin(folder)
    write_plugin(folder, Path(shutil.which("sh") or ""))  # in the place of the one before
    assert (folder / "program.txt").read_text() != f"{sys.executable}\n"
    assert [path.name for path in folder.parent.iterdir()] == ["crater_finder"]


@pytest.mark.parametrize("source", sorted(SOURCES.glob("*.py")), ids=lambda path: path.name)
def test_its_modules_import_qgis_and_each_other_only(source: Path) -> None:
    tree = ast.parse(source.read_text(), feature_version=(3, 9))
    imported = {
        name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }
    imported |= {
        (node.module or "").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level
    }
    assert imported <= {"qgis", "processing", "osgeo"} | set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", ["crater-finder", "2craters", "my craters"])
def test_a_folder_that_qgis_could_not_import_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="letters, digits and _"):
        write_plugin(tmp_path / name, Path(sys.executable))
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_cannot_be_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x")
    for program in (tmp_path / "text", tmp_path / "nothing", tmp_path):
        with pytest.raises(UserError, match="--program"):
            write_plugin(tmp_path / "crater_finder", program)


def test_another_plugin_is_none_of_ours(tmp_path: Path) -> None:
    assert is_plugin(tmp_path)
    (tmp_path / "metadata.txt").write_text("[general]\nname=Another\n")
    assert not is_plugin(tmp_path)


def test_the_program_is_the_one_of_this_environment() -> None:
    program = installed_program()
    assert program.name.startswith("crater-pipeline")
    assert os.access(program, os.X_OK)


@pytest.mark.parametrize(
    ("platform", "part"),
    [("linux", ".local/share/QGIS"), ("darwin", "Application Support/QGIS"), ("win32", "Roaming/QGIS")],
)
def test_the_plugins_folder_of_each_system(platform: str, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_DATA_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    assert part in plugins_folder().as_posix()
    assert plugins_folder().parts[-4:] == ("profiles", "default", "python", "plugins")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def never() -> bool:
    return False


def ignored(level: str, text: str) -> None:
    """Somebody who does not listen."""


def test_each_line_is_heard_with_its_level() -> None:
    heard = []
    code = "import sys\nprint('04:05:06 WARNING a: hot', file=sys.stderr)\nprint('04:05:07 INFO b: c')\nprint('plain')"
    run(python(code), never, lambda *line: heard.append(line))
    assert sorted(heard) == [("INFO", "b: c"), ("INFO", "plain"), ("WARNING", "a: hot")]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "import sys; print('working'); sys.exit('error: my.tif: no such file; correct it')",
            "my.tif: no such file; correct it",
        ),
        ("print('some words'); raise SystemExit(3)", "some words\ncrater-pipeline ended with code 3"),
    ],
)
def test_why_the_program_failed(code: str, message: str) -> None:
    with pytest.raises(FailedError) as caught:
        run(python(code), never, ignored)
    assert str(caught.value) == message


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match="cannot be run"):
        run([str(tmp_path / "nothing")], never, ignored)


def test_what_qgis_sets_for_itself_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONHOME", "PROJ_LIB", "GDAL_DATA"):
        monkeypatch.setenv(name, "/of/qgis")
    monkeypatch.setenv("LANGUAGE_OF_THE_USER", "de")
    passed = running.environment()
    assert "/of/qgis" not in passed.values()
    assert passed["LANGUAGE_OF_THE_USER"] == "de"


STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(600)"
)
PARENT = (
    "import subprocess, sys, time\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print('child', child.pid, flush=True)\ntime.sleep(600)"
)


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
@pytest.mark.parametrize("code", [STUBBORN, PARENT], ids=["that ignores it", "with a child"])
def test_a_program_is_stopped(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PATIENCE_S", 0.5)
    heard: list[str] = []
    with pytest.raises(StoppedError):
        run(python(code), lambda: bool(heard), lambda _, text: heard.append(text))
    if heard[0].startswith("child"):
        assert eventually(lambda: has_ended(int(heard[0].split()[1])))


def has_ended(process: int) -> bool:
    """Gone, or dead and only waiting for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def test_progress_of_several_zones() -> None:
    progress = Progress()
    lines = ["zone 1 of 2: [..]", "searching tiles: 50 % (5 of 10), 3 s left", "reproject: 9 % (1 of 11), 1 s left"]
    lines += [
        "zone 2 of 2: [..]",
        "searching tiles: 50 % (5 of 10), 3 s left",
        "searching tiles: 100 % (10 of 10), 0 s left",
    ]
    assert [progress.percent(line) for line in lines] == [0.0, 25.0, None, 50.0, 75.0, 100.0]


@given(west=st.floats(-180, 360), width=st.floats(0.1, 340))
def test_an_arc_of_longitudes_is_found_wherever_it_lies(west: float, width: float) -> None:
    found_west, found_east = spanned([west + width * step / 32 for step in range(33)])
    assert (found_east - found_west) % 360 == pytest.approx(width, abs=1e-6)
    assert abs(wrap_longitude(found_west - west)) < 1e-6


def test_all_longitudes() -> None:
    assert spanned([-180 + 360 * step / 32 for step in range(33)]) == (-180, 180)

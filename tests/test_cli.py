"""The console script: every step is there, the help is quick, a mistake is one message."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from crater_pipeline.cli import build_app

ROOT = Path(__file__).parents[1]
STEPS = sorted(path.stem for path in (ROOT / "crater_pipeline" / "steps").glob("[a-z]*.py"))
MOON = '{"name": "moon", "radius_m": 1737400}'


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The console script as a user's shell runs it."""
    return subprocess.run(
        [sys.executable, "-m", "crater_pipeline.cli", *arguments], capture_output=True, text=True, check=False
    )


def test_help_lists_every_step_with_a_summary() -> None:
    done = command("--help")
    assert done.returncode == 0
    for step in STEPS:
        assert re.search(rf"^│ {step} +\S+ +\S+", done.stdout, re.MULTILINE), step


@pytest.mark.parametrize("step", STEPS)
def test_every_option_is_described(step: str) -> None:
    arguments = build_app()[step].assemble_argument_collection(parse_docstring=True)
    options = {
        argument.name: argument.parameter.help for argument in arguments if argument.show and not argument.children
    }
    assert options
    assert [name for name, described in options.items() if not described] == []
    assert [name for name in options if "empty" in name] == []


def test_help_imports_no_step() -> None:
    listing = (
        "import sys\nfrom crater_pipeline.cli import build_app\nbuild_app().help_print([])\n"
        "print(*[n for n in sys.modules if n.split('.')[0] in ('torch', 'rasterio', 'geopandas')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize("name", ["read_catalogue", "read-catalogue"])
def test_a_step_runs_under_either_name(name: str, tmp_path: Path) -> None:
    output = tmp_path / "catalogue.parquet"
    done = command(name, "--output", str(output), "--body", MOON, "--bounds", "-35", "25", "-15", "50")
    assert done.returncode == 0, done.stderr
    assert pd.read_parquet(output).empty


def test_a_users_mistake_is_one_message_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "craters.csv").write_text("lon,lat\n1,2\n")
    done = command(
        *("read_catalogue", "--catalogue", str(tmp_path / "craters.csv"), "--output", str(tmp_path / "out.parquet")),
        *("--body", MOON, "--bounds", "-35", "25", "-15", "50"),
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "craters.csv" in done.stderr
    assert not (tmp_path / "out.parquet").exists()


def test_an_unknown_option_is_refused() -> None:
    done = command("merge", "--crators", "x.parquet")
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("step", ["find", "merge", "simulate"])
def test_a_steps_help_names_its_options(step: str) -> None:
    done = command(step, "--help")
    assert done.returncode == 0
    assert {"find": "--out", "merge": "--craters", "simulate": "--seed"}[step] in done.stdout


def test_a_steps_help_says_all_that_its_docstring_says_first() -> None:
    assert "zone by zone" in " ".join(command("find", "--help").stdout.split())


def test_where_there_is_no_terminal_a_message_is_one_line(tmp_path: Path) -> None:
    output, name = str(tmp_path / "catalogue.parquet"), "a long name " * 20
    done = command("read-catalogue", "--output", output, "--name", name, "--body", MOON, "--bounds", "0", "0", "1", "1")
    assert re.fullmatch(rf"\d\d:\d\d:\d\d INFO 0 craters of catalogue '{name}'\n", done.stderr)


def test_an_ending_that_no_format_has_is_refused_before_the_search(tmp_path: Path) -> None:
    done = command("find", str(tmp_path / "no_such.tif"), "--out", str(tmp_path / "out" / "craters.kml"))
    assert done.returncode == 1
    assert "must end in .gpkg or .shp or .geojson or .parquet or .csv; write for instance craters.gpkg" in done.stderr
    assert not (tmp_path / "out").exists()

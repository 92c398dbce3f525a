"""Whatever the documentation tells a reader to type can be typed: nothing is swallowed, missing or misspelt.

Long commands are tried as dry runs. A command that is written down anywhere is found, and tried, without being listed
here.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml
from rasterio.transform import from_origin

from crater_pipeline.cli import build_app
from crater_pipeline.configuration.entries import deep_merge
from crater_pipeline.sphere.bodies import MOON
from tests.workflow.commands import ROOT, commands_in, documented_commands, documents
from tests.workflow.conftest import Checkout, copy_checkout

COMMANDS = documented_commands()
PLACEHOLDERS = {"<region>": "demo", "<name>": "starts", "<comparison>": "starts", "<step>": "merge", "<rule>": "merge"}
CORES = ("--cores", "--jobs", "--workflow-profile", "--report", "--lint")
"""One of these a run of Snakemake cannot do without: a dry run does not miss it."""


def filled(command: str) -> list[str]:
    """The words of a command with something in the place of its placeholders, and all that is optional."""
    for placeholder, value in PLACEHOLDERS.items():
        command = command.replace(placeholder, value)
    return shlex.split(re.sub(r"\[([^\]{}]*)\](?=$| )", r"\1", command))


def yaml_of(document: str) -> list[dict[str, Any]]:
    """The YAML that a Markdown file shows."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]


def named_yaml() -> Iterator[tuple[str, dict[str, Any]]]:
    """Configuration files that the documentation shows: YAML whose first line is `# <name>.yaml`."""
    for path in documents():
        if path.suffix == ".md":
            for name, block in re.findall(
                r"^```yaml\n# (\w+\.yaml)\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
            ):
                yield name, yaml.safe_load(block)


def write_sources(folder: Path, configuration: dict[str, Any]) -> None:
    """A small raster or table wherever a configuration names a file of its reader's."""
    profile = {"width": 72, "height": 36, "count": 1, "dtype": "int16", "driver": "GTiff", "crs": MOON.geographic_crs}
    for mosaic in configuration.get("mosaics", {}).values():
        if "://" not in mosaic.get("url", "://"):
            path = folder / mosaic["url"]
            path.parent.mkdir(parents=True, exist_ok=True)
            with rasterio.open(path, "w", transform=from_origin(-180, 90, 5, 5), **profile) as raster:
                raster.write(np.ones((1, 36, 72), np.int16))
    for catalogue in configuration.get("catalogues", {}).values():
        if "://" not in catalogue.get("url", "://"):
            (folder / catalogue["url"]).parent.mkdir(parents=True, exist_ok=True)
            (folder / catalogue["url"]).write_text("lon,lat,diameter_km\n0,0,1\n")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with the files that the documentation's commands speak of."""
    checkout = copy_checkout(tmp_path_factory.mktemp("typed"))
    shutil.copytree(ROOT / ".ci", checkout.folder / ".ci")
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        (checkout.folder / name).write_bytes((ROOT / name).read_bytes())
    (_, comparisons), configurations = yaml_of("config/README.md"), dict(named_yaml())
    for name, mine in configurations.items():
        (checkout.folder / name).write_text(yaml.safe_dump(mine))
    default = checkout.folder / "config" / "config.yaml"
    default.write_text(yaml.safe_dump(deep_merge(yaml.safe_load(default.read_text()), comparisons)))
    for configuration in (
        *configurations.values(),
        *(yaml.safe_load(path.read_text()) for path in (ROOT / "config").glob("*.yaml")),
    ):
        write_sources(checkout.folder, configuration)
    for folder in re.findall(r"sources=(\S+)", " ".join(COMMANDS)):
        (checkout.folder / folder).mkdir()
    for weights in re.findall(r"[\w/]+\.safetensors", " ".join(filled(" ".join(COMMANDS)))):
        path = checkout.folder / weights
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        path.with_suffix(".json").touch()
    return checkout


def test_the_first_things_a_reader_types_are_found() -> None:
    assert {"make craters", "make test", "crater-pipeline find my.tif --out craters.gpkg"} <= set(COMMANDS)
    assert any("--configfile mine.yaml" in command for command in COMMANDS)
    assert {"config/pretrain.yaml", "docs/corrections.md", "Snakefile"} <= set(COMMANDS.values())


def test_commands_are_found_in_every_place_of_a_document() -> None:
    text = "```sh\nmake a  # why\n```\nA `snakemake\nb` here, `make` there.\n\n    python c \\\n        d && make e\n"
    text += "```yaml\n# x.yaml: snakemake f\n```\n"
    assert list(commands_in(text)) == ["make a", "snakemake f", "python c d", "make e", "snakemake b"]


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("snakemake ")])
def test_snakemake_would_run_it(prepared: Checkout, command: str) -> None:
    words = filled(command)[1:]
    assert any(word.partition("=")[0] in CORES for word in words), "without --cores it does not run"
    if "--report" in words:
        del words[words.index("--report") : words.index("--report") + 2]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", *words],
        cwd=prepared.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{COMMANDS[command]}: {done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("crater-pipeline ")])
def test_the_console_script_understands_it(command: str) -> None:
    build_app().parse_args(filled(command)[1:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("make ")])
def test_make_has_the_target(prepared: Checkout, command: str) -> None:
    environment = {**os.environ, "PYTHON": sys.executable}
    subprocess.run(["make", "-n", *filled(command)[1:]], cwd=prepared.folder, env=environment, check=True)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("python ")])
def test_python_has_the_module_and_its_options(command: str) -> None:
    first, *words = filled(command)[1:]
    if first == "-m":
        found = importlib.util.find_spec(words.pop(0))
        assert found is not None
        path = Path(str(found.origin))
    else:
        path = ROOT / first
    for option in (word.partition("=")[0] for word in words if word.startswith("--")):
        assert option == "--help" or option in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("target_first", [True, False])
def test_a_target_after_configfile_is_told_from_a_configuration(prepared: Checkout, target_first: bool) -> None:
    target, given = ["results/iridum/craters.gpkg"], ["--configfile", "mine.yaml"]
    done = prepared.snakemake("--dry-run", *(target + given if target_first else given + target), check=False)
    said = (done.stdout + done.stderr).splitlines()
    assert done.returncode == (0 if target_first else 1)
    assert [line for line in said if line.startswith("error:") or "Traceback" in line] == (
        [] if target_first else [line for line in said if "craters.gpkg: cannot be read" in line and "put --" in line]
    )

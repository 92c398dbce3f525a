"""Recipes of containers, as far as they can be tried without building one: what they copy is enough, and they agree."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from tests.workflow.test_elsewhere import rules_run

ROOT = Path(__file__).parents[2]
DOCKERFILE, DEFINITION = ((ROOT / "containers" / name).read_text() for name in ("Dockerfile", "crater_pipeline.def"))
INSIDE = "/opt/crater_pipeline"


def section(name: str) -> list[str]:
    """Lines of a section of the definition file."""
    text = re.split(rf"^%{name}\n", DEFINITION, flags=re.MULTILINE)[1]
    lines = [line.strip() for line in text.partition("\n%")[0].splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the image, with all that the definition file copies to it and nothing else."""
    image = tmp_path_factory.mktemp("image")
    for source, target in map(shlex.split, section("files")):
        path = image / Path(target).relative_to(INSIDE)
        if (ROOT / source).is_dir():
            shutil.copytree(
                ROOT / source,
                path,
                ignore=shutil.ignore_patterns("__pycache__", "*.safetensors", "results", ".snakemake"),
            )
        else:
            shutil.copy2(ROOT / source, path)
    for weights in (ROOT / "crater_pipeline" / "weights").glob("*.safetensors"):
        (image / "crater_pipeline" / "weights" / weights.name).symlink_to(weights)
    return image


def test_the_image_runs_the_workflow_in_another_folder(inside: Path, tmp_path: Path) -> None:
    """What stands after `run` in the help is what `make craters` makes."""
    (example,) = re.findall(r"apptainer run crater_pipeline\.sif (.*)", DEFINITION)
    assert re.findall(r"results\S+", example) == re.findall(r"results/demo/\S+", made_by_make(inside, "craters"))
    (script,) = section("runscript")
    assert script == f'exec snakemake --snakefile {INSIDE}/Snakefile "$@"'
    assert {"simulate", "export", "report"} <= rules_run(
        tmp_path, "--dry-run", "--snakefile", str(inside / "Snakefile"), *example.replace("all", "1").split()
    )


def made_by_make(folder: Path, target: str) -> str:
    """The commands of a target of the Makefile, in a folder without an environment."""
    command = ["make", "--dry-run", f"PYTHON={sys.executable}", target]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_the_image_can_be_installed_and_tested(inside: Path) -> None:
    assert "pip install" in made_by_make(inside, "install")
    assert "pytest" in made_by_make(inside, "test")
    project = tomllib.loads((inside / "pyproject.toml").read_text())
    for name in (project["project"]["readme"], *project["project"]["license-files"], *project["tool"]["mypy"]["files"]):
        assert (inside / name).exists()
    assert (inside / project["tool"]["pytest"]["ini_options"]["testpaths"][0]).is_dir()


def test_both_recipes_make_the_same_image() -> None:
    (base,) = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"^From: (\S+)", DEFINITION, re.MULTILINE) == [base]
    (version,) = re.findall(r"python:(\d+\.\d+)-", base)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert SpecifierSet(project["requires-python"]).contains(version)
    packages = [
        set(re.findall(r"--no-install-recommends ([\w ]+)", text)[0].split()) for text in (DOCKERFILE, DEFINITION)
    ]
    assert packages[0] == packages[1]
    assert f"WORKDIR {INSIDE}\n" in DOCKERFILE
    for text in (DOCKERFILE, DEFINITION):
        assert f"PATH={INSIDE}/.venv/bin:$PATH" in text


def test_dockers_image_has_no_results_and_no_environment_of_this_machine() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv*", "**/.snakemake", "results"} <= set(ignored)
    copied = {source for source, _ in map(str.split, section("files"))}
    assert not copied & set(ignored)

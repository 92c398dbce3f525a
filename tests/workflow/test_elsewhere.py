"""The workflow run from another folder: with `--directory`, imported by another workflow, where names are awkward."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import rasterio
import yaml

from tests.workflow.conftest import ROOT, Checkout, copy_checkout

TARGET = "results/simulated/demo.tif"

IMPORTING = """
configfile: "config/config.yaml"


rule size:
    input:
        "results/simulated/demo.tif",
    output:
        "size.txt",
    shell:
        "wc -c < {input:q} > {output:q}"


module craters:
    snakefile:
        "../Mond krater für alle/workflow/Snakefile"
    config:
        config


use rule * from craters as craters_*
"""

MARK = "the code of this checkout"


@pytest.fixture(scope="module")
def checkout_there(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout whose path has a space and letters beyond ASCII, and whose steps say that it is theirs."""
    there = copy_checkout(tmp_path_factory.mktemp("elsewhere") / "Mond krater für alle")
    with (there.folder / "crater_pipeline" / "__init__.py").open("a") as file:
        file.write(f"\nimport sys\nprint({MARK!r}, file=sys.stderr)\n")
    return there


@pytest.fixture(scope="module")
def working_directory(checkout_there: Checkout) -> Path:
    """A folder beside the checkout with a small configuration and a workflow that imports ours."""
    folder = checkout_there.folder.parent / "Arbeit in São Paulo"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "config.yaml").write_bytes((ROOT / ".test" / "config" / "config.yaml").read_bytes())
    (folder / "Snakefile").write_text(IMPORTING)
    return folder


def rules_run(folder: Path, *arguments: str, **variables: str) -> set[str]:
    """Names of the rules that Snakemake runs, or would, started in `folder` with nothing of ours on Python's path.

    `variables` are added to the environment.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        [str(Path(sys.executable).parent / "snakemake"), "--quiet", "host", "--cores", "2", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return set(re.findall(r"^(?:local)?rule (\w+):", done.stdout + done.stderr, re.MULTILINE))


def test_another_workflow_builds_on_it(checkout_there: Checkout, working_directory: Path) -> None:
    """Its own rule is the first, and takes what ours make with the code that lies beside our Snakefile."""
    assert rules_run(working_directory, TARGET) == {"craters_simulate"}
    with rasterio.open(working_directory / TARGET) as raster:
        assert raster.width > 200
    assert MARK in (working_directory / "results" / "logs" / "simulate" / "demo.log").read_text()
    # what was made is up to date for whoever comes from the other side, whose profile is found beside the Snakefile
    snakefile = str(checkout_there.folder / "Snakefile")
    again = ("-n", "--snakefile", snakefile, "--directory", working_directory.name, TARGET)
    assert rules_run(working_directory.parent, *again) == set()
    with checkout_there.edited("crater_pipeline/simulation/shapes.py"):
        assert rules_run(working_directory, "-n") == {"craters_simulate", "size"}


def test_an_importing_workflow_that_gives_no_configuration_gets_the_shipped_one(
    checkout_there: Checkout, tmp_path: Path
) -> None:
    (tmp_path / "Snakefile").write_text(
        f'module craters:\n    snakefile: "{checkout_there.folder}/Snakefile"\n\nuse rule * from craters\n'
    )
    assert rules_run(tmp_path, "-n", "results/hongwan/projected.tif") == {"download", "reproject"}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_snakefile_fetched_from_a_repository_uses_the_package_that_is_installed(tmp_path: Path) -> None:
    """As snakedeploy writes it, with a repository of this machine in the place of the real one."""
    repository, url = tmp_path / "repository", "https://github.com/moon/craters"
    repository.mkdir()
    for part in ("workflow", "envs"):
        shutil.copytree(ROOT / part, repository / part)
    shutil.copy(ROOT / "Snakefile", repository)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "--message=a"), ("tag", "v1")):
        subprocess.run(["git", *command], cwd=repository, check=True)
    deployed = tmp_path / "deployed"
    (deployed / "config").mkdir(parents=True)
    (deployed / "config" / "config.yaml").write_bytes((ROOT / ".test" / "config" / "config.yaml").read_bytes())
    source = 'github("moon/craters", path="workflow/Snakefile", tag="v1")'
    (deployed / "Snakefile").write_text(
        'configfile: "config/config.yaml"\n\n'
        f"module craters:\n    snakefile: {source}\n    config: config\n\nuse rule * from craters\n"
    )
    instead = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{repository}.insteadOf",
        "GIT_CONFIG_VALUE_0": url,
    }
    private = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    assert rules_run(deployed, "-n", "results/demo/projected.tif", **instead, **private) == {"simulate", "reproject"}


def test_a_folder_of_its_own_gets_the_whole_default_target(checkout_there: Checkout) -> None:
    """As the catalogue of workflows tries them: the alias in `workflow/`, everything in `.test`."""
    planned = rules_run(checkout_there.folder, "-n", "--snakefile", "workflow/Snakefile", "--directory", ".test")
    assert {"simulate", "detect", "export", "report", "everything"} <= planned


def test_the_catalogue_finds_what_it_looks_for() -> None:
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"]["conda"]
    assert all((ROOT / name).is_file() for name in ("workflow/Snakefile", "config/README.md", "config/config.yaml"))

"""The walk over imports: known answers on small packages, and agreement with what Python really imports."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crater_pipeline.code_files import PACKAGE, code_files, code_hash, code_version, search_path

ROOT = Path(__file__).parents[1]
STEPS = sorted(path.stem for path in (ROOT / PACKAGE / "steps").glob("[a-z]*.py"))


def make_package(root: Path, **sources: str) -> None:
    """Write `crater_pipeline/<name>.py` for every keyword; a double underscore in a name is a folder."""
    for name, source in {"__init__": "", "steps____init__": "", **sources}.items():
        folder, separator, stem = name.partition("__") if not name.startswith("__") else ("", "", name)
        path = root / PACKAGE / (f"{folder}/{stem}.py" if separator else f"{name}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)


def names(step: str, root: Path) -> set[str]:
    return {path.relative_to(PACKAGE).as_posix() for path in code_files(step, root)} - {
        "__init__.py",
        "steps/__init__.py",
    }


def test_follows_direct_indirect_relative_and_nested_imports(tmp_path: Path) -> None:
    make_package(
        tmp_path,
        steps__merge="import numpy\nfrom crater_pipeline import merging\nfrom ._command import run\n",
        steps___command="def run():\n    import crater_pipeline.errors\n",
        merging="from crater_pipeline.craters import circle\n",
        craters="",
        errors="",
        unrelated="import crater_pipeline.merging",
    )
    assert names("merge", tmp_path) == {"steps/merge.py", "steps/_command.py", "merging.py", "craters.py", "errors.py"}


def test_skips_imports_for_type_checkers_but_not_their_else_branch(tmp_path: Path) -> None:
    make_package(
        tmp_path,
        steps__tile="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from crater_pipeline import types_only\n"
        "else:\n    from crater_pipeline import really\n",
        types_only="",
        really="",
    )
    assert names("tile", tmp_path) == {"steps/tile.py", "really.py"}


def test_follows_import_by_name_and_circles(tmp_path: Path) -> None:
    make_package(
        tmp_path,
        steps__train="REGISTRY = {'resnet50': 'crater_pipeline.resnet:build'}\n",
        resnet="from crater_pipeline import other\n",
        other="from crater_pipeline import resnet\n",
    )
    assert names("train", tmp_path) == {"steps/train.py", "resnet.py", "other.py"}


def test_counts_the_templates_of_a_module_that_names_them(tmp_path: Path) -> None:
    make_package(
        tmp_path,
        steps__report="import crater_pipeline.reporting.page",
        reporting____init__="",
        reporting__page="FOLDER = 'templates'",
    )
    template = tmp_path / PACKAGE / "reporting" / "templates" / "page.html"
    template.parent.mkdir()
    template.write_text("<p>")
    assert "reporting/templates/page.html" in names("report", tmp_path)


def test_unknown_step_is_an_error(tmp_path: Path) -> None:
    make_package(tmp_path)
    with pytest.raises(FileNotFoundError, match="fly"):
        code_files("fly", tmp_path)


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """Files of ours that importing each step loads, in an interpreter that keeps only other people's modules."""
    listing = (
        "import importlib, json, sys\n"
        "found = {}\n"
        f"for step in {STEPS}:\n"
        f"    for name in [n for n in sys.modules if n.split('.')[0] == '{PACKAGE}']:\n"
        "        del sys.modules[name]\n"
        f"    importlib.import_module(f'{PACKAGE}.steps.{{step}}')\n"
        f"    found[step] = [m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == '{PACKAGE}']\n"
        "print(json.dumps(found))"
    )
    done = subprocess.run([sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("step", STEPS)
def test_names_everything_that_python_imports(step: str, loaded: dict[str, list[str]]) -> None:
    """Differential test: what an interpreter has loaded of ours after importing the step."""
    files = {Path(file).resolve().relative_to(ROOT) for file in loaded[step]}
    assert Path(PACKAGE, "steps", f"{step}.py") in files
    assert files <= set(code_files(step, ROOT))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The package as it would be installed elsewhere."""
    shutil.copytree(ROOT / PACKAGE, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__", "weights"))
    return tmp_path


TRAINING = "crater_pipeline.training.transfer"


def test_version_and_hash_are_those_of_the_files_wherever_they_lie(copied: Path) -> None:
    (copied / PACKAGE / "notes.txt").write_text("no part of the package")
    (copied / PACKAGE / "steps" / "__pycache__").mkdir()
    (copied / PACKAGE / "steps" / "__pycache__" / "find.pyc").write_bytes(b"compiled")
    assert code_version(copied) == code_version()
    assert code_hash(TRAINING, copied) == code_hash(TRAINING)


@pytest.mark.parametrize("file", ["steps/find.py", "reporting/templates/report.html.j2", "sphere/__init__.py"])
def test_every_edit_is_another_version(copied: Path, file: str) -> None:
    with (copied / PACKAGE / file).open("a") as opened:
        opened.write("\n")
    assert code_version(copied) != code_version()


@pytest.mark.parametrize(
    ("file", "depends"),
    [
        ("training/patches.py", True),
        ("models/losses.py", True),
        ("light/views.py", True),
        ("labels/learnable.py", True),
        ("training/corpus.py", False),
        ("reporting/report.py", False),
        ("steps/train.py", False),
    ],
)
def test_training_depends_on_the_code_that_it_imports(copied: Path, file: str, depends: bool) -> None:
    with (copied / PACKAGE / file).open("a") as opened:
        opened.write("\nEDITED = 1\n")
    assert (code_hash(TRAINING, copied) != code_hash(TRAINING)) == depends


def test_comments_layout_and_docstrings_do_nothing(tmp_path: Path) -> None:
    made = []
    for name, source in {
        "bare": "X = 1\ndef f(a):\n    return a\n",
        "described": '"""Of X."""\nX = 1\n"""X."""\n\ndef f(a):\n    """A."""\n    return a  # a\n',
        "other": "X = 1\ndef f(a):\n    return -a\n",
    }.items():
        make_package(tmp_path / name, steps__train=source)
        made.append(code_hash(f"{PACKAGE}.steps.train", tmp_path / name))
    assert made[0] == made[1] != made[2]


def test_a_hash_of_no_module_is_an_error(tmp_path: Path) -> None:
    make_package(tmp_path)
    with pytest.raises(FileNotFoundError, match="fly"):
        code_hash(f"{PACKAGE}.steps.fly", tmp_path)


@pytest.mark.parametrize("name", ["plain", "with space", "für ö", "a'b", "{region}", "$HOME"])
def test_python_finds_the_package_from_another_folder(name: str, tmp_path: Path) -> None:
    """As a rule's command, which is formatted before the shell reads it, and beside what the user's own path names."""
    root, working_directory, users = tmp_path / name, tmp_path / "work", tmp_path / "users"
    make_package(root, where="print(__file__)")
    for folder in (working_directory, users):
        folder.mkdir()
    (users / "mine.py").write_text("")
    command = f"{search_path(root, working_directory)}python -c 'import mine, crater_pipeline.where'".format()
    environment = {"PATH": str(Path(sys.executable).parent), "PYTHONPATH": str(users)}
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", command],
        cwd=working_directory,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()).samefile(root / PACKAGE / "where.py")


def test_nothing_is_put_before_python_in_a_checkout_or_for_an_installed_package(tmp_path: Path) -> None:
    """So that a command stays the same, and nothing is run again, wherever a checkout is moved to."""
    assert search_path(tmp_path, tmp_path) == ""
    assert search_path(tmp_path / "lib" / "site-packages", tmp_path) == ""

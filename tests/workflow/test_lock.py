"""The lock fits pyproject.toml, and what is installed from it has its hashes."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK, GROUPS = ROOT / "requirements.lock", [ROOT / ".ci" / "docs.lock", ROOT / ".ci" / "tools.lock"]
LOCKS = pytest.mark.parametrize("lock", [LOCK, *GROUPS], ids=lambda lock: lock.name)
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
CUDA = ("nvidia-cublas", "cuda-toolkit", "triton")


def entries(text: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Each requirement of a lock, with its hashes."""
    for entry in re.split(r"^(?=\w)", text, flags=re.MULTILINE):
        if re.match(r"\w", entry):
            words = entry.partition("    # via")[0].replace("\\\n", " ").split("--hash=")
            yield Requirement(words[0]), [word.strip() for word in words[1:]]


def versions(text: str) -> dict[str, str]:
    """Version of each package of a lock."""
    return {requirement.name: str(requirement.specifier).removeprefix("==") for requirement, _ in entries(text)}


def wanted(lock: Path) -> list[Requirement]:
    """What pyproject.toml asks of a lock: itself and all its extras, or a group."""
    if lock in GROUPS:
        return [Requirement(line) for line in PROJECT["dependency-groups"][lock.stem]]
    extras = [line for extra in PROJECT["project"]["optional-dependencies"].values() for line in extra]
    return [
        Requirement(r) for r in (*PROJECT["project"]["dependencies"], *extras, *PROJECT["build-system"]["requires"])
    ]


@LOCKS
def test_the_lock_fits_pyproject(lock: Path) -> None:
    locked = versions(lock.read_text())
    for requirement in wanted(lock):
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{requirement}: not in {lock.name}; run `make lock`"
        assert requirement.specifier.contains(locked[name]), f"{requirement}: not {locked[name]}; run `make lock`"
        assert [bound.operator for bound in requirement.specifier] == [">="], "a lowest version, which is tested"


@LOCKS
def test_each_package_has_one_version_and_its_hashes(lock: Path) -> None:
    found = list(entries(lock.read_text()))
    assert len({requirement.name for requirement, _ in found}) == len(found)
    for requirement, hashes in found:
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), requirement


@LOCKS
def test_the_lock_says_nothing_of_where_packages_come_from(lock: Path) -> None:
    lines = lock.read_text().splitlines()
    assert not [line for line in lines if "://" in line or re.match(r"\s*-(?!-hash=)", line)]


def locked(tmp_path: Path, *arguments: str, torch_needs: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Hashes by name of what `.ci/locked` gives to pip, where a torch is installed that has these needs."""
    metadata = tmp_path / "torch-2.13.0.dist-info" / "METADATA"
    metadata.parent.mkdir(exist_ok=True)
    needs = "".join(f"Requires-Dist: {need}\n" for need in ("sympy", *torch_needs))
    metadata.write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0\n{needs}")
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "locked", *arguments],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return {requirement.name: hashes for requirement, hashes in entries(done.stdout)}


def test_cuda_is_installed_for_a_torch_that_asks_for_it(tmp_path: Path) -> None:
    everything = versions(LOCK.read_text()).keys()
    without = locked(tmp_path)
    assert not {"torch", *CUDA} & without.keys()
    assert {name for name in everything - without.keys() if not re.match("nvidia-|cuda-", name)} == {"torch", "triton"}
    assert locked(tmp_path, torch_needs=("nvidia-cublas==13; platform_system == 'Linux'",)).keys() == everything - {
        "torch"
    }
    assert all(without.values())


def test_torch_of_the_locks_own_index_has_hashes_and_a_build_of_another_none(tmp_path: Path) -> None:
    version = versions(LOCK.read_text())["torch"]
    assert locked(tmp_path, f"x/torch-{version}+cpu-cp311-cp311-manylinux_2_28_x86_64.whl") == {"torch": []}
    (own,) = locked(tmp_path, f"x/torch-{version}-cp311-cp311-manylinux_2_28_x86_64.whl").values()
    assert own


def test_what_is_added_to_the_environment_changes_no_version_in_it() -> None:
    locked, added = versions(LOCK.read_text()), versions((ROOT / ".ci" / "docs.lock").read_text())
    assert {name: locked[name] for name in locked.keys() & added.keys()}.items() <= added.items()


@pytest.mark.parametrize("target", ["install", "site-tools", "audit", "lock", "test-lowest"])
def test_make_installs_nothing_without_hashes_but_torch_and_this_package(target: str, tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    for name in (
        "Makefile",
        "pyproject.toml",
        "requirements.lock",
        ".ci/locked",
        *(f".ci/{lock.name}" for lock in GROUPS),
    ):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    command = ["make", "--dry-run", f"PYTHON={sys.executable}", target]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    installed = re.findall(r"-m pip install (.*)", shown)
    assert installed
    for arguments in installed:
        assert "--no-deps" in arguments
        assert any(
            words in arguments for words in ("--require-hashes", "--no-index --find-links .venv/torch", "--editable .")
        )


def test_the_licences_of_exceptions_were_looked_at_in_their_locked_versions() -> None:
    locked = versions(LOCK.read_text())
    for exception in PROJECT["tool"]["pip-licenses"]["ignore-packages"]:
        name, _, version = exception.partition(":")
        assert locked[name] == version, f"{name}: look at its licence again, then correct pyproject.toml"

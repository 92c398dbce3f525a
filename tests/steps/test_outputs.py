"""Whatever a step is told to write, what a user has stays as it is: said before any work, in one line."""

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

from crater_pipeline.errors import UserError
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.steps import _kinds
from crater_pipeline.steps._kinds import Kind, Shapefile, TileFolder, WeightsFile
from crater_pipeline.steps._outputs import check_outputs, is_output, outputs_of

STEPS = sorted(path.stem for path in Path(_kinds.__file__).parent.glob("[a-z]*.py"))

FILLS_A_FOLDER = {"fetch"}
"""Steps that add files to a folder, each after a look at what is there (tests/download/test_keeping.py)."""

CONTENT = {
    ".parquet": b"PAR1",
    ".json": b'{"a": 1}',
    ".geojson": b'{"a": 1}',
    ".html": b"<!doctype html>",
    ".tif": b"II*\0",
    ".safetensors": b"\1\0\0\0\0\0\0\0{",
    ".shp": b"\0\0\x27\x0a",
    ".diam": b"area = 1",
    ".scc": b"# Spatial crater count",
}
"""What begins as a file of that ending does, where that is what an output is recognised by."""


def step_named(name: str) -> Callable[..., Any]:
    step: Callable[..., Any] = getattr(import_module(f"crater_pipeline.steps.{name}"), name)
    return step


def is_path(parameter: inspect.Parameter) -> bool:
    kind = parameter.annotation
    return any(Path in (each, *get_args(each)) for each in (kind, *get_args(kind)))


def paths_of(step: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """Names of the inputs and of the outputs of a step, as its signature has them."""
    names = [name for name, parameter in inspect.signature(step).parameters.items() if is_path(parameter)]
    return [name for name in names if not is_output(name)], [name for name in names if is_output(name)]


def arguments_of(step: Callable[..., Any], folder: Path) -> dict[str, Any]:
    """A path of its own for each input and output, none of which is there."""
    inputs, outputs = paths_of(step)
    arguments: dict[str, Any] = {name: folder / f"read_{name}" for name in inputs}
    placeholders = {name: Path("x") for name in outputs}
    for output in outputs_of(step, placeholders):
        name = output.option[2:].replace("-", "_")
        assert output.kind is not None, f"{step.__name__}: say with an annotation of _kinds what {name} is"
        arguments[name] = folder / f"written_{name}{output.kind.endings[0] if output.kind.endings else ''}"
    return arguments


@pytest.mark.parametrize("name", STEPS)
def test_no_step_replaces_what_it_reads(name: str, tmp_path: Path) -> None:
    step = step_named(name)
    inputs, outputs = paths_of(step)
    assert outputs or name in FILLS_A_FOLDER, "a step writes something: name it output or output_..."
    arguments = arguments_of(step, tmp_path)
    check_outputs(step, arguments)
    (tmp_path / "folder").mkdir()
    for written in outputs:
        path = arguments[written]
        path.write_bytes(CONTENT.get(path.suffix, b"x"))
        hard, soft = tmp_path / f"hard_{path.name}", tmp_path / f"soft_{path.name}"
        os.link(path, hard)
        soft.symlink_to(path)
        around = tmp_path / "folder" / ".." / path.name
        for read in inputs:
            for value in (path, hard, [soft], [tmp_path / "another", around], Path(os.path.relpath(path))):
                with pytest.raises(UserError, match="would replace what is read"):
                    check_outputs(step, {**arguments, read: value})
        path.unlink()


@pytest.mark.parametrize("name", STEPS)
def test_no_step_writes_two_outputs_to_one_place(name: str, tmp_path: Path) -> None:
    step = step_named(name)
    arguments = arguments_of(step, tmp_path)
    outputs = paths_of(step)[1]
    for first, second in pairwise(outputs):
        with pytest.raises(UserError, match="writes there too"):
            check_outputs(step, {**arguments, second: arguments[first]})


@pytest.mark.parametrize("name", STEPS)
def test_no_step_replaces_what_is_of_another_kind(name: str, tmp_path: Path) -> None:
    step = step_named(name)
    arguments = arguments_of(step, tmp_path)
    for written in paths_of(step)[1]:
        path = arguments[written]
        for other in (b"\x89PNG\r\n\x1a\n\0", b"MZ\0\0", b"\xd0\xcf\x11\xe0\0\0\0\0\0"):
            path.write_bytes(other)
            with pytest.raises(UserError, match=r"what is there is no|no folder"):
                check_outputs(step, arguments)
        path.write_bytes(b"")
        if not path.suffix:
            path.unlink()
        check_outputs(step, arguments)


@pytest.mark.parametrize("name", STEPS)
def test_every_step_looks_at_the_place_first(name: str, tmp_path: Path) -> None:
    step = step_named(name)
    arguments = arguments_of(step, tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    for written in paths_of(step)[1]:
        own = arguments[written]
        with pytest.raises(UserError, match="is no folder"):
            check_outputs(step, {**arguments, written: tmp_path / "file" / own.name})
        with pytest.raises(UserError, match=r"is a folder|so it is kept"):
            check_outputs(step, {**arguments, written: tmp_path / "full"})
        with pytest.raises(UserError, match="something that is no"):
            check_outputs(step, {**arguments, written: Path(os.devnull)})
        if own.suffix:
            for wrong in (own.with_suffix(""), own.with_suffix(".docx")):
                with pytest.raises(UserError, match=r"must end in \.\w+.*; write for instance \w+\."):
                    check_outputs(step, {**arguments, written: wrong})
            check_outputs(step, {**arguments, written: own.with_suffix(own.suffix.upper())})
        check_outputs(step, {**arguments, written: tmp_path / "new" / "folders" / own.name})


def test_a_folder_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's answer is made up: those who run tests as root may write everywhere."""
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(UserError, match=f"you may not write to the folder {tmp_path}"):
        check_outputs(step_named("merge"), {"output": tmp_path / "new" / "out.parquet"})


def one(*, table: Path, settings: ModelSettings | None = None, output: Shapefile) -> None:
    """A step that reads something and writes a shapefile."""


def weights(*, weights: Path, output_metadata: Path) -> None:
    """A step that reads weights, which another file describes."""


def folder(*, image: Path, output_images: TileFolder, output_table: Path) -> None:
    """A step that fills a folder."""


def test_what_lies_beside_counts_too(tmp_path: Path) -> None:
    for ending in (".shp", ".dbf", ".prj"):
        with pytest.raises(UserError, match="would replace what is read"):
            check_outputs(one, {"table": tmp_path / f"a{ending}", "output": tmp_path / "a.shp"})
    check_outputs(one, {"table": tmp_path / "b.dbf", "output": tmp_path / "a.shp"})
    with pytest.raises(UserError, match=r"w\.json, which is read with .*w\.safetensors"):
        check_outputs(weights, {"weights": tmp_path / "w.safetensors", "output_metadata": tmp_path / "w.json"})


def test_files_that_settings_name_count_too(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(CONTENT[".safetensors"])
    for model in (ModelSettings(initial=str(path)), [ModelSettings(initial=str(path))], str(path)):
        with pytest.raises(UserError, match="would replace what is read"):
            check_outputs(fine_tune, {"model": model, "output": path})
    check_outputs(fine_tune, {"model": ModelSettings(initial="shipped"), "output": path})


def fine_tune(*, model: ModelSettings, output: WeightsFile) -> None:
    """A step whose settings name a file."""


def test_a_folder_is_replaced_only_if_it_holds_nothing_else(tmp_path: Path) -> None:
    images, table = tmp_path / "images", tmp_path / "tiles.parquet"
    images.mkdir()
    (images / "train_0_0_0.png").touch()
    check_outputs(folder, {"image": tmp_path / "a.tif", "output_images": images, "output_table": table})
    with pytest.raises(UserError, match=r"holds .*a\.tif, which is read"):
        check_outputs(folder, {"image": images / "a.tif", "output_images": images, "output_table": table})
    with pytest.raises(UserError, match="replaces that whole folder"):
        check_outputs(folder, {"image": table, "output_images": images, "output_table": images / "t.parquet"})
    (images / "holiday.png").touch()
    with pytest.raises(UserError, match="no folder of tiles, so it is kept"):
        check_outputs(folder, {"image": tmp_path / "a.tif", "output_images": images, "output_table": table})


def test_every_kind_says_what_it_is() -> None:
    kinds = [kind for value in vars(_kinds).values() for kind in getattr(value, "__metadata__", ())]
    assert len(kinds) > 10
    assert all(isinstance(kind, Kind) and kind.name for kind in kinds)


MOON = '{"name": "moon", "radius_m": 1737400}'

COMMANDS = {
    "review, a link": ["review", "mine.gpkg", "--output", "link.csv"],
    "review, the catalogue": ["review", "mine.gpkg", "--output", "mine.parquet"],
    "find, a folder": ["find", "mine.tif", "--out", "results/"],
    "read-catalogue": [
        *("read-catalogue", "--catalogue", "mine.parquet", "--output", "mine.parquet"),
        *("--body", MOON, "--bounds", "0", "0", "1", "1"),
    ],
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_the_commands_refuse_in_one_line_and_touch_nothing(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "results").mkdir()
    for name in ("mine.gpkg", "mine.tif", "mine.csv"):
        (tmp_path / name).write_bytes(b"what I have")
    pd.DataFrame({"catalogue_id": ["a"]}).to_parquet(tmp_path / "mine.parquet")
    (tmp_path / "link.csv").symlink_to("mine.gpkg")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    command = [sys.executable, "-m", "crater_pipeline.cli", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(_kinds.__file__).parents[2])}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.startswith("error: --out")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    assert list((tmp_path / "results").iterdir()) == []

"""No step harms what a user has: its outputs are looked at before it starts.

Outputs are the parameters `out` and `output...`, inputs all other paths, so that a new step is looked after by itself.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from crater_pipeline.errors import UserError
from crater_pipeline.steps._kinds import SHAPEFILE_MEMBERS, Kind

FAMILIES = {
    **dict.fromkeys((".shp", *SHAPEFILE_MEMBERS), (".shp", *SHAPEFILE_MEMBERS)),
    ".safetensors": (".json",),
}
"""Ending of an input -> endings of the files beside it that are read with it."""


@dataclass(frozen=True)
class Output:
    """A path that a step will write."""

    option: str
    path: Path
    kind: Kind | None

    @property
    def files(self) -> list[Path]:
        """The path and what is written beside it."""
        return [self.path, *(self.path.with_suffix(ending) for ending in (self.kind.members if self.kind else ()))]

    def refused(self, why: str) -> UserError:
        return UserError(f"{self.option} {self.path}: {why}")


def check_outputs(step: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Look at a step's arguments, defaults included, before it runs.

    Raises
    ------
    UserError
        If an output is an input (whatever the two are called) or another output, has not the ending of what is
        written, cannot be written there, or is something that this program would not have written.
    """
    outputs = list(outputs_of(step, arguments))
    inputs = [path for name, value in arguments.items() if not is_output(name) for path in paths_in(value)]
    _check_distinct(outputs)
    for output in outputs:
        _check_not_read(output, inputs)
        _check_place(output)
        _check_ending(output)
        _check_replaceable(output)


def is_output(name: str) -> bool:
    """Whether a parameter of this name says where to write."""
    return name == "out" or name.startswith("output")


def outputs_of(step: Callable[..., Any], arguments: Mapping[str, Any]) -> Iterator[Output]:
    """The outputs among a step's arguments, with the kinds that it is annotated with."""
    parameters = signature(step).parameters
    for name, value in arguments.items():
        if is_output(name) and isinstance(value, Path):
            kinds = [
                each for each in getattr(parameters[name].annotation, "__metadata__", ()) if isinstance(each, Kind)
            ]
            yield Output(f"--{name.replace('_', '-')}", value, _kind_of(value, kinds))


def _kind_of(path: Path, kinds: list[Kind]) -> Kind | None:
    """The one of several kinds that has the ending of `path`; if none has, one with all their endings."""
    if len(kinds) < 2:
        return kinds[0] if kinds else None
    ending = path.suffix.lower()
    endings = tuple(each for kind in kinds for each in kind.endings)
    return next((kind for kind in kinds if ending in kind.endings), Kind("", endings, lambda _: False))


def paths_in(value: Any) -> Iterator[Path]:
    """Paths in an argument, also in lists and settings, where a text that names an existing file is one too."""
    match value:
        case Path():
            yield value
        case str() if len(value) < 4096 and "\0" not in value and os.path.isfile(value):  # noqa: PTH113 (no error)
            yield Path(value)
        case list() | tuple():
            for each in value:
                yield from paths_in(each)
        case BaseModel():
            for _, each in value:
                yield from paths_in(each)


def _check_ending(output: Output) -> None:
    if output.kind and output.kind.endings and output.path.suffix.lower() not in output.kind.endings:
        endings = " or ".join(output.kind.endings)
        example = output.path.with_name((output.path.stem or "output") + output.kind.endings[0]).name
        raise output.refused(f"what is written there must end in {endings}; write for instance {example}")


def _check_distinct(outputs: list[Output]) -> None:
    written: dict[Path, str] = {}
    for output in outputs:
        for file in output.files:
            if (other := written.setdefault(file.resolve(), output.option)) != output.option:
                raise output.refused(f"{other} writes there too; give each a name of its own")
    for folder in (each for each in outputs if each.kind and each.kind.folder):
        for inner in outputs:
            if folder.path.resolve() in inner.path.resolve().parents:
                raise inner.refused(f"{folder.option} replaces that whole folder; choose another place")


def _check_not_read(output: Output, inputs: list[Path]) -> None:
    for source in inputs:
        if output.kind and output.kind.folder and output.path.resolve() in source.resolve().parents:
            raise output.refused(f"holds {source}, which is read, and would be replaced; choose another folder")
        beside = FAMILIES.get(source.suffix.lower(), ())
        for member in (source, *(source.with_suffix(ending) for ending in beside)):
            if any(_same_file(file, member) for file in output.files):
                read = str(source) if member == source else f"{member}, which is read with {source}"
                raise output.refused(f"would replace what is read ({read}); choose another name")


def _same_file(first: Path, second: Path) -> bool:
    """Whether two names mean one file, through links and on systems that take no notice of case."""
    if first.resolve() == second.resolve():
        return True
    try:
        return first.samefile(second)
    except OSError:
        return False


def _check_place(output: Output) -> None:
    """The folder is there and can be written to, or can be made, and no folder or device lies in a file's place."""
    path, kind = output.path, output.kind
    folder = kind is not None and kind.folder
    if path.is_dir() and not folder:
        example = path / f"output{kind.endings[0] if kind and kind.endings else ''}"
        raise output.refused(f"is a folder; give the name of a file in it, for instance {example}")
    if path.exists() and not path.is_dir() and (folder or not path.is_file()):
        raise output.refused(f"there is something that is no {'folder' if folder else 'file'}; choose another name")
    for parent in path.absolute().parents:
        if parent.is_dir():
            if not os.access(parent, os.W_OK | os.X_OK):
                raise output.refused(f"you may not write to the folder {parent}; choose another place")
            return
        if os.path.lexists(parent):
            raise output.refused(f"{parent} is no folder; choose another place")


def _check_replaceable(output: Output) -> None:
    """What is there is of the kind that is written; an empty file is nobody's loss."""
    path, kind = output.path, output.kind
    if kind is None or not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return
    try:
        replaceable = kind.is_one(path)
    except OSError as error:
        raise output.refused(f"what is there cannot be read ({error.strerror}); choose another name") from error
    if not replaceable:
        raise output.refused(f"what is there is no {kind.name}, so it is kept; choose another name or move it away")

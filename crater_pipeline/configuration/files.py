"""The YAML files that Snakemake is given, looked at first: a mistake in one is one line that names it.

Snakemake reads them itself. It answers a file that is missing or not UTF-8 with a traceback, a list with a line that
does not name the file, and of two equal keys it silently takes the second.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from crater_pipeline.errors import UserError, excerpt

DEFAULT = Path("config/config.yaml")

ENDINGS = (".yaml", ".yml", ".json")


def default_file(root: Path) -> str:
    """`config/config.yaml` of the working directory, else that beside the package, in `root`.

    Ends the process with one line if it will not do. One that is in neither place is left to Snakemake, which does not
    miss it where a workflow that imports this one gives the configuration itself.
    """
    path = DEFAULT if DEFAULT.is_file() else root / DEFAULT
    _end_unless_readable([path] if path.exists() else [])
    return str(path)


def check_command_line() -> None:
    """Check the files that this process was given with `--configfile`; ends it with one line if one will not do."""
    from snakemake.cli import get_argument_parser

    _end_unless_readable(get_argument_parser().parse_args().configfile or [])


def _end_unless_readable(paths: list[Path]) -> None:
    try:
        for path in paths:
            check_file(path)
    except UserError as error:
        sys.exit(f"error: {error}")


def check_file(path: Path) -> None:
    """Raise `UserError` unless `path` is a mapping in YAML or JSON, UTF-8, that gives no key twice."""
    read_file(path)


def read_file(path: Path) -> dict[str, Any]:
    """The mapping in a YAML or JSON file; `UserError` as `check_file`."""
    try:
        text = _text(path)
        document = _parsed(text, path)
    except UserError as error:
        if path.suffix.lower() in ENDINGS:
            raise
        raise UserError(
            f"{error}. If it is a file to make: --configfile takes every word after it, so give the files to make "
            "first, or put -- before them"
        ) from error
    if not isinstance(document, dict):
        found = "empty" if document is None else f"not a mapping ({excerpt(document)})"
        raise UserError(f"{path}: {found}; write sections with their keys, such as tiling: {{size: 512}}")
    return document


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read as a configuration file ({error.strerror})") from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}: line {line} is not UTF-8; save it as UTF-8, without other characters") from error


def _parsed(text: str, path: Path) -> object:
    """The document, by the readers that Snakemake has: JSON first, then YAML."""
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, path))
    except (ValueError, RecursionError):
        pass
    try:
        for line, key in _repeated(yaml.compose(text, yaml.FullLoader)):
            raise UserError(f"{path}: line {line} gives the key '{excerpt(key)}' again; make the two one")
        return yaml.load(text, yaml.FullLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        advice = "indent with spaces, not tabs" if r"'\t'" in str(error.problem) else "mend that line"
        raise UserError(f"{path}: line {line} is not YAML ({error.problem}); {advice}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: not YAML ({excerpt(error)}); correct it, or name another file") from error


def _once(pairs: list[tuple[str, object]], path: Path) -> dict[str, object]:
    """A JSON object of `pairs`, if no key comes twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        again = next(key for i, (key, _) in enumerate(pairs) if key in dict(pairs[:i]))
        raise UserError(f"{path}: gives the key '{excerpt(again)}' again; make the two one")
    return found


def _repeated(node: yaml.Node | None, passed: frozenset[int] = frozenset()) -> Iterator[tuple[int, str]]:
    """(line, key) of every key that its mapping has already."""
    if node is None or id(node) in passed or isinstance(node, yaml.ScalarNode):
        return
    inside = passed | {id(node)}
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key.start_mark.line + 1, key.value
                seen.add(key.value)
            yield from _repeated(value, inside)
    else:
        for each in node.value:
            yield from _repeated(each, inside)

"""Which of our own files a module's behaviour depends on: a walk over its imports, without executing it.

Snakemake sees a rule's command but not the code behind it. Every rule therefore lists `code_files(step)` as an
input, so that editing a module reruns exactly the rules whose step imports it, directly or not. What is kept beyond a
rule's run, such as checkpoints, carries `code_hash`, and what is published `code_version`.
"""

import ast
import hashlib
import os
import shlex
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from crater_pipeline import __version__

PACKAGE = "crater_pipeline"

ROOT = Path(__file__).parents[1]
"""Folder of the package that is running: a checkout, or where it is installed."""

INSTALLED = ("site-packages", "dist-packages")
"""Names of the folders that packages are installed into: Python looks there by itself."""

DATA_FOLDERS = ("templates",)
"""Folders of files that belong to the code beside them. (Weights are an input of their own.)"""


def search_path(root: Path, working_directory: Path) -> str:
    """What to write before `python` in the shell so that our package is found under `root`; mostly nothing.

    Python looks into the working directory and into its own folders by itself. Braces are doubled and words are quoted,
    as a rule's command needs them. A search path that the user has set still counts.
    """
    if root == working_directory or root.name in INSTALLED:
        return ""
    folder = shlex.quote(os.path.relpath(root, working_directory)).replace("{", "{{").replace("}", "}}")
    return f"PYTHONPATH={folder}${{{{PYTHONPATH:+:$PYTHONPATH}}}} "


def code_files(step: str, root: Path) -> list[Path]:
    """Files of the package under `root` that the step depends on, relative to `root`, sorted.

    Raises `FileNotFoundError` if there is no such step.
    """
    module = f"{PACKAGE}.steps.{step}"
    if module_path(module, root) is None:
        raise FileNotFoundError(f"{root / PACKAGE / 'steps' / step}.py does not exist")
    modules = reachable_modules(module, root)
    files = {path for name in modules if (path := module_path(name, root)) is not None}
    files |= {data for path in files for data in data_files(path)}
    return sorted(path.relative_to(root) for path in files)


@cache
def code_hash(module: str, root: Path = ROOT) -> str:
    """Hash of what `module` and all of ours that it imports do.

    Comments, layout and docstrings are left out: hours of training are not lost to a better comment. It may differ
    between versions of Python. Raises `FileNotFoundError` if there is no such module.
    """
    if module_path(module, root) is None:
        raise FileNotFoundError(f"{module} is no module of {root / PACKAGE}")
    paths = {name: module_path(name, root) for name in reachable_modules(module, root)}
    return digest_of((name, meaning(path)) for name, path in sorted(paths.items()) if path is not None)


def meaning(path: Path) -> bytes:
    """What a Python file does: its syntax tree without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    return ast.dump(_WithoutConstants().visit(tree)).encode()


class _WithoutConstants(ast.NodeTransformer):
    """Drops expressions that are mere constants, which do nothing."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node


@cache
def code_version(root: Path = ROOT) -> str:
    """The package's version and a hash of its files, `0.1.0+1a2b3c4d5e6f`: the same in a checkout and installed."""
    package = root / PACKAGE
    files = {file for path in package.rglob("*.py") for file in (path, *data_files(path))}
    contents = ((path.relative_to(package).as_posix(), path.read_bytes()) for path in sorted(files))
    return f"{__version__}+{digest_of(contents)[:12]}"


def digest_of(contents: Iterable[tuple[str, bytes]]) -> str:
    """SHA-256 of named contents, in the order given."""
    digest = hashlib.sha256()
    for name, content in contents:
        digest.update(f"{name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()


@cache
def reachable_modules(module: str, root: Path) -> frozenset[str]:
    """`module`, its packages and everything of ours that they import, directly or not."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = module_path(name, root)
        if name in seen or path is None:
            continue
        seen.add(name)
        waiting.extend(parents(name))
        waiting.extend(imported_names(path, name))
    return frozenset(seen)


def module_path(module: str, root: Path) -> Path | None:
    """The file of a module or package, or None if it is not one of ours (or no module at all)."""
    base = root.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


def parents(module: str) -> Iterator[str]:
    """The packages that importing `module` imports on the way: `a.b` and `a` for `a.b.c`."""
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


def imported_names(path: Path, module: str) -> tuple[str, ...]:
    """Dotted names of ours imported anywhere in the file, inside functions too; some may be no modules.

    `from package import name` yields both `package` and `package.name`, since `name` may be a module.
    A string that is exactly the dotted name of something of ours counts as an import, so that registries which
    import by name are seen. Imports for type checkers only are not followed: nothing runs of them.
    """
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return _names_in(path.read_text(encoding="utf-8"), package)


@cache
def _names_in(source: str, package: str) -> tuple[str, ...]:
    """As `imported_names`, of a text: each file is looked into once, however many steps import it."""
    return tuple(_names_of(ast.parse(source), package))


def _names_of(tree: ast.AST, package: str) -> Iterator[str]:
    for node in executed_nodes(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = absolute_name(node, package)
            names = [source, *(f"{source}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value.partition(":")[0]]
        else:
            continue
        yield from (name for name in names if name == PACKAGE or name.startswith(f"{PACKAGE}."))


def executed_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those under `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in child.orelse:
                yield other
                yield from executed_nodes(other)
            continue
        yield child
        yield from executed_nodes(child)


def absolute_name(node: ast.ImportFrom, package: str) -> str:
    """The module that `from <this> import ...` names, relative imports resolved against `package`."""
    if node.level == 0:
        return node.module or ""
    base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
    return f"{base}.{node.module}" if node.module else base


def data_files(path: Path) -> Iterator[Path]:
    """Templates beside a module that names their folder in a string."""
    source = path.read_text(encoding="utf-8")
    for name in DATA_FOLDERS:
        if name in source and (path.parent / name).is_dir():
            yield from (file for file in (path.parent / name).rglob("*") if file.is_file() and file.suffix != ".pyc")

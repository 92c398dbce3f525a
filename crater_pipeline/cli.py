"""The console script: every step as a sub-command, imported only when it is called."""

import ast
from pathlib import Path

import cyclopts

from crater_pipeline import __version__
from crater_pipeline.steps._command import NO_EMPTY, run_app

STEPS = Path(__file__).parent / "steps"

HELP = """Impact craters from lunar imagery.

`crater-pipeline find my.tif --out craters.gpkg` finds the craters of a georeferenced raster with the shipped weights,
`crater-pipeline demo` shows it on a simulated Moon, `crater-pipeline qgis-provider` brings it into QGIS.
`crater-pipeline fetch <region> --check` says whether what a region needs can be downloaded, and how large it is.
The other commands are the steps of the workflow, which Snakemake runs:
`snakemake --cores 8 results/<region>/craters.gpkg`.
"""


def build_app() -> cyclopts.App:
    """The command line. Steps are discovered by file, so that a new one needs no registration."""
    app = cyclopts.App(
        name="crater-pipeline", help=HELP, version=__version__, help_format="markdown", default_parameter=NO_EMPTY
    )
    for path in sorted(STEPS.glob("[a-z]*.py")):
        app.command(f"crater_pipeline.steps.{path.stem}:{path.stem}", name=names(path.stem), help=description(path))
    return app


def names(step: str) -> tuple[str, ...]:
    """A step's name, and the same with hyphens."""
    return tuple(dict.fromkeys((step, step.replace("_", "-"))))


def description(path: Path) -> str:
    """What a step's docstring says before its parameters, read without importing the step."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == path.stem:
            return (ast.get_docstring(node) or "").partition("\nParameters\n---")[0].strip()
    raise LookupError(f"{path}: no function '{path.stem}'")


def main() -> None:
    """Entry point of `crater-pipeline`."""
    run_app(build_app())


if __name__ == "__main__":
    main()

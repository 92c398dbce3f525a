"""Writes the QGIS plugin that calls this program: the files in `qgis_plugin`, and which program it is."""

import os
import sys
import sysconfig
from pathlib import Path

from crater_pipeline import __version__
from crater_pipeline.atomic import atomic_folder
from crater_pipeline.errors import UserError

SOURCES = Path(__file__).parent / "qgis_plugin"

NAME = "crater_finder"
"""The plugin's folder, which is a module of QGIS's Python."""


def plugins_folder() -> Path:
    """Where QGIS looks for the plugins of a user's default profile."""
    profile = Path("QGIS/QGIS3/profiles/default/python/plugins")
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData/Roaming") / profile
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support" / profile
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / profile


def installed_program() -> Path:
    """The console script of the environment that this runs in.

    Raises
    ------
    UserError
        If it has none.
    """
    name = "crater-pipeline.exe" if sys.platform == "win32" else "crater-pipeline"
    program = Path(sysconfig.get_path("scripts")) / name
    if not program.is_file():
        raise UserError(f"{program}: not there; install the package (pip install .), or name a program with --program")
    return program


def write_plugin(folder: Path, program: Path) -> None:
    """Write the plugin to `folder`, in the place of one that is there; `program` is what it calls unless told another.

    Raises
    ------
    UserError
        If QGIS could not import a folder of that name, or `program` cannot be run.
    """
    if not folder.name.isidentifier():
        raise UserError(f"{folder}: QGIS imports the folder by its name, which may only have letters, digits and _")
    if not (program.is_file() and os.access(program, os.X_OK)):
        raise UserError(f"{program}: is no program that can be run; name the installed crater-pipeline with --program")
    with atomic_folder(folder) as temporary:
        for source in sorted(SOURCES.glob("*.py")):
            (temporary / source.name).write_bytes(source.read_bytes())
        metadata = (SOURCES / "metadata.txt").read_text(encoding="utf-8").format(version=__version__)
        (temporary / "metadata.txt").write_text(metadata, encoding="utf-8")
        (temporary / "program.txt").write_text(f"{program.absolute()}\n", encoding="utf-8")

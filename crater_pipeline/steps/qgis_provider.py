"""Write a plugin with which QGIS calls this program."""

import logging
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from crater_pipeline.export.processing_plugin import NAME, installed_program, plugins_folder, write_plugin
from crater_pipeline.steps._command import run
from crater_pipeline.steps._kinds import PluginFolder

log = logging.getLogger(__name__)

PLACE = plugins_folder() / NAME


def qgis_provider(
    *,
    out: Annotated[PluginFolder, Parameter(show_default=False)] = PLACE,
    program: Path | None = None,
) -> None:
    """Add "Find craters" to QGIS's Processing toolbox: writes a plugin that calls this program.

    QGIS needs nothing else of this package. Afterwards start QGIS anew and tick "Crater pipeline" in Plugins > Manage
    and Install Plugins > Installed.

    Parameters
    ----------
    out
        Folder of the plugin (default: `crater_finder` among the plugins of QGIS's default profile).
    program
        The program that QGIS is to call (default: the `crater-pipeline` of this environment).
    """
    called = program or installed_program()
    write_plugin(out, called)
    log.info("%s: calls %s", out, called.absolute())
    log.info("start QGIS anew and tick Crater pipeline in Plugins > Manage and Install Plugins > Installed")


if __name__ == "__main__":
    run(qgis_provider)

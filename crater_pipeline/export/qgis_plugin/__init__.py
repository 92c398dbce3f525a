"""A QGIS plugin that adds "Find craters" to the Processing toolbox.

These files are copied into QGIS's folder of plugins by `processing_plugin` and run there, by QGIS's own Python (3.9 and
newer), which has nothing else of this package: they import QGIS and each other only, and call the program.
"""

from __future__ import annotations

from typing import Any


def classFactory(iface: Any) -> Any:
    """What QGIS asks of a plugin: the plugin, made."""
    from .plugin import CraterFinder

    return CraterFinder(iface)

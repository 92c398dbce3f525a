"""The plugin as QGIS starts and ends it: all it brings is a provider of Processing algorithms."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsApplication

from .provider import CraterProvider


class CraterFinder:
    """Registers the provider, with and without a desktop (`qgis_process`)."""

    def __init__(self, iface: Any) -> None:
        self.provider: Any = None

    def initProcessing(self) -> None:
        """Called alone where there is no desktop."""
        self.provider = CraterProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self) -> None:
        """Called by the desktop."""
        self.initProcessing()

    def unload(self) -> None:
        """Called when the plugin is switched off."""
        QgsApplication.processingRegistry().removeProvider(self.provider)

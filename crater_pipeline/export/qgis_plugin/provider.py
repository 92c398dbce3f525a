"""The provider: its algorithm, and the setting that says which program does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from processing.core.ProcessingConfig import ProcessingConfig, Setting
from qgis.core import QgsProcessingProvider

from .find_craters import FindCraters
from .settings import PROGRAM_SETTING

WRITTEN_BY = Path(__file__).with_name("program.txt")
"""Holds the path of the program that wrote the plugin."""


class CraterProvider(QgsProcessingProvider):
    """Algorithms of `crater-pipeline`."""

    def id(self) -> str:
        return "craterpipeline"

    def name(self) -> str:
        return "Crater pipeline"

    def loadAlgorithms(self) -> None:
        self.addAlgorithm(FindCraters())

    def load(self) -> Any:
        """Add the setting: Settings > Options > Processing > Providers > Crater pipeline."""
        program = WRITTEN_BY.read_text(encoding="utf-8").strip()
        ProcessingConfig.settingIcons[self.name()] = self.icon()
        ProcessingConfig.addSetting(
            Setting(self.name(), PROGRAM_SETTING, "Program crater-pipeline", program, valuetype=Setting.FILE)
        )
        ProcessingConfig.readSettings()
        self.refreshAlgorithms()
        return True

    def unload(self) -> None:
        ProcessingConfig.removeSetting(PROGRAM_SETTING)

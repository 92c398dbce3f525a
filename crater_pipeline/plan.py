"""What the workflow does for one region: where its files come from, and the values that follow from the sources."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from crater_pipeline import __version__
from crater_pipeline.bodies import Body
from crater_pipeline.config import (
    STAGES,
    Catalogue,
    Configuration,
    FileCatalogue,
    Mosaic,
    RasterMosaic,
    SimulatedCatalogue,
    SimulatedMosaic,
)
from crater_pipeline.errors import UserError
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.labels import LabelSettings
from crater_pipeline.models.settings import ModelSettings
from crater_pipeline.rasters import ReprojectionSettings, raster_info
from crater_pipeline.settings import Settings
from crater_pipeline.training.settings import TrainingSettings

NOMINAL_PIXEL_M = 100.0
"""Pixel of the WAC mosaic: assumed where a remote raster's `pixel_size_m` is not given."""

SHOWN_PX, JUDGED_PX = 8.0, 10.0
"""Smallest diameter in pixels that an image shows well enough to learn from, and to be judged by."""

TERRAIN_SHOWN_KM, TERRAIN_JUDGED_KM = 1.5, 2.0
"""The same for a stereo terrain model, whose resolution is far below its pixel size. Of the catalogued craters of
1.25-1.5 km GLD100 shows about half, of those of 1.5-2 km four in five, from 2 km nearly all."""

SUFFIXES = (".csv", ".txt", ".tab", ".zip", ".parquet")
"""Endings of catalogue files that are kept; a download without one of them is called `.dat`."""


@dataclass(frozen=True)
class RegionPlan:
    """One region of a configuration."""

    name: str
    configuration: Configuration

    def __post_init__(self) -> None:
        if self.name not in self.configuration.regions:
            known = ", ".join(sorted(self.configuration.regions))
            raise UserError(f"regions.{self.name}: not configured; add it to regions, or ask for one of {known}")

    @property
    def title(self) -> str:
        return self.configuration.regions[self.name].title or self.name.replace("_", " ").capitalize()

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        return self.configuration.regions[self.name].bounds

    @property
    def mosaic_name(self) -> str:
        return self.configuration.regions[self.name].mosaic

    @property
    def mosaic(self) -> Mosaic:
        return self.configuration.mosaics[self.mosaic_name]

    @property
    def catalogue_name(self) -> str | None:
        return self.configuration.regions[self.name].catalogue

    @property
    def catalogue(self) -> Catalogue | None:
        return None if self.catalogue_name is None else self.configuration.catalogues[self.catalogue_name]

    @property
    def body(self) -> Body:
        return body(self.configuration, self.mosaic.body)

    @property
    def kind(self) -> str:
        """`image` or `dtm`: what the region's raster shows. A simulated mosaic is an image."""
        return "dtm" if self.mosaic.kind == "dtm" else "image"

    @property
    def trained(self) -> bool:
        training = self.stage("training")
        assert isinstance(training, TrainingSettings)
        return training.enabled

    def stage(self, section: str) -> Settings:
        """Settings of a stage, derived values filled in."""
        settings = self.configuration.stage(self.name, section)
        if isinstance(settings, LabelSettings | EvaluationSettings) and settings.min_diameter_km is None:
            least = self.least_label_km if isinstance(settings, LabelSettings) else self.least_judged_km
            return settings.model_copy(update={"min_diameter_km": least})
        return settings

    @cached_property
    def pixel_size_m(self) -> float:
        """Pixel of the region's raster on the ground, in metres: as configured, else read from a local file."""
        reprojection = self.configuration.stage(self.name, "reprojection")
        assert isinstance(reprojection, ReprojectionSettings)
        given = reprojection.pixel_size_m or self.mosaic.pixel_size_m
        if given is not None:
            return given
        assert isinstance(self.mosaic, RasterMosaic)
        if self.mosaic.remote or not self.mosaic.path.is_file():
            return NOMINAL_PIXEL_M
        info = raster_info(self.mosaic.path)
        step = abs(info.transform.e)
        if info.crs is not None and info.crs.is_geographic:
            return step * np.pi / 180.0 * self.body.radius_m
        return step

    @property
    def complete_km(self) -> float:
        """Diameter from which the catalogue is complete; 0 without one, so that nothing counts as unverifiable."""
        match self.catalogue:
            case None:
                return 0.0
            case SimulatedCatalogue(complete_km=None, mosaic=name):
                mosaic = self.configuration.mosaics[name]
                assert isinstance(mosaic, SimulatedMosaic)
                return mosaic.simulation.catalogue_min_px * mosaic.pixel_size_m / 1000.0
            case catalogue:
                return catalogue.complete_km or 0.0

    @property
    def least_label_km(self) -> float:
        """Smaller catalogue craters are not trained on: the catalogue lacks some, or the raster does not show them."""
        return self._least(SHOWN_PX, TERRAIN_SHOWN_KM)

    @property
    def least_judged_km(self) -> float:
        """Smaller craters are left out of the headline figures."""
        return self._least(JUDGED_PX, TERRAIN_JUDGED_KM)

    def _least(self, pixels: float, terrain_km: float) -> float:
        shown = max(pixels * self.pixel_size_m / 1000.0, terrain_km if self.kind == "dtm" else 0.0)
        return round(max(self.complete_km, shown), 3)

    @property
    def mosaic_file(self) -> str:
        """The raster to reproject: a local one in place, a downloaded window, or a simulated one."""
        if isinstance(self.mosaic, SimulatedMosaic):
            return f"results/simulated/{self.mosaic_name}.tif"
        return f"results/{self.name}/mosaic.tif" if self.mosaic.remote else str(self.mosaic.path)

    @property
    def catalogue_file(self) -> str | None:
        """The catalogue to read, or None."""
        match self.catalogue:
            case None:
                return None
            case SimulatedCatalogue(mosaic=name):
                return f"results/simulated/{name}_catalogue.csv"
            case catalogue if not catalogue.remote:
                return str(catalogue.path)
            case catalogue:
                return f"results/catalogues/{self.catalogue_name}{download_suffix(catalogue.url)}"

    @property
    def image_file(self) -> str:
        """The raster that the network sees."""
        return f"results/{self.name}/{'shaded' if self.kind == 'dtm' else 'projected'}.tif"

    @property
    def initial_weights(self) -> str | None:
        """File of initial weights given by path; None for shipped and random ones."""
        model = self.stage("model")
        assert isinstance(model, ModelSettings)
        return None if model.initial in ("shipped", "none") else str(Path(model.initial).expanduser())

    @property
    def provenance(self) -> dict[str, Any]:
        """What made the region's craters: hash of the configuration up to the export, code version, sources."""
        sections = {name: self.stage(name).model_dump(mode="json") for name in STAGES if name != "evaluation"}
        sources = [source for source in (self.mosaic, self.catalogue) if isinstance(source, RasterMosaic | FileCatalogue)]
        whole = {
            "bounds": self.bounds,
            "body": self.body.model_dump(),
            "mosaic": self.mosaic.model_dump(mode="json"),
            "catalogue": None if self.catalogue is None else self.catalogue.model_dump(mode="json"),
            "judged_km": self.least_judged_km,
            **sections,
        }
        return {
            "configuration_hash": hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest(),
            "code_version": __version__,
            "sources": [source.model_dump(mode="json", include={"url", "sha256", "citation"}) for source in sources],
        }


def body(configuration: Configuration, name: str) -> Body:
    """A configured body by name."""
    return Body(name=name, radius_m=configuration.bodies[name].radius_m)


def download_suffix(url: str) -> str:
    """Ending of the downloaded file, from the URL's path."""
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    return suffix if suffix in SUFFIXES else ".dat"

"""The files of one region: what the workflow reads and writes for it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from crater_pipeline.baselines.settings import LEARNED, BaselineSettings
from crater_pipeline.configuration.entries import STAGES
from crater_pipeline.configuration.settled import SettledRegion
from crater_pipeline.configuration.sources import (
    FileCatalogue,
    RasterMosaic,
    SimulatedCatalogue,
    SimulatedMosaic,
)
from crater_pipeline.export.dating import DatingSettings
from crater_pipeline.rasters.appraisal import NO_NODATA

SUFFIXES = (".csv", ".txt", ".tab", ".zip", ".parquet", ".tif", ".tiff", ".img", ".cub")
"""Endings of downloaded files that are kept; one without any of them is called `.dat`."""

OWN = ""
"""Of tables of craters `catalogue<...>.parquet`: the region's own catalogue; those of others have `_<name>` there. The
same of downloaded mosaics, `mosaic<...>.tif`."""


@dataclass(frozen=True)
class DepthTerrain:
    """A terrain model and what is told of it, as in `mosaics`."""

    file: str
    band: int | None = None
    nodata: float | str | None = None
    unit: float | str | None = None


class RegionPlan(SettledRegion):
    """One region of a configuration and its files, relative to the workflow's directory."""

    @property
    def network_files(self) -> list[str]:
        """The region's weights; nothing where another method searches it."""
        return [] if self.method else [f"results/{self.network}/weights.safetensors"]

    @property
    def metadata_file(self) -> str:
        """What describes them, or the method."""
        return f"results/{self.network}/weights.json"

    @property
    def method_file(self) -> str | None:
        """What another method has learned, here or in the region that it names; None where nothing is learned."""
        baseline = self.stage(BaselineSettings)
        return f"results/{baseline.learned_in or self.name}/method.safetensors" if baseline.method in LEARNED else None

    @property
    def published_file(self) -> str | None:
        """Table of the craters that are taken for detections."""
        baseline = self.stage(BaselineSettings)
        return self.table_of(str(baseline.catalogue)) if baseline.method == "published" else None

    @property
    def mosaic_file(self) -> str:
        """The raster to reproject."""
        return self.file_of_mosaic(OWN)

    def mosaic_behind(self, window: str) -> str:
        """Name of the mosaic behind a download `mosaic<...>.tif`: the region's own, or that after the underscore."""
        return self.region.mosaic if window == OWN else window.removeprefix("_")

    def file_of_mosaic(self, window: str) -> str:
        """A mosaic's file: a local one in place, a simulated one, or a download.

        That is the region's window, or, where there is a checksum to compare, the whole file for all regions.
        """
        name = self.mosaic_behind(window)
        match self.source_of_mosaic(name):
            case SimulatedMosaic():
                return f"results/simulated/{name}.tif"
            case RasterMosaic(remote=False, path=path):
                return str(path)
            case RasterMosaic(sha256=None):
                return f"results/{self.ground}/mosaic{window}.tif"
            case RasterMosaic(url=url):
                return f"results/downloads/{name}{download_suffix(url)}"

    @property
    def terrain(self) -> DepthTerrain | None:
        """What depths are measured on; None without a terrain model."""
        name = self.region.depth_from or (self.region.mosaic if self.zones and self.kind == "dtm" else None)
        match None if name is None else self.source_of_mosaic(name):
            case None:
                return DepthTerrain(self.ground_file, nodata=NO_NODATA, unit="m") if self.kind == "dtm" else None
            case SimulatedMosaic():
                return DepthTerrain(f"results/simulated/{name}_dtm.tif", nodata=NO_NODATA, unit="m")
            case RasterMosaic() as mosaic:
                # a downloaded window has only the band that was asked for
                band = None if mosaic.remote else mosaic.band
                file = self.mosaic_file if name == self.region.mosaic else self.file_of_mosaic(f"_{name}")
                return DepthTerrain(file, band, mosaic.nodata, mosaic.elevation_unit)

    @property
    def depths_file(self) -> str | None:
        """Depths of the region's craters; None without a terrain model."""
        return None if self.terrain is None else f"results/{self.name}/depths.parquet"

    def name_of_table(self, table: str) -> str | None:
        """Name of the catalogue behind a table of craters: the region's own (`OWN`), or that after the underscore."""
        return self.catalogue_name if table == OWN else table.removeprefix("_")

    def table_of(self, catalogue: str) -> str:
        """The table of the craters of another catalogue."""
        return f"results/{self.name}/catalogue_{catalogue}.parquet"

    def format_of_table(self, table: str) -> str | None:
        """Which columns it has."""
        name = self.name_of_table(table)
        return None if name is None else self.configuration.catalogues[name].format

    def file_of_table(self, table: str) -> str | None:
        """Its file: a local one in place, a simulated one's, or a download; None without a catalogue."""
        name = self.name_of_table(table)
        if name is None:
            return None
        match self.configuration.catalogues[name]:
            case SimulatedCatalogue(mosaic=mosaic):
                return f"results/simulated/{mosaic}_catalogue.csv"
            case FileCatalogue(remote=True, url=url):
                return f"results/catalogues/{name}{download_suffix(url)}"
            case catalogue:
                return str(catalogue.path)

    @property
    def catalogue_file(self) -> str | None:
        """The region's own catalogue."""
        return self.file_of_table(OWN)

    @property
    def witness_files(self) -> list[str]:
        """Tables of the other catalogues that may confirm detections."""
        return [self.table_of(name) for name in self.region.witnesses]

    @property
    def ages_file(self) -> str | None:
        """The region's model ages; None where no program dates it."""
        return f"results/{self.name}/ages.json" if self.stage(DatingSettings).program else None

    @property
    def ground_file(self) -> str:
        """The region's raster on its map: an image, or a terrain model before it is shaded."""
        return f"results/{self.ground}/projected.tif"

    @property
    def image_file(self) -> str:
        """The raster that the network sees."""
        return f"results/{self.lit_ground}/shaded.tif" if self.kind == "dtm" else self.ground_file

    def raster_file(self, name: str) -> str:
        """The region's raster of that name, which another region of the same ground may have made."""
        made_by = {"projected": self.ground, "shaded": self.lit_ground}.get(name, self.name)
        return f"results/{made_by}/{name}.tif"

    @property
    def raster_files(self) -> list[str]:
        """What the region shows on its map: the image, or the terrain and its shading; its zones have them for it."""
        return [] if self.zones else list(dict.fromkeys([self.ground_file, self.image_file]))

    @property
    def elevation_file(self) -> str | None:
        """The region's terrain, to judge relief by and to light anew while training; None for an image."""
        return self.ground_file if self.kind == "dtm" and not self.zones else None

    @property
    def image_files(self) -> list[str]:
        """The rasters that were searched: one, or one a zone."""
        return [zone.image_file for zone in self.zones] or [self.image_file]

    @property
    def photograph_files(self) -> list[str]:
        """The same where they are images, whose light hides what it may; none of terrain, which is lit as one likes."""
        return [] if self.kind == "dtm" else self.image_files

    @property
    def elevation_files(self) -> list[str]:
        """What they were shaded from, if they were."""
        return [file for plan in self.zones or [self] if (file := plan.elevation_file)]

    @property
    def overview_file(self) -> str | None:
        """Picture of all zones on one map; None for a region that has one map."""
        return f"results/{self.name}/overview.tif" if self.zones else None

    @property
    def shown_file(self) -> str:
        """The raster that the region is shown on."""
        return self.overview_file or self.image_file

    @property
    def georeferenced_files(self) -> list[str]:
        """Tables of detections on the sphere: one, or one a zone."""
        return [f"results/{plan.name}/georeferenced.parquet" for plan in self.zones or [self]]

    @property
    def zone_footprints(self) -> list[str]:
        """The zones' searched areas."""
        return [f"results/{zone.name}/footprint.parquet" for zone in self.zones]

    @property
    def detections_file(self) -> str | None:
        """Detections in tiles, to be judged tile by tile; None where they are several zones'."""
        return None if self.zones else f"results/{self.name}/detections.parquet"

    @property
    def annotations_file(self) -> str | None:
        """What the region's tiles show, to be judged tile by tile; None without a catalogue, and for several zones'."""
        return None if self.catalogue is None or self.zones else f"results/{self.name}/tiles/annotations.json"

    @property
    def training_files(self) -> list[str]:
        """What the region's network is trained on; nothing where it is not trained."""
        if not self.trained:
            return []
        files = [self.annotations_file, f"results/{self.name}/tiles/images", self.elevation_file]
        return [file for file in files if file]

    @property
    def initial_files(self) -> list[str]:
        """Initial weights and what describes them."""
        return self.initial.files

    @property
    def initial_operating_point(self) -> str | None:
        """Threshold and calibration of the region that the initial weights come from, if they are a region's."""
        return self.initial.operating_point

    @property
    def provenance(self) -> dict[str, Any]:
        """What made the region's craters: hash of the configuration up to the export, and sources."""
        ignored = {"evaluation", "dating"} | ({"shading"} if self.kind == "image" else set())
        ignored |= {"depth"} if self.terrain is None else set()
        measured_on = self.region.depth_from
        whole = {
            "bounds": self.bounds,
            "body": self.body.model_dump(),
            "mosaic": self.mosaic.model_dump(mode="json", exclude={"acquired"}),  # nothing is computed from it
            "catalogue": None if self.catalogue is None else self.catalogue.model_dump(mode="json"),
            **{name: self.stage(kind).model_dump(mode="json") for name, kind in STAGES.items() if name not in ignored},
        }
        mosaics = {plan.mosaic_file: plan.mosaic for plan in self.zones or [self]}
        files = [*((mosaic, file) for file, mosaic in mosaics.items()), (self.catalogue, self.catalogue_file)]
        if measured_on is not None and self.terrain is not None:
            terrain = self.source_of_mosaic(measured_on)
            whole["depth_from"] = terrain.model_dump(mode="json")
            files.append((terrain, self.terrain.file))
        sources = [
            {**source.model_dump(mode="json", include={"url", "sha256", "citation", "licence"}), "file": file}
            for source, file in files
            if isinstance(source, RasterMosaic | FileCatalogue)
        ]
        return {
            "configuration_hash": hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest(),
            "sources": sources,
        }


def download_suffix(url: str) -> str:
    """Ending of the downloaded file, from the URL's path."""
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    return suffix if suffix in SUFFIXES else ".dat"

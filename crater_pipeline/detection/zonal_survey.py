"""A raster of any extent, up to a whole body, searched zone by zone and pooled into one list of craters.

No conformal map shows a whole body, so that each zone has one of its own. In the workflow a region's zones are jobs of
their own; here they follow one another.
"""

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd

from crater_pipeline.code_files import code_hash
from crater_pipeline.contents import run_name
from crater_pipeline.detection.merging import MergingSettings
from crater_pipeline.detection.parts import FoundParts
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.searched_zones import SearchedZone
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.survey import circles
from crater_pipeline.detection.zonal_merging import merge_zones
from crater_pipeline.errors import NothingThereError, TooLittleError
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.light.shaded_raster import shade_raster
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.rasters.members import raster_stamp
from crater_pipeline.rasters.reading import Kind, Reading
from crater_pipeline.rasters.reprojection import ReprojectionSettings, reproject_region
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.zones import zone_margin_px, zones
from crater_pipeline.tiles.footprint import pooled
from crater_pipeline.tiles.grid import TilingSettings

logger = logging.getLogger(__name__)

CODE = "crater_pipeline.detection.zonal_survey"


@dataclass(frozen=True)
class Survey:
    """How a raster is searched."""

    kind: Kind
    body: Body
    weights: Path
    metadata: Path
    reading: Reading | None = None
    shading: ShadingSettings = field(default_factory=ShadingSettings)
    reprojection: ReprojectionSettings = field(default_factory=ReprojectionSettings)
    tiling: TilingSettings = field(default_factory=TilingSettings)
    inference: InferenceSettings = field(default_factory=InferenceSettings)
    merging: MergingSettings = field(default_factory=MergingSettings)

    def name(self, raster: Path, bounds: Bounds) -> str:
        """What tells this search of `raster` from others, of other files, with other settings or by other code."""
        settings = (self.body, self.shading, self.reprojection, self.tiling, self.inference)
        told = [raster_stamp(raster), str(bounds), self.kind, repr(self.reading)]
        told += [each.model_dump_json() for each in settings]
        return run_name([self.weights, self.metadata], [*told, code_hash(CODE)])

    def of(
        self, raster: Path, bounds: Bounds, folder: Path, parts: Sequence[Bounds] | None = None
    ) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
        """Unique craters (columns of `merged.parquet`) and the searched area of `raster` inside `bounds`.

        `folder` holds one zone's rasters at a time, and what has been found: what a search of the same `name` has left
        there is not made again. `parts` are zones other than `zones` would choose.

        Raises
        ------
        UserError
            As `reproject_region`; a zone without data is passed over, unless there is none with.
        TooLittleError
            If no zone holds enough data.
        """
        parts = parts or zones(bounds)
        pixel_m = self.reprojection.pixel_size_m or raster_info(raster).pixel_size_m
        every = [SearchedZone(folder, number, zone) for number, zone in enumerate(parts, start=1)]
        for each in every:
            at = [round(v, 4) for v in each.zone]
            done = ", done by an earlier run" if each.is_done else ""
            logger.info("zone %d of %d: %s%s", each.number, len(every), at, done)
            if not each.is_done:
                settings = self.reprojection
                if len(every) > 1:
                    settings = settings.model_copy(update={"margin_px": zone_margin_px(each.zone, pixel_m, self.body)})
                try:
                    each.add(*self._zone(raster, each.zone, bounds, settings, each.workplace))
                except NothingThereError as error:
                    each.add_nothing(str(error))
            shutil.rmtree(each.workplace, ignore_errors=True)
        found = [each for each in every if each.nothing is None]
        if not found:
            raise NothingThereError(every[-1].nothing)
        searched = pooled([each.area for each in found])
        if not len(searched):
            raise TooLittleError(
                f"{raster}: no tile holds enough data to be searched; take more of the ground around, or a raster "
                "with fewer gaps"
            )
        return merge_zones([each.detections for each in found], searched, self.body, self.merging), searched

    def _zone(
        self, raster: Path, zone: Bounds, whole: Bounds, settings: ReprojectionSettings, folder: Path
    ) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
        """Georeferenced detections around a zone, and the area searched inside it."""
        projected = _made(
            folder / "projected.tif",
            lambda output, strips: reproject_region(
                raster, output, zone, self.body, self.kind, settings, self.reading, strips
            ),
        )
        image, terrain = projected, None
        if self.kind == "dtm":
            terrain = Terrain(projected, self.shading)
            image = _made(
                folder / "shaded.tif",
                lambda output, strips: shade_raster(projected, output, self.body, self.shading, kept=strips),
            )
        return circles(
            image,
            self.weights,
            self.metadata,
            zone,
            whole,
            self.body,
            self.tiling,
            self.inference,
            FoundParts(folder / "found"),
            terrain=terrain,
            source=raster,
        )


def _made(output: Path, make: Callable[[Path, Path], None]) -> Path:
    """A raster that is made unless it is there: `make(output, strips)`, its strips are kept until it is whole."""
    strips = output.with_suffix(".strips")
    if not output.is_file():
        make(output, strips)
    shutil.rmtree(strips, ignore_errors=True)
    return output

"""A raster of any extent, up to a whole body, searched zone by zone and pooled into one list of craters.

No conformal map shows a whole body, so that each zone has one of its own. In the workflow a region's zones are jobs of
their own; here they follow one another.
"""

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd

from crater_pipeline.detection.merging import MergingSettings
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.survey import circles
from crater_pipeline.detection.zonal_merging import ZoneDetections, merge_zones
from crater_pipeline.errors import NothingThereError, UserError
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.light.shaded_raster import shade_raster
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.rasters.reading import Kind, Reading
from crater_pipeline.rasters.reprojection import ReprojectionSettings, reproject_region
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.zones import zone_margin_px, zones
from crater_pipeline.tiles.footprint import pooled
from crater_pipeline.tiles.grid import TilingSettings

logger = logging.getLogger(__name__)


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

    def of(
        self, raster: Path, bounds: Bounds, folder: Path, parts: Sequence[Bounds] | None = None
    ) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
        """Unique craters (columns of `merged.parquet`) and the searched area of `raster` inside `bounds`.

        `folder` holds one zone's rasters at a time. `parts` are zones other than `zones` would choose.

        Raises
        ------
        UserError
            As `reproject_region`; a zone without data is passed over, unless there is none with.
        """
        parts = parts or zones(bounds)
        pixel_m = self.reprojection.pixel_size_m or raster_info(raster).pixel_size_m
        found, areas, nothing = [], [], None
        with tempfile.TemporaryDirectory(dir=folder) as tables:
            for number, zone in enumerate(parts, start=1):
                logger.info("zone %d of %d: %s", number, len(parts), [round(v, 4) for v in zone])
                settings = self.reprojection
                if len(parts) > 1:
                    settings = settings.model_copy(update={"margin_px": zone_margin_px(zone, pixel_m, self.body)})
                try:
                    with tempfile.TemporaryDirectory(dir=folder) as temporary:
                        table, area = self._zone(raster, zone, bounds, settings, Path(temporary))
                except NothingThereError as error:
                    nothing = error
                    continue
                found.append(ZoneDetections(Path(tables) / f"{number}.parquet", zone))
                table.to_parquet(found[-1].path, index=False)
                areas.append(area)
            if nothing and not found:
                raise nothing
            searched = pooled(areas)
            if not len(searched):
                raise UserError(
                    f"{raster}: no tile holds enough data to be searched; take more of the ground around, or a raster "
                    "with fewer gaps"
                )
            return merge_zones(found, searched, self.body, self.merging), searched

    def _zone(
        self, raster: Path, zone: Bounds, whole: Bounds, settings: ReprojectionSettings, folder: Path
    ) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
        """Georeferenced detections around a zone, and the area searched inside it."""
        image, terrain = folder / "projected.tif", None
        reproject_region(raster, image, zone, self.body, self.kind, settings, self.reading)
        if self.kind == "dtm":
            terrain, image = Terrain(image, self.shading), folder / "shaded.tif"
            shade_raster(terrain.elevation, image, self.body, self.shading)
        return circles(
            image,
            self.weights,
            self.metadata,
            zone,
            whole,
            self.body,
            self.tiling,
            self.inference,
            terrain=terrain,
            source=raster,
        )

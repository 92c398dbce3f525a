"""A raster of any extent, up to a whole body, searched zone by zone and pooled into one list of craters.

No conformal map shows a whole body, so that each zone has one of its own. Zones are to each other what tiles are: each
is searched with a margin, owns the craters whose centres it holds (with the tiles' tolerance), and what two
zones both report is settled in crater space, where a seam, a pole or the antimeridian is no special place.
"""

import logging
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from crater_pipeline.detection.merging import MergingSettings, merge
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.survey import circles
from crater_pipeline.errors import NothingThereError, UserError
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.light.shaded_raster import shade_raster
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.rasters.reading import Kind, Reading
from crater_pipeline.rasters.reprojection import ReprojectionSettings, reproject_region
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.craters import distance_to_bounds_km
from crater_pipeline.sphere.zones import zones
from crater_pipeline.tiles.grid import TilingSettings

logger = logging.getLogger(__name__)

MAX_MARGIN_PX = 2048

SNAP_DEG = 1e-9
"""Zones' searched areas meet on the seam to this accuracy."""


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

        `folder` holds one zone's rasters at a time. `parts` are zones other than `projections.zones` would choose.

        Raises
        ------
        UserError
            As `reproject_region`; a zone without data is passed over, unless there is none with.
        """
        parts = parts or zones(bounds)
        pixel_m = self.reprojection.pixel_size_m or raster_info(raster).pixel_size_m
        found, areas, nothing = [], [], None
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
            found.append(owned(table, zone, self.body))
            areas.append(area)
        if nothing and not found:
            raise nothing
        searched = pooled_area(areas)
        if not len(searched):
            raise UserError(
                f"{raster}: no tile holds enough data to be searched; take more of the ground around, or a raster with "
                "fewer gaps"
            )
        return merge(pd.concat(found, ignore_index=True), searched, self.body, self.merging), searched

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


def zone_margin_px(zone: Bounds, pixel_m: float, body: Body) -> int:
    """Context around a zone in pixels: a quarter of its height, as far as `MAX_MARGIN_PX`.

    A crater centred on the seam whose diameter is at most twice the margin is then whole on both sides.
    """
    height_m = math.radians(zone.height) * body.radius_m
    return min(math.ceil(height_m / 4 / pixel_m), MAX_MARGIN_PX)


def owned(found: pd.DataFrame, zone: Bounds, body: Body) -> pd.DataFrame:
    """Detections with `core_distance` also counting how far, in pixels of their level, they lie outside the zone.

    Merging then treats the zone like a tile's core, with the same tolerance.
    """
    outside_km = distance_to_bounds_km(found["lon"], found["lat"], zone, body)
    outside_px = outside_km * found["diameter_px"].to_numpy(dtype=float) / found["diameter_km"].to_numpy(dtype=float)
    distance = found["core_distance"].to_numpy(dtype=float)
    return found.assign(core_distance=np.where(outside_km > 0, np.maximum(distance, outside_px), distance))


def pooled_area(areas: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """The zones' areas as one: rows split, area_km2, geometry."""
    if len(areas) == 1:
        return areas[0]
    every = pd.concat(areas, ignore_index=True)
    records = []
    for name, rows in every.groupby("split", sort=False):
        union = shapely.union_all(rows.geometry.to_numpy(), grid_size=SNAP_DEG)
        records.append(
            {
                "split": name,
                "area_km2": float(rows["area_km2"].sum()),
                "geometry": shapely.MultiPolygon(list(shapely.get_parts(union))),
            }
        )
    return gpd.GeoDataFrame(records, columns=list(every.columns), geometry="geometry", crs=every.crs)

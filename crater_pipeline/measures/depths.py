"""Depths of a table of craters from a terrain model, window by window."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.measures.overlaps import Overlaps
from crater_pipeline.measures.placing import placed
from crater_pipeline.measures.relief import Relief, relief
from crater_pipeline.measures.settings import DepthSettings
from crater_pipeline.measures.table import COLUMNS
from crater_pipeline.rasters.files import info_of, open_raster
from crater_pipeline.rasters.reading import Reading, reading_of
from crater_pipeline.rasters.source_pixels import SourcePixels
from crater_pipeline.rasters.source_values import SourceValues
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import unit_vectors

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TerrainModel:
    """A raster of elevations, and how it is read in metres (None: as its header says)."""

    path: Path
    reading: Reading | None = None


def measure_depths(
    craters: pd.DataFrame, cutting: pd.DataFrame, terrain: TerrainModel, body: Body, settings: DepthSettings
) -> pd.DataFrame:
    """Columns `COLUMNS` of `craters` (lon, lat, diameter_km, diameter_sigma_km), in their order, NaN where not known.

    `cutting` are the craters (lon, lat, diameter_km) that disturb others, as a rule those of them that are sure. The
    raster may have any projection: points are laid out on the sphere, and distances are those on the ground.

    Raises
    ------
    UserError
        If the raster is missing, damaged, or has no place on the body's sphere.
    """
    lon, lat, diameter_km = _circles(craters)
    other_lon, other_lat, other_km = _circles(cutting)
    others = Overlaps(other_lon, other_lat, other_km / 2 / body.radius_km)
    found = np.full((len(craters), len(Relief._fields)), np.nan)
    with open_raster(terrain.path) as dataset:
        mapping = SourcePixels(info_of(dataset, terrain.path).on(body), body.geographic_crs)
        values = SourceValues(dataset, mapping, terrain.reading or reading_of(dataset))
        for row, place in placed(lon, lat, diameter_km, mapping, body, settings.min_diameter_px):
            if place.is_torn:
                continue
            height = values.at(place.x, place.y, place.factors).astype(float)
            arc = float(diameter_km[row]) / 2 / body.radius_km
            height[others.disturbed(place.directions, unit_vectors(lon[row], lat[row]), arc)] = np.nan
            measured = relief(height, settings.min_rim_share)
            if place.diameter_px < settings.min_rim_height_px:
                measured = measured._replace(rim_height_m=np.nan, rim_height_sd_m=np.nan)
            found[row] = measured
    return _table(found, diameter_km, craters["diameter_sigma_km"].to_numpy(dtype=float))


def _circles(craters: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    lon, lat, diameter_km = (craters[name].to_numpy(dtype=float) for name in ("lon", "lat", "diameter_km"))
    return lon, lat, diameter_km


def _table(found: FloatArray, diameter_km: FloatArray, sigma_km: FloatArray) -> pd.DataFrame:
    depth_m, depth_sd_m, rim_m, rim_sd_m = found.T
    diameter_m = 1000.0 * diameter_km
    ratio = depth_m / diameter_m
    # a diameter of which no error is known is taken as it is
    ratio_sd = np.hypot(depth_sd_m / diameter_m, ratio * np.nan_to_num(sigma_km) / diameter_km)
    return pd.DataFrame(dict(zip(COLUMNS, (depth_m, depth_sd_m, rim_m, rim_sd_m, ratio, ratio_sd), strict=True)))

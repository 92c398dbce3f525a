"""From detections in tiles to circles on the sphere."""

import logging

import numpy as np
import pandas as pd

from crater_pipeline.rasters.grid import Grid
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.circle_fitting import fit_boxes

logger = logging.getLogger(__name__)


def georeference(detections: pd.DataFrame, grid: Grid, body: Body) -> pd.DataFrame:
    """Detections of tiles as circles on the sphere, one row each in the same order.

    Parameters
    ----------
    detections
        level, x_off, y_off (origin of the tile in pixels of its level), x, y, width, height (centre and size of the
        box in pixels of the level, from the tile's corner), and whatever else a row carries.
    grid
        The level-0 raster's.

    Returns
    -------
    DataFrame
        lon, lat (degrees), diameter_km (along the sphere), diameter_px (mean of width and height, pixels of the
        level) and the other columns, without those that only mean something inside a tile. A box outside the
        projection's domain has NaN for lon, lat and diameter_km.
    """
    scale = np.ldexp(1.0, detections["level"].to_numpy(dtype=np.int64))
    boxes = np.column_stack(
        [
            (detections["x"].to_numpy(dtype=float) + detections["x_off"].to_numpy(dtype=float)) * scale,
            (detections["y"].to_numpy(dtype=float) + detections["y_off"].to_numpy(dtype=float)) * scale,
            detections["width"].to_numpy(dtype=float) * scale,
            detections["height"].to_numpy(dtype=float) * scale,
        ]
    )
    lon, lat, diameter_km = fit_boxes(boxes, grid.transform, grid.crs, body)
    lost = int(np.isnan(lon).sum())
    if lost:
        logger.warning("%d of %d boxes lie outside the projection's domain and have no circle", lost, len(boxes))
    table = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": diameter_km}, index=detections.index)
    table["diameter_px"] = (detections["width"] + detections["height"]) / 2
    tile_only = ["x", "y", "width", "height", "x_off", "y_off"]
    georeferenced = pd.concat([table, detections.drop(columns=tile_only)], axis=1)
    georeferenced.attrs = dict(detections.attrs)
    return georeferenced

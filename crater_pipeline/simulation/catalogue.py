"""The exact catalogue of a simulated scene, in the columns of Robbins's (2019) database."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crater_pipeline.rasters.grid import Grid
from crater_pipeline.simulation.terrain import SimulatedTerrain
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.circle_fitting import fit_boxes

ROBBINS_COLUMNS = (
    "CRATER_ID",
    "LAT_CIRC_IMG",
    "LON_CIRC_IMG",
    "LAT_ELLI_IMG",
    "LON_ELLI_IMG",
    "DIAM_CIRC_IMG",
    "DIAM_CIRC_SD_IMG",
    "DIAM_ELLI_MAJOR_IMG",
    "DIAM_ELLI_MINOR_IMG",
    "DIAM_ELLI_ECCEN_IMG",
    "DIAM_ELLI_ELLIP_IMG",
    "DIAM_ELLI_ANGLE_IMG",
    "LAT_ELLI_SD_IMG",
    "LON_ELLI_SD_IMG",
    "DIAM_ELLI_MAJOR_SD_IMG",
    "DIAM_ELLI_MINOR_SD_IMG",
    "DIAM_ELLI_ANGLE_SD_IMG",
    "DIAM_ELLI_ECCEN_SD_IMG",
    "DIAM_ELLI_ELLIP_SD_IMG",
    "ARC_IMG",
    "PTS_RIM_IMG",
)
"""The columns of Robbins's (2019) lunar database."""


def catalogue(terrain: SimulatedTerrain, grid: Grid, body: Body) -> pd.DataFrame:
    """The scene's craters on the sphere: lon (-180..180), lat, diameter_km, arc_fraction; largest first.

    The circle of the conformal map is taken back to the sphere by its rim, so large ones come out right too.
    """
    boxes = np.column_stack([terrain.x, terrain.y, terrain.diameter_px, terrain.diameter_px])
    lon, lat, diameter_km = fit_boxes(boxes, grid.transform, grid.crs, body)
    return pd.DataFrame(
        {"lon": lon, "lat": lat, "diameter_km": diameter_km, "arc_fraction": terrain.rim_fraction}
    ).sort_values("diameter_km", ascending=False, kind="stable", ignore_index=True)


def robbins_table(craters: pd.DataFrame) -> str:
    """A catalogue as text in Robbins's 21 columns: CRLF, longitudes 0-360, the ellipse columns empty."""
    table = pd.DataFrame("", index=craters.index, columns=list(ROBBINS_COLUMNS))
    table["CRATER_ID"] = [f"SIM-{number:07d}" for number in range(1, len(craters) + 1)]
    table["LAT_CIRC_IMG"] = _decimals(craters["lat"], 6)
    table["LON_CIRC_IMG"] = _decimals(np.round(craters["lon"] % 360.0, 6) % 360.0, 6)
    table["DIAM_CIRC_IMG"] = _decimals(craters["diameter_km"], 6)
    table["ARC_IMG"] = _decimals(craters["arc_fraction"], 3)
    return table.to_csv(index=False, lineterminator="\r\n")


def _decimals(values: ArrayLike, digits: int) -> list[str]:
    return [f"{value:.{digits}f}" for value in np.asarray(values, dtype=float)]

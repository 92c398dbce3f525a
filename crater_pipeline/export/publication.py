"""What is said about each crater when it is published: calibrated score, and how it stands to the catalogue."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crater_pipeline.evaluation.matching import optimal_matches
from crater_pipeline.models.scores import OperatingPoint, Uncertainty, scaled
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import crater_ids
from crater_pipeline.tiles.inside import assign_split

FloatArray = NDArray[np.float64]

MATCHED, CANDIDATE, UNVERIFIABLE = "matched", "candidate", "unverifiable"

CRITERION = "iou50"

COLUMNS = [
    "crater_id",
    "lon",
    "lat",
    "diameter_km",
    "score",
    "raw_score",
    "status",
    "catalogue_id",
    "level",
    "diameter_px",
    "split",
    "touches_edge",
    "centre_sigma_km",
    "diameter_sigma_km",
]


def publish(
    craters: pd.DataFrame,
    catalogue: pd.DataFrame,
    point: OperatingPoint,
    min_diameter_km: float,
    body: Body,
) -> pd.DataFrame:
    """All craters (columns `COLUMNS`) in the order given, with their sizes, calibrated scores and standing.

    `matched` is a one-to-one match with the catalogue by `iou50`, chosen optimally among the craters at or above the
    threshold; those below may only match what these leave over. The rest are `unverifiable` below the diameter from
    which the catalogue is complete and `candidate` otherwise; without a catalogue (an empty one) all are candidates.
    `centre_sigma_km` (along each axis) and `diameter_sigma_km` are standard deviations, NaN where nothing is known.
    """
    table = scaled(craters, point.diameter_scale).rename(columns={"score": "raw_score"})
    table["crater_id"] = crater_ids(table["lon"], table["lat"], table["diameter_km"])  # the diameter is in the name
    table["score"] = point.calibration.apply(table["raw_score"].to_numpy(dtype=float))
    names = np.full(len(table), None, dtype=object)
    left = np.arange(len(catalogue))
    surer = is_exported(table, point)
    for rows in (np.flatnonzero(surer), np.flatnonzero(~surer)):
        pairs = optimal_matches(table.iloc[rows], catalogue.iloc[left], CRITERION, body)
        names[rows[pairs[:, 0]]] = catalogue["catalogue_id"].to_numpy(dtype=object)[left[pairs[:, 1]]]
        left = np.delete(left, pairs[:, 1])
    matched = pd.notna(names)
    small = (table["diameter_km"].to_numpy(dtype=float) < min_diameter_km) & (len(catalogue) > 0)
    table["status"] = np.select([matched, small], [MATCHED, UNVERIFIABLE], CANDIDATE)
    table["catalogue_id"] = names
    table["centre_sigma_km"], table["diameter_sigma_km"] = _sigmas_km(table, point.uncertainty)
    # pixels of 1/1000: a 32-bit number's own digits, not those of its conversion
    table["diameter_px"] = table["diameter_px"].astype(float).round(3)
    return table[COLUMNS].astype({"crater_id": "str", "status": "str", "catalogue_id": "str"})


def _sigmas_km(table: pd.DataFrame, known: Uncertainty | None) -> tuple[FloatArray, FloatArray]:
    """Standard deviations of centre and diameter, each (n,)."""
    if known is None:
        return np.full(len(table), np.nan), np.full(len(table), np.nan)
    diameter_px, score = (table[name].to_numpy(dtype=float) for name in ("diameter_px", "raw_score"))
    pixel_km = table["diameter_km"].to_numpy(dtype=float) / diameter_px
    centre, diameter = (each.sigma_px(diameter_px, score) * pixel_km for each in (known.centre, known.diameter))
    return centre, diameter


def is_exported(published: pd.DataFrame, point: OperatingPoint) -> NDArray[np.bool_]:
    """Which craters are at or above the operating threshold, shape (n,)."""
    return np.asarray(published["score"].to_numpy(dtype=float) >= point.threshold)


def exported_craters(published: pd.DataFrame, point: OperatingPoint) -> pd.DataFrame:
    """Those of them, numbered anew."""
    return published[is_exported(published, point)].reset_index(drop=True)


def catalogue_layer(catalogue: pd.DataFrame, exported: pd.DataFrame, footprint: gpd.GeoDataFrame) -> pd.DataFrame:
    """Catalogue craters whose centre is inside the footprint, with `found`: matched by an exported crater."""
    inside = assign_split(catalogue["lon"], catalogue["lat"], footprint)
    searched = catalogue[pd.notna(inside)].reset_index(drop=True)
    return searched.assign(found=searched["catalogue_id"].isin(exported["catalogue_id"].dropna()).astype(bool))

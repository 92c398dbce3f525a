"""A user's corrections of a region's craters as a catalogue that a network can be trained on.

What is in the layers `craters` and `catalogue` when the user is done counts, row by row:

- A circle that was moved, reshaped or drawn stands, whatever the network or the catalogue said.
- A row marked `reject` is no crater, and neither is the catalogue crater that it was matched with.
- Other catalogue craters stay as they are, found or not: a detection deleted from `craters` says nothing against
  the catalogue crater that it was matched with.
- A detection that the catalogue lacks stands if it was accepted or left alone; it can be asked that it be accepted.

What is not in the result is background to the next training, so that rejected and deleted detections teach it
what is no crater.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from crater_pipeline.errors import UserError
from crater_pipeline.evaluation.matching import optimal_matches
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import wrap_longitude
from crater_pipeline.sphere.craters import crater_ids, great_circle_km
from crater_pipeline.sphere.outlines import fit_outlines, split_outlines
from crater_pipeline.tiles.inside import assign_split

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

CIRCLE = ["lon", "lat", "diameter_km"]

CATALOGUE_COLUMNS = ["catalogue_id", *CIRCLE]

COLUMNS = [*CATALOGUE_COLUMNS, "origin"]

ACCEPT, REJECT = "accept", "reject"

AGREEMENT = 1e-3
"""A shape and its columns are the same circle if centre and diameter differ by less than this share of the diameter."""

CRITERION = "iou50"
"""When a circle by hand is a catalogue crater that had not been found."""


@dataclass(frozen=True)
class Layers:
    """A region's layers as the user left them, in degrees; the index of `craters` and `catalogue` names their rows."""

    craters: gpd.GeoDataFrame
    catalogue: gpd.GeoDataFrame
    centres: pd.DataFrame
    """The craters as they were written: crater_id, lon, lat, diameter_km."""
    footprint: gpd.GeoDataFrame


def review(
    layers: Layers, known: pd.DataFrame, body: Body, only_accepted: bool = False
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The corrected catalogue (columns `COLUMNS`, largest first) and how many rows met which fate.

    Parameters
    ----------
    known
        The catalogue as it was before: catalogue_id, lon, lat, diameter_km. What lies outside the footprint, where
        nothing was searched, stays in the result.
    only_accepted
        Leave out detections that the catalogue lacks and that were neither accepted nor changed.

    Raises
    ------
    UserError
        If a row has neither a shape nor a circle in its columns, or an unknown mark.
    """
    found = corrected(layers.craters, "craters", layers.centres, "crater_id", body)
    listed = corrected(layers.catalogue, "catalogue", known, "catalogue_id", body)
    absent = known[~known["catalogue_id"].isin(listed["catalogue_id"])]
    searched = pd.notna(assign_split(absent["lon"], absent["lat"], layers.footprint))
    rejected, by_hand = found["mark"] == REJECT, found["edited"] | found["added"]
    matched = found["catalogue_id"].isin(known["catalogue_id"])
    left_out = ~matched & ~by_hand & ((found["mark"] != ACCEPT) & only_accepted)
    refused = found.loc[matched & rejected, "catalogue_id"]
    stays = listed[(listed["mark"] != REJECT) & ~listed["catalogue_id"].isin(refused)]
    stays = pd.concat([stays, absent[~searched].assign(origin="catalogue")])
    # left as it was drawn, a matched detection is the catalogue's crater: the catalogue measured it
    taken = found[~rejected & (by_hand | (~matched & ~left_out) | (found["mark"] == ACCEPT))]
    taken = taken[by_hand[taken.index] | ~taken["catalogue_id"].isin(stays["catalogue_id"])]
    taken = _named_as_known(taken, stays, body)
    stays = stays[~stays["catalogue_id"].isin(taken["catalogue_id"].dropna())]
    result = pd.concat([taken, stays], ignore_index=True)[COLUMNS]
    unnamed = result["catalogue_id"].isna()
    result.loc[unnamed, "catalogue_id"] = crater_ids(*(result.loc[unnamed, name] for name in CIRCLE))
    fates = {
        "craters added": found["added"].sum() + listed["added"].sum(),
        "detections moved or reshaped": found["edited"].sum(),
        "detections accepted": (found["mark"] == ACCEPT).sum(),
        "detections rejected": rejected.sum(),
        "detections deleted": (~layers.centres["crater_id"].isin(found["crater_id"])).sum(),
        "detections left out, not accepted": (left_out & ~rejected).sum(),
        "catalogue craters moved or reshaped": listed["edited"].sum(),
        "catalogue craters rejected": (listed["mark"] == REJECT).sum(),
        "catalogue craters deleted": searched.sum(),
    }
    ordered = result.sort_values(["diameter_km", "catalogue_id"], ascending=[False, True], ignore_index=True)
    return ordered, {name: int(count) for name, count in fates.items()}


def corrected(layer: gpd.GeoDataFrame, name: str, before: pd.DataFrame, key: str, body: Body) -> pd.DataFrame:
    """A layer's circles as they are meant: `key`, catalogue_id, lon, lat, diameter_km, mark, edited, added, origin.

    A shape and its columns may disagree. The one that still is what it was `before` (a table with the column `key`)
    has not been touched, so the other counts; the shape, if both were touched or the row is new. Of a shape of several
    parts each is a crater: one keeps the row's name, the others are added.
    """
    of_row, outlines = split_outlines(layer.geometry.to_numpy())
    rows, layer = layer.index[of_row], layer.iloc[of_row].reset_index(drop=True)
    ids = layer[key].astype(object).where(layer[key].isin(before[key]), None)
    original = before.drop_duplicates(key).set_index(key)[CIRCLE].reindex(ids).to_numpy(dtype=float)
    drawn, _ = fit_outlines(outlines, body)
    written = layer[CIRCLE].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    no_shape = np.asarray(np.isnan(drawn).any(axis=1))
    _check_shapes(outlines, no_shape, rows, name)
    by_columns = no_shape | _same(drawn, written, body) | (_same(drawn, original, body) & np.isfinite(written).all(1))
    circles = np.where(by_columns[:, None], written, drawn)
    _check_circles(circles, rows, name, body)
    circles[:, 0] = wrap_longitude(circles[:, 0])
    edited = ~_same(circles, original, body)
    # a row that was copied carries the name of the one that it was copied from
    copied = ids.iloc[np.argsort(edited, kind="stable")].duplicated().reindex(ids.index) & ids.notna()
    added = (ids.isna() | copied).to_numpy(dtype=bool)
    kept = {"crater_id": "detection"}.get(key, "catalogue")
    table = pd.DataFrame({key: ids, "catalogue_id": layer["catalogue_id"].astype(object)}, index=layer.index)
    table.loc[added, [*{key, "catalogue_id"}]] = None
    table[CIRCLE] = np.where((edited | added)[:, None], circles, original)
    table["mark"], table["edited"], table["added"] = _marks(layer, rows, name), edited & ~added, added
    table["origin"] = np.select([added, edited], ["added", f"{kept}, moved"], kept)
    return table


def _same(first: FloatArray, second: FloatArray, body: Body) -> BoolArray:
    """Which circles (n, 3) agree within `AGREEMENT`; one that is not known agrees with none."""
    distance = great_circle_km(first[:, 0], first[:, 1], second[:, 0], second[:, 1], body)
    limit = AGREEMENT * first[:, 2]
    return (distance < limit) & (np.abs(first[:, 2] - second[:, 2]) < limit)


def _check_shapes(outlines: NDArray[np.object_], no_circle: BoolArray, rows: pd.Index, name: str) -> None:
    """A shape that is there is meant: where no circle goes through it, the numbers beside it do not stand for it."""
    bad = no_circle & ~shapely.is_empty(outlines) & pd.notna(outlines)
    if bad.any():
        raise UserError(
            f"layer {name}: {_some(rows[bad])} a shape that is no crater's outline (a point, a line, or all vertices "
            "on one line); draw a polygon instead, or delete the row"
        )


def _check_circles(circles: FloatArray, rows: pd.Index, name: str, body: Body) -> None:
    lon, lat, diameter_km = circles.T
    good = (
        (lon >= -180) & (lon <= 360) & (np.abs(lat) <= 90) & (diameter_km > 0) & (diameter_km < np.pi * body.radius_km)
    )
    if not good.all():
        raise UserError(
            f"layer {name}: {_some(rows[~good])} neither a shape nor a lon, lat and diameter_km that are a crater; "
            "draw it anew or delete it"
        )


def _marks(layer: gpd.GeoDataFrame, rows: pd.Index, name: str) -> pd.Series:
    """The column `review`, in small letters; a layer without it has no marks."""
    if "review" not in layer:
        return pd.Series("", index=layer.index)
    marks: pd.Series = (
        layer["review"].astype(object).where(layer["review"].notna(), "").astype(str).str.strip().str.lower()
    )
    unknown = ~marks.isin(["", ACCEPT, REJECT])
    if unknown.any():
        raise UserError(
            f"layer {name}, column review: '{marks[unknown].iloc[0]}' is not known ({_some(rows[unknown])} such "
            f"a mark); write {ACCEPT}, {REJECT} or nothing"
        )
    return marks


def _some(rows: pd.Index) -> str:
    """`rows 3, 7, 9 and 4 more have`, by the numbers that QGIS shows as fid."""
    rows = rows.unique()
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return f"row{'s' * (len(rows) > 1)} {', '.join(map(str, rows[:3]))}{more} {'have' if len(rows) > 1 else 'has'}"


def _named_as_known(taken: pd.DataFrame, known: pd.DataFrame, body: Body) -> pd.DataFrame:
    """A circle drawn around a catalogue crater is that crater, and takes its name."""
    new = taken["catalogue_id"].isna().to_numpy()
    free = known[~known["catalogue_id"].isin(taken["catalogue_id"]) & known["catalogue_id"].notna()]
    pairs = optimal_matches(taken[new], free, CRITERION, body)
    names = taken["catalogue_id"].to_numpy(dtype=object, copy=True)
    names[np.flatnonzero(new)[pairs[:, 0]]] = free["catalogue_id"].to_numpy(dtype=object)[pairs[:, 1]]
    return taken.assign(catalogue_id=names)

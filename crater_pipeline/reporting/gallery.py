"""Small pictures of single craters to judge by eye: surest, barely found, missed, invented, nested, displaced."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import rasterio
from rasterio.windows import Window

from crater_pipeline.evaluation.nested import nested
from crater_pipeline.rasters.files import RasterInfo, open_raster, raster_info, read_window
from crater_pipeline.rasters.several import shown_by
from crater_pipeline.reporting.pictures import Circle, Picture, data_uri, located, place
from crater_pipeline.sphere.bodies import Body

COUNT = 12
"""Pictures of each kind."""

THUMBNAIL_PX = 160

WINDOW_DIAMETERS, LEAST_WINDOW_PX = 2.4, 24
"""A picture shows so many diameters around the crater, and at least so many pixels of the raster."""

SEED = 0


@dataclass(frozen=True)
class Row:
    """Pictures of one kind with what they are."""

    title: str
    text: str
    pictures: list[Picture]


def gallery(
    images: Sequence[Path], matches: pd.DataFrame, craters: pd.DataFrame, catalogue: pd.DataFrame, body: Body
) -> list[Row]:
    """Rows of pictures of the judged part; kinds without any crater are left out.

    `matches` are the outcomes by the headline criterion (`evaluation.summary.MATCH_COLUMNS`). Of several `images` the
    one that shows a crater best is taken.
    """
    infos = [raster_info(image) for image in images]
    known, by_id = rows_by(catalogue, "catalogue_id"), rows_by(craters, "crater_id")
    inside = {name for name, is_in in zip(catalogue["catalogue_id"], nested(catalogue, body), strict=True) if is_in}
    rows = []
    for title, text, chosen in kinds(matches, inside):
        pictures = []
        for match in chosen.to_dict("records"):
            truth, crater = known.get(match["catalogue_id"]), by_id.get(match["crater_id"])
            circles = drawn(str(match["outcome"]), truth, crater)
            first = circles[0][1]
            info = infos[int(shown_by(infos, [first["lon"]], [first["lat"]], body)[0])]
            with open_raster(info.path) as dataset:
                pictures.append(thumbnail(dataset, info, circles, caption(match, truth, crater), body))
        if pictures:
            rows.append(Row(title, text, pictures))
    return rows


def rows_by(table: pd.DataFrame, name: str) -> dict[Any, Mapping[str, Any]]:
    """Rows of the table by their name."""
    return {row[name]: row for row in cast("list[Mapping[str, Any]]", table.to_dict("records"))}


def kinds(matches: pd.DataFrame, inside: set[str]) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """(title, explanation, rows of `matches`) of every kind."""
    found = matches[matches["outcome"] == "true_positive"]
    missed = matches[matches["outcome"] == "false_negative"]
    unmatched = matches[matches["outcome"] == "false_positive"]
    met = pd.concat([found, missed])
    error = np.maximum(found["centre_error"].to_numpy(float), np.abs(found["diameter_error"].to_numpy(float)))
    yield "Surest", "Matched craters with the highest scores.", found.nlargest(COUNT, "score")
    yield "Barely found", "Matched craters with the lowest scores above the threshold.", found.nsmallest(COUNT, "score")
    yield (
        "Missed",
        "Catalogue craters without a detection, drawn at random: what recall lacks.",
        drawn_at_random(missed),
    )
    yield (
        "Invented, or not in the catalogue",
        "Unmatched detections with the highest scores: mistakes, or craters that the catalogue lacks.",
        unmatched.nlargest(COUNT, "score"),
    )
    yield (
        "Nested",
        "Catalogue craters inside one at least three times larger, drawn at random, found or missed.",
        drawn_at_random(met[met["catalogue_id"].isin(inside)]),
    )
    yield (
        "Largest errors",
        "Matched craters whose centre or diameter is furthest from the catalogue's.",
        found.iloc[np.argsort(-error, kind="stable")[:COUNT]],
    )


def drawn_at_random(table: pd.DataFrame) -> pd.DataFrame:
    """Up to `COUNT` rows, the same ones every time."""
    return table.sample(min(COUNT, len(table)), random_state=SEED)


def drawn(
    outcome: str, truth: Mapping[str, Any] | None, crater: Mapping[str, Any] | None
) -> list[tuple[str, Mapping[str, Any]]]:
    """(class in the style sheet, lon/lat/diameter_km) of the circles of one row of matches, the catalogue's first."""
    matched = outcome == "true_positive"
    circles = [("catalogue" if matched else "missed", truth), ("matched" if matched else "candidate", crater)]
    return [(kind, row) for kind, row in circles if row is not None]


def caption(match: Mapping[Hashable, Any], truth: Mapping[str, Any] | None, crater: Mapping[str, Any] | None) -> str:
    """Diameter (the catalogue's if it has the crater), tier and depth, score and errors, as far as they are known."""
    first = crater if truth is None else truth
    assert first is not None
    words = [f"D {first['diameter_km']:.3g} km"]
    if truth is not None:
        added, depth_m = (float(truth.get(key, np.nan)) for key in ("added", "depth_m"))
        words += [] if np.isnan(added) else ["added" if added else "own"]
        words += [] if np.isnan(depth_m) else [f"d/D {depth_m / 1000 / truth['diameter_km']:.2f}"]
    if crater is not None:
        words.append(f"score {crater['score']:.2f}")
    if match["outcome"] == "true_positive":
        words.append(f"centre {100 * match['centre_error']:.0f} %, D {100 * match['diameter_error']:+.0f} %")
    return " · ".join(words)


def thumbnail(
    dataset: rasterio.DatasetReader,
    info: RasterInfo,
    circles: Sequence[tuple[str, Mapping[str, Any]]],
    text: str,
    body: Body,
) -> Picture:
    """The first of the circles in the middle of its picture, and the others over it."""
    places = pd.DataFrame([{key: row[key] for key in ("lon", "lat", "diameter_km")} for _, row in circles])
    table = located(info, places, body)
    x, y, r = (table[key].to_numpy(dtype=float) for key in ("x", "y", "r"))
    side = max(LEAST_WINDOW_PX, round(WINDOW_DIAMETERS * 2 * r.max()))
    factor = max(1, round(side / THUMBNAIL_PX))
    shown = -(-side // factor)
    left, top = round(x[0] - side / 2), round(y[0] - side / 2)
    values = read_window(dataset, Window(left, top, shown * factor, shown * factor), (shown, shown))
    scaled = [[round(float(value) / factor, 2) for value in (x[i] - left, y[i] - top, r[i])] for i in range(len(x))]
    over = tuple(Circle(cx, cy, cr, kind, "") for (cx, cy, cr), (kind, _) in zip(scaled, circles, strict=True))
    where = place(places["lon"].iloc[0], places["lat"].iloc[0])
    return Picture(shown, shown, data_uri(values), over, text, title=where)

"""What the report's map is drawn from: the raster as a pyramid of pictures, craters as columns of numbers.

The script that draws it is `templates/map.js`, by Leaflet (`templates/leaflet.js`, version 1.9.4 as published).
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.windows import Window

from crater_pipeline.rasters.files import RasterInfo, open_raster, raster_info, read_window
from crater_pipeline.reporting.pictures import data_uri, located, stretch
from crater_pipeline.sphere.bodies import Body

TILE_PX = 512

STRETCH_PX = 1024
"""Black and white are chosen on the raster reduced to so many pixels a side."""

MOST_BYTES = 7_500_000
"""Size of the pictures as text. A raster that would need more is shown at a half, a quarter... of its size."""

SAMPLED_TILES = 12
"""So many pictures tell how large all of them will be."""

MOST_CRATERS = 20_000
"""The surest craters, and the largest missed ones, up to so many each."""

KINDS = ("matched", "candidate", "unverifiable")


def map_data(
    image: Path,
    craters: pd.DataFrame,
    missable: pd.DataFrame,
    footprint: gpd.GeoDataFrame,
    km_per_px: float | None,
    body: Body,
    conformal: bool = True,
) -> dict[str, Any]:
    """The document that the script reads; all positions in pixels of the raster.

    Parameters
    ----------
    craters
        Columns crater_id, lon, lat, diameter_km, score, status and catalogue_id.
    missable
        Catalogue craters that count as missed unless a crater shown names them: catalogue_id, lon, lat, diameter_km.
    footprint
        The searched area by part.
    conformal
        Whether circles are circles on the raster's map; otherwise it is a plate carrée, on which they are ellipses.
    """
    info = raster_info(image)
    shown = craters.nlargest(MOST_CRATERS, "score").sort_values("diameter_km", ascending=False, kind="stable")
    truth = missable.nlargest(MOST_CRATERS, "diameter_km")
    position = pd.Series(np.arange(len(truth)), index=truth["catalogue_id"].to_numpy())
    position = position[~position.index.duplicated()]
    found = columns(info, shown, shown["crater_id"], body, conformal) | {
        "score": shown["score"].round(3).tolist(),
        "kind": [KINDS.index(status) for status in shown["status"]],
        "truth": shown["catalogue_id"].map(position).fillna(-1).astype(int).tolist(),
    }
    pictures, finest, coarsest = pyramid(image, info)
    return {
        "width": info.width,
        "height": info.height,
        "tile_px": TILE_PX,
        "finest": finest,
        "coarsest": coarsest,
        "pictures": pictures,
        "km_per_px": km_per_px if conformal else info.pixel_size_m / 1000,
        "conformal": conformal,
        "kinds": list(KINDS),
        "craters": found,
        "truth": columns(info, truth, truth["catalogue_id"], body, conformal),
        "outlines": list(outlines(info, footprint, body)) if len(footprint) > 1 else [],
        "left_out": len(craters) - len(shown),
    }


def columns(
    info: RasterInfo, table: pd.DataFrame, names: pd.Series, body: Body, conformal: bool
) -> dict[str, list[Any]]:
    """x, y, r in pixels, lon and lat in degrees, diameter_km and name, as rounded lists.

    On a plate carrée also `stretch`: how much wider than high a circle is.
    """
    table = located(info, table, body) if conformal else on_plate_carree(info, table, body)
    rounded = {"x": 1, "y": 1, "r": 1 if conformal else 2, "lon": 4, "lat": 4}
    rounded |= {} if conformal else {"stretch": 2}
    km = [float(f"{value:.4g}") for value in table["diameter_km"]]
    return {key: table[key].astype(float).round(digits).tolist() for key, digits in rounded.items()} | {
        "diameter_km": km,
        "name": [str(name) for name in names],
    }


def on_plate_carree(info: RasterInfo, table: pd.DataFrame, body: Body) -> pd.DataFrame:
    """`table` with x, y, r (north-south) in pixels and `stretch`; a circle around a pole is as wide as the map."""
    x, y = info.pixel(table["lon"], table["lat"], body)
    arc = table["diameter_km"].to_numpy(dtype=float) / 2 / body.radius_km
    ratio = np.sin(arc) / np.maximum(np.cos(np.radians(table["lat"].to_numpy(dtype=float))), 1e-9)
    half_width = np.where(ratio < 1, np.arcsin(np.minimum(ratio, 1)), np.pi)
    return table.assign(x=x, y=y, r=arc * body.radius_m / info.pixel_size_m, stretch=half_width / arc)


def pyramid(image: Path, info: RasterInfo) -> tuple[dict[str, str], int, int]:
    """Pictures by "level/column/row", the finest level that there was room for, and the coarsest.

    A level shows the raster reduced by 2 to the power of the level; the coarsest is one picture.
    """
    coarsest = max(0, math.ceil(math.log2(max(info.width, info.height, 1) / TILE_PX)))
    with open_raster(image) as dataset:
        limits = stretch(whole(dataset, info))
        finest = next(
            (each for each in range(coarsest) if estimate(dataset, info, each, limits) <= MOST_BYTES), coarsest
        )
        pictures = {
            f"{level}/{column}/{row}": uri
            for level in range(finest, coarsest + 1)
            for column, row in tiles(info, level)
            if (uri := picture(dataset, level, column, row, limits)) is not None
        }
    return pictures, finest, coarsest


def whole(dataset: rasterio.DatasetReader, info: RasterInfo) -> np.ma.MaskedArray:
    """All of the raster, reduced to at most `STRETCH_PX` pixels a side."""
    factor = max(1, math.ceil(max(info.width, info.height) / STRETCH_PX))
    height, width = math.ceil(info.height / factor), math.ceil(info.width / factor)
    return read_window(dataset, Window(0, 0, width * factor, height * factor), (height, width))


def tiles(info: RasterInfo, level: int) -> list[tuple[int, int]]:
    """(column, row) of the pictures of one level."""
    side = TILE_PX << level
    return [(x, y) for y in range(math.ceil(info.height / side)) for x in range(math.ceil(info.width / side))]


def estimate(dataset: rasterio.DatasetReader, info: RasterInfo, level: int, limits: tuple[float, float]) -> float:
    """About how many characters the pictures of this level and all coarser ones will take."""
    every = tiles(info, level)
    sample = every[:: math.ceil(len(every) / SAMPLED_TILES)]
    sizes = [len(picture(dataset, level, *at, limits) or "") for at in sample]
    # each coarser level has a quarter of the pixels
    return sum(sizes) / len(sizes) * len(every) * 4 / 3


def picture(
    dataset: rasterio.DatasetReader, level: int, column: int, row: int, limits: tuple[float, float]
) -> str | None:
    """One picture as a data URI; None where there is no data."""
    side = TILE_PX << level
    values = read_window(dataset, Window(column * side, row * side, side, side), (TILE_PX, TILE_PX))
    return None if np.ma.getmaskarray(values).all() else data_uri(values, limits)


def outlines(info: RasterInfo, parts: gpd.GeoDataFrame, body: Body) -> Iterator[tuple[str, list[list[list[float]]]]]:
    """(part, rings of [x, y] in pixels) of the footprint's parts."""
    for part, geometry in zip(parts["split"], parts.geometry, strict=True):
        rings = (ring for polygon in shapely.get_parts(geometry) for ring in (polygon.exterior, *polygon.interiors))
        yield str(part), [_pixels(info, np.asarray(ring.coords), body) for ring in rings]


def _pixels(info: RasterInfo, lonlat: NDArray[np.float64], body: Body) -> list[list[float]]:
    xy = np.column_stack(info.pixel(lonlat[:, 0], lonlat[:, 1], body))
    line = shapely.simplify(shapely.linestrings(xy), 0.5)
    return [[round(float(x), 1), round(float(y), 1)] for x, y in np.asarray(line.coords)]

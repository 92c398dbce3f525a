"""Pictures of the product: windows of the raster and an overview of it, with the craters as vector circles over it."""

import base64
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from PIL import Image
from rasterio.windows import Window

from crater_pipeline.labels.learnable import raster_circles
from crater_pipeline.rasters.files import RasterInfo, open_raster, raster_info, read_window
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.tiles.inside import footprint_part, inside_share

FloatArray = NDArray[np.float64]

CROP_PX = 512
CROPS = 6
OVERVIEW_PX = 1100
OVERVIEW_CIRCLES = 6000
"""More circles than this make the page slow; those with the highest scores are drawn."""

OVERVIEW_LEAST_PX = 2.0
"""Radius of the smallest circle on the overview; smaller craters would not be seen."""

WEBP_QUALITY = 82

CLASS_ORDER = ("matched", "missed", "unverifiable", "candidate")
"""Drawn in this order, the last on top."""


@dataclass(frozen=True)
class Circle:
    """A crater in pixels of a picture; `kind` is one of `CLASS_ORDER`, `title` its tooltip."""

    x: float
    y: float
    r: float
    kind: str
    title: str


@dataclass(frozen=True)
class Picture:
    """An image as a data URI with circles over it, and outlines as (part, SVG path)."""

    width: int
    height: int
    uri: str
    circles: tuple[Circle, ...]
    caption: str
    outlines: tuple[tuple[str, str], ...] = ()


def choose_windows(xy: FloatArray, size: int = CROP_PX, count: int = CROPS) -> list[tuple[int, int]]:
    """(x, y) corners of up to `count` windows that hold the most of the points (n, 2) and do not overlap.

    Candidates stand on a grid of half windows.
    """
    step = size // 2
    if len(xy) == 0:
        return []
    cell = np.floor(xy / step).astype(int)
    corners = np.unique(np.concatenate([cell - offset for offset in ((0, 0), (0, 1), (1, 0), (1, 1))]), axis=0)
    lookup: dict[tuple[int, int], int] = {}
    for key in map(tuple, cell.tolist()):
        lookup[key] = lookup.get(key, 0) + 1
    total = [sum(lookup.get((x + i, y + j), 0) for i in (0, 1) for j in (0, 1)) for x, y in corners.tolist()]
    chosen: list[tuple[int, int]] = []
    for index in np.argsort(-np.asarray(total), kind="stable"):
        x, y = corners[index].tolist()
        if all(max(abs(x - other_x), abs(y - other_y)) >= 2 for other_x, other_y in chosen):
            chosen.append((x, y))
        if len(chosen) == count:
            break
    return [(x * step, y * step) for x, y in chosen]


def data_uri(values: np.ma.MaskedArray) -> str:
    """WebP of a window (h, w), stretched between its 0.5 and 99.5 percentiles, transparent where there is no data."""
    valid = ~np.ma.getmaskarray(values)
    low, high = np.percentile(values.data[valid], [0.5, 99.5]) if valid.any() else (0.0, 1.0)
    grey = np.clip((values.data - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)
    layers = [grey] if valid.all() else [grey, grey, grey, (valid * 255).astype(np.uint8)]
    image = Image.fromarray(layers[0] if len(layers) == 1 else np.dstack(layers))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=WEBP_QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _circles(
    table: pd.DataFrame, scale: float, x_off: float, y_off: float, size: tuple[float, float]
) -> Iterator[Circle]:
    """Circles that reach into a picture; `table` has x, y, r in raster pixels, kind and title."""
    x, y, r = (table["x"] - x_off) / scale, (table["y"] - y_off) / scale, table["r"] / scale
    seen = table.assign(x=x, y=y, r=r)[(x + r > 0) & (y + r > 0) & (x - r < size[0]) & (y - r < size[1])]
    order = seen["kind"].map({kind: rank for rank, kind in enumerate(CLASS_ORDER)})
    for row in seen.loc[order.sort_values(kind="stable").index].itertuples():
        yield Circle(round(row.x, 1), round(row.y, 1), round(row.r, 1), row.kind, row.title)  # type: ignore[arg-type]


def crops(image: Path, drawn: pd.DataFrame, focus: NDArray[np.bool_], body: Body) -> list[Picture]:
    """The windows with the most craters among those in `focus`.

    `drawn` has lon, lat, diameter_km, kind and title; all of them are shown where they reach into a window.
    """
    info = raster_info(image)
    table = located(info, drawn, body)
    pictures = []
    with open_raster(image) as dataset:
        for left, top in choose_windows(table.loc[focus, ["x", "y"]].to_numpy(dtype=float)):
            x = min(max(left, 0), max(info.width - CROP_PX, 0))
            y = min(max(top, 0), max(info.height - CROP_PX, 0))
            values = read_window(dataset, Window(x, y, CROP_PX, CROP_PX))
            if np.ma.getmaskarray(values).all():
                continue
            lon, lat = info.lonlat(x + CROP_PX / 2, y + CROP_PX / 2, body)
            circles = tuple(_circles(table, 1.0, x, y, (CROP_PX, CROP_PX)))
            pictures.append(Picture(CROP_PX, CROP_PX, data_uri(values), circles, place(float(lon), float(lat))))
    return pictures


def located(info: RasterInfo, drawn: pd.DataFrame, body: Body) -> pd.DataFrame:
    """`drawn` with x, y, r in raster pixels."""
    x, y, r = raster_circles(info, drawn, body).T
    return drawn.assign(x=x, y=y, r=r)


def place(lon: float, lat: float) -> str:
    """A position in words: 24.3° W, 41.0° N."""
    return f"{abs(lon):.1f}° {'E' if lon >= 0 else 'W'}, {abs(lat):.1f}° {'N' if lat >= 0 else 'S'}"


def overview(image: Path, drawn: pd.DataFrame, parts: gpd.GeoDataFrame, body: Body) -> Picture:
    """The whole raster, reduced, with outlines of the footprint's parts."""
    info = raster_info(image)
    factor = max(1, math.ceil(max(info.width, info.height) / OVERVIEW_PX))
    width, height = math.ceil(info.width / factor), math.ceil(info.height / factor)
    with open_raster(image) as dataset:
        values = read_window(dataset, Window(0, 0, width * factor, height * factor), (height, width))
    shown = located(info, drawn.nlargest(OVERVIEW_CIRCLES, "score"), body)
    visible = shown.assign(r=np.maximum(shown["r"], OVERVIEW_LEAST_PX * factor))
    circles = tuple(_circles(visible, factor, 0, 0, (width, height)))
    return Picture(width, height, data_uri(values), circles, "", tuple(_outlines(info, parts, factor, body)))


def _outlines(info: RasterInfo, parts: gpd.GeoDataFrame, factor: int, body: Body) -> Iterator[tuple[str, str]]:
    """(part, SVG path of all its rings) in pixels of the overview."""
    for part, geometry in zip(parts["split"], parts.geometry, strict=True):
        path = []
        for polygon in shapely.get_parts(geometry):
            for ring in (polygon.exterior, *polygon.interiors):
                lon, lat = np.asarray(ring.coords).T[:2]
                xy = np.column_stack(info.pixel(lon, lat, body)) / factor
                line = shapely.simplify(shapely.linestrings(xy), 0.5)
                path.append("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in np.asarray(line.coords)) + "Z")
        yield str(part), "".join(path)


def drawn_craters(
    craters: pd.DataFrame,
    catalogue: pd.DataFrame,
    footprint: gpd.GeoDataFrame,
    threshold: float,
    limit_km: float,
    max_cut_fraction: float,
    body: Body,
) -> pd.DataFrame:
    """What the pictures show: craters at or above the threshold by status, and catalogue craters that were missed.

    Columns lon, lat, diameter_km, score, kind (see `CLASS_ORDER`), in_test (bool) and title. Missed are craters that
    no crater of the product names and that would count (`evaluation.judging`) if all parts were judged.
    """
    shown = craters[craters["score"] >= threshold]
    searched, test = footprint_part(footprint), footprint_part(footprint, "test")
    lost = catalogue[(catalogue["diameter_km"] >= limit_km) & ~catalogue["catalogue_id"].isin(shown["catalogue_id"])]
    lon, lat, diameter = (lost[key].to_numpy(dtype=float) for key in ("lon", "lat", "diameter_km"))
    lost = lost[
        shapely.contains_xy(searched, lon, lat)
        & (inside_share(lon, lat, diameter, searched, body) >= 1.0 - max_cut_fraction)
    ]
    found = pd.DataFrame(
        {key: shown[key] for key in ("lon", "lat", "diameter_km", "score")}
        | {"kind": shown["status"], "in_test": shown["split"] == "test"}
    )
    found["title"] = [
        f"{kind}: D {d:.2f} km, score {score:.2f}"
        for kind, d, score in zip(found["kind"], found["diameter_km"], found["score"], strict=True)
    ]
    missed = lost[["lon", "lat", "diameter_km"]].assign(score=1.0, kind="missed")
    missed["in_test"] = shapely.contains_xy(test, lost["lon"].to_numpy(float), lost["lat"].to_numpy(float))
    missed["title"] = [
        f"missed: {name}, D {d:.2f} km" for name, d in zip(lost["catalogue_id"], lost["diameter_km"], strict=True)
    ]
    drawn: pd.DataFrame = pd.concat([found, missed], ignore_index=True)
    return drawn

"""Pictures of the product: windows of the raster with the craters as vector circles over them."""

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from PIL import Image
from rasterio.windows import Window

from crater_pipeline.labels.learnable import raster_circles
from crater_pipeline.rasters.files import RasterInfo, info_of, open_raster, raster_info, read_window
from crater_pipeline.rasters.several import shown_by
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import great_circle_km
from crater_pipeline.tiles.inside import footprint_part, inside_share

FloatArray = NDArray[np.float64]

CROP_PX = 512
CROPS = 6
WEBP_QUALITY = 82

CLASS_ORDER = ("matched", "missed", "unverifiable", "candidate")
"""Drawn in this order, the last on top."""


@dataclass(frozen=True)
class Circle:
    """A crater in pixels of a picture; `kind` is its class in the style sheet, `title` its tooltip."""

    x: float
    y: float
    r: float
    kind: str
    title: str


@dataclass(frozen=True)
class Picture:
    """An image as a data URI with circles over it; `heat` is the network's heatmap over the same window."""

    width: int
    height: int
    uri: str
    circles: tuple[Circle, ...]
    caption: str
    title: str = ""
    heat: str | None = None


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


def stretch(values: np.ma.MaskedArray) -> tuple[float, float]:
    """What is shown black and white: the 0.5 and 99.5 percentiles."""
    if np.ma.getmaskarray(values).all():
        return 0.0, 1.0
    low, high = np.percentile(values.compressed(), [0.5, 99.5])
    return float(low), float(high)


def data_uri(values: np.ma.MaskedArray, limits: tuple[float, float] | None = None) -> str:
    """WebP of a window (h, w), stretched between `limits` (by default its own), transparent where there is no data."""
    valid = ~np.ma.getmaskarray(values)
    low, high = stretch(values) if limits is None else limits
    grey = np.clip((values.data - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)
    layers = [grey] if valid.all() else [grey, grey, grey, (valid * 255).astype(np.uint8)]
    return webp(layers[0] if len(layers) == 1 else np.dstack(layers))


def webp(pixels: NDArray[np.uint8]) -> str:
    """Grey (h, w) or RGBA (h, w, 4) pixels as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=WEBP_QUALITY, method=4)
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


Corner = tuple[Path, int, int]
"""A window of `CROP_PX` pixels a side: its raster, and x and y of its corner."""


def crops(drawn: pd.DataFrame, windows: Iterable[Corner], heat: Iterable[str | None], body: Body) -> list[Picture]:
    """Pictures of the windows, each with the network's heatmap over it where there is one.

    `drawn` has lon, lat, diameter_km, kind and title; all of them are shown where they reach into a window.
    """
    pictures = []
    for (image, x, y), answer in zip(windows, heat, strict=True):
        with open_raster(image) as dataset:
            info = info_of(dataset, image)
            values = read_window(dataset, Window(x, y, CROP_PX, CROP_PX))
        lon, lat = (float(each) for each in info.lonlat(x + CROP_PX / 2, y + CROP_PX / 2, body))
        reach_km = CROP_PX * info.pixel_size_m / 1000 + drawn["diameter_km"] / 2  # scales lie within 1.3
        near = drawn[great_circle_km(lon, lat, drawn["lon"], drawn["lat"], body) < reach_km]
        circles = tuple(_circles(located(info, near, body), 1.0, x, y, (CROP_PX, CROP_PX)))
        pictures.append(Picture(CROP_PX, CROP_PX, data_uri(values), circles, place(lon, lat), heat=answer))
    return pictures


def picture_windows(
    images: Sequence[Path], craters: pd.DataFrame, catalogue: pd.DataFrame, footprint: gpd.GeoDataFrame, body: Body
) -> list[Corner]:
    """The windows to show, where the test part holds the most craters of the catalogue.

    They are the same for every network that is judged on the same ground. Without a catalogue they are those with the
    most of the craters found. Windows without any data are left out. Of several `images` each shows the places that
    it shows best.
    """
    points = catalogue if len(catalogue) else craters
    lon, lat = (points[key].to_numpy(dtype=float) for key in ("lon", "lat"))
    inside = shapely.contains_xy(footprint_part(footprint, "test"), lon, lat) if len(points) else np.zeros(0, bool)
    lon, lat = lon[inside], lat[inside]
    infos = [raster_info(image) for image in images]
    best = shown_by(infos, lon, lat, body)
    found = [each for k, info in enumerate(infos) for each in _richest(info, lon[best == k], lat[best == k], body)]
    chosen = sorted(found, key=itemgetter(0), reverse=True)[:CROPS]
    return [corner for _, corner in chosen]


def _richest(info: RasterInfo, lon: FloatArray, lat: FloatArray, body: Body) -> Iterator[tuple[int, Corner]]:
    """(how many of the places it shows, window) of the richest windows of one raster that hold data."""
    xy = np.column_stack(info.pixel(lon, lat, body))
    xy = xy[((xy >= 0) & (xy < [info.width, info.height])).all(axis=1)]
    seen = set()
    with open_raster(info.path) as dataset:
        for x, y in choose_windows(xy):
            count = int(((xy >= [x, y]) & (xy < [x + CROP_PX, y + CROP_PX])).all(axis=1).sum())
            x, y = min(max(x, 0), max(info.width - CROP_PX, 0)), min(max(y, 0), max(info.height - CROP_PX, 0))
            values = read_window(dataset, Window(x, y, CROP_PX, CROP_PX))
            if (x, y) not in seen and not np.ma.getmaskarray(values).all():
                yield count, (info.path, x, y)
            seen.add((x, y))


def located(info: RasterInfo, drawn: pd.DataFrame, body: Body) -> pd.DataFrame:
    """`drawn` with x, y, r in raster pixels."""
    x, y, r = raster_circles(info, drawn, body).T
    return drawn.assign(x=x, y=y, r=r)


def place(lon: float, lat: float) -> str:
    """A position in words: 24.3° W, 41.0° N."""
    return f"{abs(lon):.1f}° {'E' if lon >= 0 else 'W'}, {abs(lat):.1f}° {'N' if lat >= 0 else 'S'}"


def missable(
    catalogue: pd.DataFrame, footprint: gpd.GeoDataFrame, limit_km: float, max_cut_fraction: float, body: Body
) -> pd.DataFrame:
    """Catalogue craters that would count (`evaluation.judging`) if all parts were judged: missed, unless found."""
    searched = footprint_part(footprint)
    large = catalogue[catalogue["diameter_km"] >= limit_km]
    lon, lat, diameter = (large[key].to_numpy(dtype=float) for key in ("lon", "lat", "diameter_km"))
    counts: pd.DataFrame = large[
        shapely.contains_xy(searched, lon, lat)
        & (inside_share(lon, lat, diameter, searched, body) >= 1.0 - max_cut_fraction)
    ]
    return counts


def drawn_craters(craters: pd.DataFrame, missable: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """What the pictures show: craters at or above the threshold by status, and catalogue craters that were missed.

    Columns lon, lat, diameter_km, score, kind (see `CLASS_ORDER`) and title. Missed are the `missable` catalogue
    craters that no crater of the product names.
    """
    shown = craters[craters["score"] >= threshold]
    lost = missable[~missable["catalogue_id"].isin(shown["catalogue_id"])]
    found = pd.DataFrame(
        {key: shown[key] for key in ("lon", "lat", "diameter_km", "score")} | {"kind": shown["status"]}
    )
    found["title"] = [
        f"{kind}: D {d:.2f} km, score {score:.2f}"
        for kind, d, score in zip(found["kind"], found["diameter_km"], found["score"], strict=True)
    ]
    missed = lost[["lon", "lat", "diameter_km"]].assign(score=1.0, kind="missed")
    missed["title"] = [
        f"missed: {name}, D {d:.2f} km" for name, d in zip(lost["catalogue_id"], lost["diameter_km"], strict=True)
    ]
    drawn: pd.DataFrame = pd.concat([found, missed], ignore_index=True)
    return drawn

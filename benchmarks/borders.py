"""Duplicates and losses of the merge: a region full of craters, seen by every tile of every level that can see them.

Run as `python benchmarks/borders.py [--side 30000] [--craters 200000]`. Besides craters everywhere (a power law of
sizes), one is planted on every corner and on the middle of every border of the tiles' cores, level by level. Every
tile that holds a crater's centre reports it, off by what the shipped weights are off between tiles and between levels
(hongwan, GLD100, see the constants), and every report has a score of its own. Nothing is missed by the network, so
that each crater ought to come out exactly once.
"""

import argparse
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from numpy.typing import NDArray

from crater_pipeline.detection.georeferencing import georeference
from crater_pipeline.detection.merging import MergingSettings, deduplicate, merge
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.rasters.extent import raster_bounds
from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.tiles.grid import TileGrid, TilingSettings, core_edges

FloatArray = NDArray[np.float64]

PIXEL_M = 100.0
LEVEL_CENTRE, LEVEL_SIZE = 0.04, 0.09
"""Between levels: offset of the centre on each axis in radii, and of the logarithm of the diameter (deviations)."""
TILE_CENTRE, TILE_SIZE = 0.012, 0.03
"""Between tiles of a level, from Student's distribution with three degrees of freedom: its tails are heavy, too."""
APART, RATIO = 0.8, 2.5
"""Planted craters are no more alike than this: nearer ones the merge may well take for one."""


def planted(grid: TileGrid, count: int, random: np.random.Generator) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """x, y, diameter in pixels of level 0 (n, 3), and which of them stand on borders and corners."""
    special = []
    for level in range(grid.used_levels):
        scale = 1 << level
        edges = [core_edges(offsets, grid.size)[1:-1] * scale for offsets in grid.offsets(level)]
        middles = [(offsets + grid.size / 2) * scale for offsets in grid.offsets(level)]
        for columns, rows in ((edges[0], edges[1]), (edges[0], middles[1]), (middles[0], edges[1])):
            x, y = np.meshgrid(columns, rows)
            special.append(np.column_stack([x.ravel(), y.ravel(), np.full(x.size, 32.0 * scale)]))
    sizes = 6.0 * random.uniform(0, 1, count) ** -0.5  # cumulative number ~ D^-2
    anywhere = random.uniform(0, 1, (count, 2)) * [grid.width, grid.height]
    at_borders = np.concatenate(special)
    rows = np.concatenate([at_borders, np.column_stack([anywhere, np.minimum(sizes, grid.width / 4)])])
    # on a plane without curvature: degrees small enough, and the borders' craters first
    degrees = np.degrees(PIXEL_M / MOON.radius_m) / 100
    lon, lat = (rows[:, 0] - grid.width / 2) * degrees, (rows[:, 1] - grid.height / 2) * degrees
    first = np.r_[np.full(len(at_borders), 2.0), random.uniform(0, 1, count)]
    rule = MergingSettings(max_centre_distance=APART, max_size_ratio=RATIO)
    keep = deduplicate(lon, lat, rows[:, 2] * PIXEL_M / 1000 / 100, first, MOON, rule)
    return rows[keep], (np.arange(len(rows)) < len(at_borders))[keep]


def reports(craters: FloatArray, grid: TileGrid, random: np.random.Generator) -> pd.DataFrame:
    """Detections of all tiles, with the crater's number as `origin`."""
    settings, tables = InferenceSettings(), []
    for level in range(grid.used_levels):
        last = level == grid.used_levels - 1
        size = craters[:, 2] / (1 << level)
        least = settings.min_diameter_coarse_px if level else settings.min_diameter_px
        visible = np.flatnonzero((size >= least) & (last | (size <= settings.max_diameter_px)))
        # how this level sees each crater, whichever tile
        offset = random.normal(0, LEVEL_CENTRE, (len(craters), 2)) * size[:, None] / 2
        growth = random.normal(0, LEVEL_SIZE, len(craters))
        for tile in grid.tiles(level):
            x, y = tile.from_level0(craters[visible, 0], craters[visible, 1])
            inside = (x >= 0) & (y >= 0) & (x < tile.size) & (y < tile.size)
            seen = visible[inside]
            wobble = random.standard_t(3, (len(seen), 3))
            at = np.column_stack([x, y])[inside] + offset[seen] + TILE_CENTRE * wobble[:, :2] * size[seen, None] / 2
            side = size[seen] * np.exp(growth[seen] + TILE_SIZE * wobble[:, 2])
            tables.append(
                pd.DataFrame(
                    {
                        **{"level": tile.level, "x_off": tile.x_off, "y_off": tile.y_off},
                        **{"x": at[:, 0], "y": at[:, 1], "width": side, "height": side},
                        "core_distance": grid.core_distance(tile, at[:, 0], at[:, 1]),
                        **{"touches_edge": False, "origin": seen},
                    }
                )
            )
    table = pd.concat(tables, ignore_index=True)
    return table.assign(score=random.uniform(0.3, 0.9, len(table)))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10_000)
    parser.add_argument("--craters", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random = np.random.default_rng(given.seed)
    half = np.degrees(given.side * PIXEL_M / MOON.radius_m) / 2
    crs = choose_projection(Bounds(180 - half, 30 - half, -180 + half, 30 + half), MOON)
    half_m = given.side * PIXEL_M / 2
    transform = Affine(PIXEL_M, 0, -half_m, 0, -PIXEL_M, half_m)
    info = RasterInfo(Path("region.tif"), given.side, given.side, transform, crs, "uint8", 0)
    grid = TileGrid.of(given.side, given.side, TilingSettings())
    craters, special = planted(grid, given.craters, random)
    found = reports(craters, grid, random)
    # a score is a report's own, so that what comes out can be told by it
    origin = found.set_index("score")["origin"]
    bounds = raster_bounds(info, MOON)
    boxes = [shapely.box(west, -90, east, 90) for west, east in ((bounds.west, 180), (-180, bounds.east))]
    everywhere = gpd.GeoDataFrame({"split": ["test"]}, geometry=[shapely.MultiPolygon(boxes)], crs=MOON.geographic_crs)
    unique = merge(georeference(found, info.on(MOON), MOON), everywhere, MOON, MergingSettings())
    times = np.bincount(origin.loc[unique["score"]], minlength=len(craters))
    levels = f"{grid.used_levels} levels, {sum(1 for _ in grid.tiles()):,d} tiles"
    print(f"{given.side} x {given.side} pixels, {levels}: {len(found):,d} reports of {len(craters):,d} craters")
    for name, rows in (("on borders and corners", special), ("elsewhere", ~special), ("all", special | True)):
        print(
            f"{name:>24}: {rows.sum():>8,d} craters, lost {np.mean(times[rows] == 0):.4%}, "
            f"more than once {np.mean(times[rows] > 1):.4%}"
        )


if __name__ == "__main__":
    main()

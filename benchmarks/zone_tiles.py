"""How many zones, pixels and tiles a whole body is, without any raster: what a search will take, on paper.

Run as `python benchmarks/zone_tiles.py [--pixel 100] [--side 30]`. The mosaic is a simple cylindrical one of the whole
Moon. Zones that are each other's image are counted once and multiplied.
"""

import argparse
import math
from pathlib import Path

from affine import Affine
from pyproj import CRS

from crater_pipeline.rasters.files import RasterInfo
from crater_pipeline.rasters.region_grid import region_grid
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.zones import zone_margin_px, zones
from crater_pipeline.tiles.grid import TileGrid, TilingSettings
from crater_pipeline.tiles.searched import cells_inside, share_of_tile

WHOLE = Bounds(-180.0, -90.0, 180.0, 90.0)


def whole_mosaic(pixel_m: float) -> RasterInfo:
    """Header of a mosaic of the whole Moon."""
    half = math.pi * MOON.radius_m
    width = round(2 * half / pixel_m)
    side = 2 * half / width
    crs = CRS.from_dict({"proj": "eqc", "R": MOON.radius_m})
    return RasterInfo(Path("mosaic"), width, width // 2, Affine(side, 0, -half, 0, -side, half / 2), crs, "uint8", None)


def tiles_of(mosaic: RasterInfo, zone: Bounds, pixel_m: float) -> tuple[float, int]:
    """(millions of pixels of a zone's raster, tiles that are searched)."""
    grid = region_grid(mosaic, zone, MOON, zone_margin_px(zone, pixel_m, MOON))
    info = RasterInfo(Path("zone"), grid.width, grid.height, grid.transform, grid.crs, "uint8", None)
    shown = cells_inside(info, zone, MOON)
    tiles = TileGrid.of(grid.width, grid.height, TilingSettings()).tiles()
    return grid.width * grid.height / 1e6, sum(share_of_tile(tile, shown) > 0 for tile in tiles)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixel", type=float, default=100.0)
    parser.add_argument("--side", type=float)
    given = parser.parse_args()
    mosaic, alike = whole_mosaic(given.pixel), dict[tuple[float, float, float], list[Bounds]]()
    for zone in zones(WHOLE, given.side):
        low, high = sorted([abs(zone.south), abs(zone.north)])
        alike.setdefault((low, high, round(zone.width, 3)), []).append(zone)
    pixels, tiles = 0.0, 0
    for (low, high, width), same in alike.items():
        each_pixels, each_tiles = tiles_of(mosaic, same[0], given.pixel)
        pixels, tiles = pixels + len(same) * each_pixels, tiles + len(same) * each_tiles
        print(f"{len(same):4} x {low:g} to {high:g} N/S, {width:g} wide: {each_pixels:.0f} Mpx, {each_tiles} tiles")
    print(f"{sum(map(len, alike.values())):4} zones, {pixels:.0f} Mpx with margins, {tiles} tiles")


if __name__ == "__main__":
    main()

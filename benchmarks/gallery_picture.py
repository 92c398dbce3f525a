"""A picture of the gallery: a piece of a raster with the craters found there, coloured by score as in QGIS.

python benchmarks/gallery_picture.py my.tif craters.gpkg picture.jpg --bounds -35 40 -20 48

Terrain is lit from the west. A catalogue's craters that were missed are drawn in blue.
"""

import argparse
from pathlib import Path

import geopandas as gpd
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LightSource, Normalize
from rasterio.windows import Window

from crater_pipeline.rasters.files import info_of, open_raster, read_window
from crater_pipeline.reporting.pictures import stretch
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds

WIDTH = 9.0
"""Of the picture, in inches of 100 pixels."""

COLOURS = Normalize(0.3, 0.8)
"""Scores at both ends of the scale."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raster", type=Path)
    parser.add_argument("craters", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--bounds", type=float, nargs=4, required=True, help="west, south, east, north in degrees")
    parser.add_argument("--smallest-km", type=float, default=0.0, help="smaller craters are left out")
    given = parser.parse_args()
    bounds = Bounds(*given.bounds)
    with open_raster(given.raster) as dataset:
        info = info_of(dataset, given.raster)
        x, y = info.pixel(*bounds.outline(91), MOON)
        left, top = int(max(x.min(), 0)), int(max(y.min(), 0))
        right, bottom = int(min(x.max(), info.width)), int(min(y.max(), info.height))
        values = read_window(dataset, Window(left, top, right - left, bottom - top))
        (west, north), (east, south) = dataset.transform @ (left, top), dataset.transform @ (right, bottom)
        crs, is_terrain = dataset.crs, dataset.dtypes[0] != "uint8"
    if is_terrain:
        height = values.filled(values.mean()).astype(float)
        values = np.ma.masked_array(
            LightSource(270, 25).hillshade(height, dx=info.pixel_size_m, dy=info.pixel_size_m), values.mask
        )
    squeeze = 1 / np.cos(np.radians((bounds.south + bounds.north) / 2)) if crs.is_geographic else 1.0
    figure, axes = plt.subplots(figsize=(WIDTH, WIDTH * squeeze * (north - south) / (east - west)))
    low, high = stretch(values)
    axes.imshow(values, cmap="gray", vmin=low, vmax=high, extent=(west, east, south, north), aspect="auto")
    layers = {name: gpd.read_file(given.craters, layer=name).to_crs(crs) for name in ("craters", "catalogue")}
    found, known = (table[table["diameter_km"] >= given.smallest_km] for table in layers.values())
    missed = known[~known["found"].astype(bool)]
    found.boundary.plot(ax=axes, color=plt.get_cmap("plasma")(COLOURS(found["score"].to_numpy())), linewidth=1.1)
    if len(missed):
        missed.boundary.plot(ax=axes, color="#4aa3ff", linewidth=1.1)
    axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect="auto")
    figure.subplots_adjust(0, 0, 1, 1)
    given.picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(given.picture, dpi=100, pil_kwargs={"quality": 82, "optimize": True})


if __name__ == "__main__":
    main()

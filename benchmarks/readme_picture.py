"""The picture in the README: craters of the simulated region over its image, right, missed and new.

make craters && python benchmarks/readme_picture.py
"""

from pathlib import Path

import geopandas as gpd
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

from crater_pipeline.rasters.files import open_raster

RESULTS = Path("results/demo")
TARGET = Path("docs/images/demo.jpg")
SHARE = (0.28, 0.28, 0.62, 0.62)
"""Left, top, right and bottom of the piece that is shown, as shares of the raster."""

SMALLEST_KM = 1.0
COLOURS = {"found": "#4cd964", "missed": "#ffcc00", "candidate": "#ff5e57"}


def main() -> None:
    with open_raster(RESULTS / "projected.tif") as raster:
        left, top, right, bottom = (
            int(share * side)
            for share, side in zip(SHARE, (raster.width, raster.height, raster.width, raster.height), strict=True)
        )
        image = raster.read(1)[top:bottom, left:right]
        (west, north), (east, south) = raster.transform @ (left, top), raster.transform @ (right, bottom)
        crs = raster.crs
    craters = gpd.read_file(RESULTS / "craters.gpkg", layer="craters").to_crs(crs)
    catalogue = gpd.read_file(RESULTS / "craters.gpkg", layer="catalogue").to_crs(crs)
    shown = {
        "found": craters[craters["status"] == "matched"],
        "missed": catalogue[~catalogue["found"].astype(bool)],
        "candidate": craters[craters["status"] == "candidate"],
    }
    figure, axes = plt.subplots(figsize=(9, 9 * (north - south) / (east - west)))
    axes.imshow(image, cmap="gray", extent=(west, east, south, north))
    for name, table in shown.items():
        table[table["diameter_km"] >= SMALLEST_KM].boundary.plot(ax=axes, color=COLOURS[name], linewidth=1.1)
    axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    axes.legend(handles=[Line2D([], [], color=c, label=n) for n, c in COLOURS.items()], loc="lower right")
    figure.subplots_adjust(0, 0, 1, 1)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(TARGET, dpi=100, pil_kwargs={"quality": 85})


if __name__ == "__main__":
    main()

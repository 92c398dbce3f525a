"""How good measured depths are: on simulated craters of known shape, and on a real terrain model beside a catalogue.

Run as `python benchmarks/depths.py` for simulated craters of 10 to 100 pixels on three terrain models: sharp, blurred
by 1.2 pixels, and by 3.6 pixels with noise of 6 m as GLD100 is; circles are off by 5 % of D in size and place, as
detections are. Or as
`python benchmarks/depths.py --terrain gld100_hongwan.tif --catalogue wang_wu_west.csv [--craters craters.gpkg]`
for craters of a catalogue in Wang & Wu's columns: on its own circles, or on those of a GeoPackage's detections, matched
by `iou50`.
"""

import argparse
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray

from crater_pipeline.evaluation.matching import optimal_matches
from crater_pipeline.labels.catalogues import clip_catalogue, read_catalogue
from crater_pipeline.measures.depths import TerrainModel, measure_depths
from crater_pipeline.measures.settings import DepthSettings
from crater_pipeline.rasters.extent import raster_bounds
from crater_pipeline.rasters.files import create_raster, raster_info
from crater_pipeline.simulation.known import known_craters
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.circle_fitting import fit_boxes
from crater_pipeline.sphere.projections import choose_projection

FloatArray = NDArray[np.float64]

PIXEL_M = 118.45
MODELS = {"sharp": (0.0, 0.0), "1.2 px": (1.2, 2.0), "3.6 px, as GLD100": (3.6, 6.0)}
"""Blur in pixels and noise in metres."""
SIZES_PX = (10, 12, 16, 20, 24, 30, 40, 50, 64, 100)
PER_SIDE, ROUGH_M, SLOPE, OFF = 8, 30.0, (0.05, 0.02), 0.05
EVERYTHING = DepthSettings(min_diameter_px=6, min_rim_height_px=6)
BORDERS_KM = (1, 1.5, 2, 2.5, 3, 3.55, 5, 7, 10, 20, 500)


def simulated() -> None:
    print("| model | D, px | depth: median ratio | scatter | sd / depth | scatter / sd | rim height: ratio | scatter |")
    print("|---|---|---|---|---|---|---|---|")
    for name, (blur, noise) in MODELS.items():
        for size in SIZES_PX:
            print(f"| {name} | {size} | {' | '.join(one_size(size, blur, noise))} |", flush=True)


def one_size(size_px: float, blur_px: float, noise_m: float) -> list[str]:
    settings = SimulationSettings(dtm_blur_px=blur_px, dtm_noise_m=noise_m)
    known = known_craters(size_px, PIXEL_M, PER_SIDE, 0, settings, ROUGH_M, SLOPE)
    height, width = known.elevation_m.shape
    crs = choose_projection(Bounds(-5, -5, 5, 5), MOON)
    place = Affine(PIXEL_M, 0, -PIXEL_M * width / 2, 0, -PIXEL_M, PIXEL_M * height / 2)
    rng = np.random.default_rng(1)
    off = 1 + OFF * rng.standard_normal(len(known.x))
    moved = OFF * size_px * np.sqrt(0.5) * rng.standard_normal((2, len(known.x)))
    boxes = np.column_stack([known.x + moved[0], known.y + moved[1], known.diameter_px * off, known.diameter_px * off])
    lon, lat, diameter_km = fit_boxes(boxes, place, crs, MOON)
    craters = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": diameter_km, "diameter_sigma_km": np.nan})
    with TemporaryDirectory() as folder:
        raster = Path(folder) / "terrain.tif"
        with create_raster(raster, width, height, crs, place, "float32", np.nan) as dataset:
            dataset.write(known.elevation_m, 1)
        found = measure_depths(craters, craters, TerrainModel(raster), MOON, EVERYTHING)
    depth, sd, rim = (found[key].to_numpy() for key in ("depth_m", "depth_sd_m", "rim_height_m"))
    ratio, rims = depth / known.depth_m, rim / known.rim_height_m
    bias = np.nanmedian(ratio)
    pull = (depth - bias * known.depth_m) / sd
    values = (bias, half_width(ratio), np.nanmedian(sd / depth), half_width(pull), np.nanmedian(rims), half_width(rims))
    return [f"{value:.2f}" for value in values]


def half_width(values: FloatArray) -> float:
    """Half of the width of the middle 68 %."""
    low, high = np.nanquantile(values, (0.16, 0.84))
    return float(high - low) / 2


def real(terrain: Path, source: Path, geopackage: Path | None) -> None:
    bounds = raster_bounds(raster_info(terrain), MOON)
    known = clip_catalogue(read_catalogue(source, "wang_wu", MOON), bounds, MOON)
    known = known[known["depth_m"] > 0].reset_index(drop=True)
    table = known if geopackage is None else pd.DataFrame(gpd.read_file(geopackage, layer="craters"))
    pairs = np.tile(np.arange(len(known))[:, None], 2)
    if geopackage is not None:
        pairs = optimal_matches(table, known, "iou50", MOON)
    circles = table[["lon", "lat", "diameter_km"]].assign(diameter_sigma_km=np.nan)
    found = measure_depths(circles, circles, TerrainModel(terrain), MOON, EVERYTHING).iloc[pairs[:, 0]]
    truth = known.iloc[pairs[:, 1]]
    depth, listed, diameter = found["depth_m"].to_numpy(), truth["depth_m"].to_numpy(), truth["diameter_km"].to_numpy()
    print("| D, km | craters | measured | median ratio | middle 68 % | correlation |\n|---|---|---|---|---|---|")
    limit = 30 * PIXEL_M / 1000
    for low, high in [*pairwise(BORDERS_KM), (limit, np.inf)]:
        inside = (diameter >= low) & (diameter < high)
        both = inside & np.isfinite(depth)
        if both.sum() > 2:
            ratio = depth[both] / listed[both]
            quantiles = "{:.2f}-{:.2f}".format(*np.quantile(ratio, (0.16, 0.84)))
            correlation = np.corrcoef(depth[both], listed[both])[0, 1]
            print(
                f"| {low:g}-{high:g} | {inside.sum()} | {both.sum()} | {np.median(ratio):.2f} | {quantiles} | "
                f"{correlation:.3f} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--terrain", type=Path)
    parser.add_argument("--catalogue", type=Path)
    parser.add_argument("--craters", type=Path)
    given = parser.parse_args()
    if given.terrain and given.catalogue:
        real(given.terrain, given.catalogue, given.craters)
    else:
        simulated()


if __name__ == "__main__":
    main()

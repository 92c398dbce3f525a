"""How well circles sit when the sun is low: one simulated surface under suns of several heights, with its shadows.

Run as `python benchmarks/sun_heights.py`. Of the craters of `--least-px` pixels or more: recall at the weights' own
threshold and the median errors of centre and diameter (in diameters) of those that are found by `iou50`, with the bias
of diameters and how far centres are drawn towards the sun. `lit` is the share of the craters that lie in shadow by
less than half. A pair is of that size by the geometric mean of both diameters, with a truth that reaches below it
(`REACH`): to choose by one of them is to choose those it puts high.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.detection.zonal_survey import Survey
from crater_pipeline.evaluation.judging import judge, make_scene
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.labels.catalogues import clip_catalogue, read_catalogue
from crater_pipeline.labels.learnable import raster_circles
from crater_pipeline.labels.shadow import MOST_SHADOW, shadow_share
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.scores import scaled
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps.simulate import simulate

BOUNDS = Bounds(0, 2, 4, 6)
PIXEL_M = 100.0
REACH = 0.6


def line(height: float, weights: Path, least_px: float, positions: int, folder: Path) -> str:
    """The surface under a sun of that height, judged."""
    image, catalogue = folder / f"{height:g}.tif", folder / f"{height:g}.csv"
    settings = SimulationSettings(sun_elevation_deg=height, sun_azimuth_deg=270.0)
    simulate(
        output_image=image,
        output_dtm=folder / "dtm.tif",
        output_catalogue=catalogue,
        seed=21,
        pixel_size_m=PIXEL_M,
        bounds=(BOUNDS.west, BOUNDS.south, BOUNDS.east, BOUNDS.north),
        body=MOON,
        settings=settings,
    )
    least_km = least_px * PIXEL_M / 1000
    known = clip_catalogue(read_catalogue(catalogue, "robbins", MOON), BOUNDS, MOON)
    known = known[known["diameter_km"] >= REACH * least_km].reset_index(drop=True)
    inference = InferenceSettings(positions=positions)
    craters, area = Survey("image", MOON, weights, metadata_path(weights), inference=inference).of(
        image, BOUNDS, folder
    )
    described = read_metadata(metadata_path(weights))
    craters = scaled(craters, described.diameter_scale)
    scene = make_scene(craters, known, area, "test", REACH * least_km, EvaluationSettings().max_cut_fraction, MOON)
    threshold = read_metadata(metadata_path(weights)).threshold
    table = judge(scene, scene.pairs("iou50"), threshold)
    truth = table[table["outcome"].isin(["true_positive", "false_negative"]) & (table["diameter_km"] >= least_km)]
    recall = float((truth["outcome"] == "true_positive").mean())
    found = table[table["outcome"] == "true_positive"]
    pairs = scene.pred.iloc[found["pred"].to_numpy(dtype=int)].reset_index(drop=True)
    both = np.sqrt(pairs["diameter_km"].to_numpy() * found["diameter_km"].to_numpy(dtype=float))
    large = both >= least_km
    found, pairs = found.reset_index(drop=True)[large], pairs[large]
    off = pairs["diameter_km"].to_numpy() / found["diameter_km"].to_numpy(dtype=float) - 1
    hidden = shadow_share(image, raster_circles(raster_info(image), known, MOON)) > MOST_SHADOW
    return (
        f"{height:5.0f} {len(truth):6d} {1 - hidden[known['diameter_km'] >= least_km].mean():6.2f} {recall:7.2f} "
        f"{len(found):6d} {found['centre_error'].median():8.3f} {np.median(np.abs(off)):9.3f} {np.median(off):+7.3f} "
        f"{_towards_sun(found, pairs):+9.3f}"
    )


def _towards_sun(found: pd.DataFrame, pairs: pd.DataFrame) -> float:
    """How far towards the sun, which stands in the west, centres are found (median, in diameters)."""
    west = found["lon"].to_numpy(dtype=float) - pairs["lon"].to_numpy(dtype=float)
    km = np.radians(west) * np.cos(np.radians(found["lat"].to_numpy(dtype=float))) * MOON.radius_m / 1000
    return float(np.median(km / found["diameter_km"].to_numpy(dtype=float)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=shipped_weights())
    parser.add_argument("--heights", type=float, nargs="+", default=[3, 6, 10, 20, 30, 45])
    parser.add_argument("--least-px", type=float, default=10.0)
    parser.add_argument("--positions", type=int, default=InferenceSettings().positions)
    arguments = parser.parse_args()
    print("  sun craters    lit  recall  found   centre  diameter    bias  to the sun")
    for height in arguments.heights:
        with tempfile.TemporaryDirectory() as folder:
            print(line(height, arguments.weights, arguments.least_px, arguments.positions, Path(folder)), flush=True)


if __name__ == "__main__":
    main()

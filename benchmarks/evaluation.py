"""Time and peak memory of judging a whole body's craters, by their number.

Run as `python benchmarks/evaluation.py [count ...] [--samples 1000]`. Each count runs in a process of its own, so that
the memory is its own too. The catalogue has as many craters as are found; seven in ten are found, with the scatter of a
network, the rest of what is found is none.
"""

import argparse
import resource
import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.deduplication import CENTRE_SCATTER, MOON, SIZE_SCATTER
from crater_pipeline.evaluation.settings import EvaluationSettings
from crater_pipeline.evaluation.summary import SPLIT, evaluate_region
from crater_pipeline.models.scores import IDENTITY, OperatingPoint

PIXEL_KM = 0.1
LEAST_KM = 1.0
FOUND = 0.7
POINT = OperatingPoint(
    threshold=0.3, raw_threshold=0.3, calibration=IDENTITY, source="validation", min_diameter_km=LEAST_KM
)


def craters(random: np.random.Generator, count: int) -> pd.DataFrame:
    """Craters anywhere on the body, their cumulative number ~ D^-2, up to 250 km."""
    return pd.DataFrame(
        {
            "lon": random.uniform(-180, 180, count),
            "lat": np.degrees(np.arcsin(random.uniform(-1, 1, count))),
            "diameter_km": 0.8 * (1 - random.uniform(0, 0.99999, count)) ** -0.5,
        }
    )


def judged(count: int) -> tuple[pd.DataFrame, pd.DataFrame, gpd.GeoDataFrame]:
    """What is found, the catalogue and the searched area."""
    random = np.random.default_rng(1)
    catalogue = craters(random, count)
    found = craters(random, count)
    hits = random.random(count) < FOUND
    radius_deg = np.degrees(catalogue["diameter_km"] / 2 / MOON.radius_km)
    east, north = random.normal(0, CENTRE_SCATTER, (2, count)) * radius_deg.to_numpy()
    steep = np.maximum(np.cos(np.radians(catalogue["lat"])), 1e-3)
    near = pd.DataFrame(
        {
            "lon": (catalogue["lon"] + east / steep + 180) % 360 - 180,
            "lat": (catalogue["lat"] + north).clip(-90, 90),
            "diameter_km": catalogue["diameter_km"] * np.exp(random.normal(0, SIZE_SCATTER, count)),
        }
    )
    found = near.where(pd.Series(hits), found).assign(
        score=np.where(hits, random.beta(4, 3, count), random.beta(1.5, 6, count)), split=SPLIT, status="candidate"
    )
    found = found.sort_values("score", ascending=False, ignore_index=True)
    found = found.assign(
        raw_score=found["score"],
        level=0,
        diameter_px=found["diameter_km"] / PIXEL_KM,
        crater_id=found.index.map("C{}".format),
    )
    catalogue["catalogue_id"] = catalogue.index.map("T{}".format)
    area = gpd.GeoDataFrame(
        {"split": [SPLIT], "area_km2": [4 * np.pi * MOON.radius_km**2]},
        geometry=[shapely.box(-180, -90, 180, 90)],
        crs=MOON.geographic_crs,
    )
    return found, catalogue, area


def measure(count: int, samples: int) -> None:
    """Print one line of the table."""
    found, catalogue, area = judged(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, start_cpu = time.perf_counter(), time.process_time()
    figures, _ = evaluate_region(found, catalogue, area, POINT, EvaluationSettings(bootstrap_samples=samples), MOON)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    score = figures["criteria"][figures["headline"]]["f1"]["value"]
    print(
        f"{count:>12,d} {seconds:>10.1f} {cpu:>10.1f} {peak / 1e6:>10.2f} {(peak - before) / 1e6:>14.2f} {score:>10.4f}"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", type=float, nargs="*", default=[3e4, 1e5, 3e5, 1e6])
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--one", action="store_true")
    given = parser.parse_args()
    if given.one:
        measure(int(given.counts[0]), given.samples)
        return
    print(
        f"{'craters':>12} {'seconds':>10} {'of CPU':>10} {'peak GB':>10} {'of it judging':>14} {'F1':>10}", flush=True
    )
    for count in given.counts:
        command = [sys.executable, __file__, str(count), "--samples", str(given.samples), "--one"]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()

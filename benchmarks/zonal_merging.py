"""Time and peak memory of merging a whole body's zones, zone by zone and all at once.

Run as `python benchmarks/zonal_merging.py [count ...] [--side 30]`. Each merge runs in a process of its own, so that
the memory is its own too. The detections are those of `benchmarks/deduplication.py`, each in the table of every zone
whose margin (`MARGIN_DEG`) it lies in.
"""

import argparse
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from benchmarks.deduplication import MOON, detections
from crater_pipeline.detection.merging import MergingSettings, merge
from crater_pipeline.detection.zonal_merging import ZoneDetections, merge_zones, owned
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.zones import zones

WHOLE = Bounds(-180.0, -90.0, 180.0, 90.0)
MARGIN_DEG = 6.75
PIXEL_KM = 0.1
PREFERRED_PX = 64.0


def write(folder: Path, count: int, side_deg: float) -> int:
    """The zones' tables; how many rows they have together."""
    lon, lat, diameter_km, score = detections(count)
    every = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": diameter_km, "score": score})
    every["diameter_px"] = (every["diameter_km"] / PIXEL_KM).clip(upper=PREFERRED_PX)
    every = every.assign(level=0, core_distance=-10.0, touches_edge=False)
    rows = 0
    for number, zone in enumerate(zones(WHOLE, side_deg)):
        steepest = min(max(abs(zone.south), abs(zone.north)) + MARGIN_DEG, 89.0)
        around = zone.expanded(MARGIN_DEG, min(MARGIN_DEG / math.cos(math.radians(steepest)), 180.0))
        table = every[around.contains(lon, lat)]
        table.to_parquet(folder / f"{number:04}.parquet", index=False)
        rows += len(table)
    return rows


def measure(folder: Path, side_deg: float, at_once: bool) -> None:
    """Print one line of the table."""
    everywhere = gpd.GeoDataFrame({"split": ["test"]}, geometry=[shapely.box(*WHOLE)], crs=MOON.geographic_crs)
    parts = zones(WHOLE, side_deg)
    tables = [ZoneDetections(folder / f"{number:04}.parquet", zone) for number, zone in enumerate(parts)]
    start, start_cpu = time.perf_counter(), time.process_time()
    if at_once:
        found = pd.concat([owned(pd.read_parquet(each.path), each.zone, MOON) for each in tables], ignore_index=True)
        unique = merge(found, everywhere, MOON, MergingSettings())
    else:
        unique = merge_zones(tables, everywhere, MOON, MergingSettings())
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    name = "at once" if at_once else "by zone"
    print(f"{name:>10} {seconds:>10.1f} {cpu:>10.1f} {peak:>10.2f} {len(unique):>12,d}", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", type=float, nargs="*", default=[1e6, 1e7])
    parser.add_argument("--side", type=float, default=30.0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--at-once", action="store_true")
    given = parser.parse_args()
    if given.folder:
        measure(given.folder, given.side, given.at_once)
        return
    for count in map(int, given.counts):
        with tempfile.TemporaryDirectory() as folder:
            rows = write(Path(folder), count, given.side)
            print(f"{count:,d} detections, {rows:,d} with those in margins", flush=True)
            print(f"{'':>10} {'seconds':>10} {'of CPU':>10} {'peak GB':>10} {'craters':>12}", flush=True)
            for more in ([], ["--at-once"]):
                own = ["--folder", folder, "--side", str(given.side), *more]
                subprocess.run([sys.executable, __file__, *own], check=True)


if __name__ == "__main__":
    main()

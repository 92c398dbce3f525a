"""Time and peak memory of the crater-space deduplication, from 10^4 to 10^7 detections.

Run as `python benchmarks/deduplication.py [count ...]`. Each count runs in a process of its own, so that the memory
is its own too. The detections: craters of a whole Moon with a power law of sizes, every second one seen again by a
neighbouring tile or level, with the scatter of a network.
"""

import resource
import subprocess
import sys
import time

import numpy as np
from numpy.typing import NDArray

from crater_pipeline.detection.merging import MergingSettings, deduplicate
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import wrap_longitude

MOON = Body(name="moon", radius_m=1_737_400.0)
COUNTS = (10_000, 100_000, 1_000_000, 10_000_000)
CENTRE_SCATTER, SIZE_SCATTER = 0.08, 0.07
"""Standard deviations: of the centre on each axis in radii, of the logarithm of the diameter."""


def detections(count: int, seed: int = 1) -> tuple[NDArray[np.float64], ...]:
    """lon, lat, diameter_km, score of `count` detections of `count // 2` craters."""
    random = np.random.default_rng(seed)
    craters = count // 2
    lon, lat = random.uniform(-180, 180, craters), np.degrees(np.arcsin(random.uniform(-1, 1, craters)))
    diameter_km = 0.8 * (1 - random.uniform(0, 0.99999, craters)) ** -0.5  # cumulative number ~ D^-2, up to 250 km
    seen = np.concatenate([np.arange(craters), random.integers(0, craters, count - craters)])
    radius_deg = np.degrees(diameter_km[seen] / 2 / MOON.radius_km)
    offset = random.normal(0, CENTRE_SCATTER, (2, count)) * radius_deg
    return (
        wrap_longitude(lon[seen] + offset[0] / np.maximum(np.cos(np.radians(lat[seen])), 1e-3)),
        np.clip(lat[seen] + offset[1], -90, 90),
        diameter_km[seen] * np.exp(random.normal(0, SIZE_SCATTER, count)),
        random.uniform(0.02, 1.0, count),
    )


def measure(count: int) -> None:
    """Print one line of the table."""
    lon, lat, diameter_km, score = detections(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, start_cpu = time.perf_counter(), time.process_time()
    kept = deduplicate(lon, lat, diameter_km, score, MOON, MergingSettings())
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = f"{seconds:>10.2f} {cpu:>10.2f} {peak / 1e6:>10.2f} {(peak - before) / 1e6:>12.2f}"
    print(f"{count:>12,d} {figures} {kept.sum():>12,d}")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--one":
        measure(int(sys.argv[2]))
    else:
        print(
            f"{'detections':>12} {'seconds':>10} {'of CPU':>10} {'peak GB':>10} {'of it merge':>12} {'craters':>12}",
            flush=True,
        )
        for each in [int(float(text)) for text in sys.argv[1:]] or COUNTS:
            subprocess.run([sys.executable, __file__, "--one", str(each)], check=True)

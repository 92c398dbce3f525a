"""How fast terrain is simulated: pixels and 512 x 512 tiles a second on one core.

    python benchmarks/simulation.py [--size 512 2048] [--repeat 3]

The table goes to standard output as Markdown. A tile is terrain, catalogue and one rendered image.
Processor time is counted, so that a busy machine gives the same figures; set OMP_NUM_THREADS=1.
"""

import argparse
import time

from crater_pipeline.simulation.imaging import render
from crater_pipeline.simulation.presets import highland, mare
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.terrain import simulate_terrain

TILE_PX = 512
PIXEL_M = 100.0


def seconds(size: int, settings: SimulationSettings, repeat: int) -> tuple[float, float, int]:
    """Best of `repeat`: processor seconds for the terrain and for its image, and the craters of the last scene."""
    terrain_s, image_s, craters = [], [], 0
    for seed in range(repeat):
        start = time.process_time()
        terrain = simulate_terrain((size, size), PIXEL_M, seed, settings)
        middle = time.process_time()
        render(terrain.elevation_m, terrain.albedo, PIXEL_M, 0.0, seed, settings)
        terrain_s.append(middle - start)
        image_s.append(time.process_time() - middle)
        craters = len(terrain)
    return min(terrain_s), min(image_s), craters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs="+", default=[512, 2048])
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    simulate_terrain((64, 64), PIXEL_M, 0, mare())
    print("| scene | craters | terrain s | image s | Mpx/s | 512-tiles/s |")
    print("|---|---|---|---|---|---|")
    for size in options.size:
        for name, settings in (("mare", mare()), ("mixed", SimulationSettings()), ("highland", highland())):
            terrain_s, image_s, craters = seconds(size, settings, options.repeat)
            rate = size**2 / (terrain_s + image_s)
            print(
                f"| {name} {size} x {size} | {craters} | {terrain_s:.2f} | {image_s:.2f} | {rate / 1e6:.2f} "
                f"| {rate / TILE_PX**2:.2f} |"
            )


if __name__ == "__main__":
    main()

"""Speed and memory of a search from the raster to its detections, as a share of the bare network's.

Run as `python benchmarks/detection.py projected.tif [--elevation projected.tif --image shaded.tif]`, or without a
raster for a generated one of `--side` pixels. The bare network is torch in bf16, channels last, on tiles that are in
memory already; a search in four positions asks it four times a tile. `--engine` and `--precision` as in the section
`inference`. Memory is the process's peak beyond what it took before the search.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from affine import Affine
from rasterio.windows import Window

from crater_pipeline.detection.inference import search_in_parts
from crater_pipeline.detection.parts import FoundParts
from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.light.views import CHANNELS
from crater_pipeline.models.bfloat16 import native_bf16
from crater_pipeline.models.centernet import CenterNet
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.models.weights import load_network
from crater_pipeline.rasters.extent import raster_bounds
from crater_pipeline.rasters.files import create_raster, raster_info, valid_mask, windows
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.tiles.grid import TileGrid, TilingSettings
from crater_pipeline.tiles.searched import CELL_PX, searched_tiles
from crater_pipeline.unfinished import kept_folder


def generated(path: Path, side: int, pixel_m: float = 100.0) -> Path:
    """Noise with discs of light and shadow, as an image is stored; no crater is meant to be found."""
    half = np.degrees(side * pixel_m / 2 / MOON.radius_m)
    crs = choose_projection(Bounds(-half, -half, half, half), MOON)
    corner = side * pixel_m / 2
    rng = np.random.default_rng(0)
    block = rng.normal(100, 12, (512, 512)).clip(1, 255).astype(np.uint8)
    with create_raster(path, side, side, crs, Affine(pixel_m, 0, -corner, 0, -pixel_m, corner), "uint8", 0) as dataset:
        for window in windows(side, side):
            turned = np.rot90(block, int(rng.integers(4)))[: int(window.height), : int(window.width)]
            dataset.write(turned, 1, window=Window(*map(int, window.flatten())))
    return path


def bare_seconds(network: CenterNet, size: int, batch: int = 4, repeats: int = 5) -> float:
    """Seconds a picture of the network alone."""
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    shown = torch.randn(batch, CHANNELS[network.view], size, size).contiguous(memory_format=torch.channels_last)
    taken = []
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=native_bf16()):
        for _ in range(repeats + 1):
            start = time.perf_counter()
            network(shown)
            taken.append(time.perf_counter() - start)
    return float(np.median(taken[1:])) / batch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path, nargs="?", help="a reprojected image, or shaded terrain")
    parser.add_argument("--elevation", type=Path, help="the terrain that it was shaded from")
    parser.add_argument("--side", type=int, default=5000)
    parser.add_argument("--engine", choices=["auto", "torch", "openvino"], default="auto")
    parser.add_argument("--precision", choices=["auto", "bf16", "float32", "int8"], default="auto")
    parser.add_argument("--positions", type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        image = arguments.image or generated(Path(folder) / "generated.tif", arguments.side)
        terrain = Terrain(arguments.elevation, ShadingSettings()) if arguments.elevation else None
        weights = shipped_weights("hourglass_terrain" if terrain else "hourglass_compact")
        described = read_metadata(metadata_path(weights))
        settings = InferenceSettings(
            engine=arguments.engine, precision=arguments.precision, positions=arguments.positions
        )
        info, tiling = raster_info(image), TilingSettings()
        grid = TileGrid.of(info.width, info.height, tiling)
        tiles = len(searched_tiles(grid.tiles(), valid_mask(image, CELL_PX), tiling.min_valid_fraction))
        bare = bare_seconds(load_network(weights, described), grid.size)
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        with kept_folder(None, "") as kept:
            search_in_parts(
                image,
                load_network(weights, described),
                described.size_encoding,
                raster_bounds(info, MOON),
                MOON,
                tiling,
                settings,
                FoundParts(kept),
                terrain,
            )
        taken = time.perf_counter() - start
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    passes = 1 if terrain else arguments.positions
    area = info.width * info.height * (info.pixel_size_m / 1000) ** 2
    kind = f"{arguments.engine} {arguments.precision}"
    print(f"{info.width} x {info.height} px, {tiles} tiles, {passes} position(s), {kind}")
    print(f"bare network {bare * 1e3:.1f} ms a picture; search {taken:.1f} s, {taken / tiles * 1e3:.1f} ms a tile")
    share = bare * passes * tiles / taken
    print(f"{tiles / taken:.1f} tiles/s, {area / taken:.0f} km2/s, {share:.2f} of the bare network's speed")
    print(f"memory beyond the start: {grown:.0f} MB")


if __name__ == "__main__":
    main()

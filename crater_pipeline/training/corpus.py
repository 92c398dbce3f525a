"""The scenes that the shipped weights are trained on: terrain models with catalogues, and simulated terrain."""

import logging
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio.windows import Window
from rich.progress import track

from crater_pipeline.atomic import atomic_path
from crater_pipeline.bodies import Body
from crater_pipeline.bounds import Bounds
from crater_pipeline.labels import LabelSettings, crater_relief_m, learnable, raster_circles
from crater_pipeline.rasters import RasterInfo, open_raster, raster_info, read_window
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.terrain import simulate_terrain
from crater_pipeline.splits import SPLITS, SplitSettings, split_map
from crater_pipeline.tiles import TileGrid
from crater_pipeline.training.scenes import Scene
from crater_pipeline.training.settings import PretrainingSettings

log = logging.getLogger(__name__)

CELL_PX = 8
"""Resolution at which held-out blocks are laid out."""


def held_out_split(settings: PretrainingSettings) -> SplitSettings:
    """The blocks of a pretraining region: `train`, and `val` for threshold and calibration."""
    share = settings.held_out_fraction
    return SplitSettings(
        fractions=(1 - share, share, 0.0), block_px=settings.held_out_block_px, seed=settings.seed, folds=1
    )


def held_out(info: RasterInfo, bounds: Bounds, body: Body, settings: PretrainingSettings) -> NDArray[np.uint8]:
    """Cells of `CELL_PX` pixels: 0 to learn from, 1 held out, 255 outside the bounds."""
    rows, cols = -(-info.height // CELL_PX), -(-info.width // CELL_PX)
    yy, xx = np.mgrid[:rows, :cols]
    inside = bounds.contains(*info.lonlat((xx + 0.5) * CELL_PX, (yy + 0.5) * CELL_PX, body))
    parts = split_map(TileGrid(info.width, info.height), inside, CELL_PX, held_out_split(settings))
    return np.where(inside, parts, np.uint8(255))


def terrain_scene(
    elevation: Path, catalogue: Path, bounds: Bounds, body: Body, labels: LabelSettings, settings: PretrainingSettings
) -> Scene:
    """A whole reprojected terrain model with its catalogue; held-out blocks and what lies outside `bounds` are NaN."""
    info = raster_info(elevation)
    with open_raster(elevation) as dataset:
        data = read_window(dataset, Window(0, 0, info.width, info.height))
    heights = data.filled(np.nan)
    craters = pd.read_parquet(catalogue)
    circles = raster_circles(info, craters, body)
    relief = crater_relief_m(heights, circles)
    shown = learnable(craters["diameter_km"].to_numpy(), relief, labels)
    cells = held_out(info, bounds, body, settings) != SPLITS.index("train")
    for row in range(cells.shape[0]):
        rows = slice(row * CELL_PX, (row + 1) * CELL_PX)
        heights[rows][:, np.repeat(cells[row], CELL_PX)[: info.width]] = np.nan
    log.info("%s: %d craters, %d of them to learn from", elevation, len(craters), int(shown.sum()))
    return Scene(heights, info.pixel_size_m, circles, ~shown)


def simulated_settings(index: int, rng: np.random.Generator) -> tuple[SimulationSettings, float]:
    """Settings and pixel size in metres of one simulated scene: maria and highlands, sharp and blurred in turn."""
    blurred = index % 2 == 0
    return (
        SimulationSettings(
            mare_fraction=(0.5, 0.15, 0.85, 0.0, 1.0)[index % 5],
            mare_age_gyr=float(rng.uniform(3.1, 3.75)),
            highland_age_gyr=float(rng.uniform(3.9, 4.15)),
            density=float(np.exp(rng.normal(0, 0.3))),
            roughness=float(np.exp(rng.normal(0, 0.3))),
            dtm_blur_px=float(rng.uniform(1.0, 2.5)) if blurred else 0.0,
            dtm_noise_m=float(rng.uniform(2.0, 8.0)) if blurred else 0.0,
        ),
        float(rng.choice([60.0, 100.0, 100.0, 118.0, 200.0])),
    )


def _simulate(index: int, size: int, seed: int, cache: Path) -> Path:
    path = cache / f"scene_{seed}_{index}_{size}.npz"
    if not path.exists():
        settings, pixel_m = simulated_settings(index, np.random.default_rng([seed, index]))
        terrain = simulate_terrain((size, size), pixel_m, seed * 1000 + index, settings)
        circles = np.column_stack([terrain.x, terrain.y, terrain.diameter_px / 2])
        arrays: dict[str, Any] = {
            "elevation": terrain.elevation_m,
            "albedo": terrain.albedo,
            "circles": circles,
            "visibility": terrain.visibility,
            "pixel_m": pixel_m,
            "blur_px": settings.dtm_blur_px,
        }
        with atomic_path(path) as temporary:
            np.savez(temporary, **arrays)
    return path


MIN_VISIBILITY = 0.25
"""Simulated craters fainter than this are ignored in training: neither seen by every eye nor absent."""

BLUR_DIAMETERS = 4.0
"""Craters below this many sigmas of a blurred terrain model's resolution are ignored, as it does not show them."""


def simulated_scenes(settings: PretrainingSettings, cache: Path) -> list[Scene]:
    """Scenes of simulated terrain, drawn by two processes and cached as files in `cache`."""
    jobs = range(settings.simulated_scenes)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_simulate, i, settings.simulated_size_px, settings.seed, cache) for i in jobs]
        paths = [future.result() for future in track(futures, "simulating terrain")]
    scenes = []
    for path in paths:
        with np.load(path) as arrays:
            circles = arrays["circles"]
            faint = arrays["visibility"] < MIN_VISIBILITY
            unresolved = 2 * circles[:, 2] < BLUR_DIAMETERS * float(arrays["blur_px"])
            scenes.append(
                Scene(arrays["elevation"], float(arrays["pixel_m"]), circles, faint | unresolved, arrays["albedo"])
            )
    return scenes

"""The scenes that the shipped weights are trained on: terrain models with catalogues, and simulated terrain."""

import logging
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rasterio.windows import Window
from rich.progress import track

from crater_pipeline.atomic import atomic_path
from crater_pipeline.bodies import Body
from crater_pipeline.bounds import Bounds
from crater_pipeline.footprint import CELL_PX
from crater_pipeline.labels import LabelSettings, crater_relief_m, learnable, raster_circles
from crater_pipeline.rasters import open_raster, raster_info, read_window, valid_mask
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.terrain import simulate_terrain
from crater_pipeline.splits import SPLITS, SplitSettings
from crater_pipeline.tiles import TilingSettings
from crater_pipeline.tiling import Parts
from crater_pipeline.training.scenes import Scene
from crater_pipeline.training.settings import PretrainingSettings

log = logging.getLogger(__name__)


def terrain_scene(
    elevation: Path, catalogue: Path, bounds: Bounds, body: Body, labels: LabelSettings, split: SplitSettings
) -> Scene:
    """A whole reprojected terrain model with its catalogue, NaN outside `bounds` and outside the training part."""
    info = raster_info(elevation)
    with open_raster(elevation) as dataset:
        data = read_window(dataset, Window(0, 0, info.width, info.height))
    heights = data.filled(np.nan)
    craters = pd.read_parquet(catalogue)
    circles = raster_circles(info, craters, body)
    relief = crater_relief_m(heights, circles)
    shown = learnable(craters["diameter_km"].to_numpy(), relief, labels)
    parts = Parts(info, valid_mask(elevation, CELL_PX), bounds, body, TilingSettings(), split, trained=True)
    hidden = ~parts.wanted | (parts.split != SPLITS.index("train"))
    for row in range(hidden.shape[0]):
        rows = slice(row * CELL_PX, (row + 1) * CELL_PX)
        heights[rows][:, np.repeat(hidden[row], CELL_PX)[: info.width]] = np.nan
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


MIN_VISIBILITY = 0.35
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

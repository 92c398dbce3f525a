"""The scenes that the shipped weights are trained on: terrain models with catalogues, and simulated terrain."""

import hashlib
import logging
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rasterio.windows import Window

from crater_pipeline.atomic import atomic_path
from crater_pipeline.labels.learnable import LabelSettings, crater_relief_m, learnable, raster_circles
from crater_pipeline.rasters.files import open_raster, progress, raster_info, read_window, valid_mask
from crater_pipeline.simulation.presets import as_gld100
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.terrain import instrument, simulate_terrain
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.footprint import CELL_PX
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.splits import SPLITS, SplitSettings
from crater_pipeline.tiles.writing import Parts
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
    """Settings and pixel size in metres of one simulated scene: maria and highlands, sharp and as GLD100 in turn."""
    settings = SimulationSettings(
        mare_fraction=(0.5, 0.15, 0.85, 0.0, 1.0)[index % 5],
        density=float(np.exp(rng.normal(0, 0.3))),
        roughness=float(np.exp(rng.normal(0, 0.3))),
    )
    pixel_m = float(rng.choice([60.0, 100.0, 100.0, 118.0, 200.0]))
    return (as_gld100(settings, pixel_m) if index % 2 == 0 else settings), pixel_m


def _simulate(index: int, size: int, seed: int, cache: Path) -> Path:
    """Draw a scene, or find it in `cache`; the file's name tells what it was made from."""
    rng = np.random.default_rng([seed, index])
    settings, pixel_m = simulated_settings(index, rng)
    key = hashlib.sha256(f"{settings.model_dump_json()} {pixel_m} {size} {seed}".encode()).hexdigest()[:12]
    path = cache / f"scene_{index}_{key}.npz"
    if not path.exists():
        terrain = simulate_terrain((size, size), pixel_m, seed * 1000 + index, settings)
        arrays: dict[str, Any] = {
            "elevation": instrument(terrain.elevation_m, rng, settings),
            "albedo": terrain.albedo,
            "circles": np.column_stack([terrain.x, terrain.y, terrain.diameter_px / 2]),
            "visibility": terrain.visibility,
            "pixel_m": pixel_m,
            "blur_px": settings.dtm_blur_px,
        }
        with atomic_path(path) as temporary:
            np.savez(temporary, **arrays)
    return path


MIN_VISIBILITY = 0.35
"""Simulated craters fainter than this are ignored in training: neither seen by every eye nor absent."""

BLUR_DIAMETERS = 3.5
"""Craters below this many sigmas of a blurred terrain model's resolution are ignored: GLD100 shows them from 1.5 km."""


MOST_SIMULATORS = 16
"""Processes that draw scenes at a time; each takes about half a gigabyte."""


def simulated_scenes(settings: PretrainingSettings, cache: Path) -> list[Scene]:
    """Scenes of simulated terrain, drawn by all processors and cached as files in `cache`."""
    jobs = range(settings.simulated_scenes)
    with ProcessPoolExecutor(
        min(len(os.sched_getaffinity(0)), MOST_SIMULATORS), mp_context=get_context("spawn")
    ) as pool:
        futures = [pool.submit(_simulate, i, settings.simulated_size_px, settings.seed, cache) for i in jobs]
        paths = [future.result() for future in progress(futures, "simulating terrain")]
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

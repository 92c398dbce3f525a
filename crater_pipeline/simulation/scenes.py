"""Simulated terrain to learn from, kept as files: maria and highlands, sharp and as a terrain model shows them."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from crater_pipeline.atomic import atomic_path
from crater_pipeline.code_files import code_hash
from crater_pipeline.simulation.presets import as_gld100
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.simulation.terrain import instrument, simulate_terrain


def simulated_settings(index: int, rng: np.random.Generator) -> tuple[SimulationSettings, float]:
    """Settings and pixel size in metres of one simulated scene: maria and highlands, sharp and as GLD100 in turn."""
    settings = SimulationSettings(
        mare_fraction=(0.5, 0.15, 0.85, 0.0, 1.0)[index % 5],
        density=float(np.exp(rng.normal(0, 0.3))),
        roughness=float(np.exp(rng.normal(0, 0.3))),
    )
    pixel_m = float(rng.choice([60.0, 100.0, 100.0, 118.0, 200.0]))
    return (as_gld100(settings, pixel_m) if index % 2 == 0 else settings), pixel_m


def drawn_scene(index: int, size: int, seed: int, cache: Path) -> Path:
    """File (.npz) of a simulated scene of `size` x `size` pixels: drawn, or found in `cache`.

    It holds elevation (metres) and albedo, the craters' circles (n, 3: x, y, radius in pixels) and visibility, pixel_m
    and blur_px. Its name tells what it was made from, and by which code.
    """
    rng = np.random.default_rng([seed, index])
    settings, pixel_m = simulated_settings(index, rng)
    made_from = f"{settings.model_dump_json()} {pixel_m} {size} {seed} {code_hash(__name__)}"
    key = hashlib.sha256(made_from.encode()).hexdigest()[:12]
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

"""The scenes that the shipped weights are trained on: terrain and photographs with catalogues, simulated terrain."""

import logging
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from rasterio.windows import Window

from crater_pipeline.labels.learnable import learnable, raster_circles, raster_relief_m
from crater_pipeline.labels.shadow import MOST_SHADOW, shadow_share
from crater_pipeline.rasters.files import open_raster, raster_info, read_window, valid_mask
from crater_pipeline.rasters.progress import progress
from crater_pipeline.signals import end_cleanly
from crater_pipeline.simulation.scenes import drawn_scene
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.tables import read_table
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.parts import Parts
from crater_pipeline.tiles.searched import CELL_PX
from crater_pipeline.tiles.splits import SPLITS
from crater_pipeline.training.ground import Ground
from crater_pipeline.training.scenes import Scene, Shows
from crater_pipeline.training.settings import PretrainingSettings
from crater_pipeline.workers import processors

log = logging.getLogger(__name__)


STRIP_CELLS = 64
"""Rows of cells of a raster that are read at once."""


def ground_scene(raster: Path, catalogue: Path, ground: Ground, body: Body, store: Path) -> Scene:
    """A whole reprojected raster with its catalogue, no data outside its bounds and outside the training part.

    Its values are kept in the file `store` (.npy) and mapped from there: memory holds a strip of it.
    """
    info = raster_info(raster)
    craters = read_table(catalogue, ["lon", "lat", "diameter_km"])
    circles = raster_circles(info, craters, body)
    relief = raster_relief_m(raster, circles) if ground.kind == "dtm" else None
    shown = learnable(craters["diameter_km"].to_numpy(), relief, ground.labels)
    if ground.kind == "image":
        shown &= shadow_share(raster, circles) <= MOST_SHADOW
    parts = Parts(info, valid_mask(raster, CELL_PX), ground.area, body, TilingSettings(), ground.split)
    hidden = ~parts.wanted | (parts.split != SPLITS.index("train"))
    store.parent.mkdir(parents=True, exist_ok=True)
    values = np.lib.format.open_memmap(store, "w+", np.float32, (info.height, info.width))
    with open_raster(raster) as dataset:
        for row in range(0, hidden.shape[0], STRIP_CELLS):
            top, bottom = row * CELL_PX, min((row + STRIP_CELLS) * CELL_PX, info.height)
            strip = read_window(dataset, Window(0, top, info.width, bottom - top)).filled(np.nan)
            cells = np.kron(hidden[row : row + STRIP_CELLS], np.ones((CELL_PX, CELL_PX), bool))
            strip[cells[: bottom - top, : info.width]] = np.nan
            values[top:bottom] = strip
    values.flush()
    log.info("%s: %d craters, %d of them to learn from", raster, len(craters), int(shown.sum()))
    mapped = np.load(store, mmap_mode="r")
    shows: Shows = "terrain" if ground.kind == "dtm" else "photograph"
    return Scene(mapped, info.pixel_size_m, circles, ~shown, shows=shows, stored=store)


def sample_shares(names: Sequence[str], areas: Sequence[float], settings: PretrainingSettings) -> list[float]:
    """Share of the samples for each region: as `settings.shares` says, what is left by area among the others."""
    left = 1.0 - settings.simulated_share - sum(settings.shares.values())
    others = sum(area for name, area in zip(names, areas, strict=True) if name not in settings.shares)
    return [
        settings.shares[name] if name in settings.shares else left * area / others
        for name, area in zip(names, areas, strict=True)
    ]


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
        min(processors(), MOST_SIMULATORS), mp_context=get_context("spawn"), initializer=end_cleanly
    ) as pool:
        futures = [pool.submit(drawn_scene, i, settings.simulated_size_px, settings.seed, cache) for i in jobs]
        try:
            paths = [future.result() for future in progress(futures, "simulating terrain")]
        except BaseException:
            pool.shutdown(cancel_futures=True)  # else an ending would wait for all scenes
            raise
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

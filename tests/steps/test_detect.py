"""The step: terrain under its suns, images as they are, warnings."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from crater_pipeline.detection.rows import DTYPES
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.errors import UserError
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.light.shaded_raster import shade_raster
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.steps.detect import detect
from crater_pipeline.tiles.grid import TilingSettings

MOON = Body(name="moon", radius_m=1_737_400)
BOUNDS = Bounds(-1, -1, 1, 1)
SIDE = 256
PITS = [(60, 70, 12), (180, 90, 20), (120, 190, 9)]


def write_terrain(path: Path, pixel_m: float = 100.0, size: int = SIDE) -> Path:
    """A plain with parabolic craters, rims a fifth of their depth above it."""
    y, x = np.mgrid[:size, :size]
    heights = np.random.default_rng(0).normal(0, 1, (size, size)).cumsum(0).cumsum(1) * 1e-3
    for cx, cy, radius in PITS:
        distance = np.hypot(x - cx, y - cy) / radius
        depth = 0.4 * radius * pixel_m
        heights += np.where(distance < 1, depth * (distance**2 - 0.8), depth * 0.2 * np.maximum(distance, 1) ** -3)
    half = size * pixel_m / 2
    transform = Affine(pixel_m, 0, -half, 0, -pixel_m, half)
    crs = choose_projection(BOUNDS, MOON)
    with create_raster(path, size, size, crs, transform, "float32", np.nan) as dataset:
        dataset.write(heights.astype(np.float32), 1)
    return path


def run(folder: Path, elevation: Path | None, image: Path, name: str = "d.parquet", **settings: Any) -> pd.DataFrame:
    weights = shipped_weights()
    detect(
        image=image,
        elevation=elevation,
        weights=weights,
        metadata=metadata_path(weights),
        output=folder / name,
        bounds=(-1.0, -1.0, 1.0, 1.0),
        body=MOON,
        tiling=TilingSettings(size=256, overlap=64, levels=1),
        settings=InferenceSettings(precision="float32", min_score=0.3, **settings),
        shading=ShadingSettings(),
    )
    return pd.read_parquet(folder / name)


def shaded(elevation: Path) -> Path:
    image = elevation.with_name("shaded.tif")
    shade_raster(elevation, image, MOON, ShadingSettings())
    return image


def test_craters_of_terrain_are_found_under_one_sun_and_under_several(tmp_path: Path) -> None:
    elevation = write_terrain(tmp_path / "z.tif")
    image = shaded(elevation)
    one, several = (run(tmp_path, elevation, image, suns=suns) for suns in (1, 4))
    for found in (one, several):
        assert list(found.columns) == list(DTYPES)
        for x, y, radius in PITS:
            near = np.hypot(found["x"] - x, found["y"] - y) < 0.3 * radius
            assert (near & (abs(found["width"] / (2 * radius) - 1) < 0.3)).any(), (x, y)
    assert not one.equals(several)
    # One sun is the picture on disk, whether the terrain is at hand or not.
    pd.testing.assert_frame_equal(one, run(tmp_path, None, image, suns=4))
    assert (tmp_path / "d.parquet").exists()


def test_pixels_that_the_weights_do_not_know_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    elevation = write_terrain(tmp_path / "z.tif", pixel_m=9000.0)
    with caplog.at_level(logging.WARNING):
        run(tmp_path, elevation, shaded(elevation), suns=1)
    assert "pixels of 9000 m" in caplog.text


def test_terrain_of_another_grid_ends_with_a_message_and_without_a_table(tmp_path: Path) -> None:
    image = shaded(write_terrain(tmp_path / "z.tif"))
    other = write_terrain(tmp_path / "other.tif", size=SIDE + 10)
    with pytest.raises(UserError, match=r"other\.tif: not on the grid of"):
        run(tmp_path, other, image, suns=4)
    assert not (tmp_path / "d.parquet").exists()

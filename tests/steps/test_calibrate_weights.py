"""Threshold and calibration of pretrained weights, for one sun and for several."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from crater_pipeline.detection.merging import MergingSettings
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.labels.learnable import LabelSettings
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.light.shaded_raster import shade_raster
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.models.metadata import read_metadata
from crater_pipeline.rasters.files import create_raster, raster_info
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from crater_pipeline.steps.calibrate_weights import calibrate_weights
from crater_pipeline.tiles.grid import TilingSettings
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.training.ground import Ground

BOUNDS = Bounds(-0.8, -0.8, 0.8, 0.8)
SIDE, PIXEL_M, STEP = 512, 100.0, 36
GROUND = Ground(
    kind="dtm",
    bounds=tuple(BOUNDS),
    labels=LabelSettings(),
    split=SplitSettings(block_px=128, fractions=(0.2, 0.7, 0.1)),
    judged_from_km=1.0,
)


@pytest.fixture(scope="module")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain full of craters of 10 to 24 pixels, its picture, and its catalogue."""
    folder = tmp_path_factory.mktemp("weights")
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    heights = rng.normal(0, 6, (SIDE, SIDE))
    centres = np.stack(np.meshgrid(*[np.arange(STEP // 2, SIDE, STEP)] * 2), -1).reshape(-1, 2) + rng.uniform(-4, 4, 2)
    radii = rng.uniform(5, 12, len(centres))
    for (cx, cy), radius in zip(centres, radii, strict=True):
        distance = np.hypot(x - cx, y - cy) / radius
        depth = rng.uniform(0.05, 0.4) * radius * PIXEL_M
        heights += np.where(distance < 1, depth * (distance**2 - 0.8), depth * 0.2 * np.maximum(distance, 1) ** -4)
    crs, half = choose_projection(BOUNDS, MOON), SIDE * PIXEL_M / 2
    transform = Affine(PIXEL_M, 0, -half, 0, -PIXEL_M, half)
    with create_raster(folder / "z.tif", SIDE, SIDE, crs, transform, "float32", np.nan) as dataset:
        dataset.write(heights.astype(np.float32), 1)
    shade_raster(folder / "z.tif", folder / "shaded.tif", MOON, ShadingSettings())
    lon, lat = raster_info(folder / "z.tif").lonlat(centres[:, 0] + 0.5, centres[:, 1] + 0.5, MOON)
    names = [f"c{i}" for i in range(len(lon))]
    table = {"catalogue_id": names, "lon": lon, "lat": lat, "diameter_km": 2 * radii * PIXEL_M / 1000}
    pd.DataFrame(table).to_parquet(folder / "catalogue.parquet")
    return folder


def fitted(terrain: Path, folder: Path, elevation: list[Path] | None, suns: int) -> Path:
    calibrate_weights(
        weights=shipped_weights(),
        metadata=metadata_path(shipped_weights()),
        image=[terrain / "shaded.tif"],
        elevation=elevation,
        catalogue=[terrain / "catalogue.parquet"],
        ground=[GROUND.model_dump_json()],
        output_weights=folder / "w.safetensors",
        output_metadata=folder / "w.json",
        max_cut_fraction=0.25,
        body=MOON,
        tiling=TilingSettings(size=256, overlap=64, levels=1),
        inference=InferenceSettings(suns=suns, precision="float32"),
        merging=MergingSettings(),
    )
    return folder / "w.json"


def test_one_sun_and_several_each_get_what_fits_them(terrain: Path, tmp_path: Path) -> None:
    known = read_metadata(fitted(terrain, tmp_path, [terrain / "z.tif"], suns=3))
    assert (tmp_path / "w.safetensors").read_bytes() == shipped_weights().read_bytes()
    assert known.training["calibration"]["n_validation_truth"] >= 25
    assert known.several_suns is not None
    assert known.several_suns.suns == 3
    several = known.under(3)
    assert several.threshold != known.threshold
    assert several.calibration != known.calibration
    for one in (known, several):
        assert 0 < one.calibration.apply(one.threshold) < 1
    # What several suns are given does not change what one sun is given.
    (tmp_path / "alone").mkdir()
    alone = read_metadata(fitted(terrain, tmp_path / "alone", None, suns=3))
    assert alone.several_suns is None
    assert alone == known.model_copy(update={"several_suns": None})


def test_without_several_suns_nothing_is_fitted_for_them(terrain: Path, tmp_path: Path) -> None:
    document = json.loads(fitted(terrain, tmp_path, [terrain / "z.tif"], suns=1).read_text())
    assert document["several_suns"] is None

"""Warnings about rasters of another kind than the weights were trained on."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray

from crater_pipeline.detection.pictures import Terrain
from crater_pipeline.detection.sharpness import Sharpness
from crater_pipeline.detection.suitability import unsuitable, warn_unsuitable
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.models.metadata import WeightsMetadata, read_metadata
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection

MOON = Body(name="moon", radius_m=1_737_400)
KNOWN = read_metadata(metadata_path(shipped_weights())).model_copy(
    update={"pixel_size_range_m": (50.0, 500.0), "sun_elevation_range_deg": (10.0, 50.0)}
)


@pytest.mark.parametrize(
    ("pixel_m", "sun", "relief", "words"),
    [
        (100.0, 25.0, None, []),
        (50.0, 10.0, None, []),
        (500.0, 50.0, 0.3, []),
        (100.0, None, None, []),
        (49.0, None, 0.4, ["pixels of 49 m"]),
        (2130.0, 25.0, None, ["pixels of 2130 m"]),
        (100.0, 9.9, None, ["9.9 degrees high"]),
        (100.0, 75.0, None, ["75 degrees high"]),
        (100.0, None, 0.05, ["little relief"]),
        (20.0, 80.0, 0.01, ["pixels of 20 m", "80 degrees high", "little relief"]),
    ],
)
def test_each_thing_out_of_range_is_one_sentence(
    pixel_m: float, sun: float | None, relief: float | None, words: list[str]
) -> None:
    found = unsuitable(KNOWN, pixel_m, sun, relief)
    assert len(found) == len(words)
    for sentence, word in zip(found, words, strict=True):
        assert word in sentence


@pytest.mark.parametrize(
    ("sharp", "words"),
    [
        (Sharpness(0.6, 4), []),
        (Sharpness(0.25, 4), []),
        (Sharpness(0.61, 1), ["noisy"]),
        (Sharpness(0.25, 8), ["pixels of 400 m would tell as much"]),
    ],
)
def test_noise_and_blur_out_of_range(sharp: Sharpness, words: list[str]) -> None:
    found = unsuitable(KNOWN, 100.0, None, 0.3, sharp)
    assert len(found) == len(words)
    assert all(word in sentence for sentence, word in zip(found, words, strict=True))


def test_weights_that_tell_no_light_range_are_read_and_warn_of_none(tmp_path: Path) -> None:
    document = json.loads(metadata_path(shipped_weights()).read_text())
    document.pop("sun_elevation_range_deg", None)
    (tmp_path / "w.json").write_text(json.dumps(document))
    described: WeightsMetadata = read_metadata(tmp_path / "w.json")
    assert described.sun_elevation_range_deg is None
    assert unsuitable(described, 100.0, 89.0, None) == []


def write(path: Path, grey: NDArray[np.uint8], pixel_m: float) -> Path:
    crs, transform = choose_projection(Bounds(-1, -1, 1, 1), MOON), Affine(pixel_m, 0, 0, 0, -pixel_m, 0)
    with create_raster(path, grey.shape[1], grey.shape[0], crs, transform, "uint8", 0) as dataset:
        dataset.write(grey, 1)
    return path


def test_the_log_names_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    noise = np.random.default_rng(0).integers(90, 110, (600, 600)).astype(np.uint8)
    image = write(tmp_path / "mine.tif", noise, 1000.0)
    with caplog.at_level(logging.WARNING):
        warn_unsuitable(image, KNOWN)
    assert [record.getMessage().startswith(f"{image}: ") for record in caplog.records] == [True] * 3
    assert "noisy" in caplog.text
    assert "pixels of 1000 m" in caplog.text
    assert "little relief" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        warn_unsuitable(image, KNOWN, source=Path("as_the_user_knows_it.tif"))
    assert all(record.getMessage().startswith("as_the_user_knows_it.tif: ") for record in caplog.records)
    assert len(caplog.records) == 3


def test_of_shaded_terrain_the_configured_sun_counts_not_the_picture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image = write(tmp_path / "flat.tif", np.full((600, 600), 100, np.uint8), 100.0)
    with caplog.at_level(logging.WARNING):
        warn_unsuitable(image, KNOWN, Terrain(tmp_path / "z.tif", ShadingSettings(sun_elevation_deg=30)))
        assert not caplog.records
        warn_unsuitable(image, KNOWN, Terrain(tmp_path / "z.tif", ShadingSettings(sun_elevation_deg=60)))
    assert len(caplog.records) == 1
    assert "60 degrees high" in caplog.text

"""Another method in the network's place: its detections are read by the steps that follow as the network's are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crater_pipeline.baselines.methods import LEARNERS
from crater_pipeline.baselines.settings import BaselineSettings
from crater_pipeline.contents import file_hash
from crater_pipeline.detection.georeferencing import georeference
from crater_pipeline.detection.rows import DTYPES
from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.errors import UserError
from crater_pipeline.evaluation.matching import optimal_matches
from crater_pipeline.models.weights import write_tensors
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.steps.baseline import baseline
from crater_pipeline.tiles.grid import TilingSettings
from tests.judged_chain import write_image
from tests.judged_region import MOON, random_region


def run(folder: Path, settings: BaselineSettings, **more: Any) -> tuple[pd.DataFrame, dict[str, Any]]:
    write_image(folder / "image.tif")
    baseline(
        image=folder / "image.tif",
        output=folder / "detections.parquet",
        output_metadata=folder / "weights.json",
        bounds=(-30, 30, -18, 40),
        body=MOON,
        tiling=TilingSettings(),
        inference=InferenceSettings(),
        settings=settings,
        **more,
    )
    found = pd.read_parquet(folder / "detections.parquet")
    assert {name: np.dtype(kind) for name, kind in DTYPES.items()} == dict(found.dtypes)
    described: dict[str, Any] = json.loads((folder / "weights.json").read_text())
    return found, described


def test_published_craters_come_back_as_they_were(tmp_path: Path) -> None:
    catalogue = random_region(3, n=300).catalogue
    catalogue.to_parquet(tmp_path / "theirs.parquet")
    settings = BaselineSettings(method="published", catalogue="theirs")
    found, described = run(tmp_path, settings, craters=tmp_path / "theirs.parquet")
    assert described["backbone"] == "published"
    circles = georeference(found, raster_info(tmp_path / "image.tif").on(MOON), MOON)
    assert (circles["score"] == 1).all()
    # Those of five pixels or more, whatever tile or level they would have been found on.
    pixels = catalogue["diameter_km"] / 0.5
    kept = catalogue[pixels > 5.2].reset_index(drop=True)
    pairs = optimal_matches(circles, kept, "strict", MOON)
    assert len(pairs) >= 0.98 * len(kept)
    got, expected = circles.iloc[pairs[:, 0]], kept.iloc[pairs[:, 1]]
    assert got["lat"].to_numpy() == pytest.approx(expected["lat"].to_numpy(), abs=1e-3)
    assert got["lon"].to_numpy() == pytest.approx(expected["lon"].to_numpy(), abs=1e-3)
    assert got["diameter_km"].to_numpy() == pytest.approx(expected["diameter_km"].to_numpy(), rel=2e-3)


def test_templates_search_every_tile_of_a_picture(tmp_path: Path) -> None:
    found, described = run(tmp_path, BaselineSettings(method="templates"))
    assert described["threshold"] == 0.5
    assert set(found["level"]) <= {0, 1}
    assert (found["score"] >= 0.25).all()


def test_what_was_learned_is_searched_with(tmp_path: Path) -> None:
    learner = LEARNERS["segmentation"]
    write_tensors(learner.network().state_dict(), tmp_path / "method.safetensors")
    found, described = run(tmp_path, BaselineSettings(method="segmentation"), network=tmp_path / "method.safetensors")
    again, _ = run(tmp_path, BaselineSettings(method="segmentation"), network=tmp_path / "method.safetensors")
    pd.testing.assert_frame_equal(found, again)
    assert described["hash"] == file_hash(tmp_path / "method.safetensors")
    with pytest.raises(UserError, match=r"method\.safetensors: learned by another method"):
        run(tmp_path, BaselineSettings(method="deepmoon"), network=tmp_path / "method.safetensors")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (BaselineSettings(method="deepmoon"), "network: missing; deepmoon searches with what it has learned"),
        (BaselineSettings(method="published"), r"baseline\.catalogue: missing"),
    ],
)
def test_what_a_method_lacks_is_said(tmp_path: Path, settings: BaselineSettings, message: str) -> None:
    with pytest.raises(UserError, match=message):
        run(tmp_path, settings)
    assert not (tmp_path / "detections.parquet").exists()

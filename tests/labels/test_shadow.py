"""How much of a crater lies in full shadow."""

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from crater_pipeline.labels.shadow import SHADOW_GREY, shadow_share
from crater_pipeline.rasters.files import create_raster

SIDE = 400
MAP = CRS.from_proj4("+proj=stere +lat_0=90 +R=1737400 +units=m")


@pytest.fixture(scope="module")
def half_dark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Black (grey 5) west of column 200, grey 90 east of it, without data south of row 300."""
    path = tmp_path_factory.mktemp("shadow") / "half_dark.tif"
    grey = np.full((SIDE, SIDE), 90, np.uint8)
    grey[:, :200] = 5
    grey[300:] = 0
    with create_raster(path, SIDE, SIDE, MAP, Affine(400.0, 0, 0, 0, -400.0, 0), "uint8", 0.0) as dataset:
        dataset.write(grey, 1)
    return path


@settings(deadline=None)
@given(x=st.floats(121, 279), y=st.floats(121, 179), radius=st.floats(4, 120))
def test_a_disc_across_the_border_is_dark_by_its_segment(half_dark: Path, x: float, y: float, radius: float) -> None:
    # of a disc of radius 1 the share west of a line at distance d east of its centre
    d = np.clip((200 - x) / radius, -1, 1)
    expected = 0.5 + (d * np.sqrt(1 - d**2) + np.arcsin(d)) / np.pi
    assert shadow_share(half_dark, np.array([[x, y, radius]]))[0] == pytest.approx(expected, abs=1.6 / radius)


def test_ground_without_data_does_not_count_and_the_limit_is_dark(half_dark: Path, tmp_path: Path) -> None:
    share = shadow_share(half_dark, np.array([[100.0, 300.0, 30.0], [300.0, 300.0, 30.0], [100.0, 380.0, 9.0]]))
    assert share == pytest.approx([1.0, 0.0, 0.0])
    limit = tmp_path / "limit.tif"
    with create_raster(limit, 64, 64, MAP, Affine(400.0, 0, 0, 0, -400.0, 0), "uint8", 0.0) as dataset:
        dataset.write(np.where(np.arange(64) % 2, SHADOW_GREY, SHADOW_GREY + 1).astype(np.uint8)[None].repeat(64, 0), 1)
    assert shadow_share(limit, np.array([[32.0, 32.0, 20.0]]))[0] == pytest.approx(0.5, abs=0.03)

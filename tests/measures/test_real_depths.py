"""Depths on GLD100 beside those that Wang & Wu measured on a finer terrain model (docs/depth.md has all figures)."""

import os
from pathlib import Path

import numpy as np
import pytest

from crater_pipeline.labels.catalogues import clip_catalogue, read_catalogue
from crater_pipeline.measures.settings import DepthSettings
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from tests.measures.terrain import measured

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not os.environ.get("CRATER_REAL_DATA"), reason="CRATER_REAL_DATA names no folder of real data"),
]


def test_depths_agree_with_a_catalogues() -> None:
    data = Path(os.environ["CRATER_REAL_DATA"])
    known = read_catalogue(data / "wang_wu_west.csv", "wang_wu", MOON)
    known = clip_catalogue(known, Bounds(-35, 25, -15, 50), MOON).assign(diameter_sigma_km=np.nan)
    found = measured(data / "gld100_hongwan.tif", known, known, DepthSettings())
    assert found.loc[known["diameter_km"] < 3.5, "depth_m"].isna().all()
    both = found["depth_m"].notna() & (known["depth_m"] > 0)
    large = (known["diameter_km"] >= 3.6) & (known["diameter_km"] < 20)
    assert both[large].mean() > 0.75
    ratio = found["depth_m"][both & large] / known["depth_m"][both & large]
    assert 0.85 < ratio.median() < 1.0
    assert found["depth_m"][both & large].corr(known["depth_m"][both & large]) > 0.95
    # deeper ones come out deeper, whatever their size
    relative = known["depth_m"] / (1000 * known["diameter_km"])
    assert found["depth_to_diameter"][both & large].corr(relative[both & large]) > 0.85

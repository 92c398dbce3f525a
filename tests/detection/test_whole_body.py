"""The real Moon, whole: searched by zones, compared with a catalogue of craters of 20 km and more."""

import os
from pathlib import Path

import pytest
from scipy.stats import binomtest

from benchmarks.whole_body import WHOLE, at_sizes_of, duplicates, hit, near_seam, searched
from crater_pipeline.labels.catalogues import read_catalogue
from crater_pipeline.models.initial import shipped_weights
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.zones import zones

LEAST_KM = 20.0


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("CRATER_REAL_DATA"), reason="CRATER_REAL_DATA names no folder of real data")
def test_no_duplicates_and_no_loss_at_seams(capsys: pytest.CaptureFixture[str]) -> None:
    data = Path(os.environ["CRATER_REAL_DATA"])
    truth = read_catalogue(data / "head_lroc_5km.csv", "table", MOON)
    parts = zones(WHOLE)
    craters = searched(data / "wac_global_2130m.tif", shipped_weights(), parts, LEAST_KM, None, "moon")
    assert "searched 100.0000%" in capsys.readouterr().out
    assert duplicates(craters, truth)["similar pairs"] == 0
    found, _ = hit(craters, truth, "iou50")
    size = truth["diameter_km"].to_numpy(dtype=float)
    judged = size >= LEAST_KM
    seam = near_seam(truth, parts) & judged
    assert seam.sum() > 200
    low, high = binomtest(int(found[seam].sum()), int(seam.sum())).proportion_ci(method="wilson")
    assert low <= at_sizes_of(found, size, judged & ~seam, seam) <= high
    # pixels of 2.1 km are far from what the shipped weights know: only that the chain works is judged here
    assert found[judged].mean() > 0.4
    polar = judged & (truth["lat"].abs() > 70).to_numpy()
    assert found[polar].mean() > 0.35

"""The step as a command: all its files, and a mistake leaves none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crater_pipeline.export.publication import publish
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.steps.read_catalogue import read_catalogue
from tests.export.small_region import (
    MOON,
    OPERATING_POINT,
    box_area_km2,
    catalogue_of,
    craters_of,
    footprint_of,
    run_export,
    write_mosaic,
)

OUTPUTS = {
    "geopackage": "craters.gpkg",
    "project": "craters.qgz",
    "csv": "craters.csv",
    "shapefile": "craters.shp",
    "craterstats-shapefile": "here_CRATER.shp",
    "area-shapefile": "here_AREA.shp",
    "diam": "here.diam",
    "scc": "here.scc",
}


def command(folder: Path, operating_point: str) -> list[str]:
    known = catalogue_of([0.0], [0], [5])
    known.to_parquet(folder / "catalogue.parquet")
    craters = publish(craters_of([0.0], [0.0], [5.0], [0.9]), known, OPERATING_POINT, 1.0, MOON)
    craters.to_parquet(folder / "craters_all.parquet")
    footprint_of({"test": [(-1, -1, 1, 1)]}).to_parquet(folder / "footprint.parquet")
    (folder / "operating_point.json").write_text(operating_point)
    write_mosaic(folder / "projected.tif", footprint_of({"test": [(-1, -1, 1, 1)]}), MOON)
    options = {
        "region": "here",
        "craters": folder / "craters_all.parquet",
        "operating-point": folder / "operating_point.json",
        "catalogue": folder / "catalogue.parquet",
        "footprint": folder / "footprint.parquet",
        "image": folder / "projected.tif",
        **{f"output-{name}": folder / "out" / file for name, file in OUTPUTS.items()},
        "provenance": '{"configuration_hash": "c"}',
        "body": json.dumps(MOON.model_dump()),
    }
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    return [sys.executable, "-m", "crater_pipeline.steps.export", *arguments]


def test_command_writes_every_file(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path, OPERATING_POINT.model_dump_json()), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written >= set(OUTPUTS.values())
    assert not [name for name in written if name.startswith(".")]
    assert "Warning" not in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "not valid JSON"), ("[]", "must hold a JSON object"), ("{}", "threshold: Field required")],
)
def test_a_broken_operating_point(tmp_path: Path, text: str, message: str) -> None:
    done = subprocess.run(command(tmp_path, text), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.real_data
def test_perfect_detections_of_a_real_catalogue_are_all_matched(tmp_path: Path) -> None:
    folder = os.environ.get("CRATER_REAL_DATA")
    if not folder:
        pytest.skip("CRATER_REAL_DATA names no folder")
    bounds = (-35.0, 25.0, -15.0, 50.0)
    source = Path(folder) / "wang_wu_west.csv"
    read_catalogue(catalogue=source, output=tmp_path / "known.parquet", format="wang_wu", body=MOON, bounds=bounds)
    known = pd.read_parquet(tmp_path / "known.parquet")
    inside = known[Bounds(*bounds).contains(known["lon"], known["lat"]) & (known["diameter_km"] < 500)]
    lon, lat, diameter_km = (inside[name].tolist() for name in ("lon", "lat", "diameter_km"))
    craters = craters_of(lon, lat, diameter_km, [0.9] * len(inside))
    run = run_export(tmp_path, craters, known, footprint_of({"test": [bounds]}))
    published = pd.read_parquet(run["craters_all.parquet"])
    assert set(published["status"]) == {"matched"}
    assert np.array_equal(published["catalogue_id"], inside["catalogue_id"])
    assert run["small.diam"].read_text().startswith(f"area = {box_area_km2(*bounds):.6f}")

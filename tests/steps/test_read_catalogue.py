"""The step as a function and as a command."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from crater_pipeline.labels.catalogues import COLUMNS
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.steps.read_catalogue import read_catalogue

MOON = Body(name="moon", radius_m=1_737_400.0)


def test_the_region_s_craters_largest_first(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("lon,lat,diameter_km\n359,0,1\n1,0,3\n50,0,2\n")
    read_catalogue(catalogue=source, output=tmp_path / "out.parquet", format="table", body=MOON, bounds=(-5, -5, 5, 5))
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert table[["lon", "diameter_km"]].to_numpy().tolist() == [[1.0, 3.0], [-1.0, 1.0]]


def test_no_catalogue_is_an_empty_table(tmp_path: Path) -> None:
    read_catalogue(output=tmp_path / "out.parquet", body=MOON, bounds=(-5, -5, 5, 5))
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert table.empty
    assert table.columns.tolist() == list(COLUMNS)
    assert table.dtypes[1:].tolist() == [float] * (len(COLUMNS) - 1)


def test_the_command_reports_a_mistake_in_one_line(tmp_path: Path) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.parquet"
    source.write_text("ID,Longitude,Latitude,Diameter_m\n1,0,95,1000\n")
    command = [sys.executable, "-m", "crater_pipeline.steps.read_catalogue", "--catalogue", str(source)]
    command += ["--output", str(output), "--format", "wang_wu", "--body", json.dumps(MOON.model_dump())]
    done = subprocess.run([*command, "--bounds", "-35", "25", "-15", "50"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "in.csv: line 2, column Latitude" in done.stderr
    assert "Traceback" not in done.stderr
    assert not output.exists()

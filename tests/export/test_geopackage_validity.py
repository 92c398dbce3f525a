"""GDAL's own validator of GeoPackages, its extra checks and warnings included, has nothing to say."""

import functools
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from crater_pipeline.sphere.bodies import Body
from tests.export.small_region import MOON, Exported, catalogue_of, craters_of, footprint_of, run_export

VALIDATOR = "osgeo_utils.samples.validate_gpkg"


@functools.cache
def gdal_python() -> str | None:
    """The Python that has GDAL's utilities: what GDAL_PYTHON names, or the system's."""
    python = os.environ.get("GDAL_PYTHON", "/usr/bin/python3")
    try:
        done = subprocess.run([python, "-c", f"import {VALIDATOR}"], capture_output=True, check=False)
    except OSError:
        return None
    return python if done.returncode == 0 else None


def complaints(path: Path) -> list[str]:
    """What the validator prints, a line each; none for a valid file."""
    python = gdal_python()
    if python is None:
        pytest.skip(
            "GDAL's Python utilities are not installed (apt-get install python3-gdal, or let GDAL_PYTHON name a "
            "Python that has them)"
        )
    done = subprocess.run(
        [python, "-m", VALIDATOR, "-k", "--extra", "--warning-as-error", str(path)],
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PROJ_", "GDAL_"))},
        check=False,
    )
    lines = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    assert (done.returncode == 0) == (not lines), lines
    return lines


def test_across_the_antimeridian(exported: Exported) -> None:
    assert complaints(exported["craters.gpkg"]) == []


def test_nothing_found(exported_empty: Exported) -> None:
    assert complaints(exported_empty["craters.gpkg"]) == []


@pytest.mark.parametrize("body", [MOON, Body(name="eros", radius_m=8_420.0)], ids=lambda body: body.name)
@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_around_a_pole(pole: float, body: Body, tmp_path: Path) -> None:
    south, north = sorted([pole, 0.8 * pole])
    lon, lat = [0.0, 180.0, -135.0, 45.0], [pole, 0.99 * pole, 0.95 * pole, 0.999 * pole]
    diameter_km = [share * body.radius_km for share in (0.03, 0.04, 0.02, 0.01)]
    halves = footprint_of({"test": [(-180, south, 0, north)], "val": [(0, south, 180, north)]})
    footprint = halves.set_crs(body.geographic_crs, allow_override=True)
    run = run_export(
        tmp_path, craters_of(lon, lat, diameter_km, [0.9] * 4), catalogue_of(lon, lat, diameter_km), footprint, body
    )
    assert complaints(run["craters.gpkg"]) == []


def test_a_damaged_file_is_found(exported: Exported, tmp_path: Path) -> None:
    """The check can fail: an index that does not agree with the geometries is reported."""
    damaged = tmp_path / "damaged.gpkg"
    damaged.write_bytes(exported["craters.gpkg"].read_bytes())
    with closing(sqlite3.connect(damaged)) as database, database:
        database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'POINT' WHERE table_name = 'craters'")
    assert complaints(damaged) != []

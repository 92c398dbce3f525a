"""Mars and Mercury: the results say on which sphere they stand, and QGIS and CraterStats understand it."""

import json
import os
import re
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

from crater_pipeline.export.dating import CHRONOLOGIES, read_age, run_program
from crater_pipeline.sphere.bodies import Body, known_body
from crater_pipeline.sphere.craters import destination
from tests.export.small_region import Exported, catalogue_of, craters_of, footprint_of, run_export
from tests.export.system_qgis import run_qgis

CODES = {"mars": "49900", "mercury": "19900"}
RADII_KM = {"mars": "3396.19", "mercury": "2440.53"}
BOX = (170.0, -20.0, 178.0, -12.0)


@pytest.fixture(scope="module", params=CODES)
def body(request: pytest.FixtureRequest) -> Body:
    return known_body(request.param)


@pytest.fixture(scope="module")
def exported(body: Body, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Five hundred craters around 16 S, 174 E, sizes by a power law from 1 km on."""
    random, count = np.random.default_rng(0), 500
    distance_km = 150 * np.sqrt(random.uniform(0, 1, count))
    lon, lat = destination(174.0, -16.0, random.uniform(0, 360, count), distance_km, body)
    diameter_km = (1 - random.uniform(0, 1, count)) ** (-1 / 3)
    craters = craters_of(lon.tolist(), lat.tolist(), diameter_km.tolist(), [0.9] * count)
    folder = tmp_path_factory.mktemp(body.name)
    return run_export(folder, craters, catalogue_of([], [], []), footprint_of({"test": [BOX]}, body), body)


def test_layers_stand_on_the_iaus_sphere(exported: Exported, body: Body) -> None:
    for layer in ("craters", "centres", "footprint", "catalogue"):
        crs = gpd.read_file(exported["craters.gpkg"], layer=layer).crs
        assert crs.to_authority() == ("IAU_2015", CODES[body.name])


def test_circles_and_area_are_those_of_pyproj_on_that_sphere(exported: Exported, body: Body) -> None:
    radius_m = float(RADII_KM[body.name]) * 1000
    geod = Geod(a=radius_m, b=radius_m)
    for row in gpd.read_file(exported["craters.gpkg"], layer="craters").itertuples():
        lon, lat = shapely.get_coordinates(row.geometry).T
        reach_m = geod.inv(np.full_like(lon, row.lon), np.full_like(lat, row.lat), lon, lat)[2]
        np.testing.assert_allclose(reach_m, 500 * row.diameter_km, rtol=1e-6)
    (outline,) = gpd.read_file(exported["small_AREA.shp"]).geometry
    area_km2 = abs(geod.geometry_area_perimeter(outline)[0]) / 1e6
    text = exported["small.scc"].read_text()
    found = re.search(r"^Total_area = ([\d.]+) <km\^2>$", text, re.MULTILINE)
    assert found is not None
    assert float(found[1]) == pytest.approx(area_km2, rel=1e-5)
    assert f"\na_axis_radius = {RADII_KM[body.name]} <km>\n" in text
    assert f"\ncoordinate_system_name = {body.name.capitalize()} (2015) - Sphere / Ocentric\n" in text


def test_qgis_knows_the_reference_system(exported: Exported, body: Body, tmp_path: Path) -> None:
    layers = [f"{exported['craters.gpkg']}|layername={name}" for name in ("craters", "centres", "footprint")]
    shapefiles = [str(exported[name]) for name in ("craters.shp", "small_CRATER.shp", "small_AREA.shp")]
    report = tmp_path / "seen.json"
    run_qgis(Path(__file__).with_name("qgis_probe.py"), report, *layers, *shapefiles, folder=tmp_path)
    for layer in json.loads(report.read_text()):
        assert layer["valid"]
        assert layer["crs_valid"]
        assert layer["crs"] == f"IAU_2015:{CODES[body.name]}"


def test_real_craterstats_dates_by_the_bodys_chronology(exported: Exported, body: Body, tmp_path: Path) -> None:
    program = os.environ.get("CRATERSTATS") or shutil.which("craterstats")
    if not program:
        pytest.skip("CraterStats is not installed (set CRATERSTATS to what .ci/craterstats prints, or put it on PATH)")
    ages = []
    for source in ("small_CRATER.shp", "small.scc"):
        out = tmp_path / source
        command = [program, "-cs", CHRONOLOGIES[body.name], "-pr", "differential", "-p", f"source={exported[source]}"]
        run_program([*command, "-p", "type=poisson,range=[1.5,10]", "-o", str(out), "-f", "csv"])
        ages.append(read_age(out.with_suffix(".csv"), program)["age_ga"])
    assert ages[0] == pytest.approx(ages[1], abs=0.02)
    assert 1.0 < ages[0] < 4.5

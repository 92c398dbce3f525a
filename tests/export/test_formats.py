"""One file of craters by the ending of its name: all formats tell the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from crater_pipeline.errors import UserError
from crater_pipeline.export.formats import WRITERS, Product, writer_for
from crater_pipeline.export.publication import publish
from crater_pipeline.export.shapefile import NAMES
from crater_pipeline.labels.catalogues import empty_catalogue
from crater_pipeline.sphere.bodies import MOON, Body, known_body
from crater_pipeline.steps._kinds import CraterFile, Kind
from tests.export.small_region import OPERATING_POINT, craters_of, footprint_of
from tests.export.system_qgis import run_qgis

KINDS = [kind for kind in get_args(CraterFile) if isinstance(kind, Kind)]


def product(body: Body = MOON, count: int = 3) -> Product:
    """Craters at, and across, the antimeridian."""
    lon, lat, diameter_km = [175.0, 179.99, -176.0], [10.0, 12.0, -13.0], [10.0, 20.0, 5.0]
    found = craters_of(*(values[:count] for values in (lon, lat, diameter_km, [0.9, 0.8, 0.7])))
    craters = publish(found, empty_catalogue(), OPERATING_POINT, 0.0, body)
    searched = footprint_of({"test": [(170, -20, 180, 20)]}).set_crs(body.geographic_crs, allow_override=True)
    listed = empty_catalogue().assign(found=np.empty(0, bool))
    return Product(craters, searched, listed, [("kind", "image")], body)


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": pd.read_csv,
    ".parquet": gpd.read_parquet,
    ".shp": lambda path: gpd.read_file(path).rename(columns={short: name for name, short in NAMES.items()}),
    ".gpkg": lambda path: gpd.read_file(path, layer="craters"),
    ".geojson": gpd.read_file,
}


@pytest.mark.parametrize("ending", WRITERS)
def test_every_format_holds_the_same_craters(ending: str, tmp_path: Path) -> None:
    path, written = tmp_path / f"craters{ending}", product()
    writer_for(path)(path, written)
    table = READERS[ending](path)
    assert table["crater_id"].tolist() == written.craters["crater_id"].tolist()
    for column in ("lon", "lat", "diameter_km", "score"):
        assert table[column].to_numpy() == pytest.approx(written.craters[column].to_numpy(), abs=1e-5)
    if isinstance(table, gpd.GeoDataFrame):
        assert table.crs.ellipsoid.semi_major_metre == MOON.radius_m
        assert table.geometry.is_valid.all()
        assert table.geometry[1].bounds[0] == pytest.approx(-180)  # cut at the antimeridian
    assert next(kind for kind in KINDS if ending in kind.endings).is_one(path)


def test_what_a_command_accepts_is_what_can_be_written() -> None:
    assert {ending for kind in KINDS for ending in kind.endings} == set(WRITERS)


@pytest.mark.parametrize("name", ["craters.kml", "craters", "craters.gpkg.zip", "craters.json"])
def test_an_ending_that_no_format_has(name: str) -> None:
    with pytest.raises(UserError, match=r"ending tells no format; end it in one of .gpkg, .shp"):
        writer_for(Path(name))


def test_capital_letters_do() -> None:
    assert writer_for(Path("CRATERS.GPKG")) is WRITERS[".gpkg"]


def test_geojson_without_craters(tmp_path: Path) -> None:
    path = tmp_path / "craters.geojson"
    writer_for(path)(path, product(count=0))
    assert json.loads(path.read_text())["features"] == []


def test_geojson_goes_round_the_right_way_with_nulls_and_few_digits(tmp_path: Path) -> None:
    path = tmp_path / "craters.geojson"
    writer_for(path)(path, product())
    document = json.loads(path.read_text())
    first = document["features"][0]
    assert first["properties"]["catalogue_id"] is None
    assert first["properties"]["touches_edge"] in (True, False)
    ring = shapely.LinearRing(first["geometry"]["coordinates"][0])
    assert ring.is_ccw  # RFC 7946, section 3.1.6
    assert np.abs(np.round(ring.coords, 7) - np.asarray(ring.coords)).max() < 1e-12


@pytest.mark.parametrize("name", ["moon", "mars", "mercury"])
def test_qgis_knows_the_body_of_each_format(name: str, tmp_path: Path) -> None:
    body = known_body(name)
    code = {"moon": "IAU_2015:30100", "mars": "IAU_2015:49900", "mercury": "IAU_2015:19900"}[name]
    paths = [tmp_path / f"craters{ending}" for ending in (".gpkg", ".shp", ".geojson")]
    for path in paths:
        writer_for(path)(path, product(body))
    uris = [f"{paths[0]}|layername=craters", *map(str, paths[1:])]
    run_qgis(Path(__file__).with_name("qgis_probe.py"), tmp_path / "seen.json", *uris, folder=tmp_path)
    seen = json.loads((tmp_path / "seen.json").read_text())
    for layer in seen:
        assert layer["valid"]
        assert layer["crs_valid"]
        assert layer["features"] == 3
    assert [layer["crs"] for layer in seen[:2]] == [code, code]

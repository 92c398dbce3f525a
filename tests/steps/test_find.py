"""One's own raster, without a configuration: what comes out, and what is said about a raster that will not do."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from cyclopts import App, CycloptsError
from pyproj import CRS
from scipy.ndimage import gaussian_filter

from crater_pipeline.detection.settings import InferenceSettings
from crater_pipeline.errors import UserError
from crater_pipeline.export.plain import write_csv
from crater_pipeline.labels.catalogues import read_catalogue
from crater_pipeline.measures.settings import DepthSettings
from crater_pipeline.models.initial import shipped_weights
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.sphere.bodies import MOON, Body, known_body
from crater_pipeline.steps.find import find
from crater_pipeline.steps.simulate import simulate
from tests.rasters.ground import collared, picture, terrain
from tests.rasters.ground import write as ground

DEGREES = MOON.geographic_crs


def write(path: Path, crs: CRS = DEGREES, transform: Affine | None = None, values: np.ndarray | None = None) -> Path:
    """120 x 100 pixels of a tenth of a degree, from 10 E 20 N, of a ground that is no plane."""
    random = np.random.default_rng(0)
    grey = 120 + 30 * gaussian_filter(random.normal(size=(100, 120)), 2) / 0.14 if values is None else values
    transform = transform or Affine(0.1, 0, 10, 0, -0.1, 20)
    with create_raster(path, grey.shape[1], grey.shape[0], crs, transform, "uint8", 0) as dataset:
        dataset.write(np.clip(grey, 0, 255).astype(np.uint8), 1)
    return path


def found(raster: Path, layer: str, threshold: float | None = None) -> gpd.GeoDataFrame:
    out = raster.parent / "out" / "craters.gpkg"
    find(raster, out=out, threshold=threshold)
    return gpd.read_file(out, layer=layer)


def test_a_raster_of_a_region(tmp_path: Path) -> None:
    raster = write(tmp_path / "mine.tif")
    # a threshold of nothing: noise has no craters, but the rows are what is looked at
    craters = found(raster, "craters", threshold=0.0)
    assert len(craters) > 0
    assert set(craters["status"]) == {"candidate"}
    assert craters["lon"].between(10, 22).all()
    assert craters["lat"].between(10, 20).all()
    footprint = gpd.read_file(tmp_path / "out" / "craters.gpkg", layer="footprint")
    area = np.radians(12) * MOON.radius_km**2 * (np.sin(np.radians(20)) - np.sin(np.radians(10)))
    assert footprint["area_km2"].sum() == pytest.approx(area, rel=0.02)
    with closing(sqlite3.connect(tmp_path / "out" / "craters.gpkg")) as database:
        facts = dict(database.execute("SELECT key, value FROM provenance"))
    assert facts["sources.0.url"] == "mine.tif"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["craters.gpkg"]


def test_how_the_network_is_run_can_be_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    raster, tables = write(tmp_path / "mine.tif"), []
    for positions in (1, 4):
        with caplog.at_level("INFO"):
            find(raster, out=tmp_path / "o.gpkg", threshold=0.0, inference=InferenceSettings(positions=positions))
        assert f"{positions} position(s)" in caplog.text
        tables.append(gpd.read_file(tmp_path / "o.gpkg", layer="craters")["score"].sort_values().to_numpy())
    assert not np.array_equal(*tables)


def test_a_whole_body_is_searched_by_zones(tmp_path: Path) -> None:
    grey = 120 + 30 * gaussian_filter(np.random.default_rng(0).normal(size=(180, 360)), 2) / 0.14
    raster = write(tmp_path / "moon.tif", transform=Affine(1, 0, -180, 0, -1, 90), values=grey)
    craters = found(raster, "craters", threshold=0.0)
    footprint = gpd.read_file(tmp_path / "out" / "craters.gpkg", layer="footprint")
    assert footprint["area_km2"].sum() == pytest.approx(4 * np.pi * MOON.radius_km**2, rel=1e-6)
    assert footprint["split"].tolist() == ["test"]
    assert footprint.geometry[0].is_valid
    assert footprint.geometry[0].area == pytest.approx(360 * 180, rel=1e-6)
    assert not craters["crater_id"].duplicated().any()
    assert set(np.digitize(craters["lat"], [-37, 37])) == {0, 1, 2}


def test_a_zone_without_data_is_passed_over(tmp_path: Path) -> None:
    """A mosaic that declares the whole body but ends at 37 degrees, as stereo models end short of the poles."""
    grey = 120 + 30 * gaussian_filter(np.random.default_rng(0).normal(size=(180, 360)), 2) / 0.14
    grey[:53] = grey[127:] = 0
    raster = write(tmp_path / "belt.tif", transform=Affine(1, 0, -180, 0, -1, 90), values=grey)
    footprint = found(raster, "footprint")
    belt = 4 * np.pi * MOON.radius_km**2 * np.sin(np.radians(37))
    assert footprint["area_km2"].sum() == pytest.approx(belt, rel=0.05)


def sphere(radius_m: float) -> CRS:
    return Body(name="ball", radius_m=radius_m).geographic_crs


def no_crs(path: Path) -> Path:
    write(path)
    bare = path.with_name("bare.tif")
    with (
        rasterio.open(path) as source,
        rasterio.open(
            bare, "w", driver="GTiff", width=120, height=100, count=1, dtype="uint8", transform=source.transform
        ) as target,
    ):
        target.write(source.read())
    return bare


def text(path: Path) -> Path:
    path.write_text("no raster")
    return path


def speck() -> np.ndarray:
    grey = np.zeros((100, 120))
    grey[40:56, 40:56] = 100
    return grey


Area = tuple[float, float, float, float]


def placeless(path: Path) -> Path:
    write(path)
    with rasterio.open(path, "r+") as dataset:
        dataset.transform = Affine.identity()
    return path


def wide_map(path: Path) -> Path:
    """Degrees given for metres."""
    return write(path, transform=Affine(100, 0, 300_000, 0, -100, 900_000))


MISTAKES: dict[str, tuple[Callable[[Path], Path], Area | None, str]] = {
    "no file": (lambda path: path, None, "no such file"),
    "no raster": (text, None, "not a raster"),
    "no reference system": (no_crs, None, "no coordinate reference system"),
    "Earth": (lambda path: write(path, CRS("EPSG:4326")), None, "6378137.0 x 6356752.3 m, but body 'moon'"),
    "another radius": (lambda path: write(path, sphere(1_737_151.3)), None, "1737151.3 m, but body 'moon' is a sphere"),
    "another body": (lambda path: write(path, sphere(3_396_190)), None, "3396190.0"),
    "no place": (placeless, None, "no place on the map"),
    "off the body": (wide_map, None, "lies off the body"),
    "an address": (lambda path: Path("https://host/mine.tif"), None, "an address, not a file"),
    "elsewhere": (write, (50, 0, 60, 10), "does not reach the bounds"),
    "elsewhere, by zones": (write, (40, -80, 60, 80), "does not reach the bounds"),
    "bounds upside down": (write, (10, 20, 20, 10), "south must be below north"),
    "hardly any data": (lambda path: write(path, values=speck()), None, "no tile holds enough data"),
    "only nodata": (lambda path: write(path, values=np.zeros((100, 120))), None, "holds only nodata; correct"),
    "only nodata there": (
        lambda path: write(path, values=np.zeros((100, 120))),
        (15, 12, 20, 15),
        "only nodata within the bounds",
    ),
}


def area_is_blamed(message: str) -> bool:
    return "bounds" in message


@pytest.mark.parametrize(("make", "bounds", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_message(
    tmp_path: Path, make: Callable[[Path], Path], bounds: Area | None, message: str
) -> None:
    raster = make(tmp_path / "mine.tif")
    with pytest.raises(UserError, match=message) as caught:
        find(raster, out=tmp_path / "out" / "craters.gpkg", bounds=bounds)
    assert "\n" not in str(caught.value)
    assert area_is_blamed(str(caught.value)) <= (bounds is not None)
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_the_command_says_it_in_one_line(tmp_path: Path) -> None:
    raster = write(tmp_path / "mine.tif", sphere(1_737_151.3))
    command = [
        sys.executable,
        "-m",
        "crater_pipeline.cli",
        "find",
        str(raster),
        "--out",
        str(tmp_path / "craters.gpkg"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"error: {raster}: stands on an ellipsoid of 1737151.3")


@pytest.mark.parametrize("threshold", [50.0, -1.0, float("nan"), float("inf"), 1.0001])
def test_a_threshold_that_no_score_can_have_is_refused(threshold: float, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="scores lie between 0 and 1"):
        find(write(tmp_path / "mine.tif"), out=tmp_path / "out" / "craters.gpkg", threshold=threshold)
    assert not (tmp_path / "out").exists()


def body_of(text: str) -> Body:
    """What the command line makes of `--body text`."""
    app = App()
    app.default(find)
    _, bound, _ = app.parse_args(["mine.tif", "--body", text], exit_on_error=False, print_error=False)
    body = bound.arguments["body"]
    assert isinstance(body, Body)
    return body


def test_a_body_is_given_by_name_in_any_case_or_as_json() -> None:
    assert body_of("MARS") == body_of("mars") == known_body("mars")
    assert body_of('{"name": "tatooine", "radius_m": 3000000}') == Body(name="tatooine", radius_m=3_000_000)
    for wrong in ("tatooine", '{"name": "mars"}', "[]"):
        with pytest.raises((UserError, CycloptsError)):
            body_of(wrong)


@pytest.mark.parametrize(("name", "code"), [("mars", "49900"), ("mercury", "19900")])
def test_another_body_is_searched_on_its_own_sphere(name: str, code: str, tmp_path: Path) -> None:
    body = known_body(name)
    find(write(tmp_path / "mine.tif", body.geographic_crs), out=tmp_path / "craters.gpkg", body=body, threshold=0.0)
    craters, footprint = (gpd.read_file(tmp_path / "craters.gpkg", layer=layer) for layer in ("craters", "footprint"))
    assert footprint.crs.to_authority() == craters.crs.to_authority() == ("IAU_2015", code)
    with closing(sqlite3.connect(tmp_path / "craters.gpkg")) as database:
        used = (
            "SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys JOIN gpkg_contents USING (srs_id)"
        )
        assert set(database.execute(used)) == {("IAU_2015", int(code))}
    degree_km = np.radians(body.radius_km)
    area = degree_km * 12 * body.radius_km * (np.sin(np.radians(20)) - np.sin(np.radians(10)))
    assert footprint["area_km2"].sum() == pytest.approx(area, rel=0.02)
    across_km = [(box[3] - box[1]) * degree_km for box in craters.geometry.bounds.to_numpy()]
    assert across_km == pytest.approx(craters["diameter_km"].tolist(), rel=0.01)


def test_craters_of_a_simulated_mars_are_found(tmp_path: Path) -> None:
    """By what is typed: `find --body mars`. The weights have only seen the Moon."""
    mars, bounds = known_body("mars"), (20.0, -0.4, 20.8, 0.4)
    raster, known, out = (tmp_path / name for name in ("mars.tif", "known.csv", "craters.gpkg"))
    simulate(
        output_image=raster,
        output_dtm=tmp_path / "terrain.tif",
        output_catalogue=tmp_path / "listed.csv",
        seed=1,
        pixel_size_m=100.0,
        bounds=bounds,
        body=mars,
        settings=SimulationSettings(margin_px=32, max_diameter_km=15.0),
    )
    listed = read_catalogue(tmp_path / "listed.csv", "simulated", mars)
    write_csv(known, listed[["catalogue_id", "lon", "lat", "diameter_km"]])
    app = App()
    app.default(find)
    typed = [raster, "--out", out, "--body", "mars", "--catalogue", known, "--bounds", *bounds]
    app([str(word) for word in typed], exit_on_error=False, result_action="return_value")
    craters, catalogue = (gpd.read_file(out, layer=layer) for layer in ("craters", "catalogue"))
    assert craters.crs.to_authority() == ("IAU_2015", "49900")
    large = catalogue[catalogue["diameter_km"] >= 1.0]
    assert len(large) > 10
    assert large["found"].mean() > 0.5
    assert (craters.loc[craters["diameter_km"] >= 1.0, "status"] == "matched").mean() > 0.6


def test_what_is_found_is_matched_with_a_table_of_known_craters(tmp_path: Path) -> None:
    raster = write(tmp_path / "mine.tif")
    find(raster, out=tmp_path / "known.csv", threshold=0.3)
    known = pd.read_csv(tmp_path / "known.csv")
    assert len(known) > 0
    find(raster, out=tmp_path / "craters.gpkg", threshold=0.3, catalogue=tmp_path / "known.csv")
    craters, listed = (gpd.read_file(tmp_path / "craters.gpkg", layer=layer) for layer in ("craters", "catalogue"))
    assert set(craters["status"]) == {"matched"}
    assert craters["catalogue_id"].tolist() == known["crater_id"].tolist()
    assert listed["found"].all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, ["an image, it has 8 bits", "hourglass_compact, shipped for images; trained for pixels of 30 to 7900 m"]),
        ({"kind": "dtm"}, ["a terrain model, as told", "hourglass_terrain, shipped for terrain models"]),
        ({"weights": shipped_weights()}, [f"hourglass_compact, as told from {shipped_weights()}"]),
    ],
    ids=["as it looks", "as told", "other weights"],
)
def test_it_says_what_it_takes_the_raster_for_and_which_weights(
    arguments: dict[str, Any], words: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Before the search, which is refused here."""
    raster = write(tmp_path / "mine.tif", values=speck())
    with caplog.at_level("INFO"), pytest.raises(UserError, match="no tile holds enough data"):
        find(raster, out=tmp_path / "craters.gpkg", **arguments)
    for word in words:
        assert word in caplog.text


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


@pytest.mark.parametrize("driver", ["PNG", "ENVI"])
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_the_folder_of_a_raster_is_left_as_it_was(driver: str, tmp_path: Path) -> None:
    """What lies beside the raster counts, and nothing is added to it: the collar is no data by the sidecar alone."""
    folder = tmp_path / "data"
    folder.mkdir()
    grey = collared(picture(side=200), 0)
    raster = ground(folder / "mine", grey, driver=driver)
    with rasterio.open(raster, "r+") as dataset:
        dataset.nodata = 0
    before = state(folder)
    assert len(before) > 1
    find(raster, out=tmp_path / "craters.gpkg")
    assert state(folder) == before
    footprint = gpd.read_file(tmp_path / "craters.gpkg", layer="footprint")
    assert footprint["area_km2"].sum() == pytest.approx((grey > 0).mean() * 20**2, rel=0.15)


def test_a_collar_that_no_header_declares_is_no_searched_area(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    grey = collared(picture(side=200), 255)
    find(ground(tmp_path / "mine.tif", grey), out=tmp_path / "craters.gpkg")
    assert "value 255" in caplog.text
    area = gpd.read_file(tmp_path / "craters.gpkg", layer="footprint")["area_km2"].sum()
    assert area == pytest.approx((grey < 255).mean() * 20**2, rel=0.15)


def test_kilometres_are_refused_until_they_are_named(tmp_path: Path) -> None:
    raster, out = ground(tmp_path / "mine.tif", (terrain(side=200) / 1000).astype("float32")), tmp_path / "craters.gpkg"
    with pytest.raises(UserError, match="--elevation-unit km"):
        find(raster, out=out, kind="dtm")
    find(raster, out=out, elevation_unit="km", threshold=0.0, depth=DepthSettings(min_diameter_px=6))
    craters = gpd.read_file(out, layer="craters")
    assert len(craters) > 0
    # metres: of the same ground in kilometres a thousandth would be left
    assert craters["depth_m"].max() > 10

"""Rasters without a place on the body: refused by name, with advice that works."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from pyproj import CRS
from rasterio.control import GroundControlPoint
from rasterio.rio.main import main_group

from crater_pipeline.errors import UserError
from crater_pipeline.rasters.appraisal import usable
from crater_pipeline.sphere.bodies import MOON, known_body
from tests.rasters.ground import GRID, MAP, picture, write

GREYS = picture(side=64)
DEGREES = Affine(0.1, 0, 10, 0, -0.1, 20)


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        usable(path, MOON)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


def rio(*arguments: str) -> None:
    """Run rasterio's command in the working directory."""
    done = CliRunner().invoke(main_group, arguments)
    assert done.exit_code == 0, done.output


def follow(message: str, place: str = "[0.1, 0, 10, 0, -0.1, 20]") -> None:
    """Run the `rio` command of a message, its capitals replaced by a place."""
    found = re.search(r"rio (.*?) \(or", message)
    assert found
    rio(*shlex.split(re.sub(r"\[PIXEL.*?\]", place, found[1])))


@pytest.mark.parametrize("driver", ["GTiff", "PNG", "JPEG"])
@pytest.mark.parametrize("case", ["nothing", "no system", "no grid"])
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_that_lacks_its_place_gets_it_by_the_advice(
    driver: str, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crs = MAP if case == "no grid" else None
    transform = GRID if case == "no system" else Affine.identity()
    path = write(tmp_path / "my image", GREYS, crs, transform, driver=driver)
    message = refusal(path)
    assert ("no coordinate reference system" in message) == (crs is None)
    assert ("no place on the map" in message) == (case != "no system")
    monkeypatch.chdir(tmp_path)
    follow(message, "[100, 0, 300000, 0, -100, 900000]" if case == "no grid" else "[0.1, 0, 10, 0, -0.1, 20]")
    info = usable(path, MOON)
    assert info.transform == (DEGREES if case == "nothing" else GRID)


def test_ground_control_points_are_named_and_warped_by_the_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [GroundControlPoint(row, col, 10 + col * 0.1, 20 - row * 0.1) for row in (0, 64) for col in (0, 64)]
    system = rasterio.crs.CRS.from_user_input("IAU_2015:30100")
    with rasterio.open(
        tmp_path / "r.tif", "w", driver="GTiff", width=64, height=64, count=1, dtype="uint8", gcps=points, crs=system
    ) as dataset:
        dataset.write(GREYS, 1)
    message = refusal(tmp_path / "r.tif")
    assert "placed by 4 ground control points" in message
    monkeypatch.chdir(tmp_path)
    follow(message)
    lon, lat = usable(tmp_path / "warped.tif", MOON).lonlat(0.0, 0.0, MOON)
    assert [float(lon), float(lat)] == pytest.approx([10.0, 20.0], abs=0.01)


def test_rational_polynomials_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "r.tif", GREYS, None, Affine.identity())
    coefficients = {f"{part}_COEFF": " ".join(["1"] * 20) for part in ("LINE_NUM", "LINE_DEN", "SAMP_NUM", "SAMP_DEN")}
    scales = {f"{axis}_{what}": "1" for axis in ("LINE", "SAMP", "LAT", "LONG", "HEIGHT") for what in ("OFF", "SCALE")}
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(ns="RPC", **coefficients, **scales)
    assert "rational polynomial coefficients" in refusal(path)


OFF: dict[str, tuple[CRS, Affine]] = {
    "metres for degrees": (MOON.geographic_crs, Affine(100, 0, -5_458_203, 0, -100, 2_729_101)),
    "no area": (MAP, Affine(100, 0, 0, 0, 0, 0)),
    "beyond the pole": (MOON.geographic_crs, Affine(0.1, 0, 10, 0, -0.1, 95)),
}


@pytest.mark.parametrize(("crs", "transform"), OFF.values(), ids=OFF)
def test_a_grid_that_leaves_the_body_is_refused(crs: CRS, transform: Affine, tmp_path: Path) -> None:
    assert re.search("lies off the body|no area", refusal(write(tmp_path / "r.tif", GREYS, crs, transform)))


def test_a_system_without_an_ellipsoid_is_refused(tmp_path: Path) -> None:
    local = CRS.from_wkt('ENGCRS["site",EDATUM["site"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],UNIT["metre",1]]')
    assert re.search("no ellipsoid|no coordinate reference system", refusal(write(tmp_path / "r.tif", GREYS, local)))


def test_the_ellipsoid_of_another_body_gets_advice_that_can_work(tmp_path: Path) -> None:
    mars = CRS.from_user_input("+proj=longlat +a=3396190 +b=3376200 +no_defs +type=crs")
    path = write(tmp_path / "r.tif", GREYS, mars, DEGREES)
    message = refusal(path)
    assert "no radius_m fits an ellipsoid, choose body 'mars'" in message
    with pytest.raises(UserError, match="transform the data to the sphere of 3396190 m"):
        usable(path, known_body("mars"))
    target = re.search(r"gdalwarp -t_srs '([^']+)'", message)
    assert target
    rio("warp", str(path), str(tmp_path / "sphere.tif"), "--dst-crs", target[1])
    assert usable(tmp_path / "sphere.tif", known_body("mars")).width > 0


def test_a_sphere_of_another_radius_gets_advice_for_either_case(tmp_path: Path) -> None:
    near = CRS.from_user_input("+proj=longlat +R=1737151.3 +type=crs")
    assert "give the body the radius_m of the data" in refusal(write(tmp_path / "r.tif", GREYS, near, DEGREES))
    far = CRS.from_user_input("+proj=longlat +R=3396190 +type=crs")
    message = refusal(write(tmp_path / "r.tif", GREYS, far, DEGREES))
    assert "choose the data's own body, that of 'mars'" in message


@pytest.mark.parametrize(("driver", "ending"), [("PNG", "pgw"), ("JPEG", "jgw")])
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_what_lies_beside_a_raster_counts(driver: str, ending: str, tmp_path: Path) -> None:
    """World files and the .aux.xml of other programs: place, nodata, scale and unit."""
    path = write(tmp_path / "r.x", GREYS, None, Affine.identity(), driver=driver)
    with rasterio.open(path, "r+") as dataset:
        dataset.crs = rasterio.crs.CRS.from_wkt(MAP.to_wkt())
        dataset.nodata = 17
        dataset.scales, dataset.offsets, dataset.units = (2.0,), (-5.0,), ("km",)
    (tmp_path / f"r.{ending}").write_text("100\n0\n0\n-100\n300050\n899950\n")
    shutil.move(tmp_path / "r.x", tmp_path / f"r.{driver.lower()}")
    shutil.move(tmp_path / "r.x.aux.xml", tmp_path / f"r.{driver.lower()}.aux.xml")
    info = usable(tmp_path / f"r.{driver.lower()}", MOON)
    assert (info.nodata, info.transform) == (17, GRID)
    assert np.isfinite(info.pixel_size_m)

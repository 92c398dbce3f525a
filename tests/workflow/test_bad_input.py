"""Data that will not do: each case one message, in the log and on the terminal, and nothing half-made."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml
from affine import Affine
from pyproj import CRS
from rasterio.control import GroundControlPoint

from crater_pipeline.sphere.bodies import Body
from tests.workflow.conftest import Checkout, copy_checkout

FOUND_WHILE_RUNNING = {
    "elsewhere": "does not reach the bounds",
    "nodata": "holds only nodata within the bounds",
}
FOUND_AT_ONCE = {
    "no_crs": "no coordinate reference system",
    "earth": "stands on an ellipsoid of 6378137.0 x 6356752.3 m, but body 'moon' is a sphere of 1737400.0 m",
    "other_radius": "stands on an ellipsoid of 1737151.3 x 1737151.3 m, but body 'moon' is a sphere of 1737400.0 m",
    "no_place": "a coordinate reference system, but no place on the map",
    "points": "placed by 4 ground control points",
    "off_the_body": "lies off the body",
    "label": "a label, which only describes a raster",
    "text": "not a raster",
    "page": "a web page, not a raster",
}
"""Name of the region and its mosaic -> what is said."""

BOUNDS = {"elsewhere": [20, 20, 30, 30]}


def sphere(radius_m: float) -> CRS:
    return Body(name="ball", radius_m=radius_m).geographic_crs


def write(path: Path, crs: CRS | None, grey: int = 90, **place: Any) -> None:
    profile = {"driver": "GTiff", "width": 40, "height": 40, "count": 1, "dtype": "uint8", "nodata": 0}
    place = place or {"transform": Affine(0.1, 0, 0, 0, -0.1, 4)}
    place["crs"] = None if crs is None else crs.to_wkt()
    with rasterio.open(path, "w", **profile, **place) as raster:
        raster.write(np.full((1, 40, 40), grey, np.uint8))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with a region and a mosaic of each kind."""
    checkout = copy_checkout(tmp_path_factory.mktemp("refused"))
    moon, data = sphere(1_737_400), checkout.folder / "data"
    data.mkdir()
    write(data / "no_crs.tif", None)
    write(data / "earth.tif", CRS("EPSG:4326"))
    write(data / "other_radius.tif", sphere(1_737_151.3))
    write(data / "nodata.tif", moon, grey=0)
    write(data / "elsewhere.tif", moon)
    write(data / "no_place.tif", moon, transform=Affine.identity())
    points = [GroundControlPoint(row, col, col / 10, -row / 10) for row in (0, 40) for col in (0, 40)]
    write(data / "points.tif", moon, gcps=points)
    write(data / "off_the_body.tif", moon, transform=Affine(100, 0, 3000, 0, -100, 4000))
    (data / "label.tif").write_text('PDS_VERSION_ID = PDS3\nRECORD_TYPE = FIXED_LENGTH\n^IMAGE = "A.IMG"\nEND\n')
    (data / "text.tif").write_text("no raster")
    (data / "page.tif").write_text("<!DOCTYPE html><html>not found</html>")
    names = [*FOUND_WHILE_RUNNING, *FOUND_AT_ONCE]
    mine = {
        "mosaics": {name: {"kind": "image", "body": "moon", "url": f"data/{name}.tif"} for name in names},
        "regions": {
            name: {"mosaic": name, "bounds": BOUNDS.get(name, [1, 1, 3, 3]), "training": {"enabled": False}}
            for name in names
        },
    }
    (checkout.folder / "mine.yaml").write_text(yaml.safe_dump(mine))
    return checkout


@pytest.fixture(scope="module")
def printed(prepared: Checkout) -> str:
    """What is printed when all regions are tried whose mosaics are rasters of the body."""
    targets = [f"results/{name}/projected.tif" for name in FOUND_WHILE_RUNNING]
    done = prepared.snakemake("--keep-going", "--configfile", "mine.yaml", "--", *targets, check=False)
    assert done.returncode == 1
    return done.stdout + done.stderr


@pytest.mark.parametrize(("name", "message"), FOUND_WHILE_RUNNING.items(), ids=FOUND_WHILE_RUNNING)
def test_a_step_says_it_on_the_terminal_and_in_its_log(
    prepared: Checkout, printed: str, name: str, message: str
) -> None:
    results = prepared.folder / "results" / name
    log = (results / "logs" / "reproject.log").read_text()
    errors = [line for line in log.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert message in errors[0]
    assert errors[0] in printed
    assert "Traceback" not in log + printed
    assert not (results / "projected.tif").exists()


@pytest.mark.parametrize(("name", "message"), FOUND_AT_ONCE.items(), ids=FOUND_AT_ONCE)
def test_a_mosaic_that_will_not_do_ends_the_run_before_it_starts(prepared: Checkout, name: str, message: str) -> None:
    target = f"results/{name}/craters.gpkg"
    done = prepared.snakemake("--dry-run", "--configfile", "mine.yaml", "--", target, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in said
    errors = [line for line in said.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert errors[0].startswith(f"error: mosaics.{name}.url: data/{name}.tif: ")
    assert message in errors[0]

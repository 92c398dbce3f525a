"""`find` killed again and again ends with the file that an undisturbed one writes, and does nothing twice."""

import os
import re
import resource
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from crater_pipeline.detection.zonal_survey import Survey
from crater_pipeline.light.reflectance import ShadingSettings
from crater_pipeline.models.initial import metadata_path, shipped_weights
from crater_pipeline.rasters.files import create_raster
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds

SEARCH = """
import os, signal, sys
from pathlib import Path
from crater_pipeline.detection import inference
from crater_pipeline.rasters import strips
from crater_pipeline.steps._command import run
from crater_pipeline.steps.find import find

last, log = sys.argv.pop(1), Path(sys.argv.pop(1))
inference.PART_TILES = 1
strips.STRIP_PX = 100_000
appear = Path.replace

def replace(self, target):
    appear(self, target)
    with log.open("a") as file:
        print(target, file=file)
    if last and str(target).endswith(last):
        os.kill(os.getpid(), signal.SIGKILL)

Path.replace = replace
run(find)
"""
"""Small parts and strips, a list of the files that appear, and an end right after a certain one of them."""

ROOM = 20_000
"""Bytes that a file may have where there is no room: fewer than a strip has."""


@pytest.fixture(scope="module")
def moon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rough terrain of a whole body, three zones."""
    path = tmp_path_factory.mktemp("moon") / "moon.tif"
    heights = np.random.default_rng(0).normal(0, 300, (720, 1440)).astype(np.float32)
    with create_raster(
        path, 1440, 720, MOON.geographic_crs, Affine(0.25, 0, -180, 0, -0.25, 90), "float32", None
    ) as file:
        file.write(heights, 1)
    return path


def search(raster: Path, out: Path, *options: str, last: str = "", room: int | None = None) -> tuple[int, str]:
    """Exit code and log of a search that ends with the file `last`; what it wrote is added to `out`'s .log."""
    limited = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (room or resource.RLIM_INFINITY,) * 2)
    told = ["--kind", "dtm", "--threshold", "0", "--inference.engine", "torch", "--inference.precision", "float32"]
    done = subprocess.run(
        [sys.executable, "-c", SEARCH, last, out.with_suffix(".log"), raster, "--out", out, *told, *options],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=limited if room else None,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def appeared(out: Path) -> list[str]:
    """Places of the files that searches have written, in the folder of their parts."""
    return re.findall(r"\.gpkg\.parts/(.*)", out.with_suffix(".log").read_text())


def test_a_search_that_is_killed_goes_on_where_it_was(moon: Path, tmp_path: Path) -> None:
    quiet, out = tmp_path / "quiet.gpkg", tmp_path / "craters.gpkg"
    code, log = search(moon, quiet)
    assert code == 0, log
    assert "going on" not in log

    code, log = search(moon, out, room=ROOM)
    assert code == 1, log
    assert len(re.findall("^error: .*(room|disk)", log, re.MULTILINE)) == 1, log
    code, log = search(moon, out, "--shading.sun_azimuth_deg", "90", last="shaded.tif")
    assert code == -signal.SIGKILL, log
    (others,) = Path(f"{out}.parts").glob("*/")
    out.with_suffix(".log").unlink()

    code, log = search(moon, out, last="part_0000002.parquet")
    assert code == -signal.SIGKILL, log
    assert "going on" not in log
    assert not others.exists()
    code, log = search(moon, out, last="zone_0003/projected.strips/rows_0000000.tif")
    assert code == -signal.SIGKILL, log
    assert "craters.gpkg.parts: going on from what an earlier run has left there" in log
    code, log = search(moon, out)
    assert code == 0, log
    assert re.search("zone 1 of 3: .*, done by an earlier run", log)
    assert re.search(r"1 of \d strips are there already", log)

    assert out.read_bytes() == quiet.read_bytes()
    # the same files as without a disturbance, each of them once
    assert sorted(appeared(out)) == sorted(appeared(quiet))
    assert len(set(appeared(out))) == len(appeared(out)) > 20
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.{end}" for name in ("quiet", "craters") for end in ("gpkg", "log")
    }


def test_a_search_is_known_by_all_that_its_parts_depend_on(moon: Path, tmp_path: Path) -> None:
    weights, whole = shipped_weights("hourglass_terrain"), Bounds(-180, -90, 180, 90)
    survey = Survey("dtm", MOON, weights, metadata_path(weights))
    lit = Survey("dtm", MOON, weights, metadata_path(weights), shading=ShadingSettings(sun_azimuth_deg=90))
    image = Survey("image", MOON, shipped_weights(), metadata_path(shipped_weights()))
    names = [survey.name(moon, whole), lit.name(moon, whole), image.name(moon, whole)]
    names.append(survey.name(moon, Bounds(-180, -90, 180, 89)))
    assert survey.name(moon, whole) == names[0]
    # a file beside the raster that says more of it, and another time of change
    moon.with_name("moon.tif.aux.xml").write_text("<PAMDataset></PAMDataset>")
    names.append(survey.name(moon, whole))
    os.utime(moon, (0, 0))
    names.append(survey.name(moon, whole))
    assert len(set(names)) == len(names)

"""A real QGIS runs "Find craters" by its Processing framework: the search itself by the installed program."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from pyproj import CRS
from rasterio.transform import from_origin

from crater_pipeline.export.processing_plugin import plugins_folder, write_plugin
from crater_pipeline.simulation.settings import SimulationSettings
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.steps.simulate import simulate
from tests.export.system_qgis import environment, run_qgis

PROBE = Path(__file__).with_name("processing_probe.py")
ROOT = Path(__file__).parents[2]
POLAR = CRS.from_wkt(
    'PROJCS["Moon polar",GEOGCS["Moon (2015) - Sphere / Ocentric",DATUM["Moon (2015) - Sphere",'
    'SPHEROID["Moon (2015) - Sphere",1737400,0]],PRIMEM["Reference Meridian",0],UNIT["degree",0.0174532925199433]],'
    'PROJECTION["Polar_Stereographic"],PARAMETER["latitude_of_origin",90],PARAMETER["central_meridian",0],'
    'PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]'
)

# Debian's script of the plain name hands on an option that the program does not know
QGIS_PROCESS = shutil.which("qgis_process.bin") or shutil.which("qgis_process")

Seen = dict[str, Any]


def script(path: Path, *lines: str) -> Path:
    """A program of these lines of shell."""
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def plain(path: Path, crs: CRS, west: float, north: float, pixel: float) -> Path:
    """A raster of 64 x 64 pixels, of which only the place is looked at."""
    profile = {"width": 64, "height": 64, "count": 1, "dtype": "uint8", "driver": "GTiff", "crs": crs}
    with rasterio.open(path, "w", transform=from_origin(west, north, pixel, pixel), **profile) as raster:
        raster.write(np.ones((1, 64, 64), np.uint8))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("processing")


@pytest.fixture(scope="module")
def seen(folder: Path) -> Seen:
    """What QGIS saw of every case; a case's name is that of its output."""
    moon = folder / "moon.tif"
    simulate(
        output_image=moon,
        output_dtm=folder / "dtm.tif",
        output_catalogue=folder / "catalogue.csv",
        seed=3,
        pixel_size_m=200.0,
        bounds=(-0.7, -0.7, 0.7, 0.7),
        body=MOON,
        settings=SimulationSettings(margin_px=16),
    )
    # the wrapper stands for the installed script, and finds what the user's cache holds
    home = f"HOME='{Path.home()}' PYTHONPATH='{ROOT}' exec '{sys.executable}' -m crater_pipeline.cli \"$@\""
    program = script(folder / "crater pipeline", f"echo $$ > '{folder}/pid'", home)
    # tells what it was asked
    teller = script(folder / "teller", 'shift; echo "error: asked for: $*"', "exit 1")
    degrees = plain(folder / "degrees.tif", MOON.geographic_crs, -180, 90, 360 / 64)
    polar = plain(folder / "polar.tif", POLAR, -320_000, 320_000, 10_000)
    with rasterio.open(moon) as raster:
        moon_map = raster.crs.to_wkt()
    cases: dict[str, Any] = {
        "found": {"INPUT": str(moon), "EXTENT": "-15000,10000,-15000,12000", "THRESHOLD": 0.3},
        "stopped": {"INPUT": str(moon)},
        "earth": {"INPUT": str(moon), "EXTENT": "-1,1,-1,1 [EPSG:4326]"},
        "no_program": {"INPUT": str(moon)},
        "told": {"INPUT": str(moon), "KIND": 2, "WEIGHTS": "/x/w.safetensors", "BODY": "Mars", "THRESHOLD": 0.0},
        "left_out": {"INPUT": str(moon)},
        "antimeridian": {"INPUT": str(degrees), "EXTENT": "170,190,-10,20"},
        "everywhere": {"INPUT": str(degrees), "EXTENT": "-180,180,-90,90"},
        "pole": {"INPUT": str(polar), "EXTENT": "-100000,200000,-100000,100000"},
        "beside_the_pole": {"INPUT": str(polar), "EXTENT": "-10000,10000,100000,200000"},
    }
    special = {
        "stopped": {"cancel": "tiles on"},
        "no_program": {"program": "/nowhere/crater-pipeline"},
        "antimeridian": {"project": MOON.geographic_crs.to_wkt()},
        "everywhere": {"project": MOON.geographic_crs.to_wkt()},
        "pole": {"project": POLAR.to_wkt()},
        "beside_the_pole": {"project": POLAR.to_wkt()},
    }
    real = ("found", "stopped")
    asked = []
    for name, parameters in cases.items():
        (folder / name).mkdir()
        output = {"OUTPUT": str(folder / name / "craters.gpkg")}
        called = {"program": str(program if name in real else teller)}
        asked.append({"parameters": parameters | output, "project": moon_map, **called, **special.get(name, {})})
    (folder / "cases.json").write_text(json.dumps(asked))
    write_plugin(folder / "plugins" / "crater_finder", program)
    run_qgis(PROBE, folder / "plugins", folder / "cases.json", folder / "seen.json", folder=folder)
    answer: Seen = json.loads((folder / "seen.json").read_text())
    answer["runs"] = dict(zip(cases, answer["runs"], strict=True))
    return answer


def test_the_toolbox_lists_it_while_the_plugin_is_on(seen: Seen, folder: Path) -> None:
    assert seen["listed"] == ["craterpipeline:findcraters"]
    assert seen["program"] == str(folder / "crater pipeline")
    assert seen["left"] == []


def test_it_brings_styled_layers_onto_the_map(seen: Seen, folder: Path) -> None:
    run = seen["runs"]["found"]
    assert run["failure"] == ""
    layers = {layer["name"]: layer for layer in run["layers"]}
    assert set(layers) == {"Craters", "Footprint"}
    for layer in layers.values():
        assert layer["valid"]
        assert layer["crs"] == "IAU_2015:30100"
        assert layer["renderer"] == "RuleRenderer"
    assert layers["Craters"]["features"] > 3
    assert "Candidate" in layers["Craters"]["rules"]
    out = folder / "found" / "craters.gpkg"
    assert run["results"]["CRATERS"] == f"{out}|layername=craters"
    assert {path.name.partition("-")[0] for path in out.parent.iterdir()} == {"craters.gpkg"}


def test_it_searches_the_area_asked_for(seen: Seen) -> None:
    """Of the project's map, here that of the raster, on which metres are degrees."""
    expected = [round(float(np.degrees(metres / MOON.radius_m)), 4) for metres in (-15000, -15000, 10000, 12000)]
    assert any(line.endswith(f"200 m a pixel, {expected}") for line in seen["runs"]["found"]["info"])


def test_progress_goes_up_to_the_end(seen: Seen) -> None:
    progress = seen["runs"]["found"]["progress"]
    assert progress == sorted(progress)
    assert progress[-1] == 100
    assert any("tiles on" in line for line in seen["runs"]["found"]["info"])


def test_stopping_ends_the_program_and_leaves_only_what_it_can_go_on_from(seen: Seen, folder: Path) -> None:
    run = seen["runs"]["stopped"]
    assert any("tiles on" in line for line in run["info"])
    assert not any("craters in" in line for line in run["info"])
    assert run["layers"] == []
    assert run["results"] == {}
    assert [path.name for path in (folder / "stopped").iterdir()] == ["craters.gpkg.parts"]
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("left_out", "asked for: "),  # what the program says
        ("earth", "EPSG:4326 - WGS 84, which is not a system of the raster's body"),
        ("no_program", "the program crater-pipeline is not at '/nowhere/crater-pipeline'; give its path in Settings >"),
    ],
)
def test_a_mistake_is_a_message(seen: Seen, case: str, message: str) -> None:
    run = seen["runs"][case]
    assert message in run["failure"]
    assert "\n" not in run["failure"]
    assert "Traceback" not in run["failure"]
    assert run["layers"] == []


def asked_for(seen: Seen, case: str) -> str:
    """The command line without the raster and the output."""
    failure: str = seen["runs"][case]["failure"]
    return failure.partition("craters.gpkg ")[2]


def test_the_form_becomes_a_command_line(seen: Seen) -> None:
    told = "--kind dtm --weights /x/w.safetensors --body Mars --threshold 0.0"
    assert asked_for(seen, "told") == told
    assert asked_for(seen, "left_out") == "--body moon"


@pytest.mark.parametrize(
    ("case", "bounds"),
    [
        ("antimeridian", (170, -10, -170, 20)),
        ("everywhere", (-180, -90, 180, 90)),
        ("pole", (-180, 82.6, 180, 90)),
        ("beside_the_pole", (174.3, 83.4, -174.3, 86.7)),
    ],
)
def test_the_area_in_degrees(seen: Seen, case: str, bounds: tuple[float, ...]) -> None:
    words = asked_for(seen, case).split("--bounds ")[1].split()
    assert [float(word) for word in words] == pytest.approx(bounds, abs=0.1)


@pytest.mark.skipif(QGIS_PROCESS is None, reason="qgis_process is not installed (apt-get install qgis)")
def test_qgis_process_finds_it_where_it_is_written_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    teller = script(tmp_path / "teller", 'echo "error: asked to $1 $2; see there"', "exit 1")
    write_plugin(plugins_folder() / "crater_finder", teller)
    raster = plain(tmp_path / "degrees.tif", MOON.geographic_crs, -180, 90, 360 / 64)

    def said(*arguments: str) -> str:
        # the embedded Python takes a virtual environment on the path for its own
        clean = environment(tmp_path) | {"PATH": "/usr/bin:/bin"}
        done = subprocess.run([str(QGIS_PROCESS), *arguments], capture_output=True, text=True, env=clean, check=False)
        return done.stdout + done.stderr

    said("plugins", "enable", "crater_finder")
    assert "craterpipeline:findcraters" in said("list")
    ran = said("run", "craterpipeline:findcraters", f"--INPUT={raster}", f"--OUTPUT={tmp_path / 'craters.gpkg'}")
    assert f"asked to find {raster}; see there" in ran

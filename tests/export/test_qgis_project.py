"""A real QGIS opens the project, recognises the Moon, and draws circles where the craters are."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from crater_pipeline.export.mosaic_view import mosaic_view
from crater_pipeline.export.styles import SCORE_COLOURS
from crater_pipeline.sphere.craters import rim_points
from crater_pipeline.sphere.projections import transformer
from tests.export.small_region import MOON, Exported, catalogue_of, craters_of, footprint_of, run_export
from tests.export.system_qgis import run_qgis

PROBE = Path(__file__).with_name("qgis_project_probe.py")
SIZE = (900, 700)
FROM_FILE = ("-", "-", "-", "-")
OVER_AND_BELOW = ("Craters,Mosaic", "Mosaic")


def open_project(exported: Exported, folder: Path, maps: Sequence[tuple[str, Sequence[str]]]) -> dict[str, Any]:
    """What QGIS sees; each map (layers, extent) is drawn into `<number>.png` in `folder`."""
    arguments: list[str | Path] = []
    for number, (layers, extent) in enumerate(maps):
        arguments += [folder / f"{number}.png", layers, *extent, *map(str, SIZE)]
    run_qgis(PROBE, folder / "seen.json", exported["craters.qgz"], *arguments, folder=folder)
    seen: dict[str, Any] = json.loads((folder / "seen.json").read_text())
    return seen


def picture(path: Path) -> NDArray[np.int64]:
    return (imread(path)[..., :3] * 255).round().astype(np.int64)


def drawn_share(
    exported: Exported, craters: pd.DataFrame, extent: Sequence[float], changed: NDArray[np.bool_], beside: int = 1
) -> NDArray[np.float64]:
    """Share of each crater's rim inside the picture on which, or up to `beside` pixels off, something was drawn."""
    crs = mosaic_view(exported["projected.tif"]).crs
    lon, lat = rim_points(craters["lon"], craters["lat"], craters["diameter_km"], MOON, 180)
    x, y = transformer(MOON.geographic_crs, crs).transform(lon, lat)
    column = (x - extent[0]) / (extent[2] - extent[0]) * SIZE[0]
    row = (extent[3] - y) / (extent[3] - extent[1]) * SIZE[1]
    inside = (column >= 2) & (column < SIZE[0] - 2) & (row >= 2) & (row < SIZE[1] - 2)
    row, column = np.where(inside, row, 2).astype(int), np.where(inside, column, 2).astype(int)
    steps = range(-beside, beside + 1)
    near = np.any([changed[row + i, column + j] for i in steps for j in steps], axis=0)
    return np.asarray(np.sum(near & inside, axis=1) / np.maximum(inside.sum(axis=1), 1))


def published(exported: Exported) -> pd.DataFrame:
    table = pd.read_parquet(exported["craters_all.parquet"])
    return table[table["score"] >= 0.5].reset_index(drop=True)


def check_project(seen: dict[str, Any]) -> None:
    assert seen["read"]
    assert seen["order"] == ["Craters", "Catalogue", "Footprint", "Mosaic"]
    for crs in (seen["crs"], seen["canvas_crs"], seen["layers"]["Mosaic"]["crs"]):
        assert crs["valid"]
        assert not crs["geographic"]
        assert "+R=1737400" in crs["proj"]
        assert crs["body"] in ("Moon", None)  # None: the QGIS is too old to tell
    for name in ("Craters", "Catalogue", "Footprint"):
        assert seen["layers"][name]["valid"]
        assert seen["layers"][name]["crs"]["authid"] == "IAU_2015:30100"
        assert seen["layers"][name]["renderer"] == "RuleRenderer"
    assert seen["layers"]["Mosaic"]["valid"]
    assert seen["layers"]["Mosaic"]["renderer"] == "singlebandgray"
    assert seen["layers"]["Craters"]["labels"]
    assert not seen["layers"]["Catalogue"]["labels"]
    assert {"Matched", "Candidate", "Unverifiable"} <= set(seen["layers"]["Craters"]["legend"])
    assert seen["ellipsoid"] == "PARAMETER:1737400:1737400"
    assert all(not each["errors"] for each in seen["maps"])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Craters well apart: matched (large and small), candidate, unverifiable; scores above and below 0.8."""
    craters = craters_of(
        [10.5, 11.5, 12.5, 11.0, 12.0],
        [30.5, 30.5, 30.5, 31.5, 31.5],
        [14.0, 8.0, 8.0, 8.0, 1.5],
        [0.9, 0.9, 0.9, 0.45, 0.9],
    )
    catalogue = catalogue_of([10.5, 11.0, 12.5], [30.5, 31.5, 31.5], [14, 8, 8])
    return run_export(tmp_path_factory.mktemp("plain"), craters, catalogue, footprint_of({"test": [(10, 30, 13, 32)]}))


def test_circles_are_drawn_over_the_mosaic(plain: Exported, tmp_path: Path) -> None:
    seen = open_project(plain, tmp_path, [(layers, FROM_FILE) for layers in ("all", "Mosaic", "Craters,Mosaic")])
    check_project(seen)
    whole, below, circles = (picture(tmp_path / f"{number}.png") for number in range(3))
    grey = (below == below[..., :1]).all(axis=2)
    assert grey.mean() > 0.9  # the blue background shows only beside the mosaic
    assert below[grey].std() > 20  # which is stretched
    craters = published(plain)
    assert craters["status"].tolist() == ["matched", "candidate", "candidate", "matched", "unverifiable"]
    changed = (circles != below).any(axis=2)
    share = drawn_share(plain, craters, seen["maps"][2]["extent"], changed)
    assert (share > 0.9).all()
    assert (share[[0, 3]] == 1).all()
    # candidates have gaps
    exactly = drawn_share(plain, craters, seen["maps"][2]["extent"], changed, beside=0)
    assert (exactly[[0, 3]] > 0.97).all()
    assert ((exactly[[1, 2]] > 0.5) & (exactly[[1, 2]] < 0.9)).all()
    assert changed.mean() < 0.05  # circles have no fill
    missed = catalogue_of([12.5], [31.5], [8])
    assert drawn_share(plain, missed, seen["maps"][0]["extent"], (whole != circles).any(axis=2)) > 0.98


def test_colours_follow_the_score(plain: Exported, tmp_path: Path) -> None:
    seen = open_project(plain, tmp_path, [("Craters", FROM_FILE)])
    colours = {tuple(colour) for colour in picture(tmp_path / "0.png").reshape(-1, 3).tolist()}
    scores = published(plain)["score"].tolist()
    wanted = {next(colour for least, colour in SCORE_COLOURS if score >= least) for score in scores}
    assert len(wanted) == 2
    for least, colour in SCORE_COLOURS:
        rgb = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
        assert (rgb in colours) == (colour in wanted), least
    assert seen["maps"][0]["scale"] < 2_000_000


def around(exported: Exported, lon: float, lat: float, half_m: float) -> tuple[str, ...]:
    """The extent of a square on the map."""
    crs = mosaic_view(exported["projected.tif"]).crs
    x, y = transformer(MOON.geographic_crs, crs).transform(lon, lat)
    return tuple(str(value) for value in (x - half_m, y - half_m, x + half_m, y + half_m))


def test_labels_are_for_craters_that_are_large_on_the_map(plain: Exported, tmp_path: Path) -> None:
    maps = [("Craters", around(plain, 11.75, 31.0, half_m)) for half_m in (40_000.0, 150_000.0, 2_000_000.0)]
    near, farther, far = (each["labels"] for each in open_project(plain, tmp_path, maps)["maps"])
    assert sorted(near) == ["14.0 km", "8.00 km", "8.00 km", "8.00 km"]
    assert farther == ["14.0 km"]
    assert far == []


def test_a_region_across_the_antimeridian(exported: Exported, tmp_path: Path) -> None:
    near = around(exported, 180.0, 12.0, 20_000.0)
    maps = [("all", FROM_FILE), *((layers, extent) for extent in (FROM_FILE, near) for layers in OVER_AND_BELOW)]
    seen = open_project(exported, tmp_path, maps)
    check_project(seen)
    changed, changed_near = (
        (picture(tmp_path / f"{over}.png") != picture(tmp_path / f"{over + 1}.png")).any(axis=2) for over in (1, 3)
    )
    craters = published(exported)
    large = craters[craters["diameter_km"] >= 10]
    assert (drawn_share(exported, large, seen["maps"][1]["extent"], changed) > 0.98).all()
    # nothing is drawn along the meridian that cuts the crater of 20 km: small circles on it, away from the label
    offset_deg = np.degrees(6.0 / MOON.radius_km)
    on_the_cut = catalogue_of([180.0, 180.0], [12 - offset_deg, 12 + offset_deg], [3.0, 3.0])
    assert (drawn_share(exported, on_the_cut, seen["maps"][3]["extent"], changed_near) == 0).all()


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_a_region_around_a_pole(pole: float, tmp_path: Path) -> None:
    sign = np.sign(pole)
    south, north = sorted([pole, 0.9 * pole])
    latitudes = [sign * 84.0, sign * 88.0, sign * 86.0, sign * 89.5, sign * 84.0]
    craters = craters_of([0.0, 90.0, -135.0, 45.0, 180.0], latitudes, [40.0, 30.0, 20.0, 60.0, 50.0], [0.9] * 5)
    known = catalogue_of([0.0, 90.0, -135.0, 45.0, 180.0], latitudes, [40.0, 30.0, 20.0, 60.0, 50.0])
    halves = footprint_of({"test": [(-180, south, 0, north)], "val": [(0, south, 180, north)]})
    polar = run_export(tmp_path / "polar", craters, known, halves)
    seen = open_project(polar, tmp_path, [(layers, FROM_FILE) for layers in OVER_AND_BELOW])
    check_project(seen)
    changed = (picture(tmp_path / "0.png") != picture(tmp_path / "1.png")).any(axis=2)
    assert (drawn_share(polar, published(polar), seen["maps"][0]["extent"], changed) > 0.98).all()


def test_nothing_found(exported_empty: Exported, tmp_path: Path) -> None:
    seen = open_project(exported_empty, tmp_path, [("all", FROM_FILE)])
    check_project(seen)
    assert seen["layers"]["Craters"]["features"] == 0


def test_the_folder_can_be_moved(plain: Exported, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("craters.gpkg", "craters.qgz", "projected.tif"):
        (moved / name).write_bytes(plain[name].read_bytes())
    seen = open_project(Exported(moved), tmp_path, [])
    check_project(seen)
    assert all(str(moved) in layer["source"] for layer in seen["layers"].values())

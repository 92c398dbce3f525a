"""The document behind the report's map."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from crater_pipeline.rasters.files import create_raster, raster_info
from crater_pipeline.rasters.several import overview_grid
from crater_pipeline.reporting import map_data as module
from crater_pipeline.reporting.map_data import map_data, on_plate_carree
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from tests.judged_region import MOON, footprint_of
from tests.reporting.test_pictures import decoded

WIDTH, HEIGHT = 1300, 900
PARTS = footprint_of({"train": (-20, 56, -10, 64), "test": (-10, 56, 0, 64)})


@pytest.fixture(scope="module")
def raster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1300 x 900 pixels of 500 m about 10 W, 60 N, brighter to the east, with no data in the west."""
    path = tmp_path_factory.mktemp("map") / "image.tif"
    crs = choose_projection(Bounds(-18, 56, -2, 64), MOON)
    transform = Affine(500, 0, -500 * WIDTH / 2, 0, -500, 500 * HEIGHT / 2)
    with create_raster(path, WIDTH, HEIGHT, crs, transform, "uint8", 0) as dataset:
        image = np.tile(np.linspace(1, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))
        image[:, :600] = 0
        dataset.write(image, 1)
    return path


def document(raster: Path) -> dict[str, Any]:
    x, y = np.array([700.0, 800.0, 900.0, 1000.0]), np.array([200.0, 300.0, 400.0, 500.0])
    lon, lat = raster_info(raster).lonlat(x, y, MOON)
    craters = pd.DataFrame(
        {
            "crater_id": ["<C0>", "C1", "C2", "C3"],
            "lon": lon,
            "lat": lat,
            "diameter_km": [40.0, 30.0, 20.0, 10.0],
            "score": [0.9, 0.6, 0.4, 0.2],
            "status": ["matched", "candidate", "matched", "unverifiable"],
            "catalogue_id": ["a", None, "b", None],
        }
    )
    truth = pd.DataFrame({"catalogue_id": ["a", "b"], "lon": lon[[0, 2]], "lat": lat[[0, 2]], "diameter_km": [41, 20]})
    return map_data(raster, craters, truth, PARTS, 0.5, MOON)


def test_pictures_of_all_levels_cover_the_raster_and_say_where_there_is_no_data(raster: Path) -> None:
    made = document(raster)
    assert (made["finest"], made["coarsest"]) == (0, 2)
    # 3 x 2 pictures of which the first column has none, 2 x 1, 1
    assert sorted(made["pictures"]) == ["0/1/0", "0/1/1", "0/2/0", "0/2/1", "1/0/0", "1/1/0", "2/0/0"]
    whole = decoded(made["pictures"]["2/0/0"])
    assert whole.shape == (512, 512, 4)
    assert (whole[20:200, 160:320, 3] == 255).all()
    assert (whole[:, :140, 3] == 0).all()
    assert (whole[230:, :, 3] == 0).all()


def test_a_raster_whose_pictures_would_be_too_large_is_reduced(raster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = sum(map(len, document(raster)["pictures"].values()))
    monkeypatch.setattr(module, "MOST_BYTES", full // 2)
    reduced = document(raster)
    assert reduced["finest"] >= 1
    assert sum(map(len, reduced["pictures"].values())) <= full // 2


def test_craters_stand_in_pixels_and_know_their_catalogue_crater(raster: Path) -> None:
    made = document(raster)
    assert made["craters"]["x"] == pytest.approx([700, 800, 900, 1000], abs=0.1)
    assert made["craters"]["r"][0] == pytest.approx(40, rel=0.05)
    assert made["craters"]["truth"] == [0, -1, 1, -1]
    assert [made["kinds"][kind] for kind in made["craters"]["kind"]] == [
        "matched",
        "candidate",
        "matched",
        "unverifiable",
    ]
    assert [part for part, _ in made["outlines"]] == ["train", "test"]


def test_on_a_plate_carree_circles_widen_towards_the_poles_and_around_one_go_all_around(tmp_path: Path) -> None:
    grid = overview_grid(Bounds(-180, -90, 180, 90), MOON, np.radians(1) * MOON.radius_m)
    path = tmp_path / "overview.tif"
    with create_raster(path, grid.width, grid.height, grid.crs, grid.transform, "uint8", 0) as dataset:
        dataset.write(np.ones((grid.height, grid.width), np.uint8), 1)
    degree_km = np.radians(1) * MOON.radius_km
    craters = pd.DataFrame({"lon": [0.0, 90, 0], "lat": [0.0, 60, 89.9], "diameter_km": 2 * degree_km})
    placed = on_plate_carree(raster_info(path), craters, MOON)
    assert placed["r"].tolist() == pytest.approx([1, 1, 1], rel=1e-3)
    assert placed["x"].tolist() == pytest.approx([180, 270, 180], abs=0.01)
    assert placed["stretch"].tolist() == pytest.approx([1, 2, 180], rel=1e-3)

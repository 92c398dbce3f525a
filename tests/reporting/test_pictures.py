import base64
import io
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from PIL import Image

from crater_pipeline.rasters.files import create_raster, raster_info
from crater_pipeline.reporting.pictures import (
    choose_windows,
    crops,
    data_uri,
    drawn_craters,
    missable,
    picture_windows,
    place,
)
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.sphere.projections import choose_projection
from tests.judged_region import MOON, footprint_of


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    """600 x 900 pixels of 500 m about 10 W, 60 N, brighter to the east, with no data in the west."""
    crs = choose_projection(Bounds(-14, 56, -6, 64), MOON)
    path = tmp_path / "image.tif"
    transform = Affine(500, 0, -150_000, 0, -500, 225_000)
    with create_raster(path, 600, 900, crs, transform, "uint8", 0) as dataset:
        image = np.tile(np.linspace(1, 255, 600).astype(np.uint8), (900, 1))
        image[:, :40] = 0
        dataset.write(image, 1)
    return path


def craters_at(info_path: Path, x: list[float], y: list[float], diameter_km: float = 10.0) -> pd.DataFrame:
    lon, lat = raster_info(info_path).lonlat(np.array(x), np.array(y), MOON)
    return pd.DataFrame(
        {
            "lon": lon,
            "lat": lat,
            "diameter_km": diameter_km,
            "score": 0.8,
            "kind": "candidate",
            "title": "a <crater>",
        }
    )


def test_windows_hold_the_most_and_do_not_overlap() -> None:
    rng = np.random.default_rng(0)
    crowd = rng.uniform([1000, 2000], [1200, 2200], (50, 2))
    windows = choose_windows(np.concatenate([rng.uniform(0, 5000, (60, 2)), crowd]), size=512, count=5)
    assert len(windows) == 5
    x, y = windows[0]
    assert ((crowd >= [x, y]) & (crowd < [x + 512, y + 512])).all()
    for i, first in enumerate(windows):
        for second in windows[:i]:
            assert max(abs(first[0] - second[0]), abs(first[1] - second[1])) >= 512
    assert choose_windows(np.zeros((0, 2))) == []
    assert len(choose_windows(np.array([[10.0, 10.0]]))) >= 1


def decoded(uri: str) -> np.ndarray:
    assert uri.startswith("data:image/webp;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))


def test_pictures_are_stretched_and_transparent_where_there_is_no_data() -> None:
    values = np.ma.MaskedArray(np.tile(np.linspace(100.0, 120.0, 64), (64, 1)), np.zeros((64, 64), bool))
    grey = decoded(data_uri(values))[..., 0]
    assert grey.min() < 10
    assert grey.max() > 245
    values[:, :32] = np.ma.masked
    alpha = decoded(data_uri(values))[..., 3]
    assert (alpha[:, :30] == 0).all()
    assert (alpha[:, 34:] == 255).all()
    assert decoded(data_uri(np.ma.masked_all((8, 8), float)))[..., 3].max() == 0


def test_crops_show_the_craters_where_they_are(raster: Path) -> None:
    table = craters_at(raster, [150.0, 160.0, 400.0], [150.0, 300.0, 700.0])
    first, second = crops(table, [(raster, 0, 0), (raster, 88, 388)], [None, "data:image/webp;base64,"], MOON)
    assert (first.width, first.height) == (512, 512)
    assert {(c.x, c.y) for c in first.circles} == {(150.0, 150.0), (160.0, 300.0)}
    assert {c.r for c in first.circles} == {10.0}
    assert [(c.x, c.y) for c in second.circles] == [(312.0, 312.0)]
    assert (first.heat, second.heat) == (None, "data:image/webp;base64,")


def test_windows_are_chosen_by_the_catalogue_and_without_one_by_what_was_found(raster: Path) -> None:
    here, there = craters_at(raster, [300.0], [100.0]), craters_at(raster, [300.0], [800.0])
    everywhere = footprint_of({"test": (-20, 50, 0, 70)})
    (_, x, y), *_ = picture_windows([raster], there, here, everywhere, MOON)
    assert x <= 300 < x + 512
    assert y <= 100 < y + 512
    (_, x, y), *_ = picture_windows([raster], there, here.iloc[:0], everywhere, MOON)
    assert y <= 800 < y + 512
    assert picture_windows([raster], there, here, footprint_of({"train": (-20, 50, 0, 70)}), MOON) == []


def test_what_is_drawn() -> None:
    footprint: gpd.GeoDataFrame = footprint_of({"train": (0, 0, 1, 2), "test": (1, 0, 2, 2)})
    craters = pd.DataFrame(
        {
            "lon": [0.5, 1.5, 1.6],
            "lat": 1.0,
            "diameter_km": 3.0,
            "score": [0.9, 0.8, 0.1],
            "status": ["matched", "candidate", "candidate"],
            "catalogue_id": ["a", None, None],
            "split": ["train", "test", "test"],
        }
    )
    catalogue = pd.DataFrame(
        {
            "catalogue_id": ["a", "lost", "small", "outside", "basin"],
            "lon": [0.5, 1.2, 1.3, 5.0, 1.0],
            "lat": [1.0, 1.0, 1.0, 1.0, 1.0],
            "diameter_km": [3.0, 3.0, 1.0, 3.0, 400.0],
        }
    )
    drawn = drawn_craters(craters, missable(catalogue, footprint, 2.0, 0.25, MOON), 0.5)
    assert drawn["kind"].tolist() == ["matched", "candidate", "missed"]
    assert "lost" in drawn["title"].iloc[2]


def test_places_in_words() -> None:
    assert place(-24.31, 41.0) == "24.3° W, 41.0° N"
    assert place(10.0, -5.0) == "10.0° E, 5.0° S"

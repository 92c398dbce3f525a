"""What a region gives to learn from, and how samples are shared out."""

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crater_pipeline.labels.learnable import LabelSettings
from crater_pipeline.rasters.files import raster_info
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.bounds import Bounds
from crater_pipeline.tiles.splits import SplitSettings
from crater_pipeline.training.corpus import ground_scene, sample_shares
from crater_pipeline.training.ground import Ground
from crater_pipeline.training.scenes import pyramid
from crater_pipeline.training.settings import PretrainingSettings
from tests.simulated_ground import simulated_ground

BOUNDS = (0.0, 20.0, 3.0, 23.0)


def ground_of(kind: Literal["image", "dtm"], labels: LabelSettings) -> Ground:
    return Ground(kind=kind, bounds=BOUNDS, labels=labels, split=SplitSettings(block_px=128), judged_from_km=2.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ground")
    simulated_ground(folder, 8, BOUNDS)
    return folder


def test_a_photograph_shows_its_own_greys_where_it_is_trained_on_and_nothing_elsewhere(
    folder: Path, tmp_path: Path
) -> None:
    split = SplitSettings(block_px=128)
    ground = Ground(
        kind="image", bounds=BOUNDS, labels=LabelSettings(min_diameter_km=2.0), split=split, judged_from_km=2.0
    )
    scene = ground_scene(folder / "image.tif", folder / "catalogue.parquet", ground, MOON, tmp_path / "store" / "x.npy")
    assert scene.shows == "photograph"
    info = raster_info(folder / "image.tif")
    assert scene.pixels.shape == (info.height, info.width)
    shown = np.isfinite(scene.pixels)
    y, x = np.nonzero(shown)
    lon, lat = info.lonlat(x + 0.5, y + 0.5, MOON)
    inside = Bounds(-0.02, 19.98, 3.02, 23.02).contains(lon, lat)  # a cell across the border counts by its middle
    assert inside.all()
    assert 0.6 < shown.sum() * 0.04 / (3 * 3 * 30.3**2 * np.cos(np.radians(21.5))) < 0.8  # 70 % of the area
    catalogue = pd.read_parquet(folder / "catalogue.parquet")
    assert len(scene.circles) == len(catalogue)
    assert scene.ignored[catalogue["diameter_km"] < 2].all()
    assert not scene.ignored[catalogue["diameter_km"] >= 2].all()


def test_values_and_their_halves_are_mapped_from_files(folder: Path, tmp_path: Path) -> None:
    ground = Ground(
        kind="dtm", bounds=BOUNDS, labels=LabelSettings(), split=SplitSettings(block_px=128), judged_from_km=2.0
    )
    scene = ground_scene(folder / "elevation.tif", folder / "catalogue.parquet", ground, MOON, tmp_path / "x.npy")
    assert scene.shows == "terrain"
    for level in pyramid(scene):
        assert isinstance(level.pixels, np.memmap)
        assert not level.pixels.flags.writeable
    assert not np.shares_memory(scene.pixels, np.asarray(scene.crop(0, 0, 128).values[:]))  # noqa: PD011


@settings(deadline=None)
@given(
    areas=st.lists(st.floats(1, 1e6), min_size=2, max_size=6),
    simulated=st.floats(0, 0.5),
    named=st.floats(0, 0.5),
)
def test_shares_fill_what_simulation_leaves(areas: list[float], simulated: float, named: float) -> None:
    names = [f"r{i}" for i in range(len(areas))]
    told = PretrainingSettings(regions=tuple(names), shares={"r0": named}, simulated_share=simulated)
    shares = sample_shares(names, areas, told)
    assert sum(shares) == pytest.approx(1 - simulated)
    assert shares[0] == named
    assert np.allclose(np.array(shares[1:]) * areas[1], shares[1] * np.array(areas[1:]))


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"shares": {"nowhere": 0.2}}, "nowhere is not among the regions"),
        ({"shares": {"here": -0.1}}, "must not be negative"),
        ({"shares": {"here": 0.9}}, "add up to 1.2"),
        ({"shares": {"here": 0.2, "there": 0.2}}, "add up to 0.7"),
        ({"simulated_scenes": 0}, "nothing to cut the simulated_share from"),
    ],
)
def test_shares_that_cannot_be_are_refused(told: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PretrainingSettings.model_validate({"regions": ("here", "there"), **told})

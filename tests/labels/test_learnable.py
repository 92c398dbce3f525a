"""Which craters are learned, and where they lie in tiles."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.labels.learnable import SEEN_PX, LabelSettings, crater_relief_m, learnable, tile_annotations
from crater_pipeline.tiles.grid import Tile


def craters(*circles: tuple[float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(circles, columns=["x", "y", "radius"]).astype(float)
    return table.assign(learnable=True, catalogue_id=[f"c{i}" for i in range(len(table))])


@settings(deadline=None)
@given(
    x=st.floats(-200, 900),
    y=st.floats(-200, 900),
    radius=st.floats(1, 300),
    level=st.integers(0, 2),
    x_off=st.integers(0, 100),
)
def test_a_crater_is_listed_where_its_box_meets_the_tile_and_clipped_to_it(
    x: float, y: float, radius: float, level: int, x_off: int
) -> None:
    tile = Tile(level, 0, 0, x_off, 10, 128)
    found = tile_annotations(tile, craters((x, y, radius)))
    left, right = (x - radius) / tile.scale - x_off, (x + radius) / tile.scale - x_off
    top, bottom = (y - radius) / tile.scale - 10, (y + radius) / tile.scale - 10
    meets = min(right, 128) > max(left, 0) and min(bottom, 128) > max(top, 0)
    assert len(found) == (meets and 2 * radius / tile.scale >= SEEN_PX)
    if len(found):
        row = found.iloc[0]
        assert (row["cx"], row["cy"], row["r"]) == pytest.approx(
            ((left + right) / 2, (top + bottom) / 2, (right - left) / 2), abs=1e-6
        )
        assert row["left"] == pytest.approx(max(left, 0))
        assert row["left"] + row["width"] == pytest.approx(min(right, 128))
        assert row["top"] + row["height"] == pytest.approx(min(bottom, 128))


def test_craters_of_other_levels_cut_ones_and_invisible_ones_are_ignored() -> None:
    table = craters((60, 60, 20), (60, 60, 3.2), (64, 64, 90), (2, 2, 30), (-5, 60, 20), (90, 90, 10))
    table.loc[5, "learnable"] = False
    found = tile_annotations(Tile(0, 0, 0, 0, 0, 128), table).set_index("catalogue_id")
    assert found["ignore"].to_dict() == {"c0": False, "c1": True, "c2": True, "c3": True, "c4": True, "c5": True}
    coarse = tile_annotations(Tile(1, 0, 0, 0, 0, 128), table).set_index("catalogue_id")
    assert not coarse.loc["c2", "ignore"]


def bowl(depth: float, radius: float, shape: tuple[int, int] = (80, 80)) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    distance = np.hypot(x - 40, y - 40)
    return np.asarray(np.minimum(0.0, depth * ((distance / radius) ** 2 - 1)), dtype=np.float32)


def test_relief_of_a_bowl_is_the_height_of_its_rim_above_the_inner_third() -> None:
    (relief,) = crater_relief_m(bowl(300.0, 20.0), np.array([[40.0, 40.0, 20.0]]))
    assert relief == pytest.approx(300 * (1 - 0.33**2 / 2), rel=0.02)


def test_relief_of_level_or_sloping_ground_is_nothing_and_of_no_data_unknown() -> None:
    slope = np.tile(np.arange(80, dtype=np.float32) * 5, (80, 1))
    (flat,) = crater_relief_m(slope, np.array([[40.0, 40.0, 12.0]]))
    assert flat == pytest.approx(0, abs=1e-3)
    (unknown,) = crater_relief_m(np.full((80, 80), np.nan, np.float32), np.array([[40.0, 40.0, 12.0]]))
    assert np.isnan(unknown)


def test_small_craters_need_relief_and_large_ones_do_not() -> None:
    diameter = np.array([1.0, 1.6, 1.6, 1.6, 30.0])
    relief = np.array([500.0, 500.0, 5.0, np.nan, 0.0])
    settings = LabelSettings(min_diameter_km=1.5)
    assert learnable(diameter, relief, settings).tolist() == [False, True, False, False, True]
    assert learnable(diameter, None, settings).tolist() == [False, True, True, True, True]

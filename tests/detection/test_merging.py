"""Each crater once: what must hold for any set of detections, and the cases that tempt a merge to err."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.detection.merging import COLUMNS, MergingSettings, deduplicate, merge, similar_pairs
from crater_pipeline.sphere.bodies import Body
from crater_pipeline.sphere.craters import destination, great_circle_km

MOON = Body(name="moon", radius_m=1_737_400.0)
SETTINGS = MergingSettings()

Rows = list[tuple[float, ...]]


def similar(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """The definition, written once more: a, b are lon, lat, diameter_km, ..."""
    distance = float(great_circle_km(a[0], a[1], b[0], b[1], MOON))
    small, large = sorted([a[2], b[2]])
    rules = [
        (SETTINGS.max_centre_distance, SETTINGS.max_size_ratio),
        (SETTINGS.concentric_distance, SETTINGS.concentric_size_ratio),
    ]
    return any(distance < reach * small / 2 and large / small <= ratio for reach, ratio in rules)


def by_the_book(rows: Rows) -> set[tuple[float, ...]]:
    """Greedy in the order of worth, every pair compared."""
    kept: list[tuple[float, ...]] = []
    for row in sorted(rows, key=lambda r: (-r[3], -r[2], r[0], r[1])):
        if not any(similar(row, better) for better in kept):
            kept.append(row)
    return set(kept)


def kept_of(rows: Rows) -> set[tuple[float, ...]]:
    lon, lat, diameter_km, score = np.array(rows, dtype=float).reshape(-1, 4).T
    keep = deduplicate(lon, lat, diameter_km, score, MOON, SETTINGS)
    return {tuple(map(float, row)) for row, kept in zip(rows, keep, strict=True) if kept}


@st.composite
def crowds(draw: st.DrawFn) -> Rows:
    """Craters that crowd around one place, anywhere on the sphere, of sizes that class borders separate."""
    lon_0 = draw(st.sampled_from([0.0, 180.0, -180.0, 77.0]))
    lat_0 = draw(st.sampled_from([0.0, 90.0, -90.0, 89.5, 60.0]))
    count = draw(st.integers(0, 25))
    azimuth = draw(st.lists(st.floats(0, 360), min_size=count, max_size=count))
    distance = draw(st.lists(st.floats(0, 30), min_size=count, max_size=count))
    diameter = draw(st.lists(st.floats(np.log(3), np.log(60)), min_size=count, max_size=count))
    score = draw(st.lists(st.sampled_from([0.1, 0.5, 0.9]), min_size=count, max_size=count))
    lon, lat = destination(lon_0, lat_0, np.array(azimuth), np.array(distance), MOON)
    return list(zip(lon.tolist(), lat.tolist(), np.exp(diameter).tolist(), score, strict=True))


@settings(max_examples=150, deadline=None)
@given(crowds())
def test_it_is_the_definition(rows: Rows) -> None:
    assert kept_of(rows) == by_the_book(rows)


@settings(max_examples=75, deadline=None)
@given(crowds(), st.randoms())
def test_independent_of_order_and_idempotent(rows: Rows, random) -> None:  # type: ignore[no-untyped-def]
    kept = kept_of(rows)
    assert kept_of(random.sample(rows, len(rows))) == kept
    assert kept_of(list(kept)) == kept


@settings(max_examples=75, deadline=None)
@given(crowds())
def test_dropped_if_and_only_if_a_better_one_that_stays_is_similar(rows: Rows) -> None:
    kept = kept_of(rows)
    for row in set(rows) - kept:
        assert any(similar(row, other) and other[3] >= row[3] for other in kept)
    for row in kept:
        assert not any(similar(row, other) for other in kept - {row})


@settings(max_examples=75, deadline=None)
@given(crowds())
def test_every_similar_pair_is_found_once(rows: Rows) -> None:
    lon, lat, diameter_km, _ = np.array(rows, dtype=float).reshape(-1, 4).T
    found = list(zip(*similar_pairs(lon, lat, diameter_km, MOON, SETTINGS), strict=True))
    expected = {(i, j) for j in range(len(rows)) for i in range(j) if similar(rows[i], rows[j])}
    assert len(found) == len(set(found))
    assert set(found) == expected


def keep(rows: Rows) -> list[bool]:
    lon, lat, diameter_km, score = np.array(rows).T
    kept: list[bool] = deduplicate(lon, lat, diameter_km, score, MOON, SETTINGS).tolist()
    return kept


def test_nested_craters_stay() -> None:
    assert keep([(10, 10, 30, 0.9), (10, 10, 14, 0.8), (10, 10, 6.5, 0.7), (10, 10, 3, 0.6)]) == [True] * 4
    aside = np.degrees(0.3 * 19 / 2 / MOON.radius_km)
    assert keep([(10, 0, 30, 0.9), (10 + aside, 0, 19, 0.8)]) == [True, True]


def test_concentric_circles_of_somewhat_different_size_are_one_crater() -> None:
    """As two levels of the pyramid may see it."""
    assert keep([(10, 10, 30, 0.8), (10, 10, 19, 0.9)]) == [False, True]
    aside = np.degrees(0.2 * 16 / 2 / MOON.radius_km)
    assert keep([(10, 0, 30, 0.9), (10 + aside, 0, 16, 0.8)]) == [True, False]


def test_a_chain_keeps_every_other_crater() -> None:
    """Craters 4 km wide every 0.9 km: each is similar to the next only."""
    degrees = np.degrees(0.9 / MOON.radius_km)
    chain: Rows = [(i * degrees, 0.0, 4.0, 0.9 - 0.01 * i) for i in range(9)]
    assert keep(chain) == [True, False] * 4 + [True]


def test_equal_scores_keep_the_larger_then_the_western() -> None:
    assert keep([(0, 0, 4.0, 0.5), (0, 0, 4.4, 0.5)]) == [False, True]
    assert keep([(0.001, 0, 4.0, 0.5), (0, 0, 4.0, 0.5)]) == [False, True]


def test_the_preferred_one_wins_a_tie() -> None:
    lon, lat, diameter, score = np.array([(0, 0, 4.4, 0.5), (0, 0, 4.0, 0.5)]).T
    assert deduplicate(lon, lat, diameter, score, MOON, SETTINGS, [False, True]).tolist() == [False, True]


def test_identical_rows_leave_one() -> None:
    assert sum(keep([(5, 5, 2, 0.5)] * 7)) == 1


@pytest.mark.parametrize("lon", [179.9999, -180.0])
def test_across_the_antimeridian(lon: float) -> None:
    assert keep([(lon, 20, 5, 0.9), (-179.9999, 20, 5, 0.8)]) == [True, False]


def test_a_long_worst_case_chain_is_settled() -> None:
    """Scores rising along the chain: each decision hangs on all before it."""
    count = 20_001
    degrees = np.degrees(0.9 / MOON.radius_km)
    lon, lat = np.arange(count) % 3000 * degrees, np.arange(count) // 3000 * 1.0
    result = deduplicate(lon, lat, np.full(count, 4.0), np.linspace(0.1, 0.9, count), MOON, SETTINGS)
    rows = [result[start : start + 3000] for start in range(0, count, 3000)]
    for row in rows:
        assert row[::-2].all()
        assert not row[-2::-2].any()


def detections(**columns: object) -> pd.DataFrame:
    defaults: dict[str, object] = {
        "lon": [0.0, 1.0],
        "lat": [0.0, 1.0],
        "diameter_km": [2.0, 2.0],
        "diameter_px": [20.0, 20.0],
        "score": [0.5, 0.5],
        "level": [0, 0],
        "core_distance": [-10.0, -10.0],
        "touches_edge": [False, False],
    }
    return pd.DataFrame({**defaults, **columns})


FOOTPRINT = gpd.GeoDataFrame(
    {"split": ["train", "test"]},
    geometry=[shapely.box(-5, -5, 0.5, 5), shapely.box(0.5, -5, 5, 5)],
    crs=MOON.geographic_crs,
)


def merged(**columns: object) -> pd.DataFrame:
    return merge(detections(**columns), FOOTPRINT, MOON, SETTINGS)


def test_merged_table() -> None:
    table = merged(score=[0.25, 0.5], touches_edge=[True, False])
    assert table.columns.tolist() == COLUMNS
    assert table["score"].tolist() == [0.5, 0.25]
    assert table["split"].tolist() == ["test", "train"]
    assert table["touches_edge"].tolist() == [False, True]
    assert table["crater_id"].tolist() == ["C+001.00000+001.00000-D0002.00", "C+000.00000+000.00000-D0002.00"]


def test_a_tile_keeps_what_its_core_holds() -> None:
    assert len(merged(core_distance=[4.0, 4.1])) == 1
    assert len(merged(core_distance=[10.0, 10.1], diameter_px=[100.0, 100.0])) == 1


def test_lost_positions_and_outside_the_footprint() -> None:
    assert len(merged(lon=[np.nan, 1.0], lat=[np.nan, 1.0], diameter_km=[np.nan, 2.0])) == 1
    assert len(merged(lon=[-5.01, 1.0])) == 1


def test_a_better_duplicate_outside_the_footprint_takes_nothing_with_it() -> None:
    table = merged(lon=[-5.001, -4.999], lat=[0.0, 0.0], score=[0.9, 0.5])
    assert table["lon"].tolist() == [-4.999]


def test_of_two_levels_the_one_that_sees_the_crater_well() -> None:
    """A little less sure, but at 60 instead of 240 pixels."""
    same = {"lon": [0.0, 0.0], "lat": [0.0, 0.0], "level": [0, 2], "diameter_px": [240.0, 60.0]}
    assert merged(**same, score=[0.80, 0.78])["level"].tolist() == [2]
    assert merged(**same, score=[0.80, 0.40])["level"].tolist() == [0]
    assert merged(**same, score=[0.80, 0.78])["score"].tolist() == [0.78]


def test_nothing_detected() -> None:
    table = merge(detections().iloc[:0], FOOTPRINT, MOON, SETTINGS)
    assert table.empty
    assert table.columns.tolist() == COLUMNS


def test_nothing_searched() -> None:
    assert merge(detections(), FOOTPRINT.iloc[:0], MOON, SETTINGS).empty


def test_facts_about_the_detections_travel_on() -> None:
    table = detections()
    table.attrs = {"weights_hash": "abc"}
    assert merge(table, FOOTPRINT, MOON, SETTINGS).attrs == {"weights_hash": "abc"}

"""What becomes of each row that a user has, or has not, touched."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from crater_pipeline.errors import UserError
from crater_pipeline.review.corrections import COLUMNS, Layers, review
from crater_pipeline.sphere.bodies import MOON
from crater_pipeline.sphere.craters import circle_polygons

FOOTPRINT = gpd.GeoDataFrame({"split": ["test"]}, geometry=[shapely.box(-10, -10, 10, 10)], crs=MOON.geographic_crs)

KNOWN = pd.DataFrame(
    {
        "catalogue_id": ["K0", "K1", "K2", "far"],
        "lon": [0.0, 1.0, 2.0, 50.0],
        "lat": [0.0, 0.0, 0.0, 0.0],
        "diameter_km": [10.0, 11.0, 12.0, 13.0],
    }
)
"""Of these K0 and K1 are found, K2 is missed, and `far` lies where nothing was searched."""


def shaped(table: pd.DataFrame) -> gpd.GeoDataFrame:
    circles = circle_polygons(table["lon"], table["lat"], table["diameter_km"], MOON)
    table = table.set_index(pd.RangeIndex(1, len(table) + 1)).assign(review=None)
    return gpd.GeoDataFrame(table, geometry=circles, crs=MOON.geographic_crs)


def untouched() -> Layers:
    """Detections D0 and D1 of K0 and K1, a little off, and the candidate D2."""
    craters = pd.DataFrame(
        {
            "crater_id": ["D0", "D1", "D2"],
            "catalogue_id": ["K0", "K1", None],
            "lon": [0.01, 1.01, 5.0],
            "lat": [0.0, 0.0, 5.0],
            "diameter_km": [10.5, 11.5, 7.0],
        }
    )
    return Layers(shaped(craters), shaped(KNOWN.iloc[:3]), craters, FOOTPRINT)


def result(layers: Layers, **options: bool) -> dict[str, tuple[float, float, float, str]]:
    table, _ = review(layers, KNOWN, MOON, **options)
    assert table.columns.tolist() == COLUMNS
    assert table["catalogue_id"].is_unique
    assert table["diameter_km"].is_monotonic_decreasing
    rows = table.round(6).to_dict("records")
    return {r["catalogue_id"]: (r["lon"], r["lat"], r["diameter_km"], r["origin"]) for r in rows}


def fates(layers: Layers, **options: bool) -> dict[str, int]:
    return {name: count for name, count in review(layers, KNOWN, MOON, **options)[1].items() if count}


def redrawn(layer: gpd.GeoDataFrame, row: int, lon: float, lat: float, diameter_km: float) -> None:
    layer.loc[row, "geometry"] = circle_polygons([lon], [lat], [diameter_km], MOON)[0]


def added(layer: gpd.GeoDataFrame, lon: float, lat: float, diameter_km: float, **columns: object) -> gpd.GeoDataFrame:
    """A row as QGIS makes it: a shape, and nothing in the columns."""
    row = gpd.GeoDataFrame(
        columns, geometry=circle_polygons([lon], [lat], [diameter_km], MOON), index=[99], crs=layer.crs
    )
    return pd.concat([layer, row])


AS_IT_WAS = {
    "K0": (0.0, 0.0, 10.0, "catalogue"),
    "K1": (1.0, 0.0, 11.0, "catalogue"),
    "K2": (2.0, 0.0, 12.0, "catalogue"),
    "far": (50.0, 0.0, 13.0, "catalogue"),
}
CANDIDATE = "C+005.00000+005.00000-D0007.00"


def without(*names: str) -> dict[str, tuple[float, float, float, str]]:
    return {name: row for name, row in AS_IT_WAS.items() if name not in names}


def test_nothing_touched() -> None:
    candidate = {CANDIDATE: (5.0, 5.0, 7.0, "detection")}
    assert result(untouched()) == AS_IT_WAS | candidate
    assert fates(untouched()) == {}
    assert result(untouched(), only_accepted=True) == AS_IT_WAS
    assert fates(untouched(), only_accepted=True) == {"detections left out, not accepted": 1}


@pytest.mark.parametrize("mark", ["accept", " Accept"])
def test_an_accepted_candidate_stays(mark: str) -> None:
    layers = untouched()
    layers.craters.loc[3, "review"] = mark
    assert result(layers, only_accepted=True) == AS_IT_WAS | {CANDIDATE: (5.0, 5.0, 7.0, "detection")}
    assert fates(layers, only_accepted=True) == {"detections accepted": 1}


def test_an_accepted_match_is_the_catalogues_crater() -> None:
    layers = untouched()
    layers.craters.loc[1, "review"] = "accept"
    assert result(layers, only_accepted=True) == AS_IT_WAS


def test_a_rejected_detection_takes_its_catalogue_crater_along() -> None:
    layers = untouched()
    layers.craters.loc[[1, 3], "review"] = "reject"
    assert result(layers) == without("K0")
    assert fates(layers) == {"detections rejected": 2}


def test_a_deleted_detection_leaves_the_catalogue_alone() -> None:
    layers = untouched()
    layers = Layers(layers.craters.drop([1, 3]), layers.catalogue, layers.centres, layers.footprint)
    assert result(layers) == AS_IT_WAS
    assert fates(layers) == {"detections deleted": 2}


def test_a_moved_detection_wins_over_the_catalogue() -> None:
    layers = untouched()
    redrawn(layers.craters, 1, 0.05, 0.02, 14)
    redrawn(layers.craters, 3, 5.1, 5.1, 8)
    found = result(layers, only_accepted=True)
    assert found.pop("K0") == (0.05, 0.02, 14.0, "detection, moved")
    assert found.pop("C+005.10000+005.10000-D0008.00") == (5.1, 5.1, 8.0, "detection, moved")
    assert found == without("K0")
    assert fates(layers) == {"detections moved or reshaped": 2}


def test_numbers_typed_into_the_table_count_while_the_shape_is_as_it_was() -> None:
    layers = untouched()
    layers.craters.loc[1, "diameter_km"] = 9.0
    layers.catalogue.loc[3, "lon"] = 2.2
    found = result(layers)
    assert found["K0"] == (0.01, 0.0, 9.0, "detection, moved")
    assert found["K2"] == (2.2, 0.0, 12.0, "catalogue, moved")


def test_where_both_were_changed_the_shape_counts() -> None:
    layers = untouched()
    layers.craters.loc[1, "diameter_km"] = 9.0
    redrawn(layers.craters, 1, 0.05, 0.02, 14)
    assert result(layers)["K0"][:3] == (0.05, 0.02, 14.0)


def test_a_crater_drawn_by_hand() -> None:
    layers = untouched()
    layers = Layers(added(layers.craters, -7, 7, 3), layers.catalogue, layers.centres, layers.footprint)
    found = result(layers, only_accepted=True)
    assert found == AS_IT_WAS | {"C-007.00000+007.00000-D0003.00": (-7.0, 7.0, 3.0, "added")}
    assert fates(layers) == {"craters added": 1}


def test_a_crater_typed_in_without_a_shape() -> None:
    layers = untouched()
    row = gpd.GeoDataFrame({"lon": [3.0], "lat": [4.0], "diameter_km": [5.0]}, geometry=[None], index=[99])
    layers = Layers(
        pd.concat([layers.craters, row.set_crs(MOON.geographic_crs)]),
        layers.catalogue,
        layers.centres,
        layers.footprint,
    )
    assert result(layers)["C+003.00000+004.00000-D0005.00"] == (3.0, 4.0, 5.0, "added")


def test_a_missed_catalogue_crater_drawn_by_hand_is_not_doubled() -> None:
    layers = untouched()
    layers = Layers(added(layers.craters, 2.02, 0, 12.5), layers.catalogue, layers.centres, layers.footprint)
    found = result(layers)
    assert found["K2"] == (2.02, 0.0, 12.5, "added")
    assert len(found) == len(AS_IT_WAS) + 1


def test_a_copied_and_moved_row_is_a_new_crater() -> None:
    layers = untouched()
    copy = layers.craters.loc[[1]].set_index(pd.Index([99]))
    redrawn(copy, 99, -3, -3, 10.5)
    for order in ([layers.craters, copy], [copy, layers.craters]):
        both = Layers(pd.concat(order), layers.catalogue, layers.centres, layers.footprint)
        found = result(both, only_accepted=True)
        assert found.pop("C-003.00000-003.00000-D0010.50") == (-3.0, -3.0, 10.5, "added")
        assert found == AS_IT_WAS


def test_the_catalogue_is_corrected_too() -> None:
    layers = untouched()
    layers.catalogue.loc[3, "review"] = "reject"
    redrawn(layers.catalogue, 2, 1.1, 0.1, 11.5)
    catalogue = added(layers.catalogue.drop(1), 8, 8, 9)
    layers = Layers(layers.craters.drop([1, 3]), catalogue, layers.centres, layers.footprint)
    assert result(layers) == {
        "K1": (1.1, 0.1, 11.5, "catalogue, moved"),
        "far": (50.0, 0.0, 13.0, "catalogue"),
        "C+008.00000+008.00000-D0009.00": (8.0, 8.0, 9.0, "added"),
    }
    assert fates(layers) == {
        "craters added": 1,
        "detections deleted": 2,
        "catalogue craters moved or reshaped": 1,
        "catalogue craters rejected": 1,
        "catalogue craters deleted": 1,
    }


def test_a_rejected_catalogue_crater_whose_detection_was_accepted() -> None:
    layers = untouched()
    layers.catalogue.loc[1, "review"] = "reject"
    assert "K0" not in result(layers)
    layers.craters.loc[1, "review"] = "accept"
    assert result(layers)["K0"] == (0.01, 0.0, 10.5, "detection")


def test_across_the_antimeridian_and_at_a_pole() -> None:
    layers = untouched()
    craters = added(added(layers.craters, 179.99, 30, 40), 12, 89.9, 60)
    layers = Layers(craters.reset_index(drop=True), layers.catalogue, layers.centres, layers.footprint)
    found = [row for row in result(layers).values() if row[3] == "added"]
    assert sorted(np.round(row[:3], 3).tolist() for row in found) == [[12.0, 89.9, 60.0], [179.99, 30.0, 40.0]]


@pytest.mark.parametrize("names", [["K0"], []])
def test_without_a_catalogue(names: Sequence[str]) -> None:
    layers = untouched()
    known = KNOWN[KNOWN["catalogue_id"].isin(names)]
    layers = Layers(layers.craters, layers.catalogue.iloc[:0], layers.centres, layers.footprint)
    table, _ = review(layers, known, MOON)
    # a match with a catalogue that is no longer there says nothing
    assert len(table) == 3 - len(names)


def merged(layer: gpd.GeoDataFrame, row: int, *others: tuple[float, float, float]) -> None:
    """As QGIS's tool `Add Part` does."""
    lon, lat, diameter_km = np.array(others).T
    parts = circle_polygons(lon, lat, diameter_km, MOON)
    shape = shapely.get_parts([layer.geometry[row], *parts])
    layer.loc[row, "geometry"] = shapely.MultiPolygon(list(shape))


def test_each_part_of_a_shape_is_a_crater() -> None:
    layers = untouched()
    merged(layers.craters, 1, (-3, -3, 4), (7, 7, 6))
    merged(layers.catalogue, 3, (-7, 7, 20))
    found = result(layers, only_accepted=True)
    assert found == AS_IT_WAS | {
        "C-003.00000-003.00000-D0004.00": (-3.0, -3.0, 4.0, "added"),
        "C+007.00000+007.00000-D0006.00": (7.0, 7.0, 6.0, "added"),
        "C-007.00000+007.00000-D0020.00": (-7.0, 7.0, 20.0, "added"),
    }
    assert fates(layers, only_accepted=True) == {"craters added": 3, "detections left out, not accepted": 1}


def test_of_two_new_parts_one_keeps_the_name() -> None:
    layers = untouched()
    redrawn(layers.craters, 1, 0.05, 0.02, 14)
    merged(layers.craters, 1, (-3, -3, 4))
    found = result(layers, only_accepted=True)
    assert found.pop("K0") == (0.05, 0.02, 14.0, "detection, moved")
    assert found.pop("C-003.00000-003.00000-D0004.00") == (-3.0, -3.0, 4.0, "added")
    assert found == without("K0")


def test_a_mark_holds_for_all_parts() -> None:
    layers = untouched()
    merged(layers.craters, 1, (-3, -3, 4))
    layers.craters.loc[1, "review"] = "reject"
    assert result(layers, only_accepted=True) == without("K0")


NO_OUTLINES = {
    "point": shapely.Point(0, 0),
    "line": shapely.LineString([(0, 0), (1, 0), (1, 1), (0, 0)]),
    "vertices on one line": shapely.Polygon([(0, 0), (1, 1), (2, 2)]),
    "beyond the map": shapely.Polygon([(0, 0), (1, np.inf), (2, 0)]),
}


@pytest.mark.parametrize("shape", NO_OUTLINES.values(), ids=NO_OUTLINES)
def test_a_shape_that_is_no_outline_is_refused_though_the_numbers_are_there(shape: shapely.Geometry) -> None:
    layers = untouched()
    layers.craters.loc[2, "geometry"] = shape
    with pytest.raises(UserError, match="layer craters: row 2 has a shape that is no crater's outline"):
        review(layers, KNOWN, MOON)


def test_a_row_without_a_shape_is_told_by_its_numbers() -> None:
    layers = untouched()
    for row, shape in ((1, None), (2, shapely.Polygon())):
        layers.craters.loc[row, "geometry"] = shape
    layers.craters.loc[1, "lon"] = 359.0
    assert result(layers)["K0"] == (-1.0, 0.0, 10.5, "detection, moved")
    layers.craters.loc[1, "lon"] = 361.0
    with pytest.raises(UserError, match="layer craters: row 1 has neither a shape"):
        review(layers, KNOWN, MOON)


def test_mistakes_name_the_row() -> None:
    layers = untouched()
    layers.craters.loc[2, "review"] = "maybe"
    with pytest.raises(UserError, match=r"layer craters, column review: 'maybe' .*row 2 has.*accept, reject"):
        review(layers, KNOWN, MOON)
    layers = untouched()
    layers.catalogue.loc[[1, 3], "geometry"] = None
    layers.catalogue.loc[[1, 3], "lat"] = np.nan
    with pytest.raises(UserError, match="layer catalogue: rows 1, 3 have neither a shape"):
        review(layers, KNOWN, MOON)

"""Styles by their rules (that QGIS applies them is shown in test_qgis.py)."""

from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from crater_pipeline.export.depth_style import depth_styles
from crater_pipeline.export.styles import SCORE_COLOURS, SPLIT_COLOURS, STATUS_LINES, crosses_seam, styles
from crater_pipeline.tiles.splits import SPLITS
from tests.export.small_region import MOON, footprint_of


def option(symbol: ET.Element, name: str) -> str:
    found = symbol.find(f".//Option[@name='{name}']")
    assert found is not None
    return found.attrib["value"]


@pytest.mark.parametrize("layer", ["craters", "centres", "footprint", "catalogue"])
def test_every_rule_has_its_symbol(layer: str) -> None:
    root = ET.fromstring(styles()[layer])
    assert root.tag == "qgis"
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert renderer.attrib["type"] == "RuleRenderer"
    symbols = {symbol.attrib["name"] for symbol in renderer.findall("symbols/symbol")}
    leaves = [rule for rule in renderer.iter("rule") if rule.find("rule") is None]
    assert {rule.attrib["symbol"] for rule in leaves} == symbols
    assert len(leaves) == len(symbols)
    keys = [rule.attrib["key"] for rule in renderer.iter("rule")]
    assert len(set(keys)) == len(keys)


def test_craters_have_no_fill_and_differ_by_score_and_status() -> None:
    root = ET.fromstring(styles()["craters"])
    lines: dict[str, set[str]] = {}
    for symbol in root.iter("symbol"):
        assert symbol.attrib["type"] == "fill"
        assert [layer.attrib["class"] for layer in symbol.findall("layer")] == ["SimpleLine"]
        lines.setdefault(option(symbol, "line_style"), set()).add(option(symbol, "line_color"))
    assert set(lines) == {line for line, _ in STATUS_LINES.values()}
    assert len(lines) == 3
    assert all(len(colours) == len(SCORE_COLOURS) for colours in lines.values())


def test_score_classes_cover_zero_to_one() -> None:
    root = ET.fromstring(styles()["craters"])
    matched = next(rule for rule in root.iter("rule") if rule.attrib["label"] == "Matched")
    for score in (0.0, 0.1999, 0.2, 0.5, 0.8, 1.0):
        filters = [rule.attrib["filter"].replace('"score"', str(score)).replace("AND", "and") for rule in matched]
        assert sum(bool(eval(text)) for text in filters) == 1


def test_every_part_of_the_split_is_drawn() -> None:
    assert set(SPLIT_COLOURS) == set(SPLITS)


def test_the_same_in_every_run() -> None:
    assert styles() == styles()


@pytest.mark.parametrize(
    ("box", "circle", "expected"),
    [
        ((10, 20, 30, 40), (20, 30, 50), False),
        ((10, 20, 30, 40), (-179.9, 30, 50), True),  # a circle across the antimeridian
        ((170, 20, 180, 40), (175, 30, 50), True),
        ((10, 60, 30, 90), (20, 70, 50), True),
    ],
)
def test_regions_with_shapes_that_are_cut(
    box: tuple[float, float, float, float], circle: tuple[float, float, float], expected: bool
) -> None:
    circles = [pd.DataFrame({"lon": [], "lat": [], "diameter_km": []}, dtype=float)]
    circles += [pd.DataFrame([circle], columns=["lon", "lat", "diameter_km"])]
    assert crosses_seam(footprint_of({"test": [box]}), circles, MOON) == expected


def test_without_the_seam_the_same_lines_are_drawn() -> None:
    plain, open_ = (ET.fromstring(styles(seam)["craters"]) for seam in (False, True))
    for name in ("line_color", "line_style", "line_width"):
        assert [option(s, name) for s in plain.iter("symbol")] == [
            option(s, name) for s in open_.iter("symbol") if s.attrib["type"] == "fill"
        ]


def depth_rules() -> list[ET.Element]:
    style = depth_styles(pd.DataFrame({"depth_to_diameter": [0.2, None]}), False)[0]
    return list(ET.fromstring(style.qml).iter("rule"))


@pytest.mark.parametrize("value", ["-0.01", "0.0599", "0.06", "0.1", "0.1499", "0.15", "0.3"])
def test_classes_of_depth_cover_every_depth_once(value: str) -> None:
    filters = [rule.attrib["filter"].replace('"depth_to_diameter"', value) for rule in depth_rules()]
    numeric = [text.replace("AND", "and") for text in filters if "NULL" not in text]
    assert sum(bool(eval(text)) for text in numeric) == 1
    assert len(numeric) == len(filters) - 1


def test_colours_of_depth_differ_and_are_drawn_the_same_with_a_seam() -> None:
    both = [
        depth_styles(pd.DataFrame({"depth_to_diameter": [0.2]}), seam)[0].qml  # of the outlines
        for seam in (False, True)
    ]
    plain, open_ = (
        [option(s, "line_color") for s in ET.fromstring(text).iter("symbol") if s.attrib["type"] == "fill"]
        for text in both
    )
    assert len(set(plain)) == 5
    assert plain == open_


def test_no_style_by_depth_without_depths() -> None:
    assert depth_styles(pd.DataFrame({"depth_to_diameter": [None, None]}, dtype=float), False) == []

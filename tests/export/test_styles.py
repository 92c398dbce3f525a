"""Styles by their rules (that QGIS applies them is shown in test_qgis.py)."""

from xml.etree import ElementTree as ET

import pytest

from crater_pipeline.export.styles import SCORE_COLOURS, SPLIT_COLOURS, STATUS_LINES, styles
from crater_pipeline.splits import SPLITS


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

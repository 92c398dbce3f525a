"""Provenance as names and values."""

import pytest

from crater_pipeline import __version__
from crater_pipeline.errors import UserError
from crater_pipeline.export.provenance import provenance_rows


def test_nested_facts_become_dotted_names() -> None:
    given = '{"sources": [{"url": "a"}, {"url": "b", "sha256": null}], "configuration_hash": "c", "n": 2}'
    assert provenance_rows(given, region="r", weights_hash=None, body={"radius_m": 1.5}) == [
        ("body.radius_m", "1.5"),
        ("code_version", __version__),
        ("configuration_hash", "c"),
        ("n", "2"),
        ("region", "r"),
        ("sources.0.url", "a"),
        ("sources.1.sha256", "null"),
        ("sources.1.url", "b"),
    ]


def test_what_is_given_wins() -> None:
    assert provenance_rows('{"code_version": "9"}') == [("code_version", "9")]
    assert provenance_rows("") == [("code_version", __version__)]


@pytest.mark.parametrize("text", ["{", "[1]", "3"])
def test_not_an_object(text: str) -> None:
    with pytest.raises(UserError, match=r"provenance: .*JSON"):
        provenance_rows(text)

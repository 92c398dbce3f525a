"""Provenance as names and values."""

import json
from pathlib import Path

import pytest

from crater_pipeline.code_files import code_version
from crater_pipeline.errors import UserError
from crater_pipeline.export.provenance import provenance_rows


def test_nested_facts_become_dotted_names() -> None:
    given = '{"sources": [{"url": "a"}, {"url": "b", "sha256": null}], "configuration_hash": "c", "n": 2}'
    assert provenance_rows(given, region="r", weights_hash=None, body={"radius_m": 1.5}) == [
        ("body.radius_m", "1.5"),
        ("code_version", code_version()),
        ("configuration_hash", "c"),
        ("n", "2"),
        ("region", "r"),
        ("sources.0.url", "a"),
        ("sources.1.sha256", "null"),
        ("sources.1.url", "b"),
    ]


def test_what_is_given_wins() -> None:
    assert provenance_rows('{"code_version": "9"}') == [("code_version", "9")]
    assert provenance_rows("") == [("code_version", code_version())]


@pytest.mark.parametrize("text", ["{", "[1]", "3"])
def test_not_an_object(text: str) -> None:
    with pytest.raises(UserError, match=r"provenance: .*JSON"):
        provenance_rows(text)


def test_the_data_really_read_are_identified_by_their_checksum(tmp_path: Path) -> None:
    (tmp_path / "m.tif").write_bytes(b"abc")
    sources = [{"url": "a", "file": str(tmp_path / "m.tif")}, {"url": "b", "file": str(tmp_path / "none")}]
    facts = dict(provenance_rows(json.dumps({"sources": sources})))
    # SHA-256 of "abc", FIPS 180-4's own example.
    assert facts["sources.0.file_sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert "sources.1.file_sha256" not in facts

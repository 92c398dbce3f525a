"""Configuration files that will not do: one line that names the file, the place and the remedy."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.configuration.files import check_file, default_file
from crater_pipeline.errors import UserError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("preset", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_files_are_accepted(preset: Path) -> None:
    check_file(preset)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"# nothing yet\n", "empty"),
        (b"- a\n- b\n", "not a mapping"),
        (b"5\n", "not a mapping"),
        (b"tiling:\n\tsize: 512\n", "line 2 is not YAML .* indent with spaces"),
        (b"a: 1\ntiling: {size: [512\n", "line 3 is not YAML"),
        (b"a: 1\nregions: {demo: {title: Caf\xe9}}\n", "line 2 is not UTF-8"),
        (b"\x00\x01\x02", "not YAML"),
        (b"tiling: {size: 512}\nmerging: {}\ntiling: {size: 256}\n", "line 3 gives the key 'tiling' again"),
        (b"regions:\n  a: {}\n  b: {}\n  a: {}\n", "line 4 gives the key 'a' again"),
        (b'{"tiling": {"size": 1, "size": 2}}', "the key 'size' again"),
        (b"tiling: !secret {size: 512}\n", "line 1 is not YAML"),
        (b"day: 2024-13-45\n", "not YAML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        check_file(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_merge_keys_and_anchors_are_no_repetition(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("a: &one {x: 1}\nb:\n  <<: *one\n  x: 2\nc: *one\n")
    check_file(path)


@given(content=st.binary(max_size=60))
@settings(deadline=None, max_examples=200)
def test_no_bytes_whatever_end_in_another_error(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    with contextlib.suppress(UserError):
        check_file(path)


@pytest.mark.parametrize("name", ["craters.gpkg", "mine"])
def test_a_target_taken_for_a_configuration_is_told_so(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="put -- before them"):
        check_file(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.yaml: cannot be read .*No such file"):
        check_file(tmp_path / "nowhere.yaml")


def test_the_default_is_the_working_directorys_else_the_workflows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_file(ROOT) == str(ROOT / "config" / "config.yaml")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text("bodies: {}\n")
    assert default_file(ROOT) == "config/config.yaml"
    (tmp_path / "config" / "config.yaml").unlink()
    assert default_file(tmp_path / "fetched") == str(tmp_path / "fetched" / "config" / "config.yaml")
    (tmp_path / "config" / "config.yaml").write_text("[]\n")
    with pytest.raises(SystemExit, match=r"error: config/config\.yaml: not a mapping"):
        default_file(ROOT)

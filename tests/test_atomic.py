"""Whole or not at all: files, folders, and whatever else lies there."""

from pathlib import Path

import pytest

from crater_pipeline.atomic import atomic_folder, atomic_path, write_text


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_name_as_long_as_a_name_can_be(tmp_path: Path) -> None:
    target = tmp_path / ("ü" * 125 + ".json")
    write_text(target, "{}")
    assert target.read_text() == "{}"


def test_a_folder_replaces_the_one_before_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "images"
    for name in ("first", "second"):
        with atomic_folder(target) as temporary:
            (temporary / name).touch()
    assert [path.name for path in target.iterdir()] == ["second"]
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_interruption_leaves_all_as_it_was(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "old").touch()
    (tmp_path / "file.txt").write_text("old")

    def interrupted() -> None:
        with atomic_folder(tmp_path / "images") as folder, atomic_path(tmp_path / "file.txt") as file:
            (folder / "new").touch()
            file.write_text("half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert (tmp_path / "file.txt").read_text() == "old"
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["old"]
    assert len(list(tmp_path.iterdir())) == 2

"""What is kept of unfinished work: for the same work only, by one process at a time, and never in a user's folder."""

import errno
from pathlib import Path

import pytest
from filelock import FileLock

from crater_pipeline.contents import run_name
from crater_pipeline.errors import NothingThereError, UserError
from crater_pipeline.unfinished import LOCK, kept_folder

SAME, OTHER = run_name([], ["same"]), run_name([], ["other"])


def cut_off(kept: Path, name: str, error: BaseException, file: str | None = "part") -> None:
    def work() -> None:
        with kept_folder(kept, name) as folder:
            if file:
                (folder / "inner").mkdir()
                (folder / "inner" / file).touch()
            raise error

    with pytest.raises(type(error)):
        work()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(143), OSError(errno.ENOSPC, "full"), UserError("")])
def test_what_was_done_is_there_for_the_same_work(
    tmp_path: Path, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    kept = tmp_path / "out.parts"
    with caplog.at_level("INFO"):
        cut_off(kept, SAME, error)
        assert f"{kept}: holds what has been done so far" in caplog.text
        with kept_folder(kept, SAME) as folder:
            assert [path.name for path in folder.rglob("*") if path.is_file()] == ["part"]
        assert f"{kept}: going on" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_other_work_removes_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cut_off(tmp_path / "parts", SAME, KeyboardInterrupt())
    caplog.clear()
    with caplog.at_level("INFO"), kept_folder(tmp_path / "parts", OTHER) as folder:
        assert list(folder.iterdir()) == []
        assert not (tmp_path / "parts" / SAME).exists()
    assert "going on" not in caplog.text


def test_nothing_stays_where_nothing_was_done_or_there_is_nothing_to_do(tmp_path: Path) -> None:
    cut_off(tmp_path / "parts", SAME, KeyboardInterrupt(), file=None)
    cut_off(tmp_path / "parts", SAME, NothingThereError("no data"))
    assert list(tmp_path.iterdir()) == []


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with kept_folder(tmp_path, SAME) as folder:
        (folder / "part").touch()
        for name in (SAME, OTHER):
            with pytest.raises(UserError, match="another process is at work there"), kept_folder(tmp_path, name):
                pass
        assert (folder / "part").exists()


def test_a_file_system_without_locks_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: FileLock) -> None:
        raise OSError(errno.ENOSYS, "no locks here")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with kept_folder(tmp_path / "parts", SAME) as folder:
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["thesis.doc", "0123456789abcdef", LOCK * 2])
def test_what_is_not_ours_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("years of work")
    with pytest.raises(UserError, match=f"{name} in it is none of this program's"), kept_folder(tmp_path, SAME):
        pass
    assert (tmp_path / name).read_text() == "years of work"

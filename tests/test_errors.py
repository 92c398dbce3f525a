"""Messages: one line, printable and short, whatever they quote; what the system refuses has a remedy."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crater_pipeline.errors import LONGEST, UserError, excerpt, mishap
from crater_pipeline.steps._command import run


@given(text=st.text(max_size=500), most=st.integers(10, 100))
@hypothesis_settings(deadline=None)
def test_an_excerpt_is_one_short_printable_line(text: str, most: int) -> None:
    short = excerpt(text, most)
    assert len(short) <= most
    assert short.isprintable()


def test_an_excerpt_keeps_both_ends() -> None:
    assert excerpt("a" * 100 + "z" * 100, 12) == "aaaaaa...zzz"
    assert excerpt("short  and\nplain", 80) == "short and plain"


def test_no_message_prints_a_file() -> None:
    message = str(UserError(f"x.csv: has {os.urandom(100_000)!r}; mend it"))
    assert len(message) == LONGEST
    assert message.startswith("x.csv: has")
    assert message.endswith("mend it")


def refused(tmp_path: Path, name: str) -> OSError:
    with pytest.raises(OSError) as caught:  # noqa: PT011
        (tmp_path / name).open("w")
    return caught.value


def test_what_the_system_refuses_has_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "a file lies where a folder is needed" in mishap(refused(tmp_path, "file/x.csv"))
    assert "a folder lies where a file is needed" in mishap(refused(tmp_path, "."))
    assert "shorter name" in mishap(refused(tmp_path, "x" * 300))
    assert mishap(refused(tmp_path, "no/x.csv")).startswith(f"{tmp_path}/no/x.csv: No such file")
    with pytest.raises(OSError, match="space") as caught:
        Path("/dev/full").write_text("x")
    assert "make room" in mishap(caught.value)
    assert mishap(OSError("Corrupt page")).startswith("Corrupt page; ")


def test_a_step_ends_with_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*, target: Path) -> None:
        target.write_text("x")

    (tmp_path / "file").touch()
    monkeypatch.setattr("sys.argv", ["fill", "--target", str(tmp_path / "file" / "x.csv")])
    with pytest.raises(SystemExit, match=r"^error: .*x\.csv: Not a directory; a file lies where"):
        run(fill)

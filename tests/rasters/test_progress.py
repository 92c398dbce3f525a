"""Progress in a log: few lines whatever the number of pieces, none missing where it takes long."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crater_pipeline.rasters.progress import OFTEN, progress, span, told


class Clock:
    """A clock that a pass over pieces moves on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def lines_of(count: int, seconds_each: float, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is logged of a pass over `count` pieces that take so long each."""
    clock = Clock()
    caplog.clear()
    with caplog.at_level(logging.INFO):
        for _ in told(range(count), "searching tiles", 0.05, 10.0, clock):
            clock.now += seconds_each
    return [record.getMessage() for record in caplog.records]


def test_a_long_pass_is_twenty_lines_with_what_is_left(caplog: pytest.LogCaptureFixture) -> None:
    lines = lines_of(40_000, 1.0, caplog)
    assert len(lines) == 20
    assert lines[0] == "searching tiles: 5 % (2000 of 40000), 10 h 33 min left"
    assert lines[-1] == "searching tiles: 100 % (40000 of 40000), 0 s left"


@given(count=st.integers(0, 300), seconds_each=st.floats(0.0, 1000.0))
def test_never_more_than_twenty_lines_nor_closer_than_ten_seconds(count: int, seconds_each: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr(logging.getLogger("crater_pipeline.rasters.progress"), "info", lambda *_: lines.append(""))
        clock = Clock()
        passed = []
        for item in told(range(count), "x", 0.05, 10.0, clock):
            passed.append(item)
            clock.now += seconds_each
    assert passed == list(range(count))
    assert len(lines) <= min(20, count * seconds_each / 10.0 + 1e-6)


def test_a_pass_of_seconds_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert lines_of(100, 0.05, caplog) == []


def test_programs_with_a_bar_of_their_own_get_every_step(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OFTEN, "often")
    monkeypatch.setattr("crater_pipeline.rasters.progress.FREQUENT", (0.01, 0.0))
    with caplog.at_level(logging.INFO):
        assert list(progress(range(300), "x")) == list(range(300))
    assert len(caplog.records) == 100


def test_a_terminal_gets_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # what rich takes for a terminal
    monkeypatch.setenv("TERM", "xterm")
    assert list(progress(range(30), "searching tiles")) == list(range(30))
    said = capsys.readouterr()
    assert said.out == ""
    assert "searching tiles" in said.err
    assert "100%" in said.err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (89.4, "89 s"), (89.6, "1 min"), (3540, "59 min"), (3600, "1 h 0 min"), (7260, "2 h 1 min")],
)
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text

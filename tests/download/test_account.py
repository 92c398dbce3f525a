"""Progress for logs: a line every so often, with bytes, speed and the time that is left."""

import logging

import pytest

from crater_pipeline.download.account import Account, account, size_text


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_every_so_often(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock()
    so_far = Account("big.zip", every_s=10.0, clock=clock)
    so_far.begin(100_000_000, 20_000_000)
    for _ in range(40):
        clock.now += 1.0
        so_far.add(1_000_000)
    assert [record.getMessage() for record in caplog.records] == [
        "big.zip: 30 MB of 100 MB (30 %), 1 MB/s, 70 s left",
        "big.zip: 40 MB of 100 MB (40 %), 1 MB/s, 60 s left",
        "big.zip: 50 MB of 100 MB (50 %), 1 MB/s, 50 s left",
        "big.zip: 60 MB of 100 MB (60 %), 1 MB/s, 40 s left",
    ]


def test_what_lay_here_already_makes_no_speed_and_no_size_no_end() -> None:
    clock = Clock()
    so_far = Account("a.tif", clock=clock)
    so_far.begin(4000, 0)
    clock.now = 2.0
    so_far.add(2000, fetched=False)
    assert so_far.line() == "a.tif: 2 kB of 4 kB (50 %), 0 bytes/s"
    so_far.add(1000)
    assert so_far.line() == "a.tif: 3 kB of 4 kB (75 %), 500 bytes/s, 2 s left"
    so_far.begin(None, 0)
    clock.now = 4.0
    so_far.add(2000)
    assert so_far.line() == "a.tif: 2 kB, 1 kB/s"


def test_outside_a_terminal_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with account("a.tif") as so_far:
        so_far.begin(10, 0)
        so_far.add(10)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (999_700, "1 MB"),
        (47_300_000, "47.3 MB"),
        (5.96e9, "5.96 GB"),
    ],
)
def test_sizes_have_three_digits(size: float, text: str) -> None:
    assert size_text(size) == text

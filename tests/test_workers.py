"""Work shared among threads: in order, and never waited for in vain."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crater_pipeline.workers import processors, worked


@contextmanager
def opened() -> Iterator[int]:
    """What is opened is the thread's own."""
    yield threading.get_ident()


@given(delays=st.lists(st.integers(0, 3), max_size=30), workers=st.integers(1, 4))
@settings(deadline=None, max_examples=25)
def test_every_result_comes_once_and_in_order(delays: list[int], workers: int) -> None:
    def work(item: tuple[int, int], thread: int) -> tuple[int, bool]:
        number, delay = item
        time.sleep(delay / 1000)
        return number, thread == threading.get_ident()

    done = list(worked(opened, list(enumerate(delays)), work, workers))
    assert done == [(number, True) for number in range(len(delays))]


def test_what_goes_wrong_is_raised_where_its_result_is_due() -> None:
    def work(item: int, _: int) -> int:
        if item == 5:
            raise OSError("damaged")
        return item

    seen: list[int] = []
    with pytest.raises(OSError, match="damaged"):
        seen.extend(worked(opened, range(9), work, 3))
    assert seen == [0, 1, 2, 3, 4]


def test_what_cannot_be_opened_ends_it() -> None:
    @contextmanager
    def closed() -> Iterator[int]:
        raise OSError("gone")
        yield 0

    with pytest.raises(OSError, match="gone"):
        next(worked(closed, range(4), lambda item, _: item, 2))


def test_no_more_is_begun_than_is_soon_asked_for() -> None:
    begun: list[int] = []
    working = worked(opened, range(1000), lambda item, _: begun.append(item), 2)
    next(working)
    time.sleep(0.1)
    assert len(begun) < 12
    working.close()


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    working = worked(opened, range(50), lambda item, _: item, 3)
    next(working)
    working.close()
    assert threading.active_count() == before


def test_the_environment_limits_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    everything = processors()
    assert everything >= 1
    for told, wanted in (("1", 1), ("100000", everything), ("0", everything), ("many", everything)):
        monkeypatch.setenv("OMP_NUM_THREADS", told)
        assert processors() == wanted

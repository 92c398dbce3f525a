"""Work by several threads at once, each with a raster that it has opened itself; what comes of it in its order."""

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Opened = TypeVar("Opened")
Result = TypeVar("Result")

AHEAD = 2
"""Items a thread that are under way or done before they are asked for."""


def processors() -> int:
    """Processors that this process may use; `OMP_NUM_THREADS` limits them, as it does for the libraries below us."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    # macOS and Windows tell only how many there are.
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(there, int(told)) if told.isdecimal() and int(told) else there


def worked(
    opener: Callable[[], AbstractContextManager[Opened]],
    items: Sequence[Item],
    work: Callable[[Item, Opened], Result],
    workers: int,
) -> Generator[Result]:
    """`work(item, opened)` of every item, in the items' order, by so many threads.

    opener: opens anew what is read, for a dataset may not be shared by two threads at a time. What goes wrong with an
    item is raised where its result is due.
    """
    jobs: SimpleQueue[tuple[Item, Future[Result]] | None] = SimpleQueue()
    waiting: deque[Future[Result]] = deque()
    left = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        for _ in range(workers):
            pool.submit(_serve, opener, jobs, work)
        try:
            while True:
                for item in left:
                    waiting.append(Future())
                    jobs.put((item, waiting[-1]))
                    if len(waiting) > AHEAD * workers:
                        break
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            while not jobs.empty():
                jobs.get()
            for _ in range(workers):
                jobs.put(None)


def _serve(
    opener: Callable[[], AbstractContextManager[Opened]],
    jobs: SimpleQueue[tuple[Item, Future[Result]] | None],
    work: Callable[[Item, Opened], Result],
) -> None:
    """Do jobs until there is none; what goes wrong is told to those who wait for them."""
    failure: BaseException | None = None
    try:
        with opener() as opened:
            while job := jobs.get():
                item, future = job
                try:
                    result = work(item, opened)
                except BaseException as error:
                    future.set_exception(error)
                else:
                    future.set_result(result)
    except BaseException as error:
        failure = error
    while failure and (job := jobs.get()):
        job[1].set_exception(failure)

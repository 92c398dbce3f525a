"""Waiting at three hundred times the speed."""

import time
from types import SimpleNamespace

import pytest
import tenacity

from crater_pipeline.download import http, windows

SPEED = 300.0


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give silent connections up after a fraction of a second, which the clock of the retries takes for a minute.

    A time limit over all attempts that is shorter than what one stall takes ends the attempts here as it would there.
    """
    clock = SimpleNamespace(monotonic=lambda: SPEED * time.monotonic())
    monkeypatch.setattr(tenacity, "time", clock)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(http, "TIMEOUT_S", http.TIMEOUT_S / SPEED)
    monkeypatch.setitem(windows.REMOTE_OPTIONS, "GDAL_HTTP_LOW_SPEED_TIME", 1)

"""For all tests."""

import os

import pytest
from hypothesis import settings

# A property holds or not, however busy the machine is: no example has a time limit.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

MISSING = os.environ.get("CRATER_MISSING")
"""What CI knows to be missing, as words of the reasons for which tests are skipped then; None where nobody counts."""

_skipped: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note the tests that are skipped and the reasons that they give."""
    if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        _skipped[report.nodeid] = report.longrepr[2]


def unexpected() -> dict[str, str]:
    """Tests that were skipped although CI has, or has not said that it lacks, what they need."""
    words = (MISSING or "").split()
    return {test: reason for test, reason in _skipped.items() if not any(word in reason for word in words)}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run that promised to skip nothing has failed if it did."""
    if MISSING is not None and not hasattr(session.config, "workerinput") and unexpected() and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests these were."""
    if MISSING is not None and unexpected():
        terminalreporter.section("skipped, but not for anything that is known to be missing", red=True)
        for test, reason in sorted(unexpected().items()):
            terminalreporter.line(f"{test}: {reason}")

"""Fixtures of all tests. Engines and browser are the real ones."""

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from tests.browser_fixtures import BROWSERS, MISSING, browser, chromium, page
from tests.engine_fixtures import database, engines, template_database, valkey
from tests.folders import remove_left

__all__ = ["browser", "database", "engines", "page", "template_database", "valkey"]

# A slow machine is no fault of the code: how long an example takes is for bench/ to say. The suite
# says the same twice; who looks for what it has not met adds --hypothesis-profile explore.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("same")

ROOT = Path(__file__).resolve().parents[1]

# Some machines forbid Python to keep what it compiled; every process that a test starts would
# then compile a thousand modules anew, which costs more than importing them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Files that take long, the longest first; the others follow. A long one that came last would
# keep one worker busy while the others have nothing left to do.
LONGEST = (
    "tests/chaos/test_sigkill.py",
    "tests/chaos/test_planted.py",
    "tests/demo/test_headless.py",
    "tests/demo/test_life.py",
    "tests/browser/test_help_and_taps.py",
    "tests/running/test_up.py",
    "tests/browser/test_policies_page.py",
    "tests/browser/test_accessibility.py",
    "tests/dispatch/test_terminal_histories.py",
    "tests/outbound/test_killed.py",
    "tests/telephony/test_dialling.py",
    "tests/sla/test_sweeps.py",
    "tests/gps/test_kill.py",
    "tests/live/test_law.py",
    "tests/api/test_records.py",
    "tests/api/test_rights.py",
    "tests/api/test_fuzz.py",
    "tests/simulator/test_routing.py",
    "tests/simulator/test_product.py",
    "tests/dispatch/test_queue.py",
)
LATER = len(LONGEST)
BROWSER = "tests/browser/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, then those with a browser; order within a file stays."""
    places = {path: place for place, path in enumerate(LONGEST)}

    def place(item: pytest.Item) -> int:
        path = item.nodeid.partition("::")[0]
        return places.get(path, LATER if path.startswith(BROWSER) else LATER + 1)

    items.sort(key=place)


def pytest_sessionstart(session: pytest.Session) -> None:
    """A run that was killed could not clean up behind itself."""
    if not hasattr(session.config, "workerinput"):
        remove_left()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """All is read and stays: no collection looks through it again, while it was read or later."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if "browser" not in getattr(item, "fixturenames", ()):
        BROWSERS.rest()


def pytest_sessionfinish() -> None:
    BROWSERS.rest()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real records beside the project; a fresh clone has none."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("no ../shared with real records beside the project")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it loudly when the screens went untested."""
    skipped = terminalreporter.stats.get("skipped", [])
    if chromium() is None and any(MISSING in str(report.longrepr) for report in skipped):
        terminalreporter.section("BROWSER TESTS WERE SKIPPED 浏览器测试已跳过", sep="!", red=True)
        terminalreporter.line(MISSING)

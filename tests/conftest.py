"""Fixtures of all tests. Engines and browser are the real ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser_fixtures import MISSING, browser, chromium, page
from tests.engine_fixtures import database, engines, template_database, valkey
from tests.harness import RunningPaidan

__all__ = ["browser", "database", "engines", "page", "template_database", "valkey"]

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real records beside the project; a fresh clone has none."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("no ../shared with real records beside the project")
    return folder


@pytest.fixture
def running() -> Iterator[RunningPaidan]:
    """A real `paidan up` of its own: servers, processes and data directory."""
    with RunningPaidan() as paidan:
        yield paidan


@pytest.fixture(scope="module")
def running_module() -> Iterator[RunningPaidan]:
    """Like `running`, shared by the tests of one file."""
    with RunningPaidan() as paidan:
        yield paidan


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it loudly when the screens went untested."""
    skipped = terminalreporter.stats.get("skipped", [])
    if chromium() is None and any(MISSING in str(report.longrepr) for report in skipped):
        terminalreporter.section("BROWSER TESTS WERE SKIPPED 浏览器测试已跳过", sep="!", red=True)
        terminalreporter.line(MISSING)

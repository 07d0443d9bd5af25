"""Nothing jumps: what each page shifts while it loads, and when rows come to it."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import Sit
from tests.directory.imports import REGIONS, bring, write_csv
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# Cumulative layout shift as browsers count it; 0.1 counts as good elsewhere.
SHIFT = 0.02
LIVE = "[data-testid=connection][data-state=live]"
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.shifts.push({
      by: entry.value,
      what: entry.sources.map(({ node }) => {
        const element = node instanceof Element ? node : node?.parentElement;
        return element ? element.outerHTML.slice(0, 100) : '?';
      }),
    });
  }
}).observe({ type: 'layout-shift', buffered: true });
"""
PAGES = {
    "/login": ("", "input[name=login]:focus", (1280, 720)),
    "/design": ("", "[data-vision][data-delta]", (1280, 720)),
    "/agent": ("lead", LIVE, (1280, 720)),
    "/": ("lead", ".maplibregl-canvas", (1280, 720)),
    "/supervisor": ("supervisor", LIVE, (1280, 720)),
    "/customers": ("lead", "main[data-ready]", (1280, 720)),
    "/customers#": ("supervisor", "main[data-ready]", (1280, 720)),
    "/tickets": ("lead", "[data-testid=ticket-row]", (1280, 720)),
    "/followup": ("lead", "[data-testid=follow-up]", (1280, 720)),
    "/breaches": ("supervisor", "main[data-ready]", (1280, 720)),
    "/fleet": ("lead", "[data-testid=fleet-row]", (1280, 720)),
    "/notices": ("lead", "main[data-ready]", (1280, 720)),
    "/hotline": ("lead", LIVE, (1280, 720)),
    "/wallboard": ("lead", "main[data-ready]", (1280, 720)),
    "/admin": ("admin", "main[data-ready]", (1280, 720)),
    "/admin#devices": ("admin", "[data-testid=known-device]", (1280, 720)),
    "/import": ("admin", "main[data-ready]", (1280, 720)),
    "/policies": ("admin", "[data-testid=policy-pane][data-version]", (1280, 720)),
    "/crew": ("east.crew1", "[data-testid=shown-order]", (360, 640)),
}


def marked(path: str) -> Any:
    """The board and the fleet draw a map."""
    return pytest.param(path, marks=[pytest.mark.map] if path in ("/", "/fleet") else [])


@pytest.fixture(scope="module", autouse=True)
def orders(office: Office) -> list[dict[str, Any]]:
    office.to_call()
    return [office.filed(), office.released(), office.sent("east-1"), office.sent("east-1")]


@pytest.fixture(scope="module", autouse=True)
def imported(office: Office, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A row for the list of imports."""
    bring("regions", write_csv(tmp_path_factory.mktemp("files") / "区域.csv", REGIONS))


def watched(sit: Sit, path: str) -> "Page":
    """That page, loaded anew with the observer in place, and quiet again."""
    login, ready, (width, height) = PAGES[path]
    page = sit(login, path, width, height)
    page.context.add_init_script(WATCH)
    page.reload()
    page.wait_for_selector(ready)
    settle(page)
    return page


def settle(page: "Page") -> None:
    """Wait until nothing is fetched and two frames have been painted."""
    page.wait_for_load_state("networkidle")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def shifted(page: "Page") -> float:
    """The sum since the last look; says what moved where it is too much."""
    found = page.evaluate("shifts.splice(0)")
    total = sum(each["by"] for each in found)
    assert total < SHIFT, found
    return float(total)


@pytest.mark.parametrize("path", [marked(path) for path in PAGES])
def test_loading_moves_nothing(sit: Sit, path: str) -> None:
    shifted(watched(sit, path))


@pytest.mark.parametrize("path", [marked("/"), marked("/agent")])
def test_an_order_that_comes_moves_nothing(sit: Sit, office: Office, path: str) -> None:
    page = watched(sit, path)
    shifted(page)
    order = office.released()
    page.get_by_text(order["number"]).first.wait_for(state="attached")
    settle(page)
    shifted(page)


@pytest.mark.map
def test_a_shift_would_be_seen(sit: Sit) -> None:
    """The measure itself works."""
    page = watched(sit, "/")
    shifted(page)
    page.evaluate("document.querySelector('main').style.marginTop = '200px'")
    settle(page)
    with pytest.raises(AssertionError, match="main"):
        shifted(page)

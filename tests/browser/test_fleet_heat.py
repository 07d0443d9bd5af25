"""Where the fleet was, on the map of a real browser."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from core.clock import now
from tests.browser.axe import faults_in_all_looks
from tests.browser.conftest import Sit
from tests.browser.test_fleet_page import MAP, fleet
from tests.fleet import drive, enrolled
from tests.gps.drives import Drive
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
READY = "[data-testid=heat][data-ready=true]"


@pytest.fixture(scope="module")
def seen(office: Office) -> int:
    """Cells that a vehicle has driven through."""
    device, _ = enrolled(office)
    drive(device, Drive().wait(1800).go(6000))
    span = {"from": (now() - timedelta(days=1)).isoformat(), "to": now().isoformat()}
    return int(office.person("east.desk").get("/api/fleet/heat", **span)["cells_seen"])


def days(page: "Page") -> tuple[date, date]:
    shown = page.locator("[data-testid=heat]")
    found = [date.fromisoformat(shown.get_attribute(f"data-{end}") or "") for end in ("from", "to")]
    return found[0], found[1]


def test_days_are_chosen_by_keys_and_by_date(sit: Sit, seen: int) -> None:
    page = fleet(sit)
    page.keyboard.press("4")
    page.wait_for_selector(f"{READY}[data-seen='{seen}']")
    assert page.url.endswith("#/heat")
    first, last = days(page)
    assert (last - first).days == 6
    page.get_by_text(f"到过 {seen} 格").wait_for()
    page.keyboard.press("[")
    page.wait_for_selector(f"{READY}[data-to='{first - timedelta(days=1)}'][data-seen='0']")
    page.get_by_text("这一时段没有定位").wait_for()
    page.keyboard.press("]")
    page.wait_for_selector(f"{READY}[data-seen='{seen}']")
    page.locator("input[name=heat-from]").fill(str(last - timedelta(days=60)))
    page.wait_for_selector(f"{READY}[data-to='{last - timedelta(days=30)}']")  # 31 days at most
    page.locator("input[name=heat-to]").fill(str(last))
    page.wait_for_selector(f"{READY}[data-from='{last - timedelta(days=30)}'][data-seen='{seen}']")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("t")
    assert days(page) == (first, last)


@pytest.mark.map
def test_a_legend_says_what_the_colours_mean(sit: Sit, seen: int) -> None:
    page = fleet(sit, path="/fleet#/heat", locale="en-GB")
    page.wait_for_selector(f"{READY}[data-seen='{seen}']")
    page.wait_for_selector(f"{MAP}[data-cells='{seen}']")
    words = [one.inner_text() for one in page.locator("[data-class]").all()]
    assert words[-1].startswith("≥ ")
    assert faults_in_all_looks(page, READY) == []
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("c")
    page.wait_for_selector("[data-class='Not seen']")
    assert page.locator("[data-class]").count() == 2

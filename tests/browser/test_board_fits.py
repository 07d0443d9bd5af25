"""Nothing of the board is cut at 1280, and its map of keys names only what one may do."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Sit
from tests.harness import ROOT
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
LIVE = "[data-testid=connection][data-state=live]"
RESULTS = ROOT / "test-results"
CUT = """
(selector) => [...document.querySelectorAll(selector)]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5
    || one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 120))
"""


def board(sit: Sit, login: str, locale: str) -> "Page":
    page = sit(login, locale=locale)
    page.wait_for_selector(LIVE)
    return page


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_acts_and_tags_are_read_in_full(sit: Sit, office: Office, locale: str) -> None:
    order = office.sent("east-1")
    agent = office.person("agent")
    for _ in range(2):
        ticket = agent.post("/api/tickets", {"channel": "web", "description": "还没来电"})
        agent.post(f"/api/orders/{order['id']}/chase-ups", {"ticket_id": ticket["id"]})
    page = board(sit, "east.desk", locale)
    row = f"[data-testid=order-row][data-number='{order['number']}']"
    page.wait_for_selector(f"{row} [data-chased='2']")
    page.click(row)
    page.wait_for_selector(".strip [data-action=follow_on]")
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"board-fits-{locale[:2]}.png")
    assert page.evaluate(CUT, ".strip .actions button") == []
    assert page.evaluate(CUT, f"{row} .tags") == []


@pytest.mark.parametrize(("login", "files"), [("lead", True), ("east.desk", False)])
def test_the_map_of_keys_names_what_one_may_do(sit: Sit, login: str, files: bool) -> None:
    page = board(sit, login, "en-GB")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert ("New order" in page.inner_text("dialog[open]")) is files

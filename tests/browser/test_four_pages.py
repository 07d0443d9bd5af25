"""One order across the four pages, at the same time, in both languages: a caller rings at the
agent's, the lead releases, the board dispatches, the crew works, the supervisor asks why."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Sit
from tests.browser.test_crew_queue import PHONE
from tests.browser.town import LIVE, Town, choose_fault, city, focus_order, shown, town
from tests.harness import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["city", "town"]
pytestmark = pytest.mark.browser
RESULTS = ROOT / "test-results"
HOTLINE = {"zh-CN": "热线", "en-GB": "otline"}


def live(page: "Page") -> "Page":
    page.wait_for_selector(LIVE)
    return page


def picture(page: "Page", name: str) -> None:
    """Kept in test-results for whoever wants to look."""
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}.png")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_one_order_across_the_four_pages(town: Town, sit: Sit, locale: str) -> None:
    hotline = HOTLINE[locale]
    customer = town.customer(kind="household")
    agent = town.page("agent", locale)
    supervisor = live(sit("supervisor", "/supervisor", locale=locale))
    errors: list[str] = []
    for page in (agent, supervisor):
        page.on("pageerror", lambda error: errors.append(str(error)))

    call = town.ring(customer.phone)
    shown(agent, "waiting")
    agent.keyboard.press("Enter")
    shown(agent, "mine")
    town.hang_up(call)
    shown(agent, "to_file")
    choose_fault(agent)
    agent.keyboard.press("Control+Enter")
    filed = agent.locator("[data-testid=filed]")
    filed.wait_for()
    number = filed.get_attribute("data-number") or ""

    # The carrier's clock was wrong: the call had ended 50 minutes before, and the promise with it.
    order = town.ticket_of(number)["order"]
    town.office.person("supervisor").post(
        f"/api/orders/{order['id']}/stamps",
        {
            "point": "A",
            "at": (call.ended_at - timedelta(minutes=50)).isoformat(),
            "reason": "clock_was_wrong",
        },
    )
    late = supervisor.locator(f"[data-testid=late-row][data-number='{number}'][data-level=late]")
    late.wait_for()
    assert hotline in (late.locator("[data-testid=why]").inner_text())
    picture(supervisor, f"four-supervisor-{locale}")
    late.click()
    drawer = supervisor.locator("[data-testid=drawer]")
    drawer.wait_for()
    assert hotline in drawer.locator("[data-testid=why-main]").inner_text()

    lead = town.page("lead", locale)
    focus_order(lead, number)
    lead.keyboard.press("r")
    lead.locator("dialog [data-option]:focus").wait_for()
    chosen = lead.locator("dialog [data-option]:focus").get_attribute("data-option")
    lead.keyboard.press("Enter")
    centre = next(
        one["code"]
        for one in town.office.person("lead").get("/api/board")["centres"]
        if one["id"] == chosen
    )

    board = live(sit(f"{centre}.desk", "/", locale=locale))
    row = f"[data-testid=order-row][data-number='{number}']"
    board.locator(row).click()
    board.keyboard.press("a")
    board.wait_for_selector(f"{row}[data-state=accepted]")
    crew = next(
        one
        for one in town.office.person("lead").get("/api/board")["crews"]
        if one["code"] == f"{centre}-1"
    )
    phone = live(sit(f"{centre}.crew1", "/crew", **PHONE, locale=locale, has_touch=True))
    board.keyboard.press("d")
    board.locator(f"[data-option='{crew['id']}']").click()
    picture(board, f"four-board-{locale}")

    card = f"[data-testid=shown-order][data-number='{number}']"
    phone.wait_for_selector(f"{card}[data-state=sent]")
    for step, state in (
        ("accept", "active"),
        ("depart", "departed"),
        ("arrive", "arrived"),
        ("restore", "arrived"),
    ):
        phone.locator(f"footer [data-step={step}]:enabled").click()
        phone.wait_for_selector(f"{card}[data-state={state}]")
    picture(phone, f"four-crew-{locale}")
    phone.locator("footer [data-step=finish]:enabled").click()
    phone.locator("dialog [data-option=fuse_blown]").click()
    phone.locator("dialog [data-option=replaced]").click()
    phone.locator("dialog [data-action=finish]").click()
    board.wait_for_selector(f"{row}[data-state=finished]")

    supervisor.wait_for_selector(f"[data-testid=late-row][data-number='{number}'].gone")
    picture(supervisor, f"four-drawer-{locale}")
    assert errors == []

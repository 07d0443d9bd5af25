"""The follow-up queue in a real browser: claimed, called, tried again, complained about."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.clock import now
from tests.browser.axe import faults_in_all_looks
from tests.browser.conftest import Sit
from tests.office import Office
from tests.switching import tried_in_vain

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
CALL = "[data-testid=call-pane]"


def to_call(office: Office) -> dict[str, Any]:
    """A customer whose order is closed, and who is to be called back."""
    agent = office.person("agent")
    body = {"channel": "web", "caller_name": "王小明", "caller_phone": "+8613800138000"}
    ticket = agent.post("/api/tickets", body)
    order = agent.post(
        "/api/orders",
        {
            "ticket_id": ticket["id"],
            "fault_code": "no_power_home",
            "place": "景山街道 12 号楼",
            "lat": 39.9239,
            "lon": 116.3966,
        },
    )
    office.person("lead").post(f"/api/orders/{order['id']}/close", {"outcome": "customer_side"})
    office.turn()
    rows = agent.get("/api/follow-ups")["follow_ups"]
    found: dict[str, Any] = next(row for row in rows if row["ticket_id"] == ticket["id"])
    return found


@pytest.fixture(autouse=True)
def nobody_waits(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No customer of another test is in the queue."""
    yield
    monkeypatch.setattr("core.uow.clock_now", lambda: now() + timedelta(hours=3))
    lead = office.person("lead")
    for row in lead.get("/api/follow-ups")["follow_ups"]:
        lead.post(f"/api/follow-ups/{row['id']}/claim", {"reason": "other"})
        lead.post(f"/api/follow-ups/{row['id']}/tries", {"outcome": "refused"})


def queue(sit: Sit, login: str = "agent", locale: str = "zh-CN") -> "Page":
    page = sit(login, "/followup", locale=locale)
    page.wait_for_selector("main[data-ready]")
    return page


def row(one: dict[str, Any]) -> str:
    return f"[data-testid=follow-up][data-follow-up='{one['id']}']"


def claimed(page: "Page", one: dict[str, Any]) -> None:
    page.wait_for_selector(row(one))
    page.keyboard.press("j")
    page.wait_for_selector(f"{CALL}[data-number='{one['ticket_number']}']")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-action=reached]")


def test_nobody_waits_is_said(sit: Sit) -> None:
    page = queue(sit, locale="en-GB")
    page.get_by_text("No customer waits for a call").wait_for()


def test_a_dissatisfied_customer_is_a_complaint(sit: Sit, office: Office) -> None:
    one = to_call(office)
    page = queue(sit)
    claimed(page, one)
    assert page.locator("[data-testid=dial]").first.get_attribute("href") == "tel:+8613800138000"
    page.keyboard.press("r")
    page.wait_for_selector("[data-action=dissatisfied]")
    page.keyboard.press("3")
    complaint = page.locator("[data-testid=complaint]")
    complaint.wait_for()
    number = complaint.inner_text()
    assert number in page.locator("[data-testid=said]").inner_text()
    complaint.click()
    page.wait_for_selector("[data-testid=ticket-page]")
    assert number in page.locator("#ticket-title").inner_text()
    related = page.locator("[data-testid=relations]").inner_text()
    assert str(one["ticket_number"]) in related


def test_who_is_not_reached_is_tried_again_later(sit: Sit, office: Office) -> None:
    one = to_call(office)
    page = queue(sit)
    claimed(page, one)
    page.keyboard.press("n")
    page.wait_for_selector("[data-testid=said][data-tone=done]")
    page.wait_for_selector(f"{row(one)}.quiet")
    assert page.locator("[data-action=claim]").count() == 0
    assert re.search(r"\d\d:\d\d", page.locator("[data-testid=next]").inner_text())
    assert page.locator(row(one)).inner_text().count("●") == 1


def test_an_overdue_call_stands_first_and_says_so(
    sit: Sit, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("core.uow.clock_now", lambda: now() - timedelta(hours=30))
        late = to_call(office)
    to_call(office)
    page = queue(sit)
    page.wait_for_selector(f"{row(late)}[data-level=late]")
    first = page.locator("[data-testid=follow-up]").first
    assert first.get_attribute("data-follow-up") == late["id"]


def test_the_second_agent_sees_who_has_it_and_may_take_over(sit: Sit, office: Office) -> None:
    one = to_call(office)
    office.person("lead2").post(f"/api/follow-ups/{one['id']}/claim", {})
    page = queue(sit)
    page.wait_for_selector(row(one))
    page.keyboard.press("j")
    page.wait_for_selector(CALL)
    name = office.person("lead2").me["user"]["name"]
    assert name in page.locator("[data-testid=next]").inner_text()
    page.locator("[data-testid=next] select").select_option("agent_left")
    page.wait_for_selector("[data-action=reached]")
    page.keyboard.press("b")
    page.wait_for_selector("[data-action=claim]")


def test_no_serious_accessibility_fault(sit: Sit, office: Office) -> None:
    one = to_call(office)
    page = queue(sit)
    page.wait_for_selector(row(one))
    assert faults_in_all_looks(page, row(one)) == []


def test_what_was_called_back_in_vain_is_worked_and_closed_by_keys(
    sit: Sit, office: Office
) -> None:
    reached, again, given_up = (tried_in_vain(f"+86139000077{at:02d}") for at in range(3))
    page = queue(sit)
    listed = page.locator("[data-testid=vain] [data-follow-up]")
    listed.nth(2).wait_for()
    for id_, key, state in (
        (reached, "r", "done"),
        (again, "a", "waiting"),
        (given_up, "x", "given_up"),
    ):
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.wait_for_selector(f"[data-testid=vain-pane][data-callback='{id_}']")
        page.keyboard.press("Enter")
        href = page.locator("[data-testid=dial]").get_attribute("href") or ""
        assert href.startswith("tel:+86139000077")
        if key == "r":
            assert faults_in_all_looks(page, "[data-testid=vain] [data-follow-up]") == []
            page.keyboard.press("j")
            page.wait_for_selector(f"[data-testid=vain-pane][data-callback='{id_}']")
        page.keyboard.press(key)
        page.wait_for_selector(f"[data-follow-up='{id_}']", state="detached")
        rows = office.person("agent").get("/api/callbacks", state=state)
        assert id_ in {row["id"] for row in rows}
    office.person("agent").post(f"/api/callbacks/{again}/cancel")
    page.wait_for_selector("[data-testid=vain]", state="detached")


def test_a_colleague_sees_who_has_a_customer_that_was_tried_in_vain(
    sit: Sit, office: Office
) -> None:
    one = tried_in_vain("+8613900007788")
    lead = office.person("lead2")
    page, other = queue(sit), queue(sit, "lead2", "en-GB")
    for each in (page, other):
        each.wait_for_selector(f"[data-follow-up='{one}']")
        each.keyboard.press("j")
        each.wait_for_selector("[data-action=take_up]")
    assert page.locator("[data-testid=dial]").count() == 0, "claimed first, then called"
    other.keyboard.press("Enter")
    other.wait_for_selector("[data-testid=dial]")
    page.wait_for_selector("[data-action=take_up]", state="detached")
    name = lead.me["user"]["name"]
    assert name in page.locator("[data-testid=next]").inner_text()
    assert name in page.locator(f"[data-follow-up='{one}']").inner_text()
    page.keyboard.press("r")
    other.keyboard.press("b")
    other.wait_for_selector("[data-action=take_up]")
    page.wait_for_selector("[data-action=take_up]")
    page.keyboard.press("c")
    page.wait_for_selector("[data-testid=dial]")
    page.keyboard.press("d")
    other.wait_for_selector(f"[data-follow-up='{one}']", state="detached")
    assert one in {row["id"] for row in lead.get("/api/callbacks", state="cancelled")}

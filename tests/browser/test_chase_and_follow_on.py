"""A repeat call is attached to its order; an order is followed by another, and both say so."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Sit
from tests.browser.town import LIVE, Town, choose_fault, city, shown, town
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["city", "town"]
pytestmark = pytest.mark.browser


def called(town: Town, page: "Page", phone: str) -> None:
    """A call of that number, taken and over."""
    call = town.ring(phone)
    shown(page, "waiting")
    page.keyboard.press("Enter")
    shown(page, "mine")
    town.hang_up(call)
    shown(page, "to_file")


def test_a_repeat_call_is_one_key_and_no_second_order(town: Town) -> None:
    customer = town.customer()
    page = town.page("agent", "en-GB")
    called(town, page, customer.phone)
    choose_fault(page)
    page.keyboard.press("Control+Enter")
    number = page.locator("[data-testid=filed]").get_attribute("data-number")
    shown(page, "none")

    called(town, page, customer.phone)
    page.wait_for_selector(f"[data-action=chase][data-number='{number}'] kbd")
    page.keyboard.press("u")
    page.wait_for_selector("[data-testid=said][data-tone=done]")
    said = page.locator("[data-testid=said]").inner_text()
    assert str(number) in said
    shown(page, "none")  # the call is dealt with
    row = page.locator(f".flight [data-testid=order-row][data-number='{number}']")
    row.get_by_text("1").first.wait_for()
    order = town.ticket_of(str(number))
    assert order["order"]["chase_ups"] == 1
    assert len(order["links"]["chase_ups"]) == 1
    lead = town.office.person("lead")
    calls = [one for one in lead.get("/api/desk")["calls"] if one["from_number"] == customer.phone]
    kinds = sorted(each["kind"] for one in calls for each in one["tickets"])
    assert kinds == ["chase_up", "fault_repair"]


def test_an_appointment_follows_on_an_order_and_both_say_so(sit: Sit, office: Office) -> None:
    order = office.sent("east-1")
    page = sit("east.desk", "/", locale="en-GB")
    page.wait_for_selector(LIVE, state="attached")
    page.locator(f"[data-testid=order-row][data-number='{order['number']}']").click()
    page.keyboard.press("l")
    page.wait_for_selector("dialog [data-option]:focus")
    page.keyboard.press("5")
    page.keyboard.press("Control+Enter")  # neither reason nor time yet
    assert page.locator("dialog [aria-invalid=true]").count() == 2
    page.fill("dialog [name=reason]", "约客户在家时更换表箱")
    page.fill("dialog [name=appointment]", "2030-01-01T09:30")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_selector("[data-testid=said][data-tone=done]")
    links = office.person("lead").get(f"/api/orders/{order['id']}")["links"]
    [child] = links["children"]
    assert (child["relation"], child["state"]) == ("appointment", "scheduled")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"[data-testid=order-links] [data-linked='{child['number']}']")
    page = sit("lead", f"/#/orders/{child['id']}", locale="en-GB")
    page.wait_for_selector(f"[data-testid=order-links] [data-linked='{order['number']}']")
    assert "09:30" in page.locator("[data-testid=order-links]").inner_text()

"""The customer's page in a browser: what stands there, what one does, what a mask lets through."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import faults_in_all_looks, serious_faults
from tests.browser.conftest import Sit
from tests.browser.test_layout_shift import WATCH, settle, shifted
from tests.office import Office
from tests.privacy.planting import ADDRESS, CALLER, NAME, PHONE, Planted, plant

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ACCOUNT = "[data-testid=account]"
NOTES = "[data-testid=notes] li"


@pytest.fixture(scope="module")
def planted(office: Office) -> Planted:
    return plant(office)


@pytest.fixture
def page(sit: Sit, planted: Planted) -> "Page":
    """The page of the planted customer, as an agent sees it."""
    opened = sit("agent", f"/customers#/{planted.customer}")
    opened.wait_for_selector(ACCOUNT)
    return opened


def said(page: "Page", tone: str = "done") -> str:
    page.wait_for_selector(f"[data-testid=said][data-tone={tone}]")
    return page.locator("[data-testid=said]").inner_text()


def test_all_that_an_agent_needs_is_in_one_view(page: "Page", planted: Planted) -> None:
    account = page.locator(ACCOUNT).inner_text()
    assert NAME in account
    assert "315 kVA" in account
    assert "二级重要用户" in account
    assert "139 8765 4321" in page.locator("[data-testid=phones]").inner_text()
    assert ADDRESS in page.locator("[data-testid=points]").inner_text()
    order = page.locator("[data-testid=history] a").first
    assert order.get_attribute("href") == f"/#/orders/{planted.order}"
    page.keyboard.press("3")
    ticket = page.locator("[data-testid=history] a").first
    assert ticket.get_attribute("href") == f"/tickets#/{planted.ticket}"
    page.wait_for_selector("[data-testid=history] >> text=已建工单")
    page.keyboard.press("4")
    assert "故障报修" in page.locator("[data-testid=history]").inner_text()
    page.keyboard.press("5")
    outage = page.locator("[data-testid=history] a").first
    assert outage.get_attribute("href") == f"/#/orders/{planted.order}"
    assert page.locator("[data-action=unmask]").count() == 0


def test_a_note_is_written_pinned_and_hidden_by_keys(page: "Page") -> None:
    page.keyboard.press("n")
    page.keyboard.type("门禁密码找物业值班室要")
    page.keyboard.press("Control+Enter")
    note = page.locator(NOTES).first
    note.get_by_text("门禁密码找物业值班室要").wait_for()
    assert page.locator("textarea").input_value() == ""
    page.locator("textarea").fill("半句话")
    note.locator("[data-action=pin]").click()
    page.wait_for_selector(f"{NOTES}[data-pinned=true]")
    assert page.locator("textarea").input_value() == "半句话"
    note.locator("[data-action=hide]").click()
    page.locator("[data-field=why]").fill("写错客户")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{NOTES}[data-hidden=true]")
    assert "写错客户" in page.locator(NOTES).first.inner_text()
    assert "门禁" not in page.locator(NOTES).first.inner_text()


def test_a_phone_is_added_verified_and_removed_and_put_back(page: "Page") -> None:
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-testid=recent] a")
    page.keyboard.press("Escape")
    page.locator("[data-testid=recent] a").first.click()
    page.wait_for_selector(ACCOUNT)
    page.keyboard.press("p")
    page.locator("[data-field=number]").fill("12")
    page.keyboard.press("Enter")
    refused = said(page, "refused")
    assert "号码" in refused
    assert "body." not in refused
    page.locator("[data-field=number]").fill("139 0000 7777")
    page.keyboard.press("Enter")
    added = page.locator("[data-testid=phones] li").nth(1)
    added.get_by_text("139 0000 7777").wait_for()
    added.locator("[data-action=verify]").click()
    page.wait_for_selector("[data-testid=phones] li[data-verified=false]")
    added.locator("[data-action=remove]").click()
    added.wait_for(state="detached")
    page.locator("[data-action=offer]").click()
    added.get_by_text("139 0000 7777").wait_for()


def test_a_record_is_corrected(page: "Page") -> None:
    page.keyboard.press("c")
    page.locator("select[data-field=account_state]").select_option("in_arrears")
    page.locator("[data-action=save-correction]").click()
    page.locator(ACCOUNT).get_by_text("欠费").first.wait_for()


def test_a_supervisor_sees_masks_and_looks_with_a_reason(
    sit: Sit, office: Office, planted: Planted
) -> None:
    page = sit("supervisor", f"/customers#/{planted.customer}")
    page.wait_for_selector(ACCOUNT)
    page.clock.install()
    phone = page.locator("[data-testid=phones] li").first
    assert "+86139****4321" in phone.inner_text()
    assert PHONE not in page.content()
    assert page.locator("[data-action=add-phone], [data-action=hide]").count() == 0
    phone.locator("[data-action=unmask]").click()
    page.wait_for_selector("[data-reason=call_back]:focus")
    page.keyboard.press("6")
    page.get_by_text("请先写明原因").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    phone.locator("[data-action=unmask]").click()
    page.wait_for_selector("[data-reason=call_back]:focus")
    page.keyboard.press("1")
    phone.get_by_text("139 8765 4321").wait_for()
    page.clock.run_for(61_000)
    phone.get_by_text("+86139****4321").wait_for()
    [row] = [
        one
        for one in office.person("supervisor").get("/api/unmaskings")
        if one["entity_id"] == planted.phone
    ]
    assert (row["field"], row["reason_code"]) == ("number", "call_back")


def test_a_reviewer_sees_who_looked_and_why(sit: Sit, office: Office, planted: Planted) -> None:
    body = {"entity": "phone", "id": planted.phone, "field": "number"}
    why = {"reason_code": "other", "reason_text": "核对发票抬头"}
    office.person("admin").post("/api/unmask", {**body, **why})
    page = sit("supervisor", "/customers")
    look = page.locator("[data-testid=looks] tbody tr").first
    look.wait_for()
    assert "核对发票抬头" in look.inner_text()
    account = office.person("admin").get(f"/api/customers/{planted.customer}")["number"]
    assert account in look.inner_text()
    assert faults_in_all_looks(page, "[data-testid=looks]") == []
    page.locator("[data-testid=looks] a").first.click()
    page.wait_for_selector(ACCOUNT)


def test_a_dispatcher_looks_at_the_caller_of_an_order(
    sit: Sit, office: Office, planted: Planted
) -> None:
    """What is shown stays when the order changes meanwhile."""
    page = sit("east.desk", f"/#/orders/{planted.order}")
    caller = page.locator("[data-testid=order-page] [data-value-of=caller_name]")
    caller.wait_for()
    assert "慕容**" in caller.inner_text()
    caller.locator("[data-action=unmask]").click()
    page.wait_for_selector("[data-reason=call_back]:focus")
    page.keyboard.press("1")
    caller.get_by_text(CALLER).wait_for()
    chased = f"/api/orders/{planted.order}/chase-ups"
    office.person("agent").post(chased, {"ticket_id": planted.ticket})
    page.wait_for_selector("[data-testid=order-page] [data-testid=chased]")
    assert CALLER in caller.inner_text()
    caller.locator("[data-action=mask]").click()
    caller.get_by_text("慕容**").wait_for()


def test_the_agent_s_card_leads_to_the_page(page: "Page", planted: Planted) -> None:
    """The list of those looked at lately keeps ids only."""
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert planted.customer in kept
    assert NAME not in kept
    assert "13987654321" not in kept


def test_no_serious_fault_and_nothing_jumps(sit: Sit, planted: Planted, page: "Page") -> None:
    assert faults_in_all_looks(page, ACCOUNT) == []
    for key, brought in (("p", "dialog[open]"), ("c", "dialog[open]"), ("?", "dialog[open]")):
        page.keyboard.press(key)
        page.wait_for_selector(brought)
        assert serious_faults(page) == []
        page.keyboard.press("Escape")
        page.wait_for_selector(brought, state="detached")
    fresh = sit("supervisor", f"/customers#/{planted.customer}")
    fresh.context.add_init_script(WATCH)
    fresh.reload()
    fresh.wait_for_selector(ACCOUNT)
    settle(fresh)
    shifted(fresh)


def test_what_is_not_there_is_told_so(sit: Sit) -> None:
    page = sit("agent", "/customers#/01a20037-08c2-7366-b53b-6b86f3b69262")
    page.get_by_role("alert").wait_for()
    assert "找不到" in page.get_by_role("alert").inner_text()

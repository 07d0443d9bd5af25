"""The agent's page in a real browser: from the first ring to the release, by keyboard alone."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import faults_in_all_looks, serious_faults
from tests.browser.town import LIVE, Town, choose_fault, city, focus_order, shown, town
from tests.people import Refused

if TYPE_CHECKING:
    from playwright.sync_api import Route

__all__ = ["city", "town"]
pytestmark = pytest.mark.browser
FORM = "[data-testid=file-form]"
WORDS = {
    "zh-CN": {"empty": "没有来电", "waits": "待值长派发", "first": "接了这通电话"},
    "en-GB": {"empty": "No call", "waits": "waits for the shift lead", "first": "took this call"},
}


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_from_the_first_ring_to_the_release(town: Town, locale: str) -> None:
    words = WORDS[locale]
    customer = town.customer(kind="household")
    page = town.page("agent", locale)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    shown(page, "none")
    assert words["empty"] in page.locator("[data-testid=call-card]").inner_text()

    call = town.ring(customer.phone)
    shown(page, "waiting")
    known = page.locator("[data-testid=customer]")
    known.wait_for()
    name = customer.name_zh if locale == "zh-CN" else customer.name_en
    address = customer.address_zh if locale == "zh-CN" else customer.address_en
    said = known.inner_text()
    assert name in said
    assert address in said
    assert customer.number in said
    assert page.locator("[data-testid=sound]").get_attribute("data-call") != "0"

    page.keyboard.press("Enter")
    shown(page, "mine")
    town.hang_up(call)
    shown(page, "to_file")
    choose_fault(page)
    page.keyboard.press("Control+Enter")
    filed = page.locator("[data-testid=filed]")
    filed.wait_for()
    number = filed.get_attribute("data-number") or ""
    assert words["waits"] in filed.inner_text()
    shown(page, "none")

    order = town.ticket_of(number)
    assert order["order"]["place"] == customer.address_zh
    assert order["order"]["place_en"] == customer.address_en
    assert (order["order"]["lat"], order["order"]["lon"]) == pytest.approx(customer.at, abs=1e-5)
    assert order["ticket"]["caller_phone"] == customer.phone
    assert order["ticket"]["customer_id"]
    assert order["order"]["points"]["A"] == call.ended_at.isoformat().replace("+00:00", "Z")

    lead = town.page("lead", locale)
    focus_order(lead, number)
    lead.keyboard.press("r")
    lead.wait_for_selector("dialog [data-option]:focus")
    chosen = lead.locator("dialog [data-option]:focus").get_attribute("data-option")
    lead.keyboard.press("Enter")
    page.wait_for_selector(f"[data-testid=filed][data-number='{number}'][data-state=released]")
    who = town.office.person("agent").http.get("/api/callers", params={"number": customer.phone})
    [point] = who.json()["customers"][0]["points"]
    assert chosen == point["region"]["centre_id"]
    lead.locator("[data-action=offer]").click()  # the undo is the recall
    lead.locator("[data-option=other]").click()
    page.wait_for_selector(f"[data-testid=filed][data-number='{number}'][data-state=filed]")
    assert errors == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_second_agent_is_told_who_was_first(town: Town, locale: str) -> None:
    customer = town.customer()
    page = town.page("lead", locale)
    town.ring(customer.phone)
    shown(page, "waiting")
    first = town.office.person("agent")
    calls = first.get("/api/desk")["calls"]
    call_id = next(one["id"] for one in calls if one["from_number"] == customer.phone)

    refused_first: list[Refused] = []

    def overtaken(route: "Route") -> None:
        try:
            first.post(f"/api/calls/{call_id}/take")
        except Refused as refused:
            refused_first.append(refused)
        route.continue_()

    page.route("**/take", overtaken)
    page.keyboard.press("Enter")
    said = page.locator("[data-testid=said][data-tone=refused], [data-testid=said][data-tone=done]")
    said.wait_for()
    assert refused_first == []
    assert said.get_attribute("data-tone") == "refused"
    assert first.me["user"]["name"] in said.inner_text()
    assert WORDS[locale]["first"] in said.inner_text()
    assert re.search(r"\d\d:\d\d:\d\d", said.inner_text())
    shown(page, "theirs")
    assert page.locator("[data-action=take]").count() == 0


def test_what_was_written_survives_a_reload_and_a_lost_network(town: Town) -> None:
    customer = town.customer()
    page = town.page("agent")
    call = town.ring(customer.phone)
    shown(page, "waiting")
    page.keyboard.press("Enter")
    shown(page, "mine")
    town.hang_up(call)
    shown(page, "to_file")
    choose_fault(page)
    page.fill("textarea[name=description]", "电表箱冒烟")

    page.reload()
    shown(page, "to_file")
    assert page.input_value("textarea[name=description]") == "电表箱冒烟"
    fault = page.input_value("select[name=fault]")
    assert fault
    known = "() => document.querySelector('input[name=place]').value !== ''"
    page.wait_for_function(known)  # the caller is looked up anew
    page.wait_for_selector("[data-testid=caller][aria-busy=false]")

    page.route("**/api/tickets", lambda route: route.abort())
    page.keyboard.press("Control+Enter")
    page.locator(f"{FORM} [role=alert]").wait_for()
    assert page.input_value("textarea[name=description]") == "电表箱冒烟"
    page.unroute("**/api/tickets")
    page.keyboard.press("Control+Enter")
    filed = page.locator("[data-testid=filed]")
    filed.wait_for()
    found = town.ticket_of(filed.get_attribute("data-number") or "")
    assert found["ticket"]["description"] == "电表箱冒烟"
    assert found["order"]["fault_code"] == fault
    calls = town.office.person("agent").get("/api/desk")["calls"]
    [row] = [one for one in calls if one["from_number"] == customer.phone]
    assert len(row["tickets"]) == 1
    page.reload()
    shown(page, "none")
    assert page.input_value("textarea[name=description]") == ""


def test_the_live_connection_may_tell_of_what_was_filed_before_the_answer_does(town: Town) -> None:
    customer = town.customer()
    page = town.page("agent")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    town.ring(customer.phone)
    shown(page, "waiting")
    page.keyboard.press("Enter")
    shown(page, "mine")  # and the caller goes on talking
    choose_fault(page)

    def late(route: "Route") -> None:
        """The answer comes when the page knows the order already."""
        answer = route.fetch()
        page.wait_for_selector(f"[data-testid=call-card] >> text={answer.json()['number']}")
        route.fulfill(response=answer)

    page.route("**/api/orders", late)
    page.keyboard.press("Control+Enter")
    page.locator("[data-testid=filed]").wait_for()
    assert page.input_value("textarea[name=description]") == ""
    assert errors == []


def test_a_new_call_never_takes_the_form_away(town: Town) -> None:
    first, second = town.customer(), town.customer()
    page = town.page("agent")
    call = town.ring(first.phone)
    shown(page, "waiting")
    page.keyboard.press("Enter")
    shown(page, "mine")
    town.hang_up(call)
    shown(page, "to_file")
    page.click("textarea[name=description]")
    page.keyboard.type("半条街")
    rung = int(page.locator("[data-testid=sound]").get_attribute("data-call") or "0")
    town.ring(second.phone)
    page.wait_for_selector("[data-testid=call][data-standing=waiting]")
    page.wait_for_function(
        "rung => Number(document.querySelector('[data-testid=sound]').dataset.call) > rung",
        arg=rung,
    )
    page.keyboard.type("停电")
    assert page.input_value("textarea[name=description]") == "半条街停电"
    shown(page, "to_file")
    page.keyboard.press("Escape")
    page.keyboard.press("k")  # to the other call: its form is another one
    shown(page, "waiting")
    assert page.input_value("textarea[name=description]") == ""
    page.keyboard.press("j")
    assert page.input_value("textarea[name=description]") == "半条街停电"


def test_several_customers_of_one_number_are_chosen_by_digit(town: Town) -> None:
    customer = town.customer(sharing=2)
    both = [one for one in town.city.customers if one.phone == customer.phone]
    page = town.page("agent")
    town.ring(customer.phone)
    shown(page, "waiting")
    page.wait_for_selector("[data-testid=customers]")
    assert page.locator("[data-testid=customer]").count() == 0
    assert page.input_value("input[name=place]") == ""
    for digit in ("2", "1"):
        page.keyboard.press(digit)
        chosen = page.locator("[data-customer][aria-pressed=true]").get_attribute("data-customer")
        wanted = next(one for one in both if one.number == chosen)
        page.wait_for_selector(f"[data-testid=customer][data-number='{chosen}']")
        assert page.input_value("input[name=place]") == wanted.address_zh


def test_unknown_and_withheld_numbers_are_said_to_be_so(town: Town) -> None:
    page = town.page("agent", "en-GB")
    call = town.ring("+8613900001111")
    page.wait_for_selector("[data-testid=unknown-caller]")
    assert "139 0000 1111" in page.locator("[data-testid=unknown-caller]").inner_text()
    assert page.input_value("input[name=phone]") == "+8613900001111"
    page.keyboard.press("Enter")
    shown(page, "mine")
    town.hang_up(call)
    shown(page, "to_file")
    page.select_option("select[name=kind]", "enquiry")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-testid=said][data-tone=done]")
    shown(page, "none")
    assert page.locator("[data-testid=filed]").count() == 0
    town.ring("")
    shown(page, "waiting")
    assert "number withheld" in page.locator("[data-testid=caller]").inner_text()


def test_an_open_order_of_the_same_customer_is_shown_before_filing(town: Town) -> None:
    customer = town.customer()
    page = town.page("agent")
    for _ in range(2):
        call = town.ring(customer.phone)
        shown(page, "waiting")
        page.keyboard.press("Enter")
        shown(page, "mine")
        town.hang_up(call)
        shown(page, "to_file")
        if _ == 0:
            choose_fault(page)
            page.keyboard.press("Control+Enter")
            number = page.locator("[data-testid=filed]").get_attribute("data-number")
            shown(page, "none")
    link = page.locator(f"[data-duplicate='{number}']")
    link.wait_for()
    order_id = town.ticket_of(str(number))["order"]["id"]
    assert link.get_attribute("href") == f"/#/orders/{order_id}"
    assert page.locator(f"[data-testid=nearby] [data-number='{number}'][data-at=customer]").count()


def test_a_call_without_an_end_does_not_ring_for_ever(town: Town) -> None:
    page = town.page("agent")
    town.ring("+8613900002222", ago=timedelta(minutes=11))
    page.wait_for_selector("[data-testid=call][data-standing=silent]")
    shown(page, "none")
    assert page.locator("[data-testid=sound]").get_attribute("data-call") == "0"


def test_it_is_the_hotlines_page(town: Town) -> None:
    page = town.sit("east.desk", "/agent", locale="en-GB")
    page.get_by_text("It is for agents and shift leads").wait_for()
    assert page.locator("main [role=alert]").count() == 1


def test_no_serious_accessibility_fault(town: Town) -> None:
    shared = town.customer(sharing=2)
    page = town.page("lead")
    faults = faults_in_all_looks(page, LIVE)
    town.ring("+8613900003333", ago=timedelta(minutes=11))
    town.ring(shared.phone)
    page.wait_for_selector("[data-testid=customers]")
    page.keyboard.press("1")
    page.wait_for_selector("[data-testid=customer]")
    page.keyboard.press("Control+Enter")  # what is missing is marked
    faults += serious_faults(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("dialog dl")
    faults += serious_faults(page)
    assert faults == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_who_holds_an_order_and_its_time_do_not_run_into_each_other(
    town: Town, locale: str
) -> None:
    order = town.office.sent()
    page = town.page("lead", locale)
    row = page.locator(f".flight [data-testid=order-row][data-number='{order['number']}']")
    row.wait_for()
    wide = row.locator(":scope > span").evaluate_all(
        "cells => cells.filter(it => it.scrollWidth > it.clientWidth + 1).map(it => it.innerText)"
    )
    assert wide == []
    holder = row.locator(":scope > span").nth(4)
    assert holder.locator(".top").evaluate("it => it.scrollWidth <= it.clientWidth")
    assert re.search(r"\d\d:\d\d:\d\d$", holder.inner_text().strip())  # the time, no words

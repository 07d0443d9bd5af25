"""Several calls at once on the agent's desk, and what a reload keeps, in a real browser."""

from typing import TYPE_CHECKING

import pytest

from telephony.routing import callbacks
from tests.browser.test_agent_desk import COLLEAGUE, DONE, phone, rings, state
from tests.browser.town import LIVE, Town, city, shown, town
from tests.switching import Phone, over, work

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["city", "phone", "town"]
pytestmark = pytest.mark.browser
PARKED = "[data-testid=call][data-standing=parked][data-call-id='{}']"
IN_VIEW = "[data-testid=call][aria-current=true][data-call-id='{}']"
DESCRIPTION = "textarea[name=description]"
CLIPPED = """
() => [...document.querySelectorAll('main > section')].flatMap((section) => {
  const edge = section.getBoundingClientRect().right;
  return [...section.querySelectorAll('*')]
    .filter((each) => each.getClientRects().length > 0)
    .filter((each) => each.getBoundingClientRect().right > edge + 0.5)
    .map((each) => each.outerHTML.slice(0, 100));
})
"""


def answered(page: "Page", phone: Phone) -> None:
    shown(page, "offered")
    phone.picks_up()
    shown(page, "mine")


def test_two_parked_callers_are_fetched_back_each_by_its_digit(town: Town, phone: Phone) -> None:
    page = town.page("agent")
    calls = []
    for _ in range(2):
        _, call_id = rings(town, town.customer().phone)
        answered(page, phone)
        page.keyboard.press("Alt+p")
        state(page, "available")
        page.wait_for_selector(PARKED.format(call_id))
        calls.append(call_id)
    page.keyboard.press("Alt+2")
    state(page, "reserved")
    assert phone.offer().call_id == calls[1]
    phone.picks_up()
    shown(page, "mine")
    page.wait_for_selector(IN_VIEW.format(calls[1]))
    page.keyboard.press("Alt+1")  # one speaks with one at a time
    page.wait_for_selector("[data-testid=said][data-tone=refused]")
    page.wait_for_selector(IN_VIEW.format(calls[0]))
    page.keyboard.press("Alt+p")
    state(page, "available")
    page.wait_for_selector(PARKED.format(calls[1]))
    page.keyboard.press("Alt+1")
    state(page, "reserved")
    assert phone.offer().call_id == calls[0]
    phone.picks_up()
    shown(page, "mine")
    page.wait_for_selector(IN_VIEW.format(calls[0]))


def test_the_call_that_was_handed_over_stays_until_it_is_wrapped_up(
    town: Town, phone: Phone
) -> None:
    page = town.page("agent")
    _, call_id = rings(town, town.customer().phone)
    answered(page, phone)
    page.click(DESCRIPTION)
    page.keyboard.type("客户说有焦味")
    COLLEAGUE.ready()
    page.keyboard.press("Alt+t")
    page.wait_for_selector("[data-testid=transfer] input:focus")
    page.keyboard.press("Alt+2")
    page.wait_for_selector(f"[data-target='{COLLEAGUE.user_id}'].chosen")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-act=complete]")
    COLLEAGUE.picks_up()
    page.keyboard.press("Alt+c")
    state(page, "wrap_up")
    shown(page, "handed")
    page.wait_for_selector(IN_VIEW.format(call_id))
    assert page.input_value(DESCRIPTION) == "客户说有焦味"
    page.reload()
    shown(page, "handed")
    assert page.input_value(DESCRIPTION) == "客户说有焦味"
    page.wait_for_selector(LIVE)
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+a")
    state(page, "available")
    page.wait_for_selector(IN_VIEW.format(call_id), state="detached")


def test_a_reload_loses_nothing_of_an_offer_and_of_the_wrap_up(town: Town, phone: Phone) -> None:
    page = town.page("agent")
    call, call_id = rings(town, town.customer().phone)
    shown(page, "offered")
    page.reload()
    shown(page, "offered")
    state(page, "reserved")
    page.locator("[data-testid=customer]").wait_for()
    leg_id = phone.picks_up()
    shown(page, "mine")
    page.click(DESCRIPTION)
    page.keyboard.type("整栋楼")
    over(leg_id)
    town.hang_up(call)
    state(page, "wrap_up")
    page.keyboard.type("没电")
    page.keyboard.press("Alt+r")
    page.wait_for_selector("dialog [data-option]:focus")
    page.keyboard.press("3")
    page.wait_for_selector(DONE)
    page.reload()
    state(page, "wrap_up")
    shown(page, "to_file")
    page.wait_for_selector(IN_VIEW.format(call_id))
    assert page.input_value(DESCRIPTION) == "整栋楼没电"
    page.wait_for_selector("[data-act=dispose]:has-text('已答复')")


def test_call_backs_come_and_go_live_and_the_keyboard_reaches_them(
    town: Town, phone: Phone
) -> None:
    page = town.page("agent")
    state(page, "available")
    page.keyboard.press("Alt+o")
    state(page, "offline")
    with work() as uow:
        one = callbacks.ask(
            uow,
            number="+8613900007788",
            hotline="+861095598",
            reason="missed",
            queue="hotline",
            since=uow.now,
        )
    row = f"[data-callback='{one}']"
    page.wait_for_selector(row)
    with work() as uow:
        callbacks._end(uow, callbacks._changeable(uow, one), "failed")
    page.wait_for_selector(f"{row}[data-state=failed]")
    assert "1 位需人工" in page.locator("[data-testid=callbacks] h3").inner_text()
    page.keyboard.press("Alt+q")
    page.wait_for_selector(f"{row}:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog [data-option]:focus")
    page.keyboard.press("5")
    page.wait_for_selector(row, state="detached")


def test_the_pop_says_notes_and_outages(town: Town, phone: Phone) -> None:
    customer = town.customer(kind="household")
    agent = town.office.person("agent")
    known = agent.get("/api/callers", number=customer.phone)["customers"][0]
    note = {"words": "独居老人，使用制氧机", "pinned": True}
    agent.post(f"/api/customers/{known['customer_id']}/notes", note)
    ticket = agent.post("/api/tickets", {"customer_id": known["customer_id"]})
    town.office.filed(ticket_id=ticket["id"])
    page = town.page("agent")
    rings(town, customer.phone)
    shown(page, "offered")
    assert "制氧机" in page.locator("[data-testid=note]").inner_text()
    assert page.locator("[data-testid=outage]").get_attribute("data-count") != "0"


def test_an_announcement_is_seen_while_it_is_on(town: Town, phone: Phone) -> None:
    page = town.page("agent", "en-GB")
    mark = page.locator("[data-testid=announced]")
    assert mark.inner_text() == "No emergency announcement"
    words = {"zh": "城东停电", "en": "Power is out in the east"}
    begun = town.office.person("supervisor").post("/api/announcement", words)
    page.wait_for_selector("[data-testid=announced][data-on]")
    assert "Power is out in the east" in mark.inner_text()
    town.office.person("lead").post(f"/api/announcement/{begun['id']}/end")
    page.wait_for_selector("[data-testid=announced]:not([data-on])")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_nothing_leaves_its_column(town: Town, phone: Phone, locale: str) -> None:
    page = town.page("agent", locale)
    rings(town, town.customer(kind="household").phone)
    shown(page, "offered")
    found = page.evaluate(CLIPPED)
    phone.picks_up()
    shown(page, "mine")
    found += page.evaluate(CLIPPED)
    page.keyboard.press("Alt+p")
    state(page, "available")
    shown(page, "parked")
    assert found + page.evaluate(CLIPPED) == []


def test_an_agent_sets_the_telephone(town: Town) -> None:
    page = town.page("agent")
    page.wait_for_selector("[data-action=set-phone]")
    page.keyboard.press("Alt+n")
    page.wait_for_selector("[data-testid=phone-number] input:focus")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=phone-number] [aria-invalid=true]")
    page.keyboard.press("Control+a")
    page.keyboard.type("client:desk7")
    page.keyboard.press("Enter")
    state(page, "offline")
    assert town.office.person("agent").get("/api/agent")["phone"] == "client:desk7"
    Phone("agent").away()

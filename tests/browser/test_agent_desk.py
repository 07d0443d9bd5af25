"""The desk of an agent whom Paidan connects, in a real browser, by keyboard alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.routing import callbacks
from tests.browser.axe import faults_in_all_looks, serious_faults
from tests.browser.town import LIVE, Town, city, shown, town
from tests.office import query
from tests.switching import Phone, over, queued, work
from tests.telephony.carrier import InboundCall

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["city", "town"]
pytestmark = pytest.mark.browser
ME, COLLEAGUE = Phone("agent"), Phone("lead")
RUNG: list[InboundCall] = []
STATE = "[data-testid=my-state][data-state={}]"
DONE = "[data-testid=said][data-tone=done]"


@pytest.fixture
def phone(town: Town) -> Iterator[Phone]:
    """The agent's; afterwards every line is free again, and nobody is there."""
    ME.ready()
    yield ME
    while RUNG:
        town.hang_up(RUNG.pop())
    open_legs = select(CallLeg.id).where(CallLeg.state != "ended")
    for leg_id in query(lambda session: list(session.scalars(open_legs))):
        over(leg_id)
    for one in (ME, COLLEAGUE):
        one.away()


def rings(town: Town, number: str) -> tuple[InboundCall, UUID]:
    """A caller waits in the hotline's queue."""
    call = town.ring(number)
    rows = town.office.person("agent").get("/api/desk")["calls"]
    call_id = UUID(next(row["id"] for row in rows if row["from_number"] == number))
    queued(call_id)
    RUNG.append(call)
    return call, call_id


def state(page: "Page", wanted: str) -> None:
    page.wait_for_selector(STATE.format(wanted))


def asked(call_id: UUID) -> list[str]:
    """What the carrier is asked to do in a call, in order."""
    wanted = select(CarrierCommand.kind).where(CarrierCommand.call_id == call_id)
    ordered = wanted.order_by(CarrierCommand.created_at, CarrierCommand.id)
    return query(lambda session: list(session.scalars(ordered)))


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_an_offer_pops_and_the_call_is_worked_by_keys(
    town: Town, phone: Phone, locale: str
) -> None:
    customer = town.customer(kind="household")
    page = town.page("agent", locale)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    state(page, "available")
    call, call_id = rings(town, customer.phone)
    shown(page, "offered")
    known = page.locator("[data-testid=customer]")
    known.wait_for()
    assert customer.number in known.inner_text()
    state(page, "reserved")
    assert page.locator("[data-testid=sound]").get_attribute("data-call") != "0"
    assert page.locator("[data-action=take]").count() == 0

    leg_id = phone.picks_up()
    shown(page, "mine")
    page.wait_for_selector("[data-testid=reaching]")  # the customer hears the agent a moment later
    state(page, "on_call")
    page.click("textarea[name=description]")
    page.keyboard.type("半条街停电")
    page.keyboard.press("Alt+h")  # also while one writes
    page.wait_for_selector(DONE)
    assert asked(call_id)[-1] == "hold"
    page.reload()
    shown(page, "mine")
    assert page.input_value("textarea[name=description]") == "半条街停电"

    page.wait_for_selector(LIVE)
    page.keyboard.press("Alt+x")
    page.wait_for_selector(DONE)
    assert asked(call_id)[-1] == "hang_up"
    over(leg_id)
    town.hang_up(call)
    state(page, "wrap_up")
    page.keyboard.press("Alt+e")
    page.wait_for_selector(DONE)
    page.keyboard.press("Alt+r")
    page.wait_for_selector("dialog [data-option]:focus")
    page.keyboard.press("3")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("Alt+a")
    state(page, "available")
    me = town.office.person("agent").get("/api/agent")["agent"]
    assert (me["state"], me["calls"]) == ("available", [])
    assert errors == []


def test_what_was_filed_is_the_result_of_the_call(town: Town, phone: Phone) -> None:
    page = town.page("agent")
    call, call_id = rings(town, town.customer().phone)
    shown(page, "offered")
    leg_id = phone.picks_up()
    shown(page, "mine")
    town.office.person("agent").post("/api/tickets", {"kind": "enquiry", "call_id": str(call_id)})
    over(leg_id)
    town.hang_up(call)
    state(page, "wrap_up")
    with page.expect_response("**/disposition") as told:
        page.keyboard.press("Alt+a")
    assert told.value.request.post_data_json == {"disposition": "ticket"}
    state(page, "available")


def test_a_declined_offer_says_why_nothing_comes_any_more(town: Town, phone: Phone) -> None:
    page = town.page("agent", "en-GB")
    rings(town, town.customer().phone)
    shown(page, "offered")
    page.keyboard.press("Alt+x")
    state(page, "break")
    bar = page.locator("[data-testid=my-state]")
    assert bar.get_attribute("data-reason") == "declined"
    assert "You declined" in bar.inner_text()
    page.keyboard.press("Alt+o")
    state(page, "offline")
    page.keyboard.press("Alt+b")
    page.wait_for_selector("dialog [data-option]:focus")
    page.keyboard.press("2")
    state(page, "break")
    assert "Meal" in bar.inner_text()


def test_a_parked_caller_is_listed_and_fetched_back(town: Town, phone: Phone) -> None:
    page = town.page("agent")
    _, call_id = rings(town, town.customer().phone)
    shown(page, "offered")
    phone.picks_up()
    shown(page, "mine")
    page.keyboard.press("Alt+p")
    state(page, "available")
    page.wait_for_selector(f"[data-testid=call][data-standing=parked][data-call-id='{call_id}']")
    shown(page, "parked")
    page.keyboard.press("Alt+o")
    state(page, "offline")
    page.wait_for_selector("[data-testid=ready-first]")  # nobody is left on music by mistake
    page.keyboard.press("Alt+a")
    page.wait_for_selector("[data-act=resume]")
    page.keyboard.press("Alt+h")
    state(page, "reserved")
    assert phone.offer().kind == "resume"
    phone.picks_up()
    shown(page, "mine")


def test_a_colleague_is_asked_and_gets_the_call(town: Town, phone: Phone) -> None:
    page = town.page("agent")
    _, call_id = rings(town, town.customer().phone)
    shown(page, "offered")
    phone.picks_up()
    shown(page, "mine")
    COLLEAGUE.ready()
    page.keyboard.press("Alt+t")
    page.wait_for_selector("[data-testid=transfer] input:focus")
    page.keyboard.press("Alt+2")
    page.wait_for_selector("[data-testid=transfer][data-way=consult]")
    page.wait_for_selector(f"[data-target='{COLLEAGUE.user_id}'].chosen")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-act=complete]")
    COLLEAGUE.picks_up()
    page.wait_for_selector("[data-testid=on-line]")
    page.keyboard.press("Alt+c")
    state(page, "wrap_up")
    parts = {one["id"]: one for one in town.office.person("agent").get("/api/agents")["agents"]}
    assert [one["call_id"] for one in parts[str(COLLEAGUE.user_id)]["calls"]] == [str(call_id)]


def test_an_offer_never_takes_the_form_from_somebody_who_writes(town: Town, phone: Phone) -> None:
    page = town.page("agent")
    state(page, "available")
    page.keyboard.press("n")
    page.click("textarea[name=description]")
    page.keyboard.type("半条街")
    _, call_id = rings(town, town.customer().phone)
    page.wait_for_selector(f"[data-testid=call][data-standing=offered][data-call-id='{call_id}']")
    page.keyboard.type("停电")
    assert page.input_value("textarea[name=description]") == "半条街停电"
    page.keyboard.press("Escape")  # and there the caller is
    shown(page, "offered")
    assert page.input_value("textarea[name=description]") == ""
    page.keyboard.press("n")
    assert page.input_value("textarea[name=description]") == "半条街停电"


def test_two_windows_of_one_agent_show_the_same(town: Town, phone: Phone) -> None:
    pages = [town.page("agent"), town.page("agent")]
    for page in pages:
        state(page, "available")
    pages[0].keyboard.press("Alt+b")
    pages[0].keyboard.press("1")
    for page in pages:
        state(page, "break")
    pages[1].keyboard.press("Alt+a")
    for page in pages:
        state(page, "available")


def test_queues_and_call_backs(town: Town, phone: Phone) -> None:
    page = town.page("agent")
    state(page, "available")
    page.keyboard.press("Alt+o")
    state(page, "offline")
    _, call_id = rings(town, town.customer().phone)
    page.wait_for_selector("[data-testid=queues] [data-queue=hotline][data-count='1']")
    with work() as uow:
        one = callbacks.ask(
            uow,
            number="+8613900007777",
            hotline="+861095598",
            reason="asked",
            queue="hotline",
            since=uow.now,
            from_call_id=call_id,
        )
    page.reload()
    page.click(f"[data-callback='{one}']")
    page.wait_for_selector("dialog [data-option]:focus")
    page.keyboard.press("5")
    page.wait_for_selector(f"[data-callback='{one}']", state="detached")
    rows = town.office.person("agent").get("/api/callbacks", state="cancelled")
    assert [row["id"] for row in rows] == [str(one)]


def test_no_serious_accessibility_fault(town: Town, phone: Phone) -> None:
    page = town.page("agent")
    rings(town, town.customer().phone)
    shown(page, "offered")
    faults = faults_in_all_looks(page, LIVE)
    phone.picks_up()
    shown(page, "mine")
    faults += serious_faults(page)
    page.keyboard.press("Alt+t")
    page.wait_for_selector("[data-testid=transfer]")
    faults += serious_faults(page)
    assert faults == []

"""The page of the hotline in a real browser: agents, listening, announcement, figures."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import now
from core.identity import Actor, system_actor
from core.uow import unit_of_work
from dispatch.starter import ORG_ID
from telephony import commands, settling, silence
from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.routing import agents, callbacks
from tests.browser.axe import serious_faults
from tests.browser.test_agent_desk import DONE, phone, rings
from tests.browser.town import LIVE, Town, city, shown, town
from tests.office import query, user_id
from tests.switching import Phone, leg_answers, over, work

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["city", "phone", "town"]
pytestmark = pytest.mark.browser
SUPERVISING = "[data-testid=supervising]"
ROW = "[data-agent='{}']"


@pytest.fixture
def boss(town: Town) -> Iterator[UUID]:
    """A supervisor; nobody's telephone is set afterwards."""
    id_ = user_id("supervisor")
    yield id_
    with unit_of_work(Actor(ORG_ID, "user", id_)) as uow:
        agents.equip(uow, id_, endpoint="")


def hotline(town: Town, locale: str = "zh-CN", login: str = "supervisor") -> "Page":
    page = town.sit(login, "/hotline", locale=locale)
    page.wait_for_selector(LIVE)
    page.wait_for_selector("[data-testid=agents]")
    return page


def last_leg() -> UUID:
    """The telephone that the carrier was asked to let ring last."""
    placed = select(CarrierCommand.id).where(CarrierCommand.kind == "place_call")
    newest = placed.order_by(CarrierCommand.created_at.desc(), CarrierCommand.id.desc()).limit(1)
    return query(lambda session: session.scalars(newest).one())


def talking(town: Town, phone: Phone, page: "Page") -> str:
    """The agent speaks with a customer; the agent's row there."""
    rings(town, town.customer().phone)
    row = ROW.format(phone.user_id)
    page.wait_for_selector(f"{row}[data-state=reserved]")
    phone.picks_up()
    page.wait_for_selector(f"{row}[data-state=on_call]")
    return row


def test_agents_are_seen_with_state_time_and_call(town: Town, phone: Phone) -> None:
    page = hotline(town)
    row = ROW.format(phone.user_id)
    page.wait_for_selector(f"{row}[data-state=available]")
    talking(town, phone, page)
    text = page.locator(row).inner_text()
    assert "通话中" in text
    assert "综合热线" in text
    assert page.locator(f"{row} [data-masked=true]").count() == 1  # a supervisor sees masks
    assert page.locator("[data-count=on_call] b").inner_text() == "1"
    assert page.locator(ROW.format(user_id("supervisor"))).count() == 0


def test_listen_whisper_join_and_stop_by_key(town: Town, phone: Phone, boss: UUID) -> None:
    page = hotline(town)
    row = talking(town, phone, page)
    desk = town.page("agent")
    shown(desk, "mine")
    page.keyboard.press("l")
    page.wait_for_selector("[data-testid=said][data-tone=refused]")  # nobody is chosen
    page.keyboard.press("j")
    page.wait_for_selector(f"{row}[aria-selected=true]")
    page.keyboard.press("l")  # no telephone yet
    page.wait_for_selector("[data-testid=phone-number] input:focus")
    page.keyboard.type("client:boss")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_selector(DONE)
    page.keyboard.press("l")
    page.wait_for_selector(f"{SUPERVISING} [data-act=stop]")  # it rings
    leg_id = last_leg()
    leg_answers(leg_id)
    page.wait_for_selector(f"{SUPERVISING}[data-how=listen]")
    page.wait_for_selector(f"{row} [data-testid=heard][data-how=listen]")
    desk.wait_for_selector("[data-testid=on-line]:has-text('正在监听')")
    page.keyboard.press("w")
    page.wait_for_selector(f"{SUPERVISING}[data-how=whisper]")
    desk.wait_for_selector("[data-testid=on-line]:has-text('只对您说话')")
    page.keyboard.press("b")
    page.wait_for_selector(f"{SUPERVISING}[data-how=barge]")
    page.reload()
    page.wait_for_selector(f"{SUPERVISING}[data-how=barge]")
    assert serious_faults(page) == []
    page.keyboard.press("x")
    page.wait_for_selector(DONE)
    over(leg_id)
    page.wait_for_selector(f"{SUPERVISING}:not([data-how])")
    open_legs = select(CallLeg.id).where(CallLeg.role == "supervisor", CallLeg.state != "ended")
    assert query(lambda session: list(session.scalars(open_legs))) == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_an_announcement_is_checked_turned_on_seen_and_turned_off(town: Town, locale: str) -> None:
    page = hotline(town, locale)
    wall = town.sit("lead", "/wallboard", locale=locale)
    wall.wait_for_selector("[data-testid=wall][data-connection=live]")
    page.keyboard.press("a")
    page.wait_for_selector("[name=zh]:focus")
    page.keyboard.press("Alt+1")
    page.wait_for_function("document.querySelector('[name=zh]').value.includes('{')")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[name=zh][aria-invalid=true]")  # what is in braces is not filled in
    page.fill("[name=zh]", "城东停电，正在抢修。")
    page.fill("[name=en]", "Power is out in the east.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-testid=heard-in-order]")
    heard = page.locator("[data-testid=heard-in-order] li").all_inner_texts()
    assert "供电抢修热线" in heard[0]  # the flow's greeting comes first
    assert "城东停电" in heard[2]
    assert serious_faults(page) == []
    page.wait_for_selector("[data-action=turn-on]:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_selector("[data-testid=announced][data-on]")
    wall.wait_for_selector("[data-testid=announced]")
    page.keyboard.press("a")
    now = page.wait_for_selector("[data-testid=announced-now]")
    assert now is not None
    assert town.office.person("supervisor").me["user"]["name"] in now.inner_text()
    page.wait_for_selector("[data-action=check]:disabled")  # callers hear these words already
    page.click("[data-action=end]")
    page.wait_for_selector("[data-testid=announced]:not([data-on])")
    wall.wait_for_selector("[data-testid=announced]", state="detached")


def test_figures_by_queue_agent_and_time_with_their_population(town: Town, phone: Phone) -> None:
    page = hotline(town)
    talking(town, phone, page)
    page.keyboard.press("u")
    page.wait_for_selector("[data-testid=figure][data-key=total] [data-col=calls]")
    report = "[data-testid=figure][data-key=hotline] [data-col=offered]"
    assert int(page.locator(report).inner_text()) >= 1
    assert "来电" in page.locator("[data-testid=population]").inner_text()
    for by, key in (("agent", str(phone.user_id)), ("quarter", "20"), ("day", "20")):
        with page.expect_response(f"**/api/reports/hotline?*by={by}") as told:
            page.keyboard.press("v")
        assert told.value.ok
        page.wait_for_selector(f"[data-testid=figure][data-key^='{key}']")
    with page.expect_response("**/api/reports/hotline?*by=day") as told:
        page.keyboard.press("4")
    assert told.value.ok
    with page.expect_download() as saved:
        page.keyboard.press("c")
    lines = saved.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) >= 2
    assert "offered" in lines[0]
    page.keyboard.press("5")
    page.fill("[data-testid=from]", "2099-01-01T00:00")
    page.wait_for_selector("[data-testid=population] .bad")


def test_call_backs_that_failed_are_seen(town: Town, boss: UUID) -> None:
    page = hotline(town)
    with work() as uow:
        one = callbacks.ask(
            uow,
            number="+8613900007799",
            hotline="+861095598",
            reason="missed",
            queue="hotline",
            since=uow.now,
        )
    with work() as uow:
        callbacks._end(uow, callbacks._changeable(uow, one), "failed")
    row = page.wait_for_selector(f"[data-callback='{one}'][data-state=failed]")
    assert row is not None
    assert "0000" not in row.inner_text()  # masked
    town.office.person("agent").post(f"/api/callbacks/{one}/cancel")
    page.wait_for_selector(f"[data-callback='{one}']", state="detached")


def test_an_agent_is_told_whose_page_it_is(town: Town) -> None:
    page = town.sit("agent", "/hotline")
    page.wait_for_selector("[role=alert]")
    assert page.locator("[data-testid=agents]").count() == 0


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_skills_and_telephone_are_set_by_keys_and_the_agent_is_told(
    town: Town, phone: Phone, boss: UUID, locale: str
) -> None:
    desk, page = town.page("agent", locale), hotline(town, locale)
    shown(desk, "none")
    assert desk.locator("[data-testid=unset]").count() == 0
    row = ROW.format(phone.user_id)
    page.keyboard.press("s")
    page.wait_for_selector("[data-testid=agents][data-view=staff]")
    assert page.locator(ROW.format(boss)).count() == 1, "a supervisor has a telephone, too"
    page.locator(f"{row} button").click()
    page.wait_for_selector("[data-testid=staff-form] select[name=skill-general]:focus")
    assert serious_faults(page) == []
    page.keyboard.press("Home")  # none
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_selector(f"{row}[data-serves='']")
    desk.wait_for_selector("[data-testid=unset]")
    assert serious_faults(desk) == []
    page.keyboard.press("s")
    page.locator("[data-action=unset]").click()  # how many get no calls leads to them
    page.locator(f"{row} button").focus()
    page.keyboard.press("e")
    page.locator("select[name=skill-fault]").select_option("2")
    page.fill("[name=phone]", "desk seven")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=phone][aria-invalid=true]:focus")
    page.fill("[name=phone]", "client:seven")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{row}[data-serves='fault hazard']:has-text('client:seven')")
    desk.wait_for_selector("[data-testid=unset]", state="detached")
    assert town.office.person("agent").get("/api/agent")["phone"] == "client:seven"
    assert serious_faults(page) == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_numbers_that_callers_dial_are_kept_by_keys(town: Town, locale: str) -> None:
    page = hotline(town, locale, "lead")
    page.keyboard.press("n")
    page.wait_for_selector("[data-testid=numbers-dialog] [name=number]:focus")
    assert serious_faults(page) == []
    page.keyboard.type("95598")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=number][aria-invalid=true]:focus")
    page.fill("[name=number]", "+86 10 95598")
    page.fill("[name=label]", "报修")
    page.keyboard.press("Enter")
    row = "[data-testid=numbers-dialog] [data-number='+861095598']"
    page.wait_for_selector(f"{row}:has-text('报修')")
    page.wait_for_selector("[name=number]:focus")
    page.keyboard.type("+861095598")  # it is ours already
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=number][aria-invalid=true]")
    page.click(f"{row} [data-action=rename]")
    page.wait_for_selector("[name=label]:focus")
    page.fill("[name=label]", "夜间")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{row}:has-text('夜间')")
    page.click(f"{row} [data-action=withdraw]")
    page.wait_for_selector("[role=alertdialog] button:focus")  # Enter would keep it
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector("[name=number]:focus")
    assert page.locator(row).count() == 1
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("s")
    page.wait_for_selector("[data-testid=numbers]:has-text('夜间')")
    assert serious_faults(page) == []
    page.click("[data-action=numbers]")
    page.click(f"{row} [data-action=withdraw]")
    page.click("[data-action=withdraw-now]")
    page.wait_for_selector(row, state="detached")
    assert town.office.person("lead").get("/api/hotline/staff")["numbers"] == []


def test_a_carrier_that_does_not_answer_is_seen_until_it_does(town: Town) -> None:
    page, desk = hotline(town, locale="en-US"), town.page("agent")
    notes = [one.locator("[data-testid=carrier-silent]") for one in (page, desk)]
    with unit_of_work(system_actor(ORG_ID, "test"), now=now() - timedelta(minutes=5)) as uow:
        id_ = commands.ask(uow, "send_message", purpose="test")
        uow.flush()
        silence.began(uow, uow.session.get_one(CarrierCommand, (ORG_ID, id_)))
    for note in notes:
        note.wait_for()
    assert ", 1 waiting" in notes[0].inner_text()
    with work() as uow:
        silence.answered(uow)
        settling.end(uow, uow.session.get_one(CarrierCommand, (ORG_ID, id_)), "cancelled")
    for note in notes:
        note.wait_for(state="detached")

"""The supervisor page says who answers for what is late and why, by keyboard, in both languages."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import now as clock_now
from core.db import session_factory
from core.identity import EVERYTHING
from core.models import Unit
from dispatch.orders import service as desk
from dispatch.orders.models import Order
from dispatch.starter import ORG_ID
from dispatch.tickets.service import NewTicket, file_ticket
from sla import service as sla
from telephony import service as telephony
from telephony.rules import CarrierEvent
from tests.browser.axe import LANGUAGES, THEMES, serious_faults, show_in
from tests.browser_fixtures import PATIENCE_MS
from tests.office import Office
from tests.reports.day import T0, Day, at

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@dataclass
class Shift:
    """An office in the middle of a shift: what is late, by whom, and what went well."""

    office: Office
    day: Day
    numbers: dict[str, str]


def number_of(order: UUID) -> str:
    with session_factory()() as session:
        return session.get_one(Order, (ORG_ID, order)).number


def since(minutes: float) -> float:
    """So many minutes ago, in seconds after T0."""
    return (clock_now() - timedelta(minutes=minutes) - T0).total_seconds()


def worked(day: Day, begin: float, dwell: float, crew: str) -> UUID:
    """An order that its centre kept for `dwell` seconds, and that arrived 10 minutes later."""
    order = day.filed(begin)
    day.released(begin + 30, order)
    day.received(begin + 35, "centre", order)
    sent = begin + 35 + dwell
    assignment = day.sent(sent, order, crew)
    day.received(sent + 2, "crew", order)
    day.crew_does(
        assignment, accept=sent + 30, depart=sent + 90, arrive=sent + 690, finish=sent + 700
    )
    return order


def late_by_centre(day: Day) -> UUID:
    """50 minutes old, and still at its centre."""
    begin = since(50)
    order = day.filed(begin)
    day.released(begin + 60, order)
    day.received(begin + 65, "centre", order)
    return order


def late_by_crew(day: Day) -> UUID:
    """55 minutes old: the crew accepted in time and never left."""
    begin = since(55)
    order = day.filed(begin)
    day.released(begin + 60, order)
    day.received(begin + 65, "centre", order)
    assignment = day.sent(begin + 150, order, "east-1")
    day.received(begin + 152, "crew", order)
    day.crew_does(assignment, accept=begin + 200)
    return order


def sent_wrong(day: Day) -> UUID:
    """20 minutes old: returned by a centre, and not yet sent anew by the hotline."""
    begin = since(20)
    order = day.filed(begin)
    day.released(begin + 60, order, "west")
    day.received(begin + 65, "centre", order)
    day.act(
        begin + 120,
        lambda uow: desk.return_to_hotline(uow, order, "wrong_department", EVERYTHING),
    )
    return order


def unknown(day: Day) -> UUID:
    """Told in a call whose end the carrier never told: there is no point A."""
    begin = since(10)
    call = telephony.receive(
        CarrierEvent(
            kind="voice",
            carrier="test",
            carrier_call="CA1",
            direction="inbound",
            from_number="+8613800138000",
            to_number="+861095598",
            status="ringing",
            received_at=at(begin),
            dedup_key="1-ringing",
        )
    )
    told = NewTicket("fault_repair", "phone", call_id=call)
    ticket = day.act(begin, lambda uow: file_ticket(uow, told))
    new = desk.NewOrder(ticket, "no_power_home", "无名路", "urban", 1, "low_voltage", 39.92, 116.41)
    return day.act(begin, lambda uow: desk.file_order(uow, new))


@pytest.fixture(scope="module")
def shift(office: Office) -> Shift:
    """What the office has before it when the supervisor sits down."""
    with session_factory()() as session:
        units = {code: id_ for id_, code in session.execute(select(Unit.id, Unit.code))}
    day = Day(units)
    for minutes, dwell, crew in ((50, 45, "east-2"), (48, 80, "east-2"), (46, 500, "east-3")):
        worked(day, since(minutes), dwell, crew)
    orders = {
        "centre": late_by_centre(day),
        "crew": late_by_crew(day),
        "hotline": sent_wrong(day),
        "unknown": unknown(day),
    }
    sla.sweep(clock_now())
    office.turn()
    return Shift(office, day, {name: number_of(order) for name, order in orders.items()})


def sit_down(browser: "Browser", shift: Shift, login: str, **more: str) -> "Page":
    """Somebody's supervisor page, logged in."""
    settings = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **more}
    context = browser.new_context(viewport={"width": 1280, "height": 720}, **settings)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    token = shift.office.starter.tokens[login]
    context.add_cookies([{"name": "paidan_session", "value": token, "url": shift.office.url}])
    page = context.new_page()
    page.goto(f"{shift.office.url}/supervisor")
    return page


def last_day(page: "Page") -> None:
    """The figures of the last 24 hours: midnight may lie between the orders and now."""
    page.wait_for_selector("[data-testid=population]")
    page.keyboard.press("3")
    page.wait_for_selector("input[value=day]:checked", state="attached")
    page.wait_for_selector("[data-testid=figure]")


def why(page: "Page", number: str) -> str:
    row = page.locator(f"[data-testid=late-row][data-number='{number}']")
    return str(row.locator("[data-testid=why]").inner_text())


def open_row(page: "Page", number: str) -> None:
    """By keyboard alone: down the list to that order, and into it."""
    row = page.locator(f"[data-testid=late-row][data-number='{number}']")
    row.wait_for()
    page.keyboard.press("n")
    for _ in range(10):
        if row.get_attribute("aria-current") == "true":
            break
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=drawer] [data-segment=AH]")


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (
            "zh-CN",
            {
                "centre": r"城东报修中心：中心停留已 \d\d:\d\d，时限 02:00，已超 \d\d:\d\d",
                "crew": r"城东一班：出发已 \d\d:\d\d，时限 03:00，已超 \d\d:\d\d",
                "hotline": r"正在改派，已 [12]\d:\d\d，由热线负责",
                "unknown": r"缺“A 起算”的依据，无法判断由谁负责",
            },
        ),
        (
            "en-GB",
            {
                "centre": r"East repair centre: at centre for .*, limit 02:00, over by .*",
                "crew": r"East crew 1: turnout for .*, limit 03:00, over by .*",
                "hotline": r"Being re-sent for \d\d:\d\d; Hotline answers for it",
                "unknown": r"No evidence for “A Start”: nobody can be judged",
            },
        ),
    ],
)
def test_it_says_who_answers_and_why(
    browser: "Browser", shift: Shift, locale: str, said: dict[str, str]
) -> None:
    page = sit_down(browser, shift, "supervisor", locale=locale)
    page.wait_for_selector("[data-testid=late-row]")
    levels = {"centre": "late", "crew": "late", "hotline": "risk", "unknown": "unknown"}
    whose = {"centre": str(shift.day.units["east"]), "crew": str(shift.day.units["east-1"])}
    for name, number in shift.numbers.items():
        assert re.fullmatch(said[name], why(page, number)), (name, why(page, number))
        row = page.locator(f"[data-testid=late-row][data-number='{number}']")
        assert row.get_attribute("data-level") == levels[name]
        assert row.get_attribute("data-who") == whose.get(name, name)
    assert "2" in page.locator("[data-testid=tally]").inner_text()
    page.locator(f"[data-party='{whose['crew']}']").click()
    page.wait_for_function("document.querySelectorAll('[data-testid=late-row]').length === 1")
    page.context.close()


def test_one_order_by_keyboard(browser: "Browser", shift: Shift) -> None:
    page = sit_down(browser, shift, "supervisor")
    open_row(page, shift.numbers["crew"])
    assert "城东一班：出发已" in page.locator("[data-testid=why-main]").inner_text()
    spent = page.locator("[data-testid=drawer] [data-segment=FG]").inner_text()
    assert "抢修班组" in spent
    assert page.locator("[data-testid=drawer] [data-point=F]").get_attribute("data-source") == (
        "crew"
    )
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-testid=drawer]", state="detached")
    page.wait_for_selector(f"[data-number='{shift.numbers['crew']}']:focus")
    page.context.close()


def cell(page: "Page", code: str, name: str, key: str = "") -> str:
    line = page.locator(f"[data-testid=figure][data-code={code}][data-key='{key}']")
    return str(line.locator(f"[data-col={name}]").inner_text())


def test_the_figures_and_the_orders_behind_them(browser: "Browser", shift: Shift) -> None:
    page = sit_down(browser, shift, "supervisor")
    last_day(page)
    page.wait_for_function(
        "document.querySelector('[data-testid=population]').innerText.includes('7 件')"
    )
    # 45, 80, 500 s of three that are done, 85 s of the one whose crew does not leave
    assert (cell(page, "CD", "count"), cell(page, "CD", "late")) == ("4", "1")
    assert (cell(page, "CD", "share"), cell(page, "CD", "p50")) == ("75.0%", "01:22")
    assert (cell(page, "AH", "count"), cell(page, "AH", "late")) == ("3", "")

    page.keyboard.press("f")
    line = page.locator("[data-testid=figure][data-code=CD] button")
    for _ in range(10):
        page.keyboard.press("k")
        if line.get_attribute("aria-pressed") == "true":
            break
    behind = page.locator("[data-testid=behind-row]")
    page.wait_for_selector("[data-testid=behind][aria-busy=false]")
    assert behind.count() == 1
    assert "城东报修中心" in behind.inner_text()
    assert "超 06:20" in behind.inner_text()
    number = behind.get_attribute("data-number")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=behind-row]:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=drawer] [data-segment=AH]")
    assert number in page.locator("[data-testid=drawer] h2").inner_text()
    assert page.locator("[data-testid=why-main]").inner_text() == (
        "城东报修中心：中心停留用了 08:20，时限 02:00，超 06:20"
    )
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("[")  # the last bar: what took longest
    page.get_by_text("07:30 以上").wait_for()
    page.wait_for_selector("[data-testid=behind][aria-busy=false]")
    assert behind.get_attribute("data-number") == number
    page.context.close()


def test_groups_and_a_chart_of_numbers(browser: "Browser", shift: Shift) -> None:
    page = sit_down(browser, shift, "supervisor")
    last_day(page)
    page.keyboard.press("w")
    east = str(shift.day.units["east"])
    page.wait_for_selector(f"[data-testid=figure][data-key='{east}'][data-code=AH]")
    assert cell(page, "AH", "count", east) == "3"
    page.keyboard.press("w")  # by crew: the whole belongs to no crew, so a segment is shown
    crew = str(shift.day.units["east-3"])
    page.wait_for_selector(f"[data-testid=figure][data-key='{crew}'][data-code=GH]")
    page.wait_for_selector("[data-testid=histogram][data-ready=true] svg")
    page.keyboard.press("v")
    page.locator("[data-testid=histogram] [data-bin]").first.click()
    page.wait_for_selector("[data-testid=behind-row]")
    page.context.close()


def test_letters_and_arrows_where_one_of_a_few_is_chosen(browser: "Browser", shift: Shift) -> None:
    page = sit_down(browser, shift, "supervisor")
    last_day(page)
    page.get_by_text("按中心").click()
    page.wait_for_selector("input[value=centre]:checked:focus", state="attached")
    page.keyboard.press("ArrowRight")  # the choice has the arrows
    page.wait_for_selector("input[value=crew]:checked:focus", state="attached")
    page.keyboard.press("w")  # and the page keeps its letters
    page.wait_for_selector("input[value=hour]:checked", state="attached")
    page.context.close()


def test_a_period_without_orders_and_one_that_ends_before_it_begins(
    browser: "Browser", shift: Shift
) -> None:
    page = sit_down(browser, shift, "supervisor")
    last_day(page)
    page.keyboard.press("5")
    page.locator("[data-testid=from]").fill("2020-01-01T00:00")
    page.locator("[data-testid=to]").fill("2020-01-02T00:00")
    page.get_by_text("这个时段没有建单").wait_for()
    page.locator("[data-testid=to]").fill("2019-01-02T00:00")
    page.get_by_text("“止”须晚于“起”。").wait_for()
    page.context.close()


def test_who_may_not_see_it_is_told(browser: "Browser", shift: Shift) -> None:
    page = sit_down(browser, shift, "agent")
    page.get_by_text("主管台供主管、值长、报修中心和管理员使用。").wait_for()
    assert page.locator("[data-testid=figure]").count() == 0
    page.context.close()
    page = sit_down(browser, shift, "east.crew1")
    page.wait_for_url("**/crew")
    page.context.close()


def test_a_calm_shift_is_a_calm_screen(browser: "Browser", shift: Shift) -> None:
    """A centre that has nothing open sees that nothing is late."""
    page = sit_down(browser, shift, "south.desk")
    page.get_by_text("没有超时，也没有有风险的工单").wait_for()
    page.get_by_text("这个时段没有建单").wait_for()
    page.context.close()


def test_no_serious_accessibility_fault(browser: "Browser", shift: Shift) -> None:
    page = sit_down(browser, shift, "supervisor")
    faults = []
    for theme, language in zip(THEMES, LANGUAGES, strict=True):
        show_in(page, theme, language)
        last_day(page)
        page.wait_for_selector("[data-testid=histogram][data-ready=true] svg")
        page.wait_for_selector("[data-testid=behind][aria-busy=false]")  # it is pale meanwhile
        faults += [f"{theme} {language} {fault}" for fault in serious_faults(page)]
    open_row(page, shift.numbers["crew"])
    faults += serious_faults(page)
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    faults += serious_faults(page)
    page.context.close()
    assert faults == []

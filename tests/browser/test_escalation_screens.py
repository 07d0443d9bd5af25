"""An order at risk and one that nobody accepts: on the board, its page, the supervisor's list."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import now as clock_now
from core.db import session_factory
from core.models import Unit
from dispatch.orders.models import Order
from dispatch.starter import ORG_ID
from sla import sweep
from tests.browser.axe import faults_in_all_looks
from tests.browser.conftest import Sit
from tests.office import Office
from tests.reports.day import T0, Day

pytestmark = pytest.mark.browser


@dataclass
class Town:
    risky: UUID
    waiting: UUID
    numbers: dict[UUID, str]


def since(minutes: float) -> float:
    """So many minutes ago, in seconds after T0."""
    return (clock_now() - timedelta(minutes=minutes) - T0).total_seconds()


@pytest.fixture(scope="module")
def town(office: Office) -> Town:
    with session_factory()() as session:
        units = {code: id_ for id_, code in session.execute(select(Unit.id, Unit.code))}
    day = Day(units)
    begin = since(30)
    risky = day.filed(begin)  # half an hour gone, and no crew has it yet: 28 minutes are usual
    day.released(begin + 60, risky)
    day.received(begin + 65, "centre", risky)
    begin = since(7)
    waiting = day.filed(begin)
    day.released(begin + 60, waiting)
    day.received(begin + 65, "centre", waiting)
    sweep.sweep(clock_now())
    office.turn()
    with session_factory()() as session:
        numbers = {id_: session.get_one(Order, (ORG_ID, id_)).number for id_ in (risky, waiting)}
    return Town(risky, waiting, numbers)


def test_the_order_page_says_who_was_told_and_what_is_expected(sit: Sit, town: Town) -> None:
    page = sit("lead", f"/#/orders/{town.waiting}")
    page.wait_for_selector("[data-testid=escalation-step]")
    steps = page.locator("[data-testid=escalation-step]")
    assert steps.count() == 2
    assert "派发方" in steps.nth(0).inner_text()
    assert "95598 热线" in steps.nth(0).inner_text()
    voice = steps.nth(1).locator("[data-channel=voice]")
    assert voice.get_attribute("data-state") == "waiting"
    assert "下一步" in page.locator("[data-testid=escalation]").first.inner_text()
    assert "出发" in page.locator("[data-testid=leave-by]").inner_text()
    assert "按时概率" in page.locator("[data-testid=forecast]").inner_text()


def test_the_board_and_the_page_warn_before_the_breach(sit: Sit, town: Town) -> None:
    page = sit("lead")
    row = page.locator(f"[data-testid=order-row][data-order-id='{town.risky}']")
    row.locator("[data-forecast]").wait_for()
    assert row.get_attribute("data-level") == "risk"
    page.goto(f"{page.url.split('#')[0]}#/orders/{town.risky}")
    page.wait_for_selector("[data-testid=forecast][data-level=risk]")


def test_the_supervisor_sees_only_what_is_at_risk(sit: Sit, town: Town) -> None:
    page = sit("supervisor", "/supervisor", locale="en-GB")
    page.wait_for_selector("[data-testid=late-row] [data-forecast]")
    page.keyboard.press("s")
    page.wait_for_selector("[data-only=late][aria-pressed=true]")
    page.wait_for_function("document.querySelectorAll('[data-testid=late-row]').length === 0")
    page.keyboard.press("s")
    page.wait_for_selector("[data-only=risk][aria-pressed=true]")
    page.wait_for_selector(f"[data-testid=late-row][data-number='{town.numbers[town.risky]}']")
    for _ in range(2):  # the chosen order first, then the filter
        page.keyboard.press("Escape")
    page.wait_for_selector("[data-only=risk][aria-pressed=false]")


def test_it_can_be_read_by_everybody(sit: Sit, town: Town) -> None:
    page = sit("lead", f"/#/orders/{town.waiting}")
    assert faults_in_all_looks(page, "[data-testid=escalation-step]") == []

"""The wall in a real browser: it follows calls and agents, and says what is wrong."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from core.clock import now
from telephony.rules import CarrierEvent
from telephony.service import receive
from tests.browser.conftest import Sit
from tests.office import Office
from tests.switching import Phone, queued
from tests.telephony.carrier import CALLER, HOTLINE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
AGENT = Phone("agent")
READY = "[data-testid=wall][data-connection=live][data-ready]"
SENTENCE = "[data-testid=sentence]"


@pytest.fixture
def wall(sit: Sit) -> "Page":
    page = sit("supervisor", "/wallboard")
    page.wait_for_selector(READY)
    return page


@pytest.fixture
def nobody() -> Iterator[None]:
    """The agent who comes to the desk in a test goes again."""
    yield
    AGENT.away()


def said(page: "Page", key: str, wanted: str) -> None:
    page.wait_for_selector(f"[data-testid=tile][data-key={key}] dd:text-is('{wanted}')")


def rings() -> UUID:
    at = now()
    return receive(
        CarrierEvent(
            kind="voice", carrier="twilio", carrier_call=f"CA{uuid4().hex}", direction="inbound",
            from_number=CALLER, to_number=HOTLINE, status="ringing", received_at=at,
            dedup_key=uuid4().hex, carrier_at=at,
        )
    )  # fmt: skip


def test_it_follows_callers_and_agents_and_says_the_worst(
    wall: "Page", office: Office, nobody: None
) -> None:
    said(wall, "waiting", "0")
    said(wall, "agents", "0/0")
    assert wall.locator(SENTENCE).inner_text() == ""
    queued(rings())
    said(wall, "waiting", "1")
    assert wall.locator("[data-key=waiting]").get_attribute("data-level") == "late"
    wall.wait_for_selector(f"{SENTENCE}:has-text('没有坐席在岗')")
    AGENT.ready()  # the caller is offered to the agent at once
    said(wall, "agents", "0/1")
    wall.wait_for_function(f"() => document.querySelector('{SENTENCE}').textContent === ''")


def test_cut_off_it_says_since_when_and_comes_back(wall: "Page") -> None:
    wall.context.set_offline(True)  # open sockets stay open: the change is heard, and not fetched
    queued(rings())
    wall.wait_for_selector("[data-testid=wall][data-connection=cut_off]")
    assert "断开" in wall.locator(SENTENCE).inner_text()
    wall.context.set_offline(False)
    wall.wait_for_selector(READY)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_seven_numbers_fit_the_wall(sit: Sit, size: tuple[int, int]) -> None:
    page = sit("supervisor", "/wallboard", *size)
    page.wait_for_selector(READY)
    assert page.locator("[data-testid=tile]").count() == 7
    for tile in page.locator("[data-testid=tile] dd").all():
        assert tile.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_crew_sees_no_wall(sit: Sit) -> None:
    page = sit("east.crew1", "/wallboard")
    page.wait_for_selector("[role=alert]")
    assert page.locator("[data-testid=tile]").count() == 0

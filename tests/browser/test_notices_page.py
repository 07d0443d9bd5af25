"""The page /notices: a notice to many by keys, its progress, the texts, who wants none."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from core.db import session_factory
from core.settings import settings
from dispatch.directory.models import NetworkNode
from dispatch.directory.search.refresh import refresh
from dispatch.outbound import mailing
from tests.browser.axe import serious_faults
from tests.browser.conftest import Sit
from tests.office import ORG_ID, Office, query
from tests.outbound.carrier import ACCOUNT
from tests.outbound.test_campaigns import NOON
from tests.outbound.town import Person, line

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
READY = "main[data-ready]"


@pytest.fixture(autouse=True)
def _account(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The carrier is set up; webhooks keep the office's own token."""
    for name in ("PAIDAN_TWILIO_ACCOUNT_SID", "PAIDAN_CALLER_NUMBER"):
        monkeypatch.setenv(name, ACCOUNT[name])
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def feeder(office: Office) -> str:
    """Code of a line with two customers, one of whom has a landline alone."""
    place = line([Person(("+8613622220001",)), Person(("+861062345678",))])
    with session_factory()() as session:
        refresh(session, ORG_ID)
        session.commit()
    wanted = select(NetworkNode.code).where(NetworkNode.id == place.feeder)
    return query(lambda session: session.scalars(wanted).one())


def opened(sit: Sit, login: str = "lead") -> "Page":
    page = sit(login, "/notices")
    page.wait_for_selector(READY)
    return page


def test_a_notice_goes_out_by_keys_and_is_paused_and_cancelled(sit: Sit, feeder: str) -> None:
    page = opened(sit)
    page.keyboard.press("n")
    page.locator("[data-field=template]").select_option("danger")
    page.locator("[data-field=area]").fill("景山")
    page.locator("[data-field=scope]").fill(feeder)
    page.locator(f"[data-hit='{feeder}']").click()
    page.locator("[data-testid=preview] [data-recipients='1']").wait_for()
    assert "固定电话" in page.locator("[data-testid=preview]").inner_text()
    page.locator("[data-field=reason]").fill("导线断落")
    page.keyboard.press("Enter")
    page.locator("[data-testid=campaign-view][data-state=running]").wait_for()
    mailing.sweep(NOON)
    page.locator("[data-testid=progress] [data-state=queued] b:text-is('1')").wait_for()
    failures = page.locator("[data-testid=failures]").inner_text()
    assert "固定电话" in failures
    assert "62345678" not in failures
    page.keyboard.press("p")
    page.locator("[data-testid=campaign-view][data-state=paused]").wait_for()
    page.keyboard.press("r")
    page.locator("[data-testid=campaign-view][data-state=running]").wait_for()
    page.keyboard.press("x")
    page.locator("[data-testid=progress] [data-state=cancelled] b:text-is('1')").wait_for()
    page.locator("[data-testid=campaign][data-state=cancelled]").wait_for()
    page.locator("[role=progressbar][aria-valuenow='0']").wait_for()  # nothing left the house


def test_the_scope_is_chosen_and_changed_by_keys(sit: Sit, feeder: str) -> None:
    page = opened(sit)
    page.keyboard.press("n")
    page.locator("[data-field=template]").select_option("danger")
    page.locator("[data-field=scope]").fill("线")
    hits = page.locator("[data-hit]")
    hits.nth(1).wait_for()
    first, second = (hits.nth(at).get_attribute("data-hit") for at in (0, 1))
    assert page.locator("[data-hit][aria-selected=true]").get_attribute("data-hit") == first
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(f"[data-hit='{second}'][aria-selected=true]")
    assert serious_faults(page) == []
    rows = page.locator("[role=listbox]").evaluate(
        "l => (l.getBoundingClientRect().height - l.offsetHeight + l.clientHeight)"
        " / l.firstElementChild.getBoundingClientRect().height"
    )
    assert abs(rows - round(rows)) < 0.1, "no row is cut"
    page.keyboard.press("Enter")
    page.locator(f"[data-testid=scope]:has-text('{second}')").wait_for()
    page.wait_for_selector("[data-field=area]:focus")  # the next that is empty
    page.locator("[data-action=change-scope]").click()
    page.wait_for_selector("[data-field=scope]:focus")
    page.keyboard.type(feeder)
    page.locator(f"[data-hit='{feeder}']").wait_for()
    page.keyboard.press("Enter")
    page.locator(f"[data-testid=scope]:has-text('{feeder}')").wait_for()


def test_what_is_refused_is_said_beside_the_form(sit: Sit, feeder: str) -> None:
    page = opened(sit)
    page.keyboard.press("n")
    page.locator("[data-field=template]").select_option("danger")
    page.locator("[data-field=scope]").fill(feeder)
    page.locator(f"[data-hit='{feeder}']").click()
    assert page.locator("[data-action=send]").is_disabled()
    page.locator("[data-field=area]").fill("景山")
    page.locator("[data-testid=preview] [data-recipients='1']").wait_for()
    assert page.locator("[data-action=send]").is_disabled(), "nobody has said why"
    page.keyboard.press("Escape")
    page.locator("[data-testid=campaign-form]").wait_for(state="detached")


def test_the_texts_are_shown_in_each_language(sit: Sit) -> None:
    page = opened(sit, "supervisor")
    page.keyboard.press("2")
    page.locator("[data-testid=texts] td:has-text('Repairs are under way')").wait_for()
    page.keyboard.press("3")
    page.locator("[role=status]:has-text('没有权限'), .notice").first.wait_for()
    assert page.locator("[data-testid=stops]").count() == 0


def test_an_agent_stops_a_number_and_lets_it_begin_again(sit: Sit) -> None:
    page = opened(sit, "agent")
    page.keyboard.press("n")
    assert page.locator("[data-testid=campaign-form]").count() == 0, "agents send no notices"
    page.keyboard.press("3")
    page.keyboard.press("n")
    page.locator("[data-field=number]").fill("nobody")
    page.locator("[data-field=reason]").fill("来电要求")
    page.keyboard.press("Enter")
    page.locator("dialog .error:has-text('号码')").wait_for()
    page.locator("[data-field=number]").fill("13622220009")
    page.keyboard.press("Enter")
    row = page.locator("[data-testid=stops] tr:has-text('136 2222 0009')")
    assert row.count() == 0 or row.first.is_visible()
    row.first.wait_for()
    assert "来电要求" in row.first.inner_text()
    while row.count():
        before = row.count()
        row.first.locator("[data-action=lift]").click()
        page.wait_for_function(
            "n => [...document.querySelectorAll('[data-testid=stops] tr')]"
            ".filter((r) => r.textContent.includes('136 2222 0009')).length < n",
            arg=before,
        )

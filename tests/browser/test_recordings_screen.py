"""Recordings in a real browser: heard with a reason, kept, released, erased."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from core.settings import settings
from dispatch.starter import ORG_ID
from telephony.recordings.models import Recording
from tests.browser.axe import faults_in_all_looks, serious_faults
from tests.browser.conftest import Sit
from tests.browser.test_layout_shift import WATCH, settle, shifted
from tests.office import Office
from tests.recordings.studio import Studio
from tests.recordings.test_listening import spoken
from tests.simulator.fixtures import CarrierSimulator, carrier_simulator

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["carrier_simulator"]
pytestmark = pytest.mark.browser
ROW = "[data-recording='{}']"
HEARD = "[data-testid=heard] [data-access]"
ACCESSES = "**/api/recordings/accesses"
WHY = "[data-testid=recording-why] input[name=words]"


@pytest.fixture
def carrier(
    office: Office, carrier_simulator: CarrierSimulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CarrierSimulator]:
    """The carrier that the office's settings name."""
    monkeypatch.setenv("PAIDAN_TWILIO_ACCOUNT_SID", carrier_simulator.account)
    monkeypatch.setenv("PAIDAN_TWILIO_AUTH_TOKEN", carrier_simulator.token)
    monkeypatch.setenv("PAIDAN_TWILIO_API_URL", carrier_simulator.url)
    settings.cache_clear()
    yield carrier_simulator
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def tape(office: Office, carrier: CarrierSimulator) -> Recording:
    """A conversation that can be heard; somebody has listened to it."""
    studio = Studio(ORG_ID)
    found = studio.recorded(sid=spoken(carrier))
    office.person("supervisor").post(f"/api/recordings/{found.id}/listen", {"reason": "quality"})
    return found


def opened(sit: Sit, tape: Recording, login: str = "supervisor", locale: str = "zh-CN") -> "Page":
    """The list of who has listened, and the recordings of that call."""
    page = sit(login, "/customers", locale=locale)
    page.locator("[data-testid=heard] [data-action=recordings]").first.click()
    page.wait_for_selector(ROW.format(tape.id))
    return page


def test_nobody_has_listened_yet(sit: Sit, office: Office) -> None:
    page = sit("supervisor", "/design")
    page.route(ACCESSES, lambda route: route.fulfill(json=[]))
    page.goto(page.url.replace("/design", "/customers"))
    page.get_by_text("还没有人收听过录音").wait_for()
    assert serious_faults(page) == []


def listed(sit: Sit) -> None:
    """Who has listened is legible in every look, and moves nothing; what cannot be had says so."""
    page = sit("supervisor", "/customers")
    assert faults_in_all_looks(page, HEARD) == []
    page.context.add_init_script(WATCH)
    page.reload()
    page.wait_for_selector(HEARD)
    settle(page)
    shifted(page)
    page.route(ACCESSES, lambda route: route.abort())
    page.reload()
    trouble = page.locator("[role=alert]")
    trouble.wait_for()
    assert serious_faults(page) == []
    page.unroute(ACCESSES)
    trouble.locator("button").click()
    page.wait_for_selector(HEARD)


def test_a_supervisor_hears_keeps_releases_and_erases(sit: Sit, tape: Recording) -> None:
    listed(sit)
    page = opened(sit, tape)
    row = page.locator(ROW.format(tape.id))
    row.locator("[data-field=reason]").select_option("complaint")
    row.locator("[data-action=listen]").click()
    page.wait_for_function("document.querySelector('audio')?.duration > 0")
    row.locator("[data-access]:has-text('投诉')").first.wait_for()

    row.locator("[data-action=keep]").click()
    page.wait_for_selector(f"{WHY}:focus")
    assert page.locator("[data-action=save]").is_disabled(), "nobody has said why"
    page.keyboard.type("诉讼 2026-117")
    assert serious_faults(page) == []
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{ROW.format(tape.id)}[data-kept=true]")
    assert "诉讼 2026-117" in row.inner_text()
    assert row.locator("[data-action=erase]").count() == 0, "what is kept is released first"

    row.locator("[data-action=release]").click()
    page.wait_for_selector(f"{ROW.format(tape.id)}[data-kept=false]")
    row.locator("[data-action=erase]").click()
    page.wait_for_selector(f"{WHY}:focus")
    page.keyboard.type("来电人要求删除")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{ROW.format(tape.id)}[data-state=expired]")
    assert "来电人要求删除" in row.inner_text()
    assert page.locator("audio").count() == 0
    assert row.locator("button:not(.plain)").count() == 0

"""Recordings in a real browser: heard with a reason, kept, released, erased."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from core.settings import settings
from dispatch.starter import ORG_ID
from telephony.recordings.models import Recording
from tests.browser.axe import serious_faults
from tests.browser.conftest import Sit
from tests.office import Office
from tests.recordings.studio import Studio
from tests.recordings.test_listening import spoken
from tests.simulator.fixtures import CarrierSimulator, carrier_simulator

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["carrier_simulator"]
pytestmark = pytest.mark.browser
ROW = "[data-recording='{}']"
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


def test_a_supervisor_hears_keeps_releases_and_erases(sit: Sit, tape: Recording) -> None:
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

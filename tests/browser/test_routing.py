"""Where an order goes: proposed with reasons, released by the system, edited as a table."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from core.clock import now
from core.db import session_factory
from core.ids import new_id
from dispatch.desks import service as desks
from dispatch.desks.service import Look
from dispatch.directory.models import Region
from dispatch.routing import automatic
from dispatch.routing.models import RoutingSettings
from dispatch.starter import ORG_ID
from tests.browser.conftest import Sit
from tests.harness import ROOT
from tests.office import Office, unit_id

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
LIVE = "[data-testid=connection][data-state=live]"
RESULTS = ROOT / "test-results"
SQUARE = [[116.0, 39.0], [117.0, 39.0], [117.0, 40.0], [116.0, 40.0], [116.0, 39.0]]


def picture(page: "Page", name: str) -> None:
    """Kept in test-results for whoever wants to look."""
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"routing-{name}.png")


@pytest.fixture(scope="module")
def ruled(office: Office) -> Office:
    """A district whose centre is west, the release on, and nobody at any desk."""
    with session_factory()() as session:
        outline = {"type": "Polygon", "coordinates": [SQUARE]}
        names = {"code": "D1", "name_zh": "景山", "name_en": "Jingshan"}
        centre = {"centre_id": unit_id("west"), "outline": outline}
        session.add(Region(org_id=ORG_ID, id=new_id(), **names, **centre))
        session.execute(update(RoutingSettings).values(release_after_s=90))
        session.commit()
    moment = now()
    desks.settle(ORG_ID, Look(moment, moment, {}, absences=True))
    return office


def focused(page: "Page", number: str) -> None:
    page.click(f"[data-testid=order-row][data-number='{number}']")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_release_dialog_chooses_the_centre_and_says_why(
    ruled: Office, sit: Sit, locale: str
) -> None:
    order = ruled.filed()
    page = sit("lead", "/", locale=locale, color_scheme="dark")
    page.wait_for_selector(LIVE)
    row = page.locator(f"[data-testid=order-row][data-number='{order['number']}']")
    row.locator("[data-release=waiting]").wait_for()
    focused(page, order["number"])
    page.keyboard.press("r")
    page.wait_for_selector(f"[data-option='{unit_id('west')}']:focus")
    why = page.inner_text("[data-testid=route-why]")
    assert ("辖区：城西报修中心（低压抢修）" if locale == "zh-CN" else "by district: West") in why
    closed = page.inner_text(f"[data-option='{unit_id('west')}'] .warns")
    assert ("席位无人" if locale == "zh-CN" else "desk closed since") in closed
    picture(page, f"dialog-{locale[:2]}")
    page.keyboard.press("Enter")
    held = row.locator("[data-hold=desk_closed]")
    held.wait_for()
    assert page.locator("[data-testid=desks-closed]").is_visible()
    picture(page, f"board-{locale[:2]}")


def test_what_the_system_released_says_so_everywhere(ruled: Office, sit: Sit) -> None:
    order = ruled.filed()
    page = sit("lead", "/", color_scheme="light")
    page.wait_for_selector(LIVE)
    page.wait_for_selector(f"[data-number='{order['number']}'][data-state=filed]")
    automatic.sweep(now() + timedelta(seconds=91))
    row = page.locator(f"[data-testid=order-row][data-number='{order['number']}']")
    tag = row.locator("[data-automatic][title='系统自动派发']").first
    tag.wait_for()
    assert tag.inner_text() == "自动"
    row.focus()
    page.keyboard.press("Enter")
    b = page.locator("tr[data-point=B]")
    b.wait_for()
    assert b.get_attribute("data-source") == "system"
    assert b.locator("[data-testid=source]").inner_text() == "自动派发"
    picture(page, "automatic")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_row_is_written_changed_and_removed_by_keys(ruled: Office, sit: Sit, locale: str) -> None:
    page = sit(
        "admin", "/admin", locale=locale, color_scheme="dark" if locale == "zh-CN" else "light"
    )
    page.wait_for_selector("[data-testid=district-row], [data-tab]")
    page.keyboard.press("6")
    page.wait_for_selector("[data-testid=district-row]")
    page.keyboard.press("n")
    page.select_option("select[name=what]", "fault:wires_down")
    page.select_option("select[name=centre_id]", str(unit_id("south")))
    page.fill("input[name=from]", "22:00")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=from][aria-invalid=true]")
    page.fill("input[name=to]", "6:00")
    page.click("[data-action=add-stand-in]")
    picture(page, f"form-{locale[:2]}")
    page.click("[data-action=save]")
    row = page.locator("[data-testid=route-row]")
    row.wait_for()
    assert "22:00–06:00" in row.inner_text()
    picture(page, f"table-{locale[:2]}")
    row.locator("[data-row]").click()
    page.click("[data-action=remove-route]")
    row.wait_for(state="detached")
    assert ruled.person("admin").get("/api/routing/rows")["rows"][0]["district"] is True

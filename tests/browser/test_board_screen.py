"""The board's own promises: by keyboard, no serious faults in both themes, honest when cut off."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.axe import serious_faults
from tests.chain.world import passwords
from tests.harness import RunningPaidan

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def paidan() -> Iterator[RunningPaidan]:
    with RunningPaidan() as running:
        yield running


def enter(page: "Page", paidan: RunningPaidan, login: str) -> None:
    page.goto(f"{paidan.base_url}/login?next=%2F")
    page.wait_for_url("**/login*")
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(passwords(paidan)[login])
    page.keyboard.press("Enter")


def wait_live(page: "Page") -> None:
    page.wait_for_selector("[data-testid=connection][data-state=live]")


def file_by_keyboard(page: "Page", place: str) -> str:
    """File an order without touching the mouse; its number."""
    page.keyboard.press("n")
    page.wait_for_selector("select[name=call]:focus")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.type(place)
    page.keyboard.press("Tab")
    page.wait_for_selector("input[name=coordinates]:focus")
    page.keyboard.type("39.9239, 116.3966")
    page.keyboard.press("Tab")
    page.wait_for_selector("select[name=fault]:focus")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=said][data-tone=done]")
    found = re.search(r"\d{8}-\d{4}", page.locator("[data-testid=said]").inner_text())
    assert found is not None
    return found[0]


def test_an_order_is_filed_and_released_by_keyboard(page: "Page", paidan: RunningPaidan) -> None:
    enter(page, paidan, "lead")
    wait_live(page)
    number = file_by_keyboard(page, "国子监胡同 13 号")
    row = page.locator(f"[data-number='{number}']")
    row.wait_for()

    page.keyboard.press("/")
    page.keyboard.type(number)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("r")
    page.keyboard.press("1")
    page.wait_for_selector(f"[data-number='{number}'][data-state=released]")
    page.keyboard.press("x")
    page.wait_for_selector("dialog [data-option=duplicate]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert row.get_attribute("data-state") == "released"
    page.keyboard.press("x")
    page.keyboard.press("3")
    page.wait_for_selector(f"[data-number='{number}'][data-state=filed]")


def test_it_says_when_it_is_cut_off_and_comes_back(page: "Page", paidan: RunningPaidan) -> None:
    enter(page, paidan, "lead")
    wait_live(page)
    number = file_by_keyboard(page, "北新桥三条")
    page.locator(f"[data-number='{number}']").wait_for()  # what was here is to stay
    killed = paidan.kill("api")
    page.wait_for_selector("[data-testid=connection][data-state=cut_off]")
    assert "连接中断" in page.locator("footer [role=alert]").inner_text()
    assert page.locator(f"[data-number='{number}']").is_visible()
    paidan.wait_replaced("api", killed)
    wait_live(page)
    assert page.locator("footer [role=alert]").count() == 0
    file_by_keyboard(page, "安定门内大街")


@pytest.mark.map
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_no_serious_accessibility_fault(
    browser: "Browser", paidan: RunningPaidan, scheme: Any
) -> None:
    size: Any = {"width": 1280, "height": 720}
    context = browser.new_context(viewport=size, color_scheme=scheme, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{paidan.base_url}/login")
    page.wait_for_selector("input[name=login]:focus")
    faults = serious_faults(page)
    enter(page, paidan, "lead")
    wait_live(page)
    file_by_keyboard(page, "西四北四条")
    page.wait_for_selector(".maplibregl-canvas")
    faults += serious_faults(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=order-page] [data-segment=AH]")
    faults += serious_faults(page)
    page.keyboard.press("r")
    page.wait_for_selector("dialog [data-option]")
    faults += serious_faults(page)
    context.close()
    assert faults == []


def test_a_crew_is_led_to_its_own_page(page: "Page", paidan: RunningPaidan) -> None:
    enter(page, paidan, "east.crew1")
    page.wait_for_url("**/crew")
    page.goto(paidan.base_url)
    page.wait_for_url("**/crew")
    page.get_by_text("没有工单").wait_for()

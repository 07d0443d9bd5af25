"""The login page: by hand, or at a desk of the demonstration city with one press."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.demo.seed import ensure_demo
from core.engines import EngineUrls
from tests.browser.axe import WEB, faults_in_all_looks
from tests.browser.conftest import Sit
from tests.office import Office, Starter, open_office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def office(
    engines: EngineUrls, starter: Starter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """An office beside a demonstration city; nothing moves in it."""
    folder: Path = tmp_path_factory.mktemp("demo")
    with open_office(engines, starter, folder, WEB / "dist", demo="true") as opened:
        ensure_demo(folder)
        yield opened


def login_page(sit: Sit) -> "Page":
    page = sit(path="/login")
    page.wait_for_selector("[data-demo]")
    return page


def test_a_newcomer_sits_down_at_a_desk_with_one_press(sit: Sit) -> None:
    roles = {}
    page = login_page(sit)
    for desk in page.locator("[data-demo]").all():
        roles.setdefault(desk.get_attribute("data-role"), desk.get_attribute("data-demo"))
    assert set(roles) == {"agent", "shift_lead", "dispatcher", "crew", "supervisor"}

    page.locator(f"[data-demo='{roles['dispatcher']}']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("header.app-bar [data-testid=connection][data-state=live]")
    mark = page.locator("[data-testid=demo-mark]")
    assert mark.inner_text() == "演示城 · 演示数据"
    page.locator("[data-testid=language]").click()
    page.wait_for_selector("html[lang^=en]")
    assert "demo" in mark.inner_text()
    assert page.locator("[data-testid=logout]").get_attribute("title").endswith(" · Dispatcher")  # type: ignore[union-attr]
    page.locator("[data-testid=logout]").click()
    page.wait_for_url("**/login")

    page.locator(f"[data-demo='{roles['crew']}']").click()
    page.wait_for_url("**/crew")
    page.wait_for_selector("[data-testid=demo-mark]")


def test_the_design_page_says_that_the_city_is_made_up(sit: Sit, office: Office) -> None:
    page = login_page(sit)
    page.locator("[data-role=dispatcher]").first.click()
    page.wait_for_selector("header.app-bar [data-testid=demo-mark]")
    page.goto(f"{office.url}/design")
    page.wait_for_selector("header.app-bar [data-testid=demo-mark]")


def test_both_languages_and_themes_and_a_phone(sit: Sit) -> None:
    page = login_page(sit)
    heading = page.locator("#demo-title")
    assert heading.inner_text() == "看看演示城"
    assert page.locator("[data-testid=demo-desks] [data-testid=demo-mark]").is_visible()
    page.locator("[data-testid=language]").click()
    assert heading.inner_text() == "Look around the demo city"
    assert faults_in_all_looks(page, "[data-demo]") == []
    phone = sit(path="/login", width=360, height=640)
    phone.wait_for_selector("[data-demo]")
    assert phone.evaluate("document.querySelector('main').scrollWidth <= innerWidth")


def test_who_has_a_login_uses_it(sit: Sit, office: Office) -> None:
    page = login_page(sit)
    page.keyboard.type("lead")  # the field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('[data-testid=problem]').textContent !== ''")
    page.fill("input[name=password]", office.starter.passwords["lead"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/agent")
    page.wait_for_selector("header.app-bar [data-testid=logout]")
    assert page.locator("[data-testid=demo-mark]").count() == 0

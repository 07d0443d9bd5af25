"""The box that finds anything, in a real browser: by keyboard alone, on every desk."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import LANGUAGES, THEMES, serious_faults, show_in
from tests.browser.town import Town, city, town

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["city", "town"]
pytestmark = pytest.mark.browser
BOX = "[data-testid=find]"
FIELD = f"{BOX} [role=combobox]"
HIT = f"{BOX} [role=option]"


def asked(page: "Page", text: str) -> None:
    page.fill(FIELD, text)
    page.wait_for_selector(HIT)


def opened(page: "Page", key: str = "Control+k") -> None:
    page.wait_for_selector("[data-action=find]")
    page.keyboard.press(key)
    page.wait_for_selector(f"{FIELD}:focus")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_customer_by_three_signs_and_two_keys(town: Town, locale: str) -> None:
    customer = town.customer(kind="household")
    page = town.page("agent", locale)
    opened(page, "/")
    asked(page, f"{customer.name_zh} {customer.phone[-4:]}")
    first = page.locator(HIT).first
    assert first.get_attribute("aria-selected") == "true"
    assert first.get_attribute("data-code") == customer.number
    marked = first.locator("mark").all_inner_texts()
    assert customer.name_zh in marked or locale == "en-GB"
    assert customer.phone[-4:] in marked
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/customers#/[0-9a-f-]{36}$"))


def test_arrows_choose_and_escape_gives_the_focus_back(town: Town) -> None:
    page = town.page("lead")
    opened(page)
    asked(page, "柳湾")
    count = page.locator(HIT).count()
    assert count > 3
    page.keyboard.press("ArrowDown")
    assert page.locator(f"{HIT}[aria-selected=true]").count() == 1
    second = page.locator(HIT).nth(1)
    assert second.get_attribute("aria-selected") == "true"
    assert page.locator(FIELD).get_attribute("aria-activedescendant") == second.get_attribute("id")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.locator(HIT).nth(count - 1).get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    page.wait_for_selector(BOX, state="detached")
    assert page.url.endswith("/agent")


def test_a_region_tells_at_once_whom_to_call(town: Town) -> None:
    page = town.page("agent")
    opened(page)
    asked(page, "lw")
    page.wait_for_selector(f"{HIT}[data-kind=region][data-code=LW]")
    with page.expect_response("**/api/search**"):
        page.fill(FIELD, "柳湾区")
    page.wait_for_selector(f"{BOX} .body[aria-busy=false]")
    page.wait_for_selector(f"{HIT}[data-kind=region][aria-selected=true]")
    pane = page.locator(f"{BOX} .pane")
    assert "城东报修中心" in pane.inner_text()
    assert "Enter 打开" not in page.inner_text(f"{BOX} footer")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{BOX} .pane:focus")


def test_a_line_tells_who_is_below_it(town: Town) -> None:
    important = next(one for one in town.city.customers if one.importance != "ordinary")
    feeder = important.transformer.rpartition("-")[0]
    page = town.page("agent")
    opened(page)
    asked(page, feeder.lower())
    page.wait_for_selector(f"{HIT}[data-code='{feeder}'][aria-selected=true]")
    page.wait_for_selector(f"{BOX} .pane a >> text={important.name_zh}")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "A"


def test_nothing_found_is_said_and_late_answers_are_dropped(town: Town) -> None:
    page = town.page("agent")
    opened(page)
    page.fill(FIELD, "绝无此人")
    page.wait_for_selector(f"{BOX} .notice")
    assert "绝无此人" in page.locator(f"{BOX} .notice").inner_text()
    held = []
    page.route("**/api/search?q=%E6%9F%B3", lambda route: held.append(route))
    with page.expect_request("**/api/search?q=%E6%9F%B3"):
        page.fill(FIELD, "柳")
    asked(page, "柳湾区")
    page.wait_for_selector(f"{HIT}[data-kind=region][data-code=LW]")
    shown = page.locator(HIT).all_inner_texts()
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    assert page.locator(HIT).all_inner_texts() == shown


def test_the_board_keeps_its_own_filter_on_the_slash(town: Town) -> None:
    page = town.sit("lead", "/")
    page.wait_for_selector("[data-action=find]")
    page.keyboard.press("/")
    page.wait_for_selector("header input[type=search]:focus")
    assert page.locator(BOX).count() == 0
    page.keyboard.press("Control+k")
    page.wait_for_selector(f"{FIELD}:focus")
    order = town.office.released("east")
    asked(page, order["number"])
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"#/orders/{order['id']}$"))


def test_who_sees_masks_is_told_so(town: Town) -> None:
    customer = town.customer(kind="household")
    page = town.sit("supervisor", "/supervisor")
    opened(page)
    assert "遮挡" in page.locator(BOX).inner_text()
    asked(page, customer.number)
    assert customer.name_zh not in page.locator(BOX).inner_text()


def test_it_is_accessible_in_every_look(town: Town) -> None:
    page = town.page("lead")
    faults = []
    for theme, language in zip(THEMES, LANGUAGES, strict=True):
        show_in(page, theme, language)
        opened(page)
        asked(page, "柳湾")
        page.wait_for_selector(f"{BOX} .pane")
        faults += [f"{theme} {language} {fault}" for fault in serious_faults(page)]
    assert faults == []

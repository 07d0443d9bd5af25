"""The bar on top of every desk: it fits, it leads to the pages one may open, it says demo."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from core.db import session_factory
from core.models import Organisation
from dispatch.starter import ORG_ID
from tests.browser.axe import LANGUAGES
from tests.browser.conftest import Sit
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SIZES = ("small", "medium", "large")
PAGES_OF = {
    "agent": [
        "agent",
        "board",
        "customers",
        "tickets",
        "followup",
        "admin",
        "wallboard",
        "notices",
    ],
    "lead": [
        "agent",
        "board",
        "supervisor",
        "customers",
        "tickets",
        "followup",
        "breaches",
        "fleet",
        "admin",
        "policies",
        "hotline",
        "wallboard",
        "notices",
    ],
    "east.desk": [
        "board",
        "supervisor",
        "customers",
        "tickets",
        "breaches",
        "fleet",
        "admin",
        "policies",
    ],
    "supervisor": [
        "board",
        "supervisor",
        "customers",
        "tickets",
        "breaches",
        "fleet",
        "admin",
        "policies",
        "hotline",
        "wallboard",
        "notices",
    ],
    "admin": [
        "board",
        "supervisor",
        "customers",
        "breaches",
        "fleet",
        "admin",
        "policies",
        "import",
    ],
}
HOMES = {
    "agent": "/agent",
    "lead": "/agent",
    "east.desk": "/",
    "supervisor": "/supervisor",
    "east.crew1": "/crew",
}
BAR = "header.app-bar"
OVERFLOW = """
() => [...document.querySelectorAll('header.app-bar *')]
  .filter((each) => each.getClientRects().length > 0)
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5
    || each.getBoundingClientRect().bottom > 60)
  .map((each) => each.outerHTML.slice(0, 120))
"""
LONGEST = """
(word) => {
  document.querySelector('header.app-bar [data-testid=connection]').lastChild.data = word;
}
"""


@pytest.fixture(scope="module", autouse=True)
def demo(office: Office) -> None:
    """The widest bar is that of a demonstration."""
    with session_factory()() as session:
        session.execute(update(Organisation).where(Organisation.id == ORG_ID).values(demo=True))
        session.commit()


def board(sit: Sit, login: str) -> "Page":
    page = sit(login)
    page.wait_for_selector(f"{BAR} [data-testid=connection][data-state=live]")
    return page


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_in_one_row_at_every_text_size(sit: Sit, language: str) -> None:
    for login in ("lead", "east.desk"):
        page = board(sit, login)
        page.evaluate(f"localStorage.setItem('paidan.language', '{language}')")
        for size in SIZES:
            page.evaluate(f"localStorage.setItem('paidan.size', '{size}')")
            page.reload()
            page.wait_for_selector(f"{BAR} [data-testid=logout]")
            page.wait_for_selector(f"html[data-size={size}]")
            page.wait_for_selector(f"{BAR} [data-testid=connection][data-state=live]")
            # The longest word that the connection may say at any moment.
            page.evaluate(LONGEST, "正在补收" if language == "zh" else "Catching up")
            assert page.evaluate(OVERFLOW) == [], (login, size)
            search = page.locator("input[type=search]").bounding_box()
            assert search is not None
            assert search["width"] >= 80
            assert page.locator("[data-testid=demo-mark]").is_visible()


@pytest.mark.parametrize("login", PAGES_OF)
def test_it_leads_to_the_pages_of_the_role(sit: Sit, login: str) -> None:
    page = board(sit, login)
    links = page.locator(f"{BAR} nav a")
    assert [each.get_attribute("data-page") for each in links.all()] == PAGES_OF[login]
    assert page.locator(f"{BAR} [aria-current=page]").get_attribute("data-page") == "board"


def test_the_pages_beside_the_desks_are_in_a_menu(sit: Sit) -> None:
    page = board(sit, "lead")
    tickets = page.locator(f"{BAR} [data-page=tickets]")
    assert not tickets.is_visible()
    page.click(f"{BAR} [data-action=more-pages]")
    tickets.wait_for()
    page.keyboard.press("Escape")
    tickets.wait_for(state="hidden")
    page.click(f"{BAR} [data-action=more-pages]")
    tickets.click()
    page.wait_for_url("**/tickets")
    page.wait_for_selector("main[data-ready]")
    assert page.locator(f"{BAR} [aria-current=page]").get_attribute("data-page") == "tickets"


def test_g_and_a_letter_go_to_a_page(sit: Sit) -> None:
    page = board(sit, "lead")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/supervisor")
    page = board(sit, "lead")
    page.keyboard.press("/")
    page.keyboard.type("ga")
    assert page.locator("input[type=search]").input_value() == "ga"
    assert page.url.rstrip("/").endswith(page.context.pages[0].url.rstrip("/"))


@pytest.mark.parametrize("login", HOMES)
def test_logging_in_leads_home(sit: Sit, office: Office, login: str) -> None:
    """Who comes by the bare address is led to the page of the role; elsewhere back there."""
    page = sit(path="/")
    page.wait_for_url("**/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", office.starter.passwords[login])
    page.keyboard.press("Enter")
    page.wait_for_url(office.url + HOMES[login])
    page.goto(f"{office.url}/login?next=%2Fdesign")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", office.starter.passwords[login])
    page.keyboard.press("Enter")
    page.wait_for_url("**/design")

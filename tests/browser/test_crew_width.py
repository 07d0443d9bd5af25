"""The crew's page is never wider than a phone: both languages, large text, the demo mark."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from core.db import session_factory
from core.models import Organisation, Unit
from tests.browser.conftest import Sit
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
WIDTH, HEIGHT = 360, 640
LIVE = "[data-testid=connection][data-state=live]"
LONG = "East Lake district emergency repair crew 1"
# Of everything that shows, what sticks out of the screen; panes beside the one in view may.
OUTSIDE = """width => [...document.querySelectorAll('body *')]
  .filter(it => !it.closest('[inert], .away-from-eyes'))
  .filter(it => { const box = it.getBoundingClientRect();
                  return box.width > 0 && (box.left < -0.5 || box.right > width + 0.5); })
  .map(it => it.outerHTML.slice(0, 120))"""
# Words that are cut, the unit's name excepted.
CUT = """() => [...document.querySelectorAll('main button, main p, main h2, header p, footer *')]
  .filter(it => !it.closest('[inert]') && it.scrollWidth > it.clientWidth + 1)
  .filter(it => getComputedStyle(it).display !== 'inline')
  .map(it => it.outerHTML.slice(0, 120))"""


def outstanding(page: "Page") -> list[str]:
    """What does not fit the phone."""
    said = list(page.evaluate(OUTSIDE, WIDTH)) + list(page.evaluate(CUT))
    if page.evaluate("document.scrollingElement.scrollWidth") > WIDTH:
        said.append("the page scrolls sideways")
    menu = page.locator("[data-testid=menu]").bounding_box()
    assert menu is not None
    if menu["x"] < 0 or menu["x"] + menu["width"] > WIDTH:
        said.append("the menu is off the screen")
    return said


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_nothing_is_wider_than_the_phone(sit: Sit, office: Office, locale: str) -> None:
    with session_factory()() as session:
        session.execute(update(Organisation).values(demo=True))
        session.execute(update(Unit).where(Unit.code == "east-1").values(name_en=LONG))
        session.commit()
    for _ in range(2):
        office.sent()
    phone = sit("east.crew1", "/crew", WIDTH, HEIGHT, locale=locale, has_touch=True)
    for big in ("off", "on"):
        phone.evaluate("big => localStorage.setItem('paidan.crew.big', big)", big)
        phone.reload()
        phone.wait_for_selector(LIVE)
        phone.wait_for_selector("[data-testid=shown-order]")
        phone.wait_for_selector("[data-testid=demo-mark]")
        assert phone.locator("[data-testid=sound]").inner_text() != ""  # a name, not shown
        for pane in ("now", "queue", "log"):
            phone.locator(f"[data-tab={pane}]").click()
            phone.wait_for_selector(f"[data-tab={pane}][aria-selected=true]")
            phone.wait_for_function(
                "[...document.querySelectorAll('[role=tabpanel]')]"
                ".some(it => !it.inert && Math.abs(it.getBoundingClientRect().left) < 1)"
            )
            assert outstanding(phone) == [], (big, pane)

"""An office whose screens are the built ones, and a place at them."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from core.engines import EngineUrls
from tests.browser.axe import WEB
from tests.browser_fixtures import PATIENCE_MS
from tests.office import Office, Starter, open_office, starter

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

__all__ = ["starter"]

Sit = Callable[..., "Page"]


@pytest.fixture(scope="module")
def office(
    engines: EngineUrls, starter: Starter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """An office with the built screens, shared by the tests of one file."""
    with open_office(engines, starter, tmp_path_factory.mktemp("office"), WEB / "dist") as opened:
        yield opened


@pytest.fixture
def sit(browser: "Browser", office: Office) -> Iterator[Sit]:
    """`sit(login, path="/", width=1280, height=720)`: that person's page, logged in and open.

    Without a login nobody is logged in. `zone`: of an installation elsewhere.
    """
    contexts: list[BrowserContext] = []

    def sit_down(
        login: str = "",
        path: str = "/",
        width: int = 1280,
        height: int = 720,
        zone: str = "",
        **more: Any,
    ) -> "Page":
        context = browser.new_context(
            viewport={"width": width, "height": height},
            **{"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **more},
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if login:
            token = office.starter.tokens[login]
            context.add_cookies([{"name": "paidan_session", "value": token, "url": office.url}])
        page = context.new_page()
        if zone:
            page.route(office.url + path.split("#")[0], lambda route: in_zone(route, zone))
        page.goto(f"{office.url}{path}")
        return page

    yield sit_down
    for context in contexts:
        context.close()


def in_zone(route: "Route", zone: str) -> None:
    """The document, as an installation in that time zone serves it."""
    served = route.fetch()
    words = re.sub(r'data-zone="[^"]+"', f'data-zone="{zone}"', served.text(), count=1)
    assert f'data-zone="{zone}"' in words
    route.fulfill(response=served, body=words)

"""Takes the pictures of docs/tour.md from a running demo city.

`scripts/pictures.py [address [name…]]`
Start one first (`make run`) and let its clock catch up. Each picture is one page as it is then;
with names only those are taken.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
DESK: Any = {"width": 1280, "height": 720}
PHONE: Any = {"width": 360, "height": 640}
LIVE = "[data-testid=connection][data-state=live]"
CARD = "[data-testid=call-card]:not([data-standing=none])"
SETTLE_S = 4.0  # the map draws itself; nothing announces its last stroke


def main() -> int:
    base = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8700"
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--use-gl=swiftshader", "--enable-unsafe-swiftshader"],
        )
        wanted = sys.argv[2:]
        for name, login, path, language, theme, act in PICTURES:
            if not wanted or name in wanted:
                desk = crew_with_work(browser, base) if path == "/crew" else login
                take(browser, base, name, desk, path, language, theme, act)
        browser.close()
    return 0


def take(
    browser: Browser,
    base: str,
    name: str,
    login: str,
    path: str,
    language: str,
    theme: str,
    act: Callable[[Page], None] | None = None,
) -> None:
    """One picture: sit down at a demo desk (or nowhere), open a page, perhaps do something."""
    size = PHONE if path == "/crew" else DESK
    locale = "zh-CN" if language == "zh" else "en-GB"
    context = browser.new_context(viewport=size, locale=locale, timezone_id="Asia/Shanghai")
    context.add_init_script(
        f"localStorage.setItem('paidan.language', '{language}');"
        f"localStorage.setItem('paidan.theme', '{theme}')"
    )
    if login:
        context.request.post(f"{base}/api/demo/enter", data={"login": login})
    page = context.new_page()
    page.goto(base + path)
    if login:
        page.wait_for_selector(LIVE)
    time.sleep(SETTLE_S)
    if act:
        act(page)
        time.sleep(1)
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


def crew_with_work(browser: Browser, base: str) -> str:
    """The login of a crew that has an order, or of any."""
    context = browser.new_context()
    logins = [one["login"] for one in context.request.get(f"{base}/api/demo").json()]
    crews = [login for login in logins if "crew" in login]
    found = crews[0]
    for login in crews:
        context.request.post(f"{base}/api/demo/enter", data={"login": login})
        if context.request.get(f"{base}/api/queue").json()["orders"]:
            found = login
    context.close()
    return found


def open_first(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")


def send_dialog(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("d")


def with_a_call(page: Page) -> None:
    """Be available, and wait for a call that is one's own, ringing, talked in or to be filed."""
    page.keyboard.press("Alt+a")
    page.wait_for_selector(CARD, timeout=400_000)


PICTURES: tuple[tuple[str, str, str, str, str, Callable[[Page], None] | None], ...] = (
    ("tour-login", "", "/login", "en", "light", None),
    ("tour-board", "demo.lead", "/", "en", "dark", None),
    ("board", "demo.lead", "/", "zh", "dark", None),
    ("order", "demo.lead", "/", "zh", "dark", open_first),
    ("tour-send", "demo.east", "/", "en", "light", send_dialog),
    ("tour-agent", "demo.lead", "/agent", "zh", "light", with_a_call),
    ("tour-hotline", "demo.supervisor", "/hotline", "en", "dark", None),
    ("tour-supervisor", "demo.supervisor", "/supervisor", "en", "dark", None),
    ("tour-why", "demo.supervisor", "/supervisor", "en", "dark", open_first),
    ("tour-crew", "", "/crew", "zh", "light", None),
    ("tour-design", "", "/design", "en", "light", None),
)


if __name__ == "__main__":
    sys.exit(main())

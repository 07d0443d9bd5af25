"""One order on the board, in a real headless Chromium: the desk confirms, dispatches, watches."""

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.chain.world import file_order, passwords, telephones, to_the_site
from tests.harness import ROOT, RunningPaidan
from tests.people import Person
from tests.telephony.carrier import TOKEN, InboundCall

if TYPE_CHECKING:
    from playwright.sync_api import Page

RESULTS = ROOT / "test-results"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def paidan() -> Iterator[RunningPaidan]:
    with RunningPaidan(twilio_auth_token=TOKEN, receipt_retry_seconds="0.5") as running:
        yield running
        sys.stdout.write(running.output[-8000:])  # pytest shows it where a test failed


def enter(page: "Page", paidan: RunningPaidan, login: str, password: str) -> None:
    page.goto(f"{paidan.base_url}/login?next=%2F")
    page.wait_for_url("**/login*")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=connection][data-state=live]")


def picture(page: "Page", name: str) -> None:
    """Kept in test-results for whoever wants to look."""
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}.png")


def test_the_board_follows_an_order_to_arrival(page: "Page", paidan: RunningPaidan) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    known = passwords(paidan)
    agent, lead, crew = (
        Person(paidan.base_url, login, known[login]) for login in ("agent", "lead", "east.crew1")
    )
    enter(page, paidan, "east.desk", known["east.desk"])
    page.wait_for_selector("[data-testid=crew-row]")

    began = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=90)
    call = InboundCall(7, began=began)
    order = file_order(agent, telephones(paidan, agent, call, call.completed()))
    centre = next(c for c in lead.get("/api/board")["centres"] if c["code"] == "east")
    lead.follow()
    lead.post(f"/api/orders/{order['id']}/release", {"centre_id": centre["id"]})

    row = page.locator(f"[data-testid=order-row][data-number='{order['number']}']")
    row.wait_for()
    lead.wait_order(order["id"], lambda now: now["points"]["C"])  # the browser confirmed

    row.click()
    page.locator("[data-action=accept]").first.click()
    page.wait_for_selector(f"[data-number='{order['number']}'][data-state=accepted]")
    page.keyboard.press("d")
    crews = {one["code"]: one["id"] for one in lead.screen.rows["crew"].values()}  # type: ignore[union-attr]
    page.locator(f"[data-option='{crews['east-1']}']").click()
    page.wait_for_selector(f"[data-number='{order['number']}'][data-state=assigned]")

    crew.follow("queue")
    queued = crew.wait_order(order["id"], lambda now: now["points"]["E"])
    crew.post(f"/api/assignments/{queued['assignment']['id']}/accept")
    with ThreadPoolExecutor(1) as driver:  # the browser's own event loop runs in this thread
        driver.submit(asyncio.run, to_the_site(paidan, "13800001101")).result()
    lead.wait_order(order["id"], lambda now: now["points"]["H"])

    row.click()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"[data-testid=order-page][data-order-id='{order['id']}']")
    for point in "ABCDEFGH":
        page.wait_for_selector(f"[data-point={point}][data-stamped=true]")
    assert page.locator("[data-point=A]").get_attribute("data-source") == "carrier"
    assert page.locator("[data-point=C]").get_attribute("data-source") == "receipt"
    assert page.locator("[data-point=H]").get_attribute("data-source") == "gps"
    for segment in ("AB", "BC", "CD", "DE", "EF", "FG", "GH", "AH"):
        page.wait_for_selector(f"[data-segment={segment}][data-state=done]")
    assert "到达" in page.locator("[data-testid=order-page]").inner_text()

    picture(page, "order-zh")
    page.locator("[data-testid=language]").click()
    page.wait_for_selector("html[lang^=en]")
    picture(page, "order-en")
    page.get_by_text("travel", exact=False).first.wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-testid=order-page]", state="detached")
    assert errors == []
    for person in (agent, lead, crew):
        person.close()

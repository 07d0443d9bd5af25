"""Times are those of the installation's clock, wherever the browser is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.clock import now
from core.settings import settings
from tests.browser.town import LIVE, Town, city, shown, town

__all__ = ["city", "town"]
pytestmark = pytest.mark.browser
ELSEWHERE = ["America/St_Johns", "Pacific/Auckland"]


def clock(iso: str) -> str:
    """`HH:MM:SS` on the installation's wall."""
    return f"{datetime.fromisoformat(iso).astimezone(ZoneInfo(settings().timezone)):%H:%M:%S}"


@pytest.mark.parametrize("zone", ELSEWHERE)
def test_the_agents_page_tells_when_a_call_came(town: Town, zone: str) -> None:
    page = town.sit("agent", "/agent", timezone_id=zone)
    page.wait_for_selector(LIVE)
    customer = town.customer()
    town.ring(customer.phone)
    rows = town.office.person("agent").get("/api/desk")["calls"]
    opened = next(row["opened_at"] for row in rows if row["from_number"] == customer.phone)
    shown(page, "waiting")
    assert clock(opened) in page.locator("[data-testid=call-card]").inner_text()


@pytest.mark.parametrize("path", ["/hotline", "/supervisor"])
def test_a_period_of_ones_own_is_written_and_read_on_the_same_clock(town: Town, path: str) -> None:
    page = town.sit("supervisor", path, timezone_id=ELSEWHERE[0])
    page.wait_for_selector(LIVE)
    page.wait_for_selector("[data-testid=population]")
    page.keyboard.press("5")
    until = datetime.fromisoformat(page.input_value("[data-testid=to]"))
    there = until.replace(tzinfo=ZoneInfo(settings().timezone))
    assert abs(there - now()) < timedelta(minutes=20)
    begin = until - timedelta(days=2)
    with page.expect_request("**/api/reports/*from=*") as asked:
        page.fill("[data-testid=from]", f"{begin:%Y-%m-%dT%H:%M}")
        page.keyboard.press("Tab")
    wanted = begin.replace(tzinfo=there.tzinfo).astimezone(ZoneInfo("UTC"))
    assert f"{wanted:%Y-%m-%dT%H}%3A{wanted:%M}" in asked.value.url


def test_the_time_zone_is_in_every_document(town: Town) -> None:
    for path in ("/agent", "/login", "/crew"):
        page = town.sit("", path)
        assert page.locator("html").get_attribute("data-zone") == settings().timezone

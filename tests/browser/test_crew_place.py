"""The crew says that the place is elsewhere: by the phone's position or by hand, without signal."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.axe import serious_faults
from tests.browser.test_crew_offline import (
    CUT_OFF,
    LIVE,
    act,
    acts_of,
    context,
    desk,
    finish,
    paidan,
    phone,
    tap,
)
from tests.browser.test_crew_queue import TARGET_PX, Desk, shown

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

__all__ = ["context", "desk", "paidan", "phone"]
pytestmark = pytest.mark.browser
SURE = "[data-testid=shown-order] [data-testid=sure]"
PIN = "[data-testid=place-pin]"


def located(desk: Desk, order: dict[str, Any]) -> list[dict[str, Any]]:
    page = desk.lead.get(f"/api/orders/{order['id']}")
    return [one["detail"] for one in page["history"] if one["type"] == "order.located"]


def begun(page: "Page", desk: Desk) -> dict[str, Any]:
    """An order that the crew has accepted."""
    order: dict[str, Any] = desk.send()
    page.wait_for_selector(shown(order, "sent"))
    desk.lead.wait_order(order["id"], lambda row: row["points"]["E"])
    tap(page, "accept")
    page.wait_for_selector(shown(order, "active"))
    page.wait_for_selector(act("accept", "applied"))
    return order


def test_corrected_without_signal_it_counts_when_the_signal_is_back(
    phone: "Page", context: "BrowserContext", desk: Desk
) -> None:
    order = begun(phone, desk)
    assert "±50 m" in phone.locator(SURE).inner_text()
    context.set_offline(True)
    phone.wait_for_selector(CUT_OFF)
    phone.locator("[data-action=place]").click()
    phone.wait_for_selector("[data-testid=place-map]")
    assert phone.locator("[data-action=submit-place]").is_disabled()
    box = phone.locator("[data-testid=place-map]").bounding_box()
    assert box is not None
    phone.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    phone.wait_for_selector(PIN)
    moved = phone.locator("[data-testid=place-moved]")
    assert re.search(r"以东 1[0-9]{2} m|以东 12\d m", moved.inner_text().replace(" ", " "))
    phone.locator("[data-testid=place-map]").press("ArrowUp")
    phone.locator("[name=place-note]").fill("后院第二根电杆")
    phone.locator("[data-action=submit-place]").click()
    phone.wait_for_selector(act("place", "kept"))
    assert "班组" in phone.locator(SURE).inner_text()
    assert located(desk, order) == []

    phone.reload()  # the phone was switched off and on; still no signal
    phone.wait_for_selector(shown(order, "active"))
    assert "班组" in phone.locator(SURE).inner_text()
    context.set_offline(False)
    phone.wait_for_selector(act("place", "applied"))
    phone.wait_for_selector(LIVE)
    [where] = located(desk, order)
    assert where["lon"] > order["lon"]
    assert where["lat"] > order["lat"]
    assert where["place_source"] == "crew"
    row = desk.lead.wait_order(order["id"], lambda row: row["place_source"] == "crew")
    assert (row["lat"], row["lon"]) == (where["lat"], where["lon"])
    assert "order.located" in {
        one["type"] for one in desk.lead.get(f"/api/orders/{order['id']}")["history"]
    }
    assert acts_of(desk, order).count("assignment.accepted") == 1
    finish(desk, phone, order)


def test_the_phone_says_where_it_is_and_how_sure(
    phone: "Page", context: "BrowserContext", desk: Desk
) -> None:
    order = begun(phone, desk)
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": 39.93, "longitude": 116.4, "accuracy": 8})
    phone.locator("[data-action=place]").click()
    for target in phone.locator("dialog button").all():
        size = target.bounding_box()
        assert size is not None
        assert size["height"] >= TARGET_PX or target.inner_text().endswith("Esc")
    phone.locator("[data-action=my-position]").click()
    phone.wait_for_selector(PIN)
    assert "±8" in phone.locator("[data-testid=place-hint]").inner_text()
    assert serious_faults(phone) == []
    phone.locator("[data-action=submit-place]").click()
    phone.wait_for_selector(act("place", "applied"))
    [where] = located(desk, order)
    assert (where["lat"], where["lon"], where["uncertainty_m"]) == (39.93, 116.4, 8)
    assert "±8 m" in phone.locator(SURE).inner_text()
    finish(desk, phone, order)


def test_a_phone_that_gives_no_position_says_so_and_the_map_serves(
    phone: "Page", context: "BrowserContext", desk: Desk
) -> None:
    order = begun(phone, desk)
    context.clear_permissions()
    phone.locator("[data-action=place]").click()
    phone.locator("[data-action=my-position]").click()
    hint = phone.locator("[data-testid=place-hint]")
    phone.wait_for_function(
        "!document.querySelector('[data-testid=place-hint]').innerText.includes('…')"
    )
    assert "请在图上点出地点" in hint.inner_text()
    phone.keyboard.press("Escape")
    finish(desk, phone, order)

"""Holds in a real browser: tapped by a crew, also without signal; decided above with a key."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.acts import Acts
from tests.browser.axe import serious_faults
from tests.browser.conftest import Sit
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
ON_HOLD = "[data-testid=on-hold]"


@pytest.fixture(autouse=True)
def tidy(office: Office) -> Iterator[None]:
    yield
    Acts(1).put_all_away()


def on_the_way(office: Office) -> dict[str, Any]:
    row = office.sent("east-1")
    crew = office.person("east.crew1")
    path = f"/api/assignments/{row['assignment']['id']}"
    crew.post(f"{path}/accept")
    departed: dict[str, Any] = crew.post(f"{path}/depart", {})
    return departed


def phone(sit: Sit, row: dict[str, Any]) -> "Page":
    page = sit("east.crew1", "/crew", width=360, height=640, has_touch=True)
    page.wait_for_selector(f"[data-testid=shown-order][data-number='{row['number']}']")
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    return page


def holds(office: Office, row: dict[str, Any]) -> list[dict[str, Any]]:
    page = office.person("supervisor").get(f"/api/orders/{row['id']}")
    return list(page["holds"])


def test_a_hold_tapped_without_signal_keeps_its_time_and_is_approved_by_key(
    sit: Sit, office: Office
) -> None:
    row = on_the_way(office)
    page = phone(sit, row)
    page.context.set_offline(True)
    page.click("[data-action=hold]")
    page.fill("dialog input[name=words]", "敲门三次无人应")
    page.click("[data-option=customer_unreachable]")
    page.wait_for_selector(f"{ON_HOLD}[data-state=requested]")
    assert serious_faults(page) == []
    box = page.locator("[data-action=resume]").bounding_box()
    assert box is not None
    assert box["height"] >= 48
    assert holds(office, row) == []
    page.context.set_offline(False)

    board = sit("east.desk", "/")
    line = f"[data-testid=order-row][data-number='{row['number']}']"
    board.wait_for_selector(f"{line} [data-hold-asked=customer_unreachable]")
    before = office.person("lead").get(f"/api/orders/{row['id']}")["order"]["promise"]["due_at"]
    board.click(line)
    board.keyboard.press("y")
    page.wait_for_selector(f"{ON_HOLD}[data-state=approved]")
    after = office.person("lead").get(f"/api/orders/{row['id']}")["order"]["promise"]["due_at"]
    moved = datetime.fromisoformat(after) - datetime.fromisoformat(before)
    assert moved.total_seconds() == pytest.approx(1800)

    page.click("[data-action=resume]")
    page.locator(ON_HOLD).wait_for(state="detached")
    page.wait_for_selector("[data-testid=acts] [data-act=resume][data-state=applied]")
    (hold,) = holds(office, row)
    assert (hold["state"], hold["how"], hold["words"]) == ("approved", "crew", "敲门三次无人应")
    board.keyboard.press("Enter")
    board.locator("[data-testid=order-page] [data-testid=hold-row]").get_by_text(
        "敲门三次"
    ).wait_for()


def test_a_centre_asks_and_the_lead_refuses_by_key(sit: Sit, office: Office) -> None:
    row = office.released("east")
    board = sit("east.desk", "/")
    line = f"[data-testid=order-row][data-number='{row['number']}']"
    board.click(line)
    board.keyboard.press("h")
    board.wait_for_selector("dialog[open] [data-option]")
    board.keyboard.press("w")
    board.keyboard.type("雷暴 3 级")
    board.keyboard.press("Enter")
    board.keyboard.press("3")
    board.wait_for_selector(f"{line} [data-hold-asked=unsafe_weather]")
    assert board.locator("[data-action=hold_approve]").count() == 0
    lead = sit("lead", "/")
    lead.wait_for_selector(f"{line} [data-hold-asked]")
    lead.click(line)
    lead.keyboard.press("z")
    lead.wait_for_selector("dialog[open] [data-option=no_evidence]")
    lead.keyboard.press("w")
    lead.keyboard.type("没有照片")
    lead.keyboard.press("Enter")
    lead.keyboard.press("2")
    board.locator(f"{line} [data-hold-asked]").wait_for(state="detached")
    (hold,) = holds(office, row)
    assert (hold["state"], hold["reason"]) == ("refused", "no_evidence")
    assert (hold["words"], hold["decision_words"]) == ("雷暴 3 级", "没有照片")

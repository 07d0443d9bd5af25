"""Filling the form: a place is found by number or words, and what is known near by is proposed."""

from itertools import count
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from core.db import session_factory
from dispatch.directory.models import NetworkNode
from dispatch.starter import ORG_ID
from tests.browser.axe import serious_faults
from tests.browser.town import Town, city, shown, town
from tests.office import NEEDS

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["city", "town"]
pytestmark = pytest.mark.browser
STRANGERS = count(71_001)
DUPLICATES = "[data-testid=duplicates]"


def answering(town: Town, page: "Page") -> None:
    """The agent has taken a stranger's call, and it is over."""
    page.wait_for_selector("[data-testid=call-card]")
    call = town.ring(f"+86139000{next(STRANGERS):05d}")
    shown(page, "waiting")
    page.keyboard.press("Enter")
    shown(page, "mine")
    town.hang_up(call)
    shown(page, "to_file")


def test_a_place_is_found_by_the_number_of_a_meter(town: Town) -> None:
    customer = town.customer(kind="household")
    page = town.page("agent")
    answering(town, page)
    page.locator("[name=place]").fill(customer.meter)
    option = page.locator("[data-testid=candidates] [role=option]")
    option.first.wait_for()
    assert option.first.get_attribute("data-source") == "meter"
    assert customer.address_zh in option.first.inner_text()
    assert "±" in option.first.inner_text()
    assert serious_faults(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("[name=place]").input_value() == customer.address_zh
    assert page.locator("[name=coordinates]").input_value() != ""
    assert "按电表" in page.locator("[data-testid=file-form]").inner_text()
    page.select_option("[name=fault]", "meter_fault")
    page.keyboard.press("Control+Enter")
    filed = page.locator("[data-testid=filed]")
    filed.wait_for()
    order = town.ticket_of(filed.get_attribute("data-number") or "")["order"]
    assert order["place_source"] == "meter"
    assert order["uncertainty_m"] > 0
    assert order["place"] == customer.address_zh


def test_a_duplicate_near_by_is_proposed_before_saving_and_one_key_attaches_it(
    town: Town,
) -> None:
    """Two neighbours who share no line: nearness alone tells."""
    with session_factory()() as session:
        wanted = select(NetworkNode).where(
            NetworkNode.org_id == ORG_ID,
            NetworkNode.kind == "transformer",
            NetworkNode.lat.is_not(None),
        )
        node = session.scalars(wanted.order_by(NetworkNode.code).limit(1)).one()
        code, lat, lon = node.code, node.lat, node.lon
    assert lat is not None
    known = town.office.filed(
        **{**NEEDS, "lat": lat + 0.0003, "lon": lon, "fault_code": "no_power_building"}
    )
    page = town.page("agent")
    answering(town, page)
    page.locator("[name=place]").fill(code)
    page.locator("[data-testid=candidates] [role=option]").first.click()
    page.select_option("[name=fault]", "no_power_area")
    proposed = page.locator(f"{DUPLICATES} [data-duplicate='{known['number']}']")
    proposed.wait_for()
    said = page.locator(DUPLICATES).inner_text()
    assert "相距" in said
    assert "分钟" in said
    # one list, not two: the pane beside the form shows the same order once
    assert page.locator(f"[data-testid=nearby] [data-number='{known['number']}']").count() >= 1
    assert serious_faults(page) == []
    page.locator("[name=description]").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.wait_for_selector("[data-testid=said][data-tone=done]")
    row = town.office.person("lead").get(f"/api/orders/{known['id']}")["order"]
    assert row["chase_ups"] == 1


def test_the_form_is_filed_though_nothing_can_be_looked_up(town: Town) -> None:
    customer = town.customer(kind="household")
    page = town.page("agent")
    page.route("**/api/locate**", lambda route: route.abort())
    page.route("**/api/duplicates**", lambda route: route.abort())
    page.wait_for_selector("[data-testid=call-card]")
    call = town.ring(customer.phone)
    shown(page, "waiting")
    page.keyboard.press("Enter")
    town.hang_up(call)
    shown(page, "to_file")
    page.locator("[name=place]").fill("某处 5 号")
    page.select_option("[name=fault]", "no_power_home")
    page.keyboard.press("Control+Enter")
    page.locator("[data-testid=filed]").wait_for()

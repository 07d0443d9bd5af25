"""What crews correct is listed at the supervisor's desk; one key takes it over, or says why not."""

from typing import Any

import pytest
from sqlalchemy import select

from core.db import read_session
from dispatch.directory.models import Premise, ServicePoint
from tests.browser.axe import serious_faults
from tests.browser.town import LIVE, Town, city, town

__all__ = ["city", "town"]
pytestmark = pytest.mark.browser
PROPOSAL = "[data-testid=proposal]"


def premise_of(meter: str) -> Premise:
    with read_session() as session:
        query = (
            select(Premise)
            .join(ServicePoint, ServicePoint.premise_id == Premise.id)
            .where(ServicePoint.meter == meter)
        )
        return session.scalars(query).one()


def corrected(town: Town, crew: str = "east-1") -> tuple[dict[str, Any], str]:
    """An order filed by a meter, whose place its crew found 300 m further north."""
    office, meter = town.office, town.customer(kind="household").meter
    order = office.filed(lat=None, lon=None, meter=meter)
    lead, desk = office.person("lead"), office.person("east.desk")
    lead.post(f"/api/orders/{order['id']}/release", {"centre_id": office.unit("east")})
    body = {"crew_id": office.unit(crew)}
    row = desk.post(f"/api/orders/{order['id']}/dispatch", body)
    where = {"lat": order["lat"] + 0.0027, "lon": order["lon"], "uncertainty_m": 8}
    login = f"east.crew{crew[-1]}"
    path = f"/api/assignments/{row['assignment']['id']}/place"
    office.person(login).post(path, {**where, "note": "后院第二根电杆"})
    return row, meter


def test_a_proposal_is_taken_over_and_another_refused_by_keys(town: Town) -> None:
    order, meter = corrected(town)
    other, kept = corrected(town, "east-2")
    before = premise_of(kept)
    page = town.sit("lead", "/supervisor")
    page.wait_for_selector(LIVE)
    page.locator("[data-action=review-places]").wait_for()
    page.keyboard.press("l")
    page.wait_for_selector(f"{PROPOSAL}[data-order='{order['number']}']")
    said = page.locator(PROPOSAL).inner_text()
    assert "以北 300 m" in said
    assert "后院第二根电杆" in said
    assert serious_faults(page) == []
    page.keyboard.press("a")
    page.wait_for_selector(f"{PROPOSAL}[data-order='{other['number']}']")
    moved = premise_of(meter)
    assert moved.lat == pytest.approx(order["lat"] + 0.0027, abs=1e-9)
    page.keyboard.press("r")
    page.wait_for_selector("[data-reason=directory_right]")
    page.keyboard.press("1")
    page.locator(PROPOSAL).wait_for(state="detached")
    assert (premise_of(kept).lat, premise_of(kept).lon) == (before.lat, before.lon)
    page.keyboard.press("Escape")
    page.locator("[data-action=review-places]").wait_for(state="detached")


def test_who_may_not_see_addresses_decides_by_masked_ones(town: Town) -> None:
    order, meter = corrected(town, "east-3")
    page = town.sit("supervisor", "/supervisor")
    page.wait_for_selector(LIVE)
    page.keyboard.press("l")
    page.wait_for_selector(f"{PROPOSAL}[data-order='{order['number']}']")
    said = page.locator(PROPOSAL).inner_text()
    assert premise_of(meter).address_zh not in said

"""A vehicle that nobody hears, on the board and on the page of its crew."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import now, real_now
from core.db import session_factory
from dispatch.crews.models import Vehicle
from dispatch.silence import service as silence
from gps import listening, pipeline
from gps.fix import Fix
from gps.models import Device
from tests.browser.axe import serious_faults
from tests.browser.conftest import Sit
from tests.browser.test_crew_queue import TARGET_PX
from tests.office import Office, query, unit_id

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.browser
EVERY_S = 10


def device_of(crew: str) -> UUID:
    wanted = (
        select(Device.id)
        .join(Vehicle, Vehicle.id == Device.vehicle_id)
        .where(Vehicle.crew_id == unit_id(crew))
    )
    return query(lambda session: session.scalars(wanted).one())


def sends(crew: str, first: datetime, seconds: int) -> None:
    device = device_of(crew)
    times = [first + timedelta(seconds=one) for one in range(0, seconds + 1, EVERY_S)]
    fixes = [
        Fix(device, at, at, 39.9 + 1e-4 * (at - times[0]).total_seconds(), 116.4, speed_kmh=40)
        for at in times
    ]
    pipeline.write(1, fixes, now=times[-1])


def falls_silent(crew: str) -> None:
    """Its vehicle was last seen five minutes ago."""
    listening.say("here/1", "terminal", now() - timedelta(hours=1), real_now())
    sends(crew, now() - timedelta(minutes=10), 300)
    silence.sweep(now())


def works(office: Office, crew: str) -> str:
    """The crew has an order in hand; its number."""
    order = office.sent(crew)
    centre, _, number = crew.partition("-")
    person = office.another(f"{centre}.crew{number}")
    person.post(f"/api/assignments/{order['assignment']['id']}/accept", {})
    office.turn()
    return str(order["number"])


def expected(office: Office) -> str | None:
    """When the only order of this office is expected to be reached."""
    (order,) = office.another("east.desk").get("/api/board")["orders"]
    forecast = order["promise"]["forecast"]
    return forecast and forecast["expected_at"]


def test_a_silent_vehicle_with_an_order_is_told_on_the_board_until_it_is_heard(
    office: Office, sit: Sit
) -> None:
    sends("east-1", now() - timedelta(minutes=11), 0)
    number = works(office, "east-1")
    page = sit("east.desk")
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    page.keyboard.press("w")  # the alarms
    sound = "[data-testid=sound][data-unseen='%d']"
    page.wait_for_selector(sound % 0)
    falls_silent("east-1")
    row = page.wait_for_selector("[data-testid=unseen-row][data-code=east-1]")
    assert row is not None
    assert "位置不明" in row.inner_text()
    assert number in row.inner_text()
    page.wait_for_selector(sound % 1)
    office.turn()
    assert not expected(office)
    assert page.locator("[data-testid=alerts-open]").get_attribute("data-count") == "1"
    assert serious_faults(page) == []
    page.keyboard.press("e")
    crew = page.locator("[data-testid=crew-row][data-code=east-1]")
    assert "位置未知" in crew.inner_text()

    falls_silent("east-2")  # without an order: unknown, and no alarm
    page.wait_for_selector("[data-testid=crew-row][data-code=east-2] .stale")
    sends("east-1", now(), 0)
    office.turn()
    assert expected(office)
    page.keyboard.press("w")
    page.wait_for_selector("[data-testid=unseen-row]", state="detached")
    page.wait_for_selector("[data-testid=alerts-open][data-count='0']")
    page.wait_for_selector(sound % 1)


def test_where_a_silent_vehicle_was_is_no_distance(office: Office, sit: Sit) -> None:
    sends("east-1", now(), 0)
    falls_silent("east-2")
    order = office.released("east")
    page = sit("east.desk")
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    page.wait_for_selector("[data-testid=crew-row][data-code=east-2] .stale")
    page.locator(f"[data-testid=order-row][data-number='{order['number']}']").click()
    page.keyboard.press("d")
    asked = page.locator("dialog[open]")
    asked.wait_for()
    choices = {
        crew: asked.locator(f"[data-option='{unit_id(crew)}']") for crew in ("east-1", "east-2")
    }
    assert "直线" in choices["east-1"].inner_text()
    assert "位置未知" in choices["east-2"].inner_text()
    assert "直线" not in choices["east-2"].inner_text()


def test_the_crew_is_asked_to_look_at_its_terminal(office: Office, sit: Sit) -> None:
    page = sit("west.crew1", "/crew", 360, 640, has_touch=True)
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    falls_silent("west-1")
    note = page.wait_for_selector("[data-testid=silent-device][data-kind=terminal]")
    assert note is not None
    assert "车载终端" in note.inner_text()
    for button in page.locator("[data-testid=silent-device] button").all():
        size = button.bounding_box()
        assert size is not None
        assert size["height"] >= TARGET_PX
    assert serious_faults(page) == []
    page.locator("[data-action=note-silent]").click()
    page.wait_for_selector("[data-testid=silent-device]", state="detached")
    sends("west-1", now(), 0)


def test_a_phone_that_is_not_seen_shows_how_its_position_stands(office: Office, sit: Sit) -> None:
    with session_factory()() as session:
        device = session.get_one(Device, (1, device_of("west-2")))
        device.kind, device.protocol = "phone", "app"
        session.commit()
    listening.say("here/2", "phone", now() - timedelta(hours=1), real_now())
    page = sit("west.crew2", "/crew", 360, 640, has_touch=True, locale="en-GB")
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    falls_silent("west-2")
    page.wait_for_selector("[data-testid=silent-device][data-kind=phone]")
    page.locator("[data-action=show-position]").click()
    page.wait_for_selector("[data-testid=position-state]")
    page.keyboard.press("Escape")
    sends("west-2", now(), 0)
    page.wait_for_selector("[data-testid=silent-device]", state="detached")

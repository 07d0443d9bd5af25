"""The crew's phone says where it is: allowed once, kept without signal, honest when it fails."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from dispatch.crews.models import Vehicle
from gps.models import Device, FixRow
from tests.acts import Acts
from tests.browser.axe import serious_faults
from tests.browser.test_crew_queue import TARGET_PX
from tests.office import Office, query, unit_id
from tests.people import WAIT_S

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
MARK = "[data-testid=position]"
HERE = {"latitude": 39.92, "longitude": 116.4, "accuracy": 8}
WAY = (39.9205, 39.921, 39.9215)
AGED = """ms => new Promise(done => {
  const asked = indexedDB.open('paidan-positions');
  asked.onsuccess = () => {
    const kept = asked.result.transaction('kept', 'readwrite').objectStore('kept');
    kept.get('last').onsuccess = ({ target }) => {
      kept.put({ ...target.result, at: target.result.at - ms }, 'last').onsuccess = done;
    };
  };
})"""
Sit = Callable[..., "Page"]


def phone(sit: Sit, login: str, *, allowed: bool = True, **more: Any) -> "Page":
    permissions = ["geolocation"] if allowed else []
    page = sit(
        login, "/crew", 360, 640, permissions=permissions, geolocation=HERE, has_touch=True, **more
    )
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    return page


def state(page: "Page", wanted: str) -> None:
    page.wait_for_selector(f"{MARK}[data-state={wanted}]")


def start(page: "Page") -> None:
    state(page, "off")
    page.locator(MARK).click()
    page.locator("[data-action=position-start]").click()


def fixes(crew: str) -> list[FixRow]:
    """What the crew's phones have sent, oldest first."""
    mine = (
        select(Device.id)
        .join(Vehicle, Vehicle.id == Device.vehicle_id)
        .where(Vehicle.crew_id == unit_id(crew), Device.kind == "phone")
    )
    wanted = select(FixRow).where(FixRow.device_id.in_(mine)).order_by(FixRow.fix_at)
    return query(lambda session: list(session.scalars(wanted)))


def until(condition: Callable[[], Any], seconds: float = WAIT_S) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "never came"
        time.sleep(0.2)
    return found


def go(page: "Page", lat: float) -> None:
    page.context.set_geolocation({**HERE, "latitude": lat})


def test_allowed_once_it_is_on_the_board_and_survives_a_dead_spot(office: Office, sit: Sit) -> None:
    desk = office.another("east.desk")
    desk.follow()
    vehicle = next(
        row["id"]
        for row in desk.get("/api/board")["vehicles"]
        if row["crew_id"] == office.unit("east-1")
    )
    page = phone(sit, "east.crew1")
    assert "定位未开启" in page.locator(".stale").inner_text()
    assert fixes("east-1") == []
    start(page)
    assert "值班" in page.locator("dialog").inner_text()
    for target in page.locator("dialog .body button, dialog footer button").all():
        size = target.bounding_box()
        assert size is not None
        assert size["height"] >= TARGET_PX
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    state(page, "on")
    assert page.locator(".stale").inner_text() == ""
    where = desk.wait(lambda screen: screen.positions.get(vehicle))
    assert where == (HERE["latitude"], HERE["longitude"])
    first, *_ = fixes("east-1")
    assert first.accuracy_m == HERE["accuracy"]

    office.sent("east-1")
    page.locator("[data-step=accept]:enabled").click()
    page.wait_for_selector("[data-testid=shown-order][data-state=active]")
    page.context.set_offline(True)
    page.wait_for_selector("[data-testid=connection][data-state=cut_off]")
    kept = f"{MARK}[data-waiting='%d']"
    for count, lat in enumerate(WAY, 1):
        go(page, lat)
        page.wait_for_selector(kept % count)
    page.reload()  # the phone was switched off and on; still no signal
    state(page, "on")
    page.context.set_offline(False)
    page.wait_for_selector(kept % 0)
    sent = [one.lat for one in fixes("east-1")]
    assert list(dict.fromkeys(lat for lat in sent if lat in WAY)) == list(WAY)
    assert desk.wait(lambda screen: screen.positions[vehicle][0] == WAY[-1])


def test_it_rests_while_the_crew_is_away(office: Office, sit: Sit) -> None:
    Acts(1).one_trade()
    page = phone(sit, "east.crew2")
    start(page)
    page.keyboard.press("Escape")
    state(page, "on")
    until(lambda: fixes("east-2"))
    page.locator("[data-testid=menu]").click()
    page.locator("[data-action=away]").click()
    page.locator("[data-option=meal]").click()
    state(page, "resting")
    go(page, WAY[0])
    go(page, WAY[1])
    page.locator("footer [data-action=back]:enabled").click()
    state(page, "on")
    until(lambda: fixes("east-2")[-1].lat == WAY[1])
    assert WAY[0] not in [one.lat for one in fixes("east-2")]


def test_a_browser_that_refuses_is_told_with_what_to_do(sit: Sit) -> None:
    page = phone(sit, "west.crew1", allowed=False, locale="en-GB")
    start(page)
    state(page, "denied")
    page.wait_for_selector("[data-testid=position-state]")
    page.context.grant_permissions(["geolocation"])
    page.locator("[data-action=position-again]").click()
    state(page, "on")
    page.locator("[data-action=position-stop]").click()
    state(page, "off")
    page.reload()
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    state(page, "off")


def test_a_phone_that_slept_is_told_from_when_to_when(office: Office, sit: Sit) -> None:
    """The page was gone for ten minutes; nobody had switched it off."""
    page = phone(sit, "west.crew2")
    start(page)
    page.wait_for_selector("[data-testid=position-became]")  # the server has taken one
    page.evaluate(AGED, 600_000)
    page.reload()
    state(page, "on")
    page.wait_for_function("() => /未能定位/.test(document.querySelector('.stale').textContent)")
    page.locator(MARK).click()
    [gap] = page.locator("[data-testid=position-gaps] li").all()
    minutes, _, _ = gap.inner_text().rpartition("· ")[2].partition(":")
    assert int(minutes) in (9, 10, 11)  # the page itself takes some seconds
    page.locator("[data-action=note-gaps]").click()
    page.keyboard.press("Escape")
    assert page.locator(".stale").inner_text() == ""

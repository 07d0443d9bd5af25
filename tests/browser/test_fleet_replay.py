"""A day of a vehicle is played again, and saved as a file, in a real browser."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from core.clock import now
from tests.browser.axe import faults_in_all_looks
from tests.browser.conftest import Sit
from tests.browser.test_fleet_page import MAP, fleet
from tests.fleet import drive, enrolled
from tests.gps.drives import Drive
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
BAR = "[data-testid=replay]"
SLIDER = "input[name=moment]"
STOOD_MS = 2_200_000
"""From the first position into the second stop. Hours of nothing but a stop are not shown."""


@pytest.fixture(scope="module")
def driven(office: Office) -> dict[str, Any]:
    """A vehicle that stood, drove, stood and drives; its row."""
    device, vehicle = enrolled(office)
    drive(device, Drive().wait(1200, engine=False).go(3000).wait(1500).go(2500, turn=90))
    rows = office.person("supervisor").get("/api/fleet")
    return next(row for row in rows if row["id"] == str(vehicle))


def opened(sit: Sit, driven: dict[str, Any], **more: Any) -> "Page":
    page = fleet(sit, path=f"/fleet#/{driven['id']}", **more)
    page.wait_for_selector(f"{SLIDER}:enabled")
    return page


def moment(page: "Page") -> int:
    return int(page.locator(BAR).get_attribute("data-ms") or 0)


def places(office: Office, vehicle: str) -> list[tuple[int, float, float]]:
    """Times in milliseconds and degrees, as the file of the server has them."""
    span = {"from": (now() - timedelta(days=1)).isoformat(), "to": now().isoformat()}
    file = office.person("supervisor").get(f"/api/vehicles/{vehicle}/track", **span)
    return [
        (round(datetime.fromisoformat(at).timestamp() * 1000), lat, lon)
        for one in file["features"]
        for at, (lon, lat) in zip(
            one["properties"]["coordTimes"], one["geometry"]["coordinates"], strict=True
        )
    ]


def put(page: "Page", ms: int) -> int:
    """The slider to the step before a moment; where it is then."""
    begin = int(page.locator(SLIDER).get_attribute("min") or 0)
    at = begin + (ms - begin) // 10_000 * 10_000
    page.locator(SLIDER).fill(str(at))
    page.wait_for_selector(f"{BAR}[data-ms='{at}']")
    page.wait_for_selector("[data-testid=shape-map][data-mover]")  # the track has come
    return at


def test_a_day_is_played_again_by_keys(sit: Sit, driven: dict[str, Any]) -> None:
    page = opened(sit, driven)
    marks = [one.get_attribute("data-mark") for one in page.locator("[data-mark]").all()]
    assert [one for one in marks if one != "silence"] == ["stop", "trip", "stop", "trip"]
    page.locator(f"{BAR} select").select_option("1")  # it does not end while somebody looks
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_selector(f"{BAR}[data-playing=true]")
    begun = moment(page)
    page.wait_for_function(f"Number(document.querySelector('{BAR}').dataset.ms) > {begun}")
    page.keyboard.press("Space")
    page.wait_for_selector(f"{BAR}[data-playing=false]")
    stood = moment(page)
    assert stood > begun
    for key, by in (("ArrowRight", 10), ("PageUp", 310), ("ArrowLeft", 300), ("PageDown", 0)):
        page.keyboard.press(key)
        page.wait_for_selector(f"{BAR}[data-ms='{stood + by * 1000}']")
    page.keyboard.press(">")
    assert page.locator(f"{BAR} select").input_value() == "10"
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{BAR}[data-on=false]")
    page.keyboard.press("ArrowRight")  # now it is the lines of the day again
    page.wait_for_selector("[data-testid=entry].chosen")


def test_it_is_where_it_was_and_says_so(sit: Sit, office: Office, driven: dict[str, Any]) -> None:
    page = opened(sit, driven)
    before = page.locator("[data-testid=shape-map]").bounding_box()
    track = places(office, driven["id"])
    driving = next(a for a, b in pairwise(track) if abs(b[1] - a[1]) > 5e-4)
    at = put(page, driving[0] + 60_000)
    (t1, lat1, lon1), (t2, lat2, lon2) = next(
        (a, b) for a, b in pairwise(track) if a[0] <= at < b[0]
    )
    part = (at - t1) / (t2 - t1)
    shown = page.locator("[data-testid=shape-map]").get_attribute("data-mover") or ""
    lat, lon = (float(one) for one in shown.split())
    assert lat == pytest.approx(lat1 + (lat2 - lat1) * part, abs=2e-6)
    assert lon == pytest.approx(lon1 + (lon2 - lon1) * part, abs=2e-6)
    said = page.locator(SLIDER).get_attribute("aria-valuetext") or ""
    assert said.endswith("行程 36 km/h")
    assert said in " ".join(page.locator("[data-testid=replay-now]").inner_text().split())
    put(page, track[0][0] + STOOD_MS)
    assert "停留 0 km/h" in page.locator("[data-testid=replay-now]").inner_text()
    page.locator(SLIDER).focus()
    page.keyboard.press("Space")
    page.wait_for_selector(f"{BAR}[data-playing=true]")
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{BAR}[data-on=false]")
    assert page.locator("[data-testid=shape-map]").get_attribute("data-mover") is None
    assert page.locator("[data-testid=shape-map]").bounding_box() == before


@pytest.mark.map
def test_the_mark_moves_on_the_map_and_no_look_has_a_fault(
    sit: Sit, office: Office, driven: dict[str, Any]
) -> None:
    page = opened(sit, driven)
    page.wait_for_selector(MAP)
    track = places(office, driven["id"])
    put(page, track[0][0] + STOOD_MS)
    mark = page.locator(".map-sign.lit")
    first = mark.bounding_box()
    put(page, track[-2][0])
    assert mark.count() == 1
    assert mark.bounding_box() != first
    assert faults_in_all_looks(page, "[data-testid=entry]") == []


def test_the_day_as_a_file(sit: Sit, driven: dict[str, Any]) -> None:
    page = opened(sit, driven, locale="en-GB")
    with page.expect_download() as saved:
        page.locator("[data-track=gpx]").click()
    assert saved.value.suggested_filename.startswith(f"paidan-track-{driven['plate']}-")
    assert saved.value.path().read_text().count("<trkpt") > 300
    with page.expect_download() as saved:
        page.keyboard.press("d")
    assert saved.value.path().read_text().count(driven["plate"]) > 300

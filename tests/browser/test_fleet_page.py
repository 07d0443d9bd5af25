"""The page of vehicles and fences in a real browser."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.clock import now
from core.settings import settings
from tests.browser.axe import faults_in_all_looks, serious_faults
from tests.browser.conftest import Sit
from tests.fleet import LAT, LON, drive, enrolled, fence
from tests.gps.drives import Drive
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
MAP = "[data-testid=shape-map][data-styled]"


@pytest.fixture(scope="module")
def driven(office: Office) -> dict[str, Any]:
    """A vehicle that stood, drove through two fences, stood and drives; its row."""
    supervisor = office.person("supervisor")
    supervisor.post("/api/fences", {**fence(0), "code": "yard", "name_zh": "一号车场"})
    no_go = {"name_zh": "施工禁区", "purpose": "no_go"}
    supervisor.post("/api/fences", {**fence(1500), "code": "closed", **no_go})
    device, vehicle = enrolled(office)
    way = Drive().wait(1200, engine=False).go(3000).wait(1500).go(2500, turn=90)
    drive(device, way)
    rows = supervisor.get("/api/fleet")
    return next(row for row in rows if row["id"] == str(vehicle))


def fleet(sit: Sit, login: str = "east.desk", path: str = "/fleet", **more: Any) -> "Page":
    # Where it is about noon: a drive of two hours lies within the day.
    offset = now().hour - 12
    page = sit(login, path, **{"zone": f"Etc/GMT{offset:+d}", **more})
    page.wait_for_selector("main[data-ready]")
    return page


@pytest.mark.map
def test_a_day_of_a_vehicle(sit: Sit, driven: dict[str, Any]) -> None:
    page = fleet(sit)
    page.wait_for_selector(f"[data-testid=fleet-row][data-id='{driven['id']}'][data-doing=trip]")
    page.keyboard.press("f")
    page.keyboard.type(driven["plate"].lower())
    page.wait_for_function("document.querySelectorAll('[data-testid=fleet-row]').length === 1")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.wait_for_selector("[data-testid=day][data-ready=true]")
    said = [one.get_attribute("data-kind") for one in page.locator("[data-testid=entry]").all()]
    assert said == ["stop", "trip", "exit", "enter", "exit", "stop", "trip"]
    assert page.locator("[data-sum=distance]").inner_text() == "5.5 km"
    page.get_by_text("施工禁区").first.wait_for()
    # The keyboard steps through the day; the chosen trip is lit on the map.
    before = int(page.locator("[data-testid=shape-map]").get_attribute("data-ways") or 0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[data-kind=trip].chosen [aria-current=true]")
    after = int(page.locator("[data-testid=shape-map]").get_attribute("data-ways") or 0)
    assert after == before + 1
    page.wait_for_selector("[data-testid=day-band] [data-block=trip].chosen")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-testid=entry].chosen", state="detached")


@pytest.mark.map
def test_another_day_and_the_address(sit: Sit, driven: dict[str, Any]) -> None:
    page = fleet(sit, path=f"/fleet#/{driven['id']}")
    page.wait_for_selector("[data-testid=day][data-ready=true]")
    today = page.locator("[data-testid=day]").get_attribute("data-day")
    for _ in range(3):
        page.keyboard.press("[")
    page.get_by_text("当日没有定位", exact=True).wait_for()
    page.reload()
    page.get_by_text("当日没有定位", exact=True).wait_for()
    assert page.locator("[data-testid=day]").get_attribute("data-day") != today
    page.keyboard.press("t")
    page.wait_for_selector(f"[data-day='{today}'] [data-testid=entry]")
    page.keyboard.press("]")  # nobody knows the future
    assert page.locator("[data-testid=day]").get_attribute("data-day") == today


def test_a_vehicle_that_fell_silent_is_unknown_since_then(sit: Sit, office: Office) -> None:
    device, vehicle = enrolled(office)
    drive(device, Drive().wait(600).go(2000), ago_s=3000)
    page = fleet(sit, path=f"/fleet#/{vehicle}")
    page.wait_for_selector(f"[data-testid=fleet-row][data-id='{vehicle}'][data-doing=unknown]")
    page.wait_for_selector("[data-testid=entry][data-kind=silence]")
    said = [one.get_attribute("data-kind") for one in page.locator("[data-testid=entry]").all()]
    lasted = [kind for kind in said if kind in ("stop", "trip", "silence")]
    assert lasted == ["stop", "trip", "silence"]
    assert page.locator("[data-testid=day-band] [data-block=silence]").count() == 1


@pytest.mark.map
def test_the_way_of_a_week(sit: Sit, office: Office, driven: dict[str, Any]) -> None:
    span = {"from": (now() - timedelta(days=2)).isoformat(), "to": now().isoformat()}
    told = office.person("east.desk").get("/api/reports/distance", **span)
    day = next(row["day"] for row in told if row["vehicle_id"] == driven["id"])
    page = fleet(sit, path="/fleet#/distances", zone=settings().timezone)
    week = page.locator("[data-testid=weeks]")
    first = week.get_attribute("data-from") or ""
    if day < first:  # it drove last night, and this is Monday
        page.keyboard.press("[")
    line = page.locator(f"[data-testid=week][data-plate='{driven['plate']}']")
    line.wait_for()
    # What is under way counts when it is over.
    assert line.locator("strong").inner_text() == "3.0 km"
    assert serious_faults(page) == []
    with page.expect_download() as saved:
        page.keyboard.press("d")
    assert driven["plate"] in saved.value.path().read_text()
    page.keyboard.press("[")
    page.get_by_text("这一周没有里程").wait_for()
    page.keyboard.press("]")
    line.locator("a.num").first.click()
    page.wait_for_selector(f"[data-testid=day][data-vehicle='{driven['id']}'][data-day='{day}']")


@pytest.mark.map
def test_no_fault_in_any_look(sit: Sit, driven: dict[str, Any]) -> None:
    page = fleet(sit, path=f"/fleet#/{driven['id']}")
    assert faults_in_all_looks(page, "[data-testid=entry]") == []
    page.keyboard.press("2")
    page.wait_for_selector("[data-testid=fence-row]")
    assert serious_faults(page) == []


@pytest.mark.map
def test_a_fence_is_drawn_changed_and_taken_out_of_use(sit: Sit, office: Office) -> None:
    page = fleet(sit, path="/fleet#/fences")
    page.keyboard.press("n")
    page.wait_for_selector("[data-testid=fence-form]")
    page.wait_for_selector(MAP)
    assert serious_faults(page) == []
    page.fill("input[name=code]", "north-gate")
    page.fill("input[name=name_zh]", "北门")
    page.keyboard.press("Enter")
    page.get_by_text("形状还不完整").wait_for()
    page.click("[data-testid=draw-shape] [data-kind=circle]")
    canvas = page.locator(".maplibregl-canvas")
    canvas.click(position={"x": 200, "y": 150})
    page.wait_for_selector("[data-testid=draw-shape][data-complete=true]")
    page.fill("input[name=size]", "250")
    page.click("[data-action=save]")
    page.wait_for_selector("[data-testid=fence-row][data-code=north-gate]")
    desk = office.person("east.desk")
    made = next(one for one in desk.get("/api/fences") if one["code"] == "north-gate")
    assert made["shape"]["radius_m"] == 250
    assert made["unit_id"] == office.unit("east")
    # Without a mouse: the coordinates as text, to another kind of shape.
    page.keyboard.press("e")
    page.wait_for_selector("[data-testid=fence-form]")
    page.click("[data-testid=draw-shape] [data-kind=polygon]")
    corners = "\n".join(f"{LAT + a}, {LON + b}" for a, b in ((0, 0), (0.01, 0), (0, 0.01)))
    page.fill("textarea[name=points]", corners)
    page.click("[data-action=save]")
    page.wait_for_selector("[data-testid=fence-form]", state="detached")
    made = next(one for one in desk.get("/api/fences") if one["code"] == "north-gate")
    assert made["shape"]["kind"] == "polygon"
    assert len(made["shape"]["points"]) == 3
    page.keyboard.press("x")
    page.wait_for_selector("[data-code=north-gate][data-active=false]")
    page.click("[data-action=offer]")
    page.wait_for_selector("[data-code=north-gate][data-active=true]")


def test_a_code_that_is_taken_is_said_at_its_field(sit: Sit, driven: dict[str, Any]) -> None:
    page = fleet(sit, path="/fleet#/fences")
    page.keyboard.press("n")
    page.fill("input[name=code]", "yard")
    page.fill("input[name=name_zh]", "车场")
    page.click("[data-testid=draw-shape] [data-kind=circle]")
    page.fill("textarea[name=points]", f"{LAT}, {LON}")
    page.click("[data-action=save]")
    page.wait_for_selector("input[name=code][aria-invalid=true]:focus")
    page.get_by_text("已有此编号").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-testid=fence-form]", state="detached")


def test_fences_are_imported_all_or_none(sit: Sit, office: Office) -> None:
    page = fleet(sit, path="/fleet#/fences")
    page.keyboard.press("i")
    broken = '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"g1"}'
    page.fill("textarea[name=geojson]", broken)
    page.click("[data-action=import-now]")
    page.get_by_text("不是 JSON").wait_for()
    point = f'"geometry":{{"type":"Point","coordinates":[{LON},{LAT}]}}'
    named = '"properties":{"code":"g1","name_zh":"东门","purpose":"zone","radius_m":80}'
    feature = f'{{"type":"Feature",{named},{point}}}'
    page.fill("textarea[name=geojson]", f'{{"type":"FeatureCollection","features":[{feature}]}}')
    page.click("[data-action=import-now]")
    page.wait_for_selector("[data-testid=fence-row][data-code=g1]")


def test_who_may_not_is_told_so(sit: Sit) -> None:
    page = sit("agent", "/fleet", locale="en-GB")
    page.get_by_role("alert").first.wait_for()

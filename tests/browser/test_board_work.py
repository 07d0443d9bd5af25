"""Work on the board by key and by mouse: filters, alarms, absences, sending on, the map."""

import base64
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import redis

from core.clock import now
from core.db import session_factory
from core.settings import settings
from dispatch.directory.service import keep_map
from dispatch.starter import ORG_ID
from gps.publish import RECORD, channel
from sla import service as sla
from tests.acts import Acts, refused
from tests.browser.axe import serious_faults, show_in
from tests.browser.conftest import Sit
from tests.browser_fixtures import PATIENCE_MS
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SITE = (39.9239, 116.3966)
INK = """() => {
  const canvas = document.querySelector('canvas.marks');
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) ink += 1;
  return ink;
}"""


@pytest.fixture(autouse=True)
def nothing_left(office: Office) -> Iterator[None]:
    """Crews can stand in for each other; afterwards all are back and no order is open."""
    acts = Acts(ORG_ID)
    acts.one_trade()
    yield
    acts.put_all_away()
    for crew in ("east-1", "east-2"):
        refused(acts.back, crew)


def live(page: "Page") -> "Page":
    page.wait_for_selector("[data-testid=connection][data-state=live]", state="attached")
    page.wait_for_selector("[data-testid=crew-row]")
    return page


def row(page: "Page", order: dict[str, Any], **has: str) -> None:
    """Wait until the order's row has these attributes."""
    more = "".join(f"[data-{name}={value}]" for name, value in has.items())
    page.wait_for_selector(f"[data-testid=order-row][data-number='{order['number']}']{more}")


def shown(page: "Page") -> set[str]:
    rows = page.locator("[data-testid=order-row]").all()
    return {str(one.get_attribute("data-number")) for one in rows}


def test_a_filter_says_what_it_hides_and_is_remembered(office: Office, sit: Sit) -> None:
    waiting, gone = office.filed(), office.released()
    page = live(sit("lead"))
    row(page, gone)
    page.keyboard.press("6")  # only what waits for me
    page.wait_for_selector("[data-testid=hidden][data-count='1']")
    assert shown(page) == {waiting["number"]}
    page.reload()
    page.wait_for_selector("[data-testid=hidden][data-count='1']")
    row(page, waiting)
    assert shown(page) == {waiting["number"]}
    page.keyboard.press("u")
    row(page, gone)
    page.keyboard.press("f")
    page.keyboard.press("ArrowDown")  # the first step: at the hotline
    page.wait_for_selector("[data-testid=hidden][data-count='1']")
    assert shown(page) == {waiting["number"]}
    page.locator("[data-action=unfilter]").click()
    row(page, gone)
    page.locator("[data-filter=late]").click()
    page.wait_for_selector("[data-testid=hidden][data-count='2']")
    assert shown(page) == set()


def test_alarms_are_noted_one_after_the_other_by_key(office: Office, sit: Sit) -> None:
    orders = [office.released(), office.released()]
    sla.sweep(now() + timedelta(minutes=5))
    page = live(sit("lead"))
    page.wait_for_selector("[data-testid=alerts-open]:not([data-count='0'])")
    page.keyboard.press("w")
    page.wait_for_selector("[data-testid=alert-row]:has(button:focus)")
    page.keyboard.press("q")
    page.wait_for_selector("[data-testid=alert-row][data-noted=true]")
    page.wait_for_selector("[data-testid=alert-row][data-noted=false]:has(button:focus)")
    page.keyboard.press("q")
    page.wait_for_selector("[data-testid=alerts-open][data-count='0']")
    numbers = {one.get_attribute("data-number") for one in page.locator("[data-noted=true]").all()}
    assert numbers == {order["number"] for order in orders}
    # Noted is not solved: they stand there until the cause ends.
    assert page.locator("[data-testid=alert-row]").count() == 2


def test_a_crew_goes_away_and_comes_back_by_key(office: Office, sit: Sit) -> None:
    order = office.released()
    page = live(sit("east.desk"))
    page.keyboard.press("e")
    page.wait_for_selector("[data-code=east-1]:has(button:focus)")
    page.keyboard.press("b")
    page.wait_for_selector("dialog [data-option=meal]:focus")
    page.keyboard.press("1")
    page.wait_for_selector("[data-code=east-1][data-state=away]")
    assert "用餐" in page.locator("[data-code=east-1]").inner_text()
    page.keyboard.press("Escape")
    page.locator(f"[data-number='{order['number']}']").click()
    page.keyboard.press("d")
    choice = page.locator(f"dialog [data-option='{office.unit('east-1')}']")
    choice.wait_for()
    assert choice.is_disabled()
    assert "用餐" in choice.inner_text()
    page.keyboard.press("Escape")
    page.locator("[data-code=east-1] .pick").focus()
    page.keyboard.press("b")
    page.wait_for_selector("[data-code=east-1][data-state=free]")


def held_by(office: Office, order: dict[str, Any]) -> str | None:
    found = office.person("lead").get(f"/api/orders/{order['id']}")["order"]["assignment"]
    return str(found["crew_id"]) if found else None


def test_an_order_goes_to_another_crew_by_key(office: Office, sit: Sit) -> None:
    order = office.sent("east-1")
    page = live(sit("east.desk"))
    row(page, order)
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.wait_for_selector(f"dialog [data-option='{office.unit('east-1')}']:disabled")
    page.keyboard.press("1")
    page.wait_for_selector("dialog [data-option=crew_unavailable]")
    page.keyboard.press("4")
    page.wait_for_selector("[data-testid=said][data-tone=done]")
    assert held_by(office, order) not in (None, office.unit("east-1"))


def test_an_order_goes_to_another_crew_by_mouse(office: Office, sit: Sit) -> None:
    order, first = office.sent("east-1"), office.released()
    page = live(sit("east.desk"))
    row(page, order)
    page.drag_and_drop(f"[data-number='{order['number']}']", "[data-code=east-3]")
    page.locator("dialog [data-option=crew_unavailable]").click()
    page.wait_for_selector("[data-testid=said][data-tone=done]")
    assert held_by(office, order) == office.unit("east-3")
    page.locator(f"[data-number='{first['number']}']").click()
    page.locator("[data-code=east-2]").hover()
    page.locator("[data-code=east-2] [data-action=send-here]").click()
    row(page, first, state="assigned")
    assert held_by(office, first) == office.unit("east-2")


def test_what_changed_is_marked_until_looked_at(office: Office, sit: Sit) -> None:
    order = office.filed()
    page = live(sit("supervisor"))
    row(page, order)
    assert page.locator("[data-news]").count() == 0
    body = {"centre_id": office.unit("east")}
    office.person("lead").post(f"/api/orders/{order['id']}/release", body)
    page.wait_for_selector(f"[data-number='{order['number']}'] [data-news=changed]")
    page.keyboard.press("v")
    page.wait_for_selector("[data-news]", state="detached")


def publish(crew: str, office: Office, lat: float, lon: float) -> None:
    vehicles = office.person("lead").get("/api/board")["vehicles"]
    vehicle = next(one for one in vehicles if one["crew_id"] == office.unit(crew))
    at = int(now().timestamp())
    place = (round(lat * 1e6), round(lon * 1e6), 360, 45, at, 60)
    with redis.Redis.from_url(str(settings().redis_url)) as client:
        client.publish(channel(ORG_ID), RECORD.pack(uuid.UUID(vehicle["id"]).bytes, *place))


@pytest.mark.map
def test_a_vehicle_is_drawn_where_it_is_and_leads_to_its_crew(office: Office, sit: Sit) -> None:
    office.filed()
    page = live(sit("lead"))
    page.wait_for_selector("canvas.marks[data-orders='1'][data-vehicles='0']", state="attached")
    before = page.evaluate(INK)
    assert before > 0
    publish("east-1", office, SITE[0] + 0.004, SITE[1])
    page.wait_for_selector("[data-testid=map][data-vehicles='1']")
    page.keyboard.press("0")
    page.wait_for_selector("canvas.marks[data-vehicles='1']", state="attached")
    assert page.evaluate(INK) != before
    box = page.locator("[data-testid=map]").bounding_box()
    assert box is not None
    # Fitted: the order stands at the bottom of the frame, the vehicle at its top, above it.
    for y in range(int(box["y"]) + 20, int(box["y"] + box["height"] / 2), 6):
        page.mouse.click(box["x"] + box["width"] / 2, y)
        if page.locator("[data-code=east-1] .pick[aria-pressed=true]").count():
            break
    else:
        pytest.fail("no vehicle was found on the map")
    assert page.locator("[data-code=east-1]").get_attribute("class") is not None


@pytest.mark.map
def test_the_base_map_is_drawn_in_both_themes(office: Office, sit: Sit) -> None:
    corners = [[[116, 39.5], [117, 39.5], [117, 40.5], [116, 40.5], [116, 39.5]]]
    names = {"layer": "water", "name_zh": "大湖", "name_en": "Great Lake"}
    shape = {"type": "Polygon", "coordinates": corners}
    lake = {"type": "Feature", "properties": names, "geometry": shape}
    with session_factory()() as session:
        keep_map(session, ORG_ID, {"type": "FeatureCollection", "features": [lake]})
        session.commit()
    office.filed()
    page = live(sit("lead"))
    for theme in ("dark", "light"):
        show_in(page, theme, "zh")
        live(page)
        page.wait_for_selector("canvas.marks[data-orders='1']", state="attached")
        wanted = page.evaluate(
            "getComputedStyle(Object.assign(document.body.appendChild("
            "document.createElement('i')), {style: 'color: var(--map-water)'})).color"
        )
        for _ in range(PATIENCE_MS // 100):
            if pixel(page) == wanted:
                break
            page.wait_for_timeout(100)
        assert pixel(page) == wanted, theme
    assert serious_faults(page) == []


def pixel(page: "Page") -> str:
    """The colour of the map beside its middle, as CSS says it."""
    box = page.locator("[data-testid=map]").bounding_box()
    assert box is not None
    clip: Any = {"x": box["x"] + 60, "y": box["y"] + 60, "width": 1, "height": 1}
    shot = base64.b64encode(page.screenshot(clip=clip)).decode()
    red, green, blue = page.evaluate(
        """async (shot) => {
          const image = new Image();
          image.src = `data:image/png;base64,${shot}`;
          await image.decode();
          const c = document.createElement('canvas').getContext('2d');
          c.drawImage(image, 0, 0);
          return [...c.getImageData(0, 0, 1, 1).data].slice(0, 3);
        }""",
        shot,
    )
    return f"rgb({red}, {green}, {blue})"


@pytest.mark.parametrize("link", [str(uuid.UUID(int=7)), "20260101-0001"])
def test_a_link_to_an_unknown_order_says_so(sit: Sit, link: str) -> None:
    page = sit("lead", f"/#/orders/{link}")
    live(page)
    said = page.locator("[data-testid=said][data-tone=refused]")
    said.wait_for()
    assert "此链接没有对应的工单" in said.inner_text()
    page.locator("[data-testid=language]").click()
    page.get_by_text("This link leads to no order that you may see.").wait_for()

"""A crew calls for help and is heard; the crew's tap beside GPS and the drawn site, on the map."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.acts import Acts
from tests.browser.axe import LANGUAGES, THEMES, serious_faults, show_in
from tests.browser.conftest import Sit
from tests.office import Office
from tests.places.scene import BEGINNING, OLD, Drive

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
LIVE = "[data-testid=connection][data-state=live]"
BANNER = "[data-testid=help]"
NOTE = "[data-testid=help-note]"
PHONE: Any = {"width": 360, "height": 640, "has_touch": True}
HERE: Any = {
    "geolocation": {"latitude": 39.93, "longitude": 116.4, "accuracy": 12},
    "permissions": ["geolocation"],
}
MAP = "[data-testid=tap-map] [data-testid=shape-map][data-styled]"
APART = "[data-testid=apart]"


@pytest.fixture(autouse=True)
def tidy(office: Office) -> Iterator[None]:
    yield
    for row in office.person("supervisor").get("/api/board")["help"]:
        office.person("supervisor").post(f"/api/help/{row['id']}/end", {"outcome": "helped"})
    Acts(1).put_all_away()


def live(sit: Sit, who: str, path: str, **more: Any) -> "Page":
    page = sit(who, path, **more)
    page.wait_for_selector(LIVE)
    return page


def rings(page: "Page", times: int) -> None:
    page.wait_for_selector(f"[data-testid=sound][data-help='{times}']")


def open_case(page: "Page", number: str) -> None:
    page.wait_for_selector("main[data-ready]")
    page.keyboard.press("6")
    page.click(f"[data-testid=breach-row][data-number='{number}'][data-code=H] button")
    page.wait_for_selector("[data-testid=anomaly][data-kind=disagree]")


def test_a_call_is_seen_heard_noted_and_ended_and_the_crew_is_told(
    sit: Sit, office: Office
) -> None:
    board = live(sit, "east.desk", "/")
    other = live(sit, "west.desk", "/")
    breaches = live(sit, "supervisor", "/breaches")
    crew = live(sit, "east.crew2", "/crew", **PHONE, **HERE)
    crew.locator("[data-testid=position][data-state=off]").click()
    crew.locator("[data-action=position-start]").click()
    crew.wait_for_selector("[data-testid=position][data-state=on]")
    crew.keyboard.press("Escape")
    crew.locator("header [data-action=help]").tap()
    crew.wait_for_selector(f"{NOTE}[data-state=sent]")
    assert "39.93" in board.wait_for_selector(BANNER).inner_text()
    for page in (board, breaches):
        page.wait_for_selector(f"{BANNER} [data-seen=false]")
        rings(page, 1)
        assert serious_faults(page) == []
    board.keyboard.press("!")
    assert board.locator("[data-action=help-note]").evaluate("it => it === document.activeElement")
    board.keyboard.press("q")
    crew.wait_for_selector(f"{NOTE}[data-state=seen]")
    assert serious_faults(crew) == []
    breaches.wait_for_selector(f"{BANNER} [data-seen=true]")
    board.wait_for_selector(f"{BANNER} [data-seen=true]")

    crew.locator("header [data-action=help]").tap()
    board.wait_for_selector(f"{BANNER} [data-seen=false]")
    rings(board, 2)
    crew.locator("[data-action=help-withdraw]").tap()
    for page in (board, breaches):
        page.wait_for_selector(BANNER, state="detached")
    crew.wait_for_selector(NOTE, state="detached")
    rings(other, 0)


def test_without_signal_the_call_is_kept_and_goes_out_with_it(sit: Sit, office: Office) -> None:
    crew = live(sit, "east.crew1", "/crew", **PHONE)
    crew.context.set_offline(True)
    crew.wait_for_selector("[data-testid=connection][data-state=cut_off]")
    crew.locator("header [data-action=help]").tap()
    crew.wait_for_selector(f"{NOTE}[data-state=waiting]")
    assert office.person("supervisor").get("/api/board")["help"] == []
    crew.context.set_offline(False)
    crew.wait_for_selector(f"{NOTE}[data-state=sent]")
    assert len(office.person("supervisor").get("/api/board")["help"]) == 1


@pytest.mark.map
def test_tap_and_gps_side_by_side_with_the_way_on_the_map(
    sit: Sit, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch.orders.oddities.AHEAD", timedelta(hours=1))
    row = office.sent("east-1")
    path = f"/api/assignments/{row['assignment']['id']}"
    crew = office.person("east.crew1")
    crew.post(f"{path}/accept", {})
    drive = Drive(Acts(1), UUID(row["id"]))
    drive.stand(BEGINNING, 4)
    drive.go(BEGINNING, OLD)
    drive.stand(OLD, 430)
    monkeypatch.setattr("core.uow.clock_now", lambda: drive.at)
    monkeypatch.setattr("api.routes.reviews.now", lambda: drive.at)
    tap = {"at": drive.at.isoformat(), "lat": OLD[0], "lon": OLD[1], "accuracy_m": 12}
    crew.post(f"{path}/arrive", tap)
    office.turn()

    board = live(sit, "east.desk", f"/#/orders/{row['id']}")
    board.wait_for_selector("tr[data-beside=H]")
    assert board.locator("tr[data-point=G] [data-untapped]").count() == 1
    assert board.locator("tr[data-point=H] [data-untapped]").count() == 0
    page = live(sit, "supervisor", "/breaches", locale="en-GB")
    open_case(page, row["number"])
    said = page.locator(APART).inner_text()
    assert "7:" in said
    assert "after GPS" in said
    table = page.locator("[data-testid=side-by-side]").inner_text()
    assert "GPS" in table
    assert "±12 m" in table
    drawn = page.wait_for_selector(MAP)
    assert drawn is not None
    assert drawn.get_attribute("data-shapes") == "1"
    assert drawn.get_attribute("data-ways") == "1"
    signs = page.locator("[data-testid=tap-map] .map-sign")
    assert {"GPS", "tap · phone"} <= set(signs.all_inner_texts())
    slide = page.locator("[data-testid=tap-slide]")
    before = slide.get_attribute("aria-valuetext")
    slide.focus()
    page.keyboard.press("Home")
    page.wait_for_function(
        "was => document.querySelector('[data-testid=tap-slide]').ariaValueText !== was",
        arg=before,
    )
    for theme, language in zip(THEMES, LANGUAGES, strict=True):
        show_in(page, theme, language)
        open_case(page, row["number"])
        page.wait_for_selector(MAP)
        assert serious_faults(page) == []


@pytest.mark.map
def test_a_site_is_drawn_with_clicks_or_words_and_taken_back(sit: Sit, office: Office) -> None:
    row = office.sent("east-1")
    page = live(sit, "east.desk", "/")
    page.wait_for_selector(f"[data-testid=order-row][data-number='{row['number']}']")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=site][data-drawn=false]")
    page.keyboard.press("p")
    page.wait_for_selector("dialog [data-testid=shape-map][data-styled]")
    box = page.locator("dialog [data-testid=shape-map]").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for east, south in ((-60, -60), (70, -50), (60, 70), (-70, 60)):
        page.mouse.click(middle[0] + east, middle[1] + south)
    page.wait_for_selector("dialog [data-points='4'][data-complete=true]")
    assert serious_faults(page) == []
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-testid=site][data-drawn=true]")
    desk = office.person("east.desk")
    site = desk.get(f"/api/orders/{row['id']}")["site"]
    assert (site["shape"]["kind"], len(site["shape"]["points"])) == ("polygon", 4)
    assert (site["lat"], site["lon"]) == (row["lat"], row["lon"]), "the drawing holds the point"

    page.keyboard.press("p")
    page.locator("dialog [data-kind=circle]").click()
    page.fill("dialog textarea", f"{row['lat']}, {row['lon']}")
    page.fill("dialog input[name=size]", "45")
    page.locator("[data-action=site-save]").click()
    page.get_by_text("45 m").first.wait_for()
    page.keyboard.press("p")
    page.locator("[data-action=site-circle]").click()
    page.wait_for_selector("[data-testid=site][data-drawn=false]")

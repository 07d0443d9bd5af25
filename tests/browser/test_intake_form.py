"""The form under a tired hand: what is no answer, what is wrong at its field, nothing cut."""

from typing import TYPE_CHECKING

import pytest

from core.db import session_factory
from core.ids import new_id
from dispatch.directory.models import Region
from dispatch.starter import ORG_ID
from tests.browser.conftest import Sit
from tests.browser.test_guides import GUIDE, LIVE, form
from tests.harness import ROOT
from tests.office import Office, unit_id

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
RESULTS = ROOT / "test-results"
SQUARE = [[116.0, 39.0], [117.0, 39.0], [117.0, 40.0], [116.0, 40.0], [116.0, 39.0]]
PHONE, CALLER = "input[name=phone]", "input[name=caller]"


@pytest.fixture(scope="module", autouse=True)
def district(office: Office) -> None:
    """All of the town is east's."""
    with session_factory()() as session:
        names = {"code": "D1", "name_zh": "景山", "name_en": "Jingshan"}
        outline = {"type": "Polygon", "coordinates": [SQUARE]}
        where = {"centre_id": unit_id("east"), "outline": outline}
        session.add(Region(org_id=ORG_ID, id=new_id(), **names, **where))
        session.commit()


def picture(page: "Page", name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"intake-{name}.png")


def box(page: "Page", selector: str) -> dict[str, float]:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)


def test_a_key_that_is_no_answer_does_nothing(sit: Sit) -> None:
    page = form(sit, "no_power_home")
    for key in ("n", "n"):
        before = page.locator(GUIDE).get_attribute("data-question")
        page.keyboard.press(key)
        page.wait_for_selector(f"{GUIDE}:not([data-question={before}])")
    page.wait_for_selector(f"{GUIDE}[data-question=neighbours] [data-next]:focus")
    for key in ("n", "f", "o", "9", "m", "/", "g", "b"):
        page.keyboard.press(key)
    assert page.locator(f"{GUIDE}[data-question=neighbours] [data-next]:focus").count() == 1
    page.keyboard.press("1")
    page.wait_for_selector(f"{GUIDE}:not([data-question=neighbours])")
    assert page.input_value("textarea[name=description]") == ""
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.wait_for_selector("input[name=place]:focus")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_foot_says_the_trade_that_the_form_says(sit: Sit, locale: str) -> None:
    page = form(sit, "no_power_home", locale)
    page.fill("input[name=place]", "景山街道 12 号楼")
    page.fill("input[name=coordinates]", "39.9239, 116.3966")
    page.locator("[data-testid=route]:not([data-centre=''])").wait_for()
    page.select_option("select[name=trade]", "medium_voltage")
    chosen = page.locator("select[name=trade] option:checked").inner_text()
    page.wait_for_function(
        "name => document.querySelector('[data-testid=route]').textContent.includes(name)",
        arg=chosen,
    )
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    page.keyboard.press("y")
    page.wait_for_selector("[data-testid=advice]")
    picture(page, f"route-{locale[:2]}")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_why_it_is_urgent_is_read_in_full(sit: Sit, locale: str) -> None:
    page = form(sit, "no_power_home", locale)
    page.keyboard.press("y")
    page.wait_for_selector("[data-testid=advice]")
    why = "[data-testid=guide-why]"
    cut = page.locator(why).evaluate("one => one.scrollHeight - one.clientHeight")
    assert cut <= 1
    told, guide = box(page, why), box(page, GUIDE)
    assert told["y"] + told["height"] <= guide["y"] + 1


def test_what_can_be_no_number_is_said_before_sending(sit: Sit) -> None:
    page = form(sit, "meter_fault")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    page.select_option("select[name=kind]", "praise")
    for wrong in ("abc", "1380013800x", "12", "138-0013-80O0"):
        page.fill(PHONE, wrong)
        page.wait_for_selector(f"{PHONE}[aria-invalid=true]")
        assert page.locator("[data-wrong=phone]").inner_text() != ""
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"{PHONE}:focus")
    assert [one for one in sent if "/api/tickets" in one] == []
    for right in (
        "110",
        "13800138000",
        "+86 138 0013 8000",
        "(010)65001234-801",
        "010-65001234转801",
    ):
        page.fill(PHONE, right)
        page.wait_for_selector(f"{PHONE}:not([aria-invalid])")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-testid=said][data-tone=done]")


def test_what_the_server_refuses_is_said_at_its_field(sit: Sit) -> None:
    page = form(sit, "meter_fault")
    page.select_option("select[name=kind]", "praise")
    assert page.locator(CALLER).get_attribute("maxlength") == "100"
    page.locator(CALLER).evaluate("one => one.removeAttribute('maxlength')")
    page.fill(CALLER, "长" * 120)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"{CALLER}[aria-invalid=true]:focus")
    assert "100" in page.locator("[data-wrong=caller]").inner_text()
    assert "body." not in page.inner_text("[data-testid=file-form]")
    picture(page, "refused")
    page.fill(CALLER, "王女士")
    page.wait_for_selector(f"{CALLER}:not([aria-invalid])")


def test_what_is_open_near_by_moves_no_field(sit: Sit, office: Office) -> None:
    known = office.filed(lat=39.95, lon=116.45)
    page = form(sit, "no_power_building")
    page.fill("input[name=place]", "景山街道 12 号楼")
    before = box(page, "textarea[name=description]"), box(page, "[data-action=submit-file]")
    page.fill("input[name=coordinates]", "39.95, 116.45")
    page.wait_for_selector(f"[data-testid=duplicates] [data-duplicate='{known['number']}']")
    after = box(page, "textarea[name=description]"), box(page, "[data-action=submit-file]")
    assert after == before
    picture(page, "near")
    page.wait_for_selector(LIVE)


def test_what_another_hotline_hands_over_is_filed_as_such(sit: Sit, office: Office) -> None:
    page = form(sit, "no_power_home")
    page.select_option("[name=kind]", "complaint")
    page.select_option("[name=channel]", "12345")
    page.fill("[name=description]", "转办：电费")
    picture(page, "handed-over")
    with page.expect_response("**/api/tickets") as answered:
        page.keyboard.press("Control+Enter")
    assert answered.value.request.post_data_json["channel"] == "12345"
    assert answered.value.status == 201

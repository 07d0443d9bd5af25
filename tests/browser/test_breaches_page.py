"""Breaches, appeals, rulings and anomalies in a real browser, by letters."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.clock import now
from sla import service as sla
from tests.acts import Acts
from tests.browser.axe import faults_in_all_looks, serious_faults
from tests.browser.conftest import Sit
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
ROW = "[data-testid=breach-row]"
CASE = "[data-testid=case]"


@pytest.fixture(autouse=True)
def tidy(office: Office) -> Iterator[None]:
    yield
    Acts(1).put_all_away()


@contextmanager
def earlier(minutes: float) -> Iterator[None]:
    """What is done here was done so long ago."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.uow.clock_now", lambda: now() - timedelta(minutes=minutes))
        yield


def late_order(office: Office) -> dict[str, Any]:
    """An order whose crew accepted 50 minutes ago and has not departed."""
    with earlier(50):
        row = office.sent("east-1")
        office.person("east.crew1").post(f"/api/assignments/{row['assignment']['id']}/accept", {})
    desk = office.person("supervisor")
    while not {"FG", "AH"} <= {
        one["code"] for one in desk.get("/api/reviews", order_id=row["id"])["rows"]
    }:
        sla.sweep(now())
        office.turn()
    return row


def at_list(sit: Sit, who: str, row: dict[str, Any], code: str, **more: Any) -> "Page":
    page = sit(who, "/breaches", **more)
    page.wait_for_selector(f"{ROW}[data-number='{row['number']}'][data-code={code}]")
    return page


def choose(page: "Page", row: dict[str, Any], code: str) -> None:
    page.click(f"{ROW}[data-number='{row['number']}'][data-code={code}] button")
    page.wait_for_selector(CASE)
    page.locator(f"{CASE} table").first.wait_for()


def test_a_breach_is_appealed_with_a_file_and_ruled_on(sit: Sit, office: Office) -> None:
    row = late_order(office)
    desk = at_list(sit, "east.desk", row, "FG")
    choose(desk, row, "FG")
    desk.keyboard.press("a")
    desk.select_option("dialog select[name=reason]", "traffic")
    desk.fill("dialog textarea", "地库出口被货车堵住")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector(f"{CASE}[data-state=appealed]")
    desk.set_input_files(
        "#review-file", {"name": "门口.png", "mimeType": "image/png", "buffer": PNG}
    )
    desk.get_by_text("门口.png").first.wait_for()

    page = at_list(sit, "supervisor", row, "FG")
    page.keyboard.press("4")
    choose(page, row, "FG")
    page.get_by_text("地库出口被货车堵住").wait_for()
    page.keyboard.press("w")
    page.fill("dialog input[name=minutes]", "20")
    page.fill("dialog textarea", "监控属实")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"{CASE}[data-state=ruled]")
    assert "20:00" in page.locator("[data-testid=ruling]").inner_text()
    # The centre's page, open all the while, is told.
    desk.wait_for_selector(f"{CASE}[data-state=ruled]")
    page.keyboard.press("3")
    choose(page, row, "FG")
    raw = page.locator("[data-testid=raw]").inner_text()
    assert raw.split("+")[1] > "40:00"


def test_a_withdrawn_breach_is_struck_out_and_stays(sit: Sit, office: Office) -> None:
    row = late_order(office)
    departed = now() - timedelta(minutes=49)
    path = f"/api/assignments/{row['assignment']['id']}/depart"
    office.person("east.crew1").post(path, {"at": departed.isoformat()})
    office.turn()
    page = sit("supervisor", "/breaches")
    page.wait_for_selector("main[data-ready]")
    page.keyboard.press("5")
    choose(page, row, "FG")
    assert "撤销" in page.locator(CASE).inner_text()
    assert page.locator("[data-action=waived]").count() == 0


def test_an_anomaly_is_corrected_from_the_queue(sit: Sit, office: Office) -> None:
    row = office.sent("east-1")
    path = f"/api/assignments/{row['assignment']['id']}/accept"
    ahead = now() + timedelta(minutes=20)
    office.person("east.crew1").post(path, {"at": ahead.isoformat()})
    page = sit("supervisor", "/breaches", locale="en-GB")
    page.wait_for_selector("main[data-ready]")
    page.keyboard.press("6")
    page.click(f"{ROW}[data-number='{row['number']}'][data-code=F] button")
    page.wait_for_selector("[data-testid=anomaly][data-kind=ahead]")
    page.keyboard.press("c")
    assert page.input_value("dialog select[name=point]") == "F"
    page.keyboard.press("Control+Enter")
    page.locator(f"{ROW}[data-number='{row['number']}']").wait_for(state="detached")


def test_who_is_told_is_listed_and_taking_note_ends_it(sit: Sit, office: Office) -> None:
    row = late_order(office)
    page = sit("supervisor", "/breaches")
    page.wait_for_selector("main[data-ready]")
    page.keyboard.press("7")
    line = f"{ROW}[data-number='{row['number']}']"
    page.locator(line).first.wait_for()
    told = page.locator(line).count()
    page.click(f"{line} button >> nth=0")
    page.wait_for_selector("[data-testid=ladder] [data-testid=escalation-step]")
    assert serious_faults(page) == []
    page.keyboard.press("q")
    page.wait_for_function(
        "([line, told]) => document.querySelectorAll(line).length < told", arg=[line, told]
    )


def test_an_order_at_risk_shows_its_evidence(sit: Sit, office: Office) -> None:
    with earlier(40):
        row = office.sent("east-2")
    page = sit("supervisor", "/breaches")
    page.wait_for_selector("main[data-ready]")
    page.keyboard.press("1")
    page.click(f"{ROW}[data-number='{row['number']}'] button")
    page.locator("[data-testid=at-risk] table").first.wait_for()
    page.click("[data-testid=tracks] summary")
    page.wait_for_selector("[data-testid=tracks] [data-positions='0']")


def test_the_filters_narrow_and_an_empty_list_says_so(sit: Sit, office: Office) -> None:
    row = late_order(office)
    page = at_list(sit, "supervisor", row, "FG")
    page.keyboard.press("f")
    page.select_option("#breach-unit", label="城西报修中心")
    page.locator(ROW).first.wait_for(state="detached")
    page.get_by_text("没有正在超时的工单").wait_for()


def test_the_page_is_accessible_in_all_looks(sit: Sit, office: Office) -> None:
    row = late_order(office)
    page = at_list(sit, "supervisor", row, "FG")
    assert faults_in_all_looks(page, ROW) == []
    choose(page, row, "FG")
    assert serious_faults(page) == []

"""The page /policies, by keyboard: a version is written, checked, compared, kept; history proposes
limits; a past period is judged again."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from core.clock import now as clock_now
from core.db import session_factory
from core.models import Unit
from sla.documents import shipped_text
from tests.browser.axe import LANGUAGES, THEMES, serious_faults, show_in
from tests.browser.conftest import Sit
from tests.office import Office
from tests.reports.day import Day

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PANE = "[data-testid=policy-pane]"
TEXT = "[data-testid=document]"
SAID = "[data-testid=said]"
VALID = "[data-testid=check][data-valid=true]"
LINE = "[data-testid=calibration-line]"


@pytest.fixture(scope="module", autouse=True)
def history(office: Office) -> None:
    """Orders whose centre sends them out after 10, 20 … 400 seconds, and that arrive."""
    with session_factory()() as session:
        day = Day({code: id_ for id_, code in session.execute(select(Unit.id, Unit.code))})
    for number in range(1, 41):
        order = day.filed(0)
        day.released(30 + number, order)
        day.received(35 + number, "centre", order)
        sent = 35 + number + 10 * number
        one = day.sent(sent, order, "east-1" if number % 2 else "east-2")
        day.received(sent + 3, "crew", order)
        begun = sent + 3 + number
        day.crew_does(
            one,
            accept=begun,
            depart=begun + 90,
            arrive=begun + 90 + 20 * number,
            finish=begun + 2000,
        )


def opened(sit: Sit, login: str = "admin", view: str = "policies", **more: str) -> "Page":
    page = sit(login, f"/policies#{view}", **more)
    page.wait_for_selector("main[data-ready]")
    if view == "policies":
        page.wait_for_selector(f"{PANE}[data-version]")
    return page


def chosen(page: "Page", code: str) -> None:
    page.click(f"[data-policy={code}]:not(section)")
    page.wait_for_selector(f"{PANE}[data-policy={code}][data-version]")


def test_a_version_is_written_checked_compared_and_kept(sit: Sit) -> None:
    page = opened(sit)
    chosen(page, "beijing")
    old = int(page.locator(PANE).get_attribute("data-version") or 0)
    page.keyboard.press("e")
    page.wait_for_selector(f"{TEXT}:not([readonly]):focus")
    text = page.input_value(TEXT)
    assert f"version = {old + 1}\n" in text
    page.wait_for_selector(VALID)
    # A mistake stands at its line, and keeping waits until it is mended.
    line = text.split("\n").index('responsible = "centre"') + 1
    page.fill(TEXT, text.replace('responsible = "centre"', 'responsible = "nobody"', 1))
    page.wait_for_selector(f"[data-testid=problems] [data-line='{line}']")
    assert "nobody" in page.locator(f".notes [data-line='{line}']").inner_text()
    assert page.locator("[data-action=save]").is_disabled()
    page.focus(TEXT)
    page.keyboard.press("F8")
    at = page.evaluate(
        "() => { const one = document.activeElement;"
        " return one.value.slice(0, one.selectionStart).split('\\n').length; }"
    )
    assert at == line
    page.fill(TEXT, text.replace("limit_s = 120, source", "limit_s = 180, source", 1))
    page.wait_for_selector(VALID)
    page.keyboard.press("Escape")
    page.keyboard.press("5")
    change = page.wait_for_selector("[data-testid=changes] tr[data-kind=changed]")
    assert change is not None
    words = change.inner_text()
    assert "AB" in words
    assert "3 分钟" in words
    page.fill("[data-testid=note]", "受理放宽一分钟")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"{PANE}[data-version='{old + 1}'][data-editing=false]")
    assert f"beijing@{old + 1}" in page.locator(SAID).inner_text()
    assert "受理放宽一分钟" in page.locator(PANE).inner_text()


@pytest.mark.parametrize(
    ("locale", "words"),
    [("zh-CN", "责任方 nobody 不在 [parties] 中"), ("en-GB", "party nobody is not in [parties]")],
)
def test_a_mistake_is_told_in_the_readers_language(sit: Sit, locale: str, words: str) -> None:
    page = opened(sit, locale=locale)
    chosen(page, "complaints")
    assert "2026" in page.locator("[data-testid=known-until]").inner_text()
    page.keyboard.press("e")
    page.wait_for_selector(f"{TEXT}:focus")
    text = page.input_value(TEXT)
    page.fill(TEXT, text.replace('responsible = "', 'responsible = "nobody" # "', 1))
    page.wait_for_selector("[data-testid=problems] [data-line]")
    assert words in page.locator("[data-testid=problems]").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    page.wait_for_selector(f"{PANE}[data-editing=false]")


def test_a_draft_survives_the_reload_and_is_taken_back(sit: Sit) -> None:
    page = opened(sit)
    chosen(page, "enquiries")
    page.keyboard.press("e")
    page.wait_for_selector(f"{TEXT}:focus")
    page.keyboard.press("Control+End")
    page.keyboard.type("\n# 试写")
    page.reload()
    page.wait_for_selector(f"{PANE}[data-policy=enquiries][data-editing=true]")
    assert page.input_value(TEXT).endswith("# 试写")
    page.keyboard.press("x")
    page.wait_for_selector(f"{PANE}[data-editing=false]")
    page.click("[data-action=offer]")
    page.wait_for_selector(f"{PANE}[data-editing=true]")
    assert page.input_value(TEXT).endswith("# 试写")
    page.keyboard.press("x")
    page.wait_for_selector(f"{PANE}[data-editing=false]")


def test_doubtful_figures_are_confirmed_with_their_sources_in_sight(sit: Sit) -> None:
    page = opened(sit)
    waiting = page.locator("[data-pane-list] [data-state=waiting]").first
    code = waiting.get_attribute("data-policy") or ""
    chosen(page, code)
    page.keyboard.press("4")
    page.wait_for_selector("[data-testid=figures] tr[data-doubtful=true]")
    page.keyboard.press("c")
    page.wait_for_selector(f"[data-pane-list] [data-policy={code}]:not([data-state=waiting])")


def test_the_timeline_shows_segments_alarms_and_what_is_beside(sit: Sit) -> None:
    page = opened(sit)
    chosen(page, "beijing")
    page.keyboard.press("6")
    page.wait_for_selector("[data-testid=preview] [data-block=GH]")
    widths = page.eval_on_selector_all(
        "[data-testid=preview] [data-block]",
        "all => Object.fromEntries(all.map((one) => [one.dataset.block, one.offsetWidth]))",
    )
    assert widths["GH"] / widths["EF"] == pytest.approx(14, rel=0.1)  # 28 minutes and 2
    assert page.locator("[data-lane=not_accepted_crew] .mark.alarm").count() == 1


def test_history_proposes_and_the_proposal_becomes_a_draft(sit: Sit) -> None:
    page = opened(sit, view="calibration")
    page.wait_for_selector(f"{LINE}[data-code=CD]")
    dwell = page.locator(f"{LINE}[data-code=CD]")
    assert dwell.locator("[data-col=n]").inner_text() == "40"
    assert dwell.locator("[data-col=typical]").inner_text() == "03:25"  # median of 10 … 400 s
    assert dwell.locator("[data-col=proposed]").inner_text() == "05:00"  # 4:25, up to a minute
    assert dwell.locator("[data-col=late-today]").inner_text() == "70.0%"
    assert dwell.locator("[data-col=late-then]").inner_text() == "25.0%"
    dwell.locator("button").click()
    page.wait_for_selector("[data-testid=line-detail] .proposed")
    page.keyboard.press("q")
    page.wait_for_function(
        "document.querySelector('[data-testid=calibration-line][data-code=CD]"
        " [data-col=typical]')?.innerText === '05:02'"
    )
    for grouped in (True, False):
        with page.expect_response("**/api/sla/calibration?*") as read:
            page.keyboard.press("3")
        assert ("by=area" in read.value.url) is grouped
        page.wait_for_selector("[data-action=propose]:enabled")  # nothing is being read any more
        page.wait_for_selector(f"{LINE} >> text=城区")
    page.wait_for_selector(f"{LINE}[data-code=AB][data-changes=true]")
    page.locator(f"{LINE}[data-code=AB] button").click()
    page.keyboard.press("x")
    page.wait_for_selector(f"{LINE}[data-code=AB][data-changes=false]")
    page.keyboard.press("p")
    page.wait_for_selector(f"{PANE}[data-editing=true] [data-testid=changes]")
    fields = page.eval_on_selector_all(
        "[data-testid=changes] tr[data-field]", "all => all.map((one) => one.dataset.field)"
    )
    assert any(field.startswith("segments.CD.limits") for field in fields)
    assert not any(field.startswith(("segments.AB", "total")) for field in fields)
    page.wait_for_selector(VALID)
    page.keyboard.press("7")
    line = page.wait_for_selector("[data-testid=what-if-line][data-code=CD]")
    assert line is not None
    assert int(line.query_selector("[data-col=to-met]").inner_text()) > 0
    assert page.locator("[data-testid=what-if-orders] a").count() > 0
    page.keyboard.press("x")


def test_who_may_not_keep_versions_reads_and_proposes(sit: Sit) -> None:
    page = opened(sit, "supervisor", view="calibration")
    page.wait_for_selector(f"{LINE}[data-code=CD]")
    page.keyboard.press("p")
    page.wait_for_selector(f"{PANE}[data-editing=true] [data-testid=changes]")
    assert page.locator("[data-action=save]").count() == 0
    with page.expect_download() as download:
        page.click("[data-action=download]")
    assert 'code = "beijing"' in download.value.path().read_text(encoding="utf-8")
    page = sit("agent", "/policies")
    page.get_by_role("alert").wait_for()


def test_an_empty_period_says_so(sit: Sit) -> None:
    page = opened(sit, view="calibration")
    page.wait_for_selector(LINE)
    long_ago = clock_now() - timedelta(days=3000)
    for _ in range(3):  # 90 days, a year, one's own
        page.keyboard.press("d")
    page.wait_for_selector("input[type=datetime-local]")
    first, second = page.locator("input[type=datetime-local]").all()
    first.fill(f"{long_ago:%Y-%m-%dT%H:%M}")
    first.blur()
    second.fill(f"{long_ago + timedelta(days=1):%Y-%m-%dT%H:%M}")
    second.blur()
    page.get_by_role("status").filter(has_text="此期间没有工单").wait_for()


@pytest.mark.parametrize(("theme", "language"), list(zip(THEMES, LANGUAGES, strict=True)))
def test_no_view_has_a_serious_fault(sit: Sit, theme: str, language: str) -> None:
    page = opened(sit)
    show_in(page, theme, language)
    page.wait_for_selector(f"{PANE}[data-version]")
    chosen(page, "beijing")
    faults = []
    for key, ready in (
        ("4", "[data-testid=figures]"),
        ("6", "[data-testid=preview]"),
        ("7", "[data-testid=what-if-line]"),
        ("2", f"{LINE} [data-col=typical]"),
    ):
        page.keyboard.press(key)
        page.wait_for_selector(ready)
        faults += [f"{key}: {fault}" for fault in serious_faults(page)]
    page.keyboard.press("1")
    page.keyboard.press("e")
    page.wait_for_selector(TEXT)
    page.fill(TEXT, shipped_text("policies", "beijing").replace('"crew"', '"nobody"', 2))
    page.wait_for_selector("[data-testid=problems] li")
    faults += [f"e: {fault}" for fault in serious_faults(page)]
    assert faults == []

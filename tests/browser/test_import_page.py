"""The page /import, by keyboard: a file is checked, then imported; what is wrong is read there."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import LANGUAGES, THEMES, serious_faults, show_in
from tests.browser.conftest import Sit
from tests.directory.imports import CUSTOMERS, REGIONS, bring, directory, work, write_csv
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SHOWN = "[data-testid=import-shown]"
BAD = (
    (
        "户号",
        "户名",
        "重要等级",
        "用电类别",
        "供电电压",
        "合同容量",
        "运行容量",
        "送电日期",
        "备注",
    ),
    ("3001", "李四", "", "居民", "220V", "8", "8", "2012-03-04", ""),
    ("3002", "市第二人民医院", "一级", "公共", "10kV", "1250", "1600", "2005-06-07", ""),
    ("3003", "", "特殊", "居民", "220V", "8", "8", "2012-13-04", ""),
    ("3001", "王五", "", "居民", "220V", "8", "8", "2015-01-01", ""),
    ("3004", "东方铸造厂", "二级", "工业", "35kV", "", "", "2003-09-01", ""),
    ("3005", "赵六", "", "居民", "220V", "160", "8", "2019-01-01", ""),
)


def opened(sit: Sit, **more: str) -> "Page":
    """The administrator at the page. File choosers are listened for from the beginning: Playwright
    does not wait until the browser knows that they are."""
    page = sit("admin", "/import", **more)
    page.on("filechooser", lambda _chooser: None)
    page.wait_for_selector("[data-testid=import-columns]")
    return page


def give(page: "Page", path: Path) -> None:
    """Choose the file as `f` asks for it, and let the worker check it."""
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("f")
    with page.expect_response(lambda one: one.url.endswith("/api/imports") and one.ok):
        chooser.value.set_files(path)
    page.wait_for_selector(f"{SHOWN}[data-state=queued]")
    work()


def figure(page: "Page", code: str) -> str:
    return page.locator(f"[data-figure={code}] dd").inner_text()


def test_checked_and_imported_by_keyboard(sit: Sit, office: Office, tmp_path: Path) -> None:
    page = opened(sit)
    page.keyboard.press("1")
    page.wait_for_selector("[data-kind=regions][aria-checked=true]")
    page.keyboard.press("4")
    page.wait_for_selector("[data-kind=customers][aria-checked=true]")
    give(page, write_csv(tmp_path / "客户档案.csv", BAD, "gb18030"))
    page.wait_for_selector(f"{SHOWN}[data-standing=checked]")
    assert (figure(page, "rows"), figure(page, "added"), figure(page, "rejected")) == (
        "6",
        "3",
        "3",
    )
    problems = page.locator("[data-testid=import-problem]")
    assert problems.first.get_attribute("data-rule") == "capacity_below_running"
    page.locator("[data-rule=duplicate]").first.click()
    page.wait_for_function("document.querySelectorAll('[data-testid=import-problem]').length === 1")
    assert "与第 2 行" in problems.first.inner_text()
    assert directory()["customer"] == []
    with page.expect_download() as download:
        page.keyboard.press("r")
    assert "3002" in download.value.path().read_text(encoding="utf-8")
    page.keyboard.press("i")
    page.wait_for_selector(f"{SHOWN}[data-state=queued]")
    work()
    page.wait_for_selector(f"{SHOWN}[data-standing=done]")
    assert [row["number"] for row in directory()["customer"]] == ["3001", "3004", "3005"]
    page.keyboard.press("j")
    page.wait_for_selector(f"{SHOWN}[data-standing=checked]")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-testid=import-columns]")


def test_failed_and_cancelled_are_said(sit: Sit, office: Office, tmp_path: Path) -> None:
    page = opened(sit, locale="en-GB")
    give(page, write_csv(tmp_path / "no-header.csv", [("1", "2"), ("3", "4")]))
    page.wait_for_selector(f"{SHOWN}[data-standing=failed] [role=alert]")
    assert "户号 / number: is missing" in page.locator(f"{SHOWN} [role=alert]").inner_text()
    said = page.locator("[data-testid=import-failure]")
    assert said.evaluate("one => one.scrollHeight <= one.clientHeight + 1")
    assert "Nothing is wrong" not in page.inner_text(SHOWN)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("f")
    chooser.value.set_files(write_csv(tmp_path / "more.csv", CUSTOMERS))
    page.wait_for_selector(f"{SHOWN}[data-state=queued]")
    page.keyboard.press("x")
    page.wait_for_selector(f"{SHOWN}[data-standing=cancelled]")
    work()


def test_a_result_has_no_serious_fault(sit: Sit, office: Office, tmp_path: Path) -> None:
    bring("regions", write_csv(tmp_path / "区域.csv", REGIONS))
    bring("customers", write_csv(tmp_path / "客户.csv", BAD), dry_run=True)
    page = sit("admin", "/import")
    faults = []
    for theme, language in zip(THEMES, LANGUAGES, strict=True):
        show_in(page, theme, language)
        page.locator("[data-testid=import-run]").first.click()
        page.wait_for_selector("[data-testid=import-problem]")
        faults += serious_faults(page)
    assert faults == []


def test_nobody_else_gets_in(sit: Sit) -> None:
    page = sit("lead", "/import")
    page.get_by_role("alert").wait_for()
    assert page.locator("[data-testid=import-columns]").count() == 0

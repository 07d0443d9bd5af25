"""The administration page, by keyboard: tree, people, shifts, logins; inline what is refused."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import faults_in_all_looks, serious_faults
from tests.browser.conftest import Sit
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

FORM = "[data-testid=admin-form]"
SAID = "[data-testid=said][data-tone=done]"


def opened(sit: Sit, login: str = "admin", unit: str = "", locale: str = "zh-CN") -> "Page":
    """The page with the focus in the tree, on `unit` where one is named."""
    page = sit(login, "/admin", locale=locale)
    page.wait_for_selector("[role=treeitem]:focus")
    if unit:
        page.keyboard.press("/")
        page.keyboard.type(unit)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"[data-unit='{unit}']:focus")
    return page


def tab(page: "Page", digit: str, name: str) -> None:
    page.keyboard.press(digit)
    page.wait_for_selector(f"[data-pane][data-tab={name}]")


def selected(page: "Page") -> str | None:
    return page.locator("[role=treeitem][aria-selected=true]").get_attribute("data-unit")


def test_the_tree_by_keyboard(sit: Sit) -> None:
    page = opened(sit)
    assert selected(page) == "hotline"
    for key, lands in (
        ("ArrowDown", "east"),
        ("ArrowRight", "east-1"),
        ("ArrowLeft", "east"),
        ("ArrowLeft", "east"),  # closes
        ("ArrowDown", "south"),
        ("Home", "hotline"),
        ("End", "west-3"),
    ):
        page.keyboard.press(key)
        page.wait_for_selector(f"[data-unit='{lands}']:focus")
        assert selected(page) == lands
    page.keyboard.press("/")
    page.keyboard.type("城东二")
    page.wait_for_selector("[data-unit='east-2'][aria-selected=true]")  # opens what was closed
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-unit='east-2']:focus")


def test_who_is_on_duty_now_and_that_a_unit_has_no_roster(sit: Sit, office: Office) -> None:
    body = {"kind": "department", "code": "dep", "name_zh": "线路部", "name_en": "Lines"}
    body |= {"site": "east", "parent_id": office.unit("east"), "phone": "010-61234567"}
    office.person("admin").post("/api/units", body)
    page = opened(sit, unit="east")
    crew = page.locator("[data-testid=duty][data-unit='east-1']")
    assert crew.locator("[data-duty=on]").count() == 1
    assert "成员" in crew.inner_text()
    row = page.locator("[data-testid=duty][data-unit=dep]")
    assert row.locator("[data-duty=always]").inner_text() == "未排班"
    words = row.inner_text()
    assert "+861061234567" in words
    assert "城东主任" in words  # leaders of the unit above
    assert "上级" in words


def test_a_person_is_added_and_the_field_says_what_is_wrong(sit: Sit) -> None:
    page = opened(sit, unit="east-1")
    tab(page, "2", "members")
    page.keyboard.press("n")
    page.wait_for_selector(f"{FORM} input[name=name]:focus")
    page.keyboard.type("赵新")
    page.fill("input[name=staff_number]", "E-77")
    page.select_option("select[name=leader_rank]", "1")
    page.keyboard.press("Enter")
    wrong = page.wait_for_selector("select[name=leader_rank][aria-invalid=true]:focus")
    assert wrong is not None
    says = page.locator(f"#{wrong.get_attribute('aria-describedby')}").inner_text()
    assert "已是城东一班第1负责人" in says
    page.select_option("select[name=leader_rank]", "0")
    page.fill("input[name=phone]", "010 6123 4568")
    page.click("[data-action=save]")
    page.wait_for_selector(SAID)
    added = page.locator("[data-testid=member][data-number='E-77']")
    assert "+861061234568" in added.inner_text()
    page.keyboard.press("j")
    page.wait_for_selector("[data-testid=member] [data-row]:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{FORM} input[name=active]")
    page.keyboard.press("Escape")
    page.wait_for_selector(FORM, state="detached")


def cell(page: "Page", where: str) -> "Locator":
    return page.locator(f"[data-cell='{where}']")


def test_a_week_of_shifts_by_keyboard(sit: Sit) -> None:
    page = opened(sit, unit="west-1")
    tab(page, "3", "shifts")
    for _ in range(5):  # beyond what is planned already
        page.keyboard.press("]")
    page.wait_for_selector("[data-cell='0-0']")
    page.keyboard.press("j")
    page.wait_for_selector("[data-cell='0-0']:focus")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[data-cell='1-1']:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{FORM} select[name=kind]:focus")
    page.fill("input[name=from]", "830")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-cell='1-1'] [data-shift=day]")
    assert "08:30–20:00" in cell(page, "1-1").inner_text()

    cell(page, "1-1").focus()
    page.keyboard.press("n")  # a second one on that day: it overlaps
    page.wait_for_selector(FORM)
    page.keyboard.press("Enter")
    refusal = page.get_by_role("alert").filter(has_text="重叠")
    refusal.wait_for()
    assert refusal.inner_text().count("–") == 2
    page.keyboard.press("Escape")
    page.wait_for_selector(FORM, state="detached")

    cell(page, "1-1").focus()
    page.keyboard.press("x")
    page.wait_for_selector("[data-cell='1-1'] [data-shift]", state="detached")
    page.click("[data-action=offer]")
    page.wait_for_selector("[data-cell='1-1'] [data-shift=day]")


def test_a_pattern_fills_the_week(sit: Sit) -> None:
    page = opened(sit, unit="west-2")
    tab(page, "3", "shifts")
    for _ in range(6):
        page.keyboard.press("]")
    page.wait_for_selector("[data-cell='0-0']")
    page.keyboard.press("p")
    page.wait_for_selector(f"{FORM} select[name=kind]:focus")
    page.select_option("select[name=kind]", "night")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-cell='0-6'] [data-shift=night]")
    assert page.locator("[data-shift=night]").count() == 7


def test_what_hangs_on_a_unit_is_named_and_a_reason_is_asked(sit: Sit) -> None:
    page = opened(sit, unit="south-1")
    page.click("[data-action=deactivate]")
    page.wait_for_selector("[data-option=reorganised]:focus")
    page.keyboard.press("1")
    refusal = page.get_by_role("alert").filter(has_text="south.crew1")
    refusal.wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def test_a_crew_that_is_renamed_is_so_on_the_open_board(sit: Sit, office: Office) -> None:
    board = sit("east.desk", "/")
    board.wait_for_selector("[data-testid=crew-row][data-code='east-3']")
    page = opened(sit, unit="east-3")
    page.keyboard.press("e")
    page.wait_for_selector(f"{FORM} input[name=name_zh]:focus")
    page.fill("input[name=name_zh]", "城东便民班")
    page.keyboard.press("Enter")
    page.wait_for_selector(SAID)
    board.get_by_text("城东便民班").first.wait_for()


def test_a_new_login_and_its_password_shown_once(sit: Sit) -> None:
    page = opened(sit, unit="west")
    tab(page, "5", "users")
    page.keyboard.press("n")
    page.wait_for_selector(f"{FORM} input[name=login]:focus")
    page.keyboard.type("west.new")
    page.fill("input[name=name]", "新调度")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=password]")
    assert len(page.inner_text("[data-testid=password]")) == 16
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.locator("[data-testid=user][data-login='west.new']").count() == 1


def test_a_dispatcher_sees_its_own_centre_and_keeps_the_roster_only(sit: Sit) -> None:
    page = opened(sit, "east.desk", locale="en-GB")
    codes = page.locator("[role=treeitem]").evaluate_all("rows => rows.map(r => r.dataset.unit)")
    assert codes[0] == "east"
    assert all(code.startswith("east") or code == "dep" for code in codes)
    assert page.locator("[data-action=edit], [data-action=deactivate]").count() == 0
    tab(page, "4", "fleet")
    assert page.locator("[data-testid=vehicle]").count() == 3
    assert page.locator("[data-pane] button").count() == 0
    page.keyboard.press("6")
    assert page.locator("[data-pane][data-tab=fleet]").count() == 1
    tab(page, "2", "members")
    page.keyboard.press("n")
    page.wait_for_selector(f"{FORM} input[name=name]:focus")


@pytest.mark.parametrize(("digit", "name"), [("2", "members"), ("3", "shifts"), ("5", "users")])
def test_no_serious_fault_on_the_tabs_and_forms(sit: Sit, digit: str, name: str) -> None:
    page = opened(sit, unit="east-2")
    assert faults_in_all_looks(page, "[role=treeitem]:focus") == []
    tab(page, digit, name)
    page.wait_for_load_state("networkidle")
    faults = serious_faults(page)
    page.keyboard.press("n")
    page.wait_for_selector(FORM)
    assert faults + serious_faults(page) == []


def test_a_vehicle_goes_out_of_use_and_comes_back(sit: Sit) -> None:
    page = opened(sit)
    tab(page, "4", "fleet")
    row = page.locator("[data-testid=vehicle]").first
    plate = row.get_attribute("data-plate")
    row.locator("button[data-row]").click()
    page.click("dialog [data-action=deactivate]")
    page.wait_for_selector("dialog [data-option]:focus")
    page.keyboard.press("1")
    gone = f"[data-testid=vehicle][data-plate='{plate}'][data-active=false]"
    page.wait_for_selector(gone)
    assert "已停用" in page.inner_text(gone)
    page.click(f"{gone} button[data-row]")
    page.click("dialog [data-action=activate]")
    page.wait_for_selector(f"[data-testid=vehicle][data-plate='{plate}'][data-active=true]")

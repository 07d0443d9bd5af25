"""A crew leaves with a stand-in, and is not back in time: what the centre's board shows."""

from datetime import timedelta

import pytest

from core.clock import now
from tests.acts import Acts
from tests.browser.conftest import Sit
from tests.office import Office

pytestmark = pytest.mark.browser

ROW = "[data-testid=crew-row][data-code='{}']"


def test_a_stand_in_and_an_overdue_return(sit: Sit, office: Office) -> None:
    Acts(1).one_trade()
    page = sit("east.desk", "/")
    first, second = page.locator(ROW.format("east-1")), page.locator(ROW.format("east-2"))
    first.locator(".pick").focus()
    page.keyboard.press("b")
    page.wait_for_selector("dialog [data-option=meal]:focus")
    page.select_option("select[name=stand_in]", office.unit("east-2"))
    page.locator("[data-option=meal]").focus()
    page.keyboard.press("1")
    first.locator("[data-testid=stand-in]").wait_for()
    assert "城东二班" in first.locator("[data-testid=crew-away]").inner_text()
    assert "城东一班" in second.locator("[data-testid=stands-in-for]").inner_text()

    until = (now() + timedelta(seconds=1)).isoformat()
    desk = office.person("east.desk")
    path = f"/api/crews/{office.unit('east-1')}"
    desk.post(f"{path}/away", {"reason": "meal", "until": until})
    open_alarm = page.locator("[data-testid=alerts-open][data-count='1']")
    while not open_alarm.is_visible():  # the engine looks again when the return is due
        office.turn()
    page.click("[data-tab=alerts]")
    row = page.locator("[data-testid=overdue-row][data-code='east-1']")
    row.wait_for()
    assert "逾期未返" in row.inner_text()
    assert "用餐" in row.inner_text()
    row.locator("[data-action=back]").click()
    row.wait_for(state="detached")
    page.wait_for_selector("[data-testid=alerts-open][data-count='0']")

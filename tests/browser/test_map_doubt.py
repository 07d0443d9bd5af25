"""How far off a place may be is drawn around it."""

import pytest

from tests.browser.conftest import Sit
from tests.browser.test_board_fits import LIVE, RESULTS
from tests.office import Office

pytestmark = [pytest.mark.browser, pytest.mark.map]


def test_a_place_that_is_unsure_has_its_circle(sit: Sit, office: Office) -> None:
    order = office.filed(uncertainty_m=350, source="landmark")
    page = sit("lead")
    page.wait_for_selector(LIVE)
    page.wait_for_selector(".maplibregl-canvas")
    RESULTS.mkdir(exist_ok=True)
    page.click(f"[data-testid=order-row][data-number='{order['number']}']")
    page.wait_for_selector("[data-testid=map][data-doubt='350']")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.screenshot(path=RESULTS / "board-doubt.png")
    page.keyboard.press("n")
    page.fill("input[name=coordinates]", "39.95, 116.45")
    page.wait_for_selector("[data-testid=map][data-doubt='']")

"""The crew's page on a phone: deliveries confirmed, one big next step, recalls told."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.axe import serious_faults
from tests.browser_fixtures import PATIENCE_MS
from tests.chain.world import file_order, passwords
from tests.harness import RunningPaidan
from tests.people import Person

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PHONE: Any = {"width": 360, "height": 640}
TARGET_PX = 48


@pytest.fixture(scope="module")
def paidan() -> Iterator[RunningPaidan]:
    with RunningPaidan(receipt_retry_seconds="0.5") as running:
        yield running


@pytest.fixture
def phone(browser: "Browser") -> Iterator["Page"]:
    context = browser.new_context(
        viewport=PHONE, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(paidan: RunningPaidan) -> Iterator["Desk"]:
    desk = Desk(paidan)
    yield desk
    desk.close()


class Desk:
    """Hotline and centre, who send orders to the crew."""

    def __init__(self, paidan: RunningPaidan) -> None:
        known = passwords(paidan)
        self.lead, self.centre = (
            Person(paidan.base_url, login, known[login]) for login in ("lead", "east.desk")
        )
        self.lead.follow()
        self.centre.follow()
        crews = self.centre.get("/api/board")["crews"]
        self.crew_id = next(crew["id"] for crew in crews if crew["code"] == "east-1")

    def send(self) -> dict[str, Any]:
        """A new order, dispatched to the crew."""
        order = file_order(self.lead, None)
        self.lead.post(f"/api/orders/{order['id']}/release", {"centre_id": self.centre.unit_id})
        self.centre.wait_order(order["id"], lambda _: True)
        return self.centre.post(f"/api/orders/{order['id']}/dispatch", {"crew_id": self.crew_id})  # type: ignore[no-any-return]

    def wait(self, order: dict[str, Any], state: str) -> dict[str, Any]:
        return self.lead.wait_order(
            order["id"], lambda row: row["assignment"] and row["assignment"]["state"] == state
        )

    def close(self) -> None:
        self.lead.close()
        self.centre.close()


def enter(page: "Page", paidan: RunningPaidan, login: str = "east.crew1") -> None:
    page.goto(f"{paidan.base_url}/login?next=%2F")
    page.wait_for_url("**/login*")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", passwords(paidan)[login])
    page.keyboard.press("Enter")


def shown(order: dict[str, Any], state: str) -> str:
    return f"[data-testid=shown-order][data-number='{order['number']}'][data-state={state}]"


def queued(order: dict[str, Any], state: str) -> str:
    return f"[data-testid=queue-row][data-number='{order['number']}'][data-state={state}]"


def test_an_order_is_worked_off_step_by_step(
    phone: "Page", paidan: RunningPaidan, desk: Desk
) -> None:
    enter(phone, paidan)
    phone.wait_for_url("**/crew")
    phone.wait_for_selector("[data-testid=connection][data-state=live]")
    first = desk.send()
    phone.wait_for_selector(shown(first, "sent"))
    desk.lead.wait_order(first["id"], lambda row: row["points"]["E"])  # this page confirmed it

    second = desk.send()
    phone.wait_for_selector(queued(second, "sent"))
    phone.locator("footer [data-step=accept]").click()
    phone.wait_for_selector(shown(first, "active"))
    assert desk.wait(first, "active")["points"]["F"]

    phone.locator("[data-tab=queue]").click()
    phone.locator(f"{queued(second, 'sent')} [data-step=accept]").click()
    phone.wait_for_selector(queued(second, "accepted"))
    assert phone.locator(f"{queued(second, 'accepted')} [data-step]").count() == 0

    for step, state in (("depart", "departed"), ("arrive", "arrived"), ("restore", "arrived")):
        phone.locator(f"footer [data-step={step}]").click()
        phone.wait_for_selector(shown(first, state))
    phone.locator("footer [data-step=finish]").click()
    phone.locator("dialog [data-option=fuse_blown]").click()
    phone.locator("dialog [data-option=replaced]").click()
    phone.locator("dialog [data-action=finish]").click()
    desk.wait(first, "finished")

    phone.wait_for_selector(shown(second, "accepted"))
    phone.locator("[data-tab=now]").click()
    phone.locator("footer [data-step=activate]").click()
    phone.wait_for_selector(shown(second, "active"))
    phone.locator("[data-testid=shown-order] [data-action=return]").click()
    phone.locator("dialog [data-option=safety]").click()
    phone.locator("[data-testid=shown-order]").wait_for(state="detached")
    assert desk.lead.wait_order(second["id"], lambda row: row["state"] == "accepted")


def test_a_recalled_order_is_taken_from_the_page_and_told(
    phone: "Page", paidan: RunningPaidan, desk: Desk
) -> None:
    enter(phone, paidan)
    phone.wait_for_selector("[data-testid=connection][data-state=live]")
    order = desk.send()
    phone.wait_for_selector(shown(order, "sent"))
    assert phone.locator("[data-testid=sound]").get_attribute("data-arrival") == "1"
    desk.centre.post(f"/api/assignments/{order['assignment']['id']}/recall", {"reason": "other"})
    notice = phone.locator(f"[data-testid=recalled][data-number='{order['number']}']")
    notice.wait_for()
    phone.locator("[data-testid=shown-order]").wait_for(state="detached")
    desk.centre.wait_order(order["id"], lambda row: not row["recall_unconfirmed"])
    notice.get_by_role("button").click()
    notice.wait_for(state="detached")


def test_it_fits_a_phone_and_a_thumb(phone: "Page", paidan: RunningPaidan, desk: Desk) -> None:
    enter(phone, paidan)
    phone.wait_for_selector("[data-testid=connection][data-state=live]")
    orders = [desk.send(), desk.send()]
    phone.wait_for_selector(queued(orders[1], "sent"))
    assert serious_faults(phone) == []
    for _ in ("zh", "en"):
        width = phone.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        for pane in phone.locator("[role=tabpanel]").all():
            assert pane.evaluate("it => it.scrollWidth <= it.clientWidth")
        sizes = phone.evaluate(
            "[...document.querySelectorAll('button, main a')]"
            ".map(it => it.getBoundingClientRect().height)"
        )
        assert min(sizes) >= TARGET_PX
        assert phone.locator("footer [data-step]").is_visible()
        phone.locator("[data-testid=menu]").click()
        assert serious_faults(phone) == []
        phone.locator("[data-testid=language]").click()
        phone.keyboard.press("Escape")


def test_the_last_crew_of_its_trade_is_told_that_it_stays(
    phone: "Page", paidan: RunningPaidan
) -> None:
    enter(phone, paidan)
    phone.wait_for_selector("[data-testid=connection][data-state=live]")
    phone.locator("[data-testid=menu]").click()
    phone.locator("[data-action=away]").click()
    phone.locator("dialog [data-option=meal]").click()
    refused = phone.locator("[data-testid=refused]")
    refused.locator("[data-act=away][data-state=refused]").wait_for()
    assert refused.locator(".why").inner_text()
    refused.get_by_role("button").click()
    refused.wait_for(state="detached")
    assert phone.locator("footer").get_by_text("离岗中").count() == 0


def test_who_is_no_crew_is_told_so(page: "Page", paidan: RunningPaidan) -> None:
    enter(page, paidan, "lead")
    page.wait_for_selector("[data-testid=connection][data-state=live]")
    page.goto(f"{paidan.base_url}/crew")
    page.get_by_role("alert").get_by_text("这一页只供抢修班组使用").wait_for()
    assert page.locator("[data-testid=connection]").count() == 0

"""No serious fault on any page, in both themes and languages, with orders and open dialogs."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from api.app import PAGES
from tests.browser.axe import faults_in_all_looks, serious_faults
from tests.browser.conftest import Sit
from tests.directory.imports import REGIONS, bring, write_csv
from tests.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LIVE = "[data-testid=connection][data-state=live]"
READY = "main[data-ready]"

HOLD_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...parts) { super(...parts); sockets.push(this); }
};
"""


@dataclass(frozen=True)
class View:
    """A page as somebody sees it; `opens` are keys, and what they bring up over it.

    `map`: it is looked at with its map; elsewhere with the page of a browser that draws none.
    """

    login: str
    path: str
    ready: str
    size: tuple[int, int] = (1280, 720)
    opens: dict[str, str] = field(default_factory=dict)
    map: bool = False

    def __str__(self) -> str:
        return f"{self.login or 'nobody'} {self.path}"


KEYS = {"?": "dialog[open]"}
VIEWS = (
    View("", "/login", "input[name=login]:focus"),
    View("", "/design", "[data-vision][data-delta]", opens=KEYS),
    View("agent", "/agent", LIVE, opens=KEYS),
    View("lead", "/agent", "[data-number]"),
    View("lead", "/", LIVE, opens={**KEYS, "n": "[data-testid=file-form]"}, map=True),
    View("east.desk", "/", "[data-testid=order-row]", opens=KEYS),
    View("supervisor", "/", "[data-testid=order-row]"),
    View("supervisor", "/supervisor", LIVE, opens=KEYS),
    View("lead", "/customers", READY, opens=KEYS),
    View("supervisor", "/customers", READY),
    View("lead", "/tickets", "[data-testid=ticket-row]", opens=KEYS),
    View("lead", "/followup", "[data-testid=follow-up]", opens=KEYS),
    View("supervisor", "/breaches", READY, opens=KEYS),
    View("supervisor", "/fleet", "[data-testid=fleet-row]", opens=KEYS, map=True),
    View(
        "supervisor",
        "/hotline",
        "[data-testid=figures]",
        opens={**KEYS, "a": "[name=zh]", "n": "[name=number]"},
    ),
    View("supervisor", "/wallboard", "[data-testid=wall][data-ready]"),
    View("lead", "/notices", READY, opens={**KEYS, "n": "[data-testid=campaign-form]"}),
    View("admin", "/admin", READY, opens=KEYS),
    View("admin", "/import", READY, opens=KEYS),
    View("admin", "/policies", "[data-testid=policy-pane][data-version]", opens=KEYS),
    View("east.crew1", "/crew", "[data-testid=shown-order]", size=(360, 640)),
)


@pytest.fixture(scope="module", autouse=True)
def orders(office: Office) -> list[dict[str, Any]]:
    """One order at each stage that a screen shows."""
    office.to_call()
    accepted = office.released()
    office.person("east.desk").post(f"/api/orders/{accepted['id']}/accept")
    sent = [office.sent("east-1"), office.sent("east-1")]
    return [office.filed(), office.released(), accepted, *sent]


@pytest.fixture(scope="module", autouse=True)
def imported(office: Office, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A row for the list of imports."""
    bring("regions", write_csv(tmp_path_factory.mktemp("files") / "区域.csv", REGIONS))


def test_every_page_is_looked_at() -> None:
    assert {view.path for view in VIEWS} == set(PAGES)


@pytest.mark.parametrize(
    "view",
    [pytest.param(one, marks=[pytest.mark.map] if one.map else [], id=str(one)) for one in VIEWS],
)
def test_no_serious_fault(sit: Sit, view: View) -> None:
    page = sit(view.login, view.path, *view.size)
    faults = faults_in_all_looks(page, view.ready)
    for key, brought in view.opens.items():
        page.keyboard.press(key)
        page.wait_for_selector(brought)
        faults += [f"after {key}: {fault}" for fault in serious_faults(page)]
        page.keyboard.press("Escape")
        page.wait_for_selector(brought, state="detached")
    assert faults == []


def test_an_order_and_what_can_be_done_with_it(sit: Sit) -> None:
    page = sit("east.desk")
    page.wait_for_selector("[data-testid=order-row]")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=order-page] [data-segment=AH]")
    faults = serious_faults(page)
    for state, key in (("accepted", "d"), ("released", "t")):
        faults += _after(page, state, key)
    assert faults == []


def _after(page: "Page", state: str, key: str) -> list[str]:
    page.keyboard.press("Escape")
    row = page.locator(f"[data-testid=order-row][data-state={state}]").first
    row.click()
    page.keyboard.press(key)
    page.wait_for_selector("dialog [data-option]")
    faults = serious_faults(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    return faults


def test_forbidden_and_cut_off(sit: Sit) -> None:
    """Two states that nobody looks at until they come."""
    forbidden = sit("lead", "/crew")
    forbidden.get_by_role("alert").first.wait_for()
    faults = serious_faults(forbidden)
    alone = sit("east.desk")
    alone.context.add_init_script(HOLD_SOCKETS)
    alone.reload()
    alone.wait_for_selector(LIVE)
    alone.context.set_offline(True)  # open sockets stay open
    alone.evaluate("sockets.forEach((socket) => socket.close())")
    alone.wait_for_selector("[data-testid=connection][data-state=cut_off]")
    faults += serious_faults(alone)
    assert faults == []

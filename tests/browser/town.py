"""An office in a generated city: callers ring, customers are known, agents sit at their page."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from api.demo.city import DEFAULT_SEED, City, make_city
from api.demo.directory_rows import add_directory
from api.demo.model import Customer
from api.demo.units import units_of
from core.clock import now
from core.db import session_factory
from core.settings import settings
from dispatch.starter import ORG_ID
from tests.browser.conftest import Sit
from tests.office import Office
from tests.people import visitor
from tests.telephony.carrier import InboundCall, Webhook
from tests.telling import tell

if TYPE_CHECKING:
    from playwright.sync_api import Page

NUMBERS = count(1)
MET: set[str] = set()  # phones of customers that a test had to do with
LIVE = "[data-testid=connection][data-state=live]"
CARD = "[data-testid=call-card][data-standing={}]"


@dataclass
class Town:
    """An office with real screens, whose organisation has a generated city."""

    office: Office
    city: City
    sit: Sit
    stack: ExitStack

    def page(self, login: str, locale: str = "zh-CN") -> "Page":
        """Somebody sits down at the agent's page, connected."""
        page = self.sit(login, "/agent", locale=locale)
        page.wait_for_selector(LIVE)
        return page

    def says(self, hook: Webhook) -> None:
        """The carrier says it, signed."""
        headers = hook.headers(settings().effective_public_url)
        with visitor(self.office.url) as carrier:
            assert carrier.post(hook.path, content=hook.body, headers=headers).is_success
        tell()

    def ring(self, number: str, ago: timedelta = timedelta(seconds=70)) -> InboundCall:
        """A caller rings."""
        began = now().replace(microsecond=0) - ago
        call = InboundCall(next(NUMBERS), began=began, talk_s=40, from_number=number)
        self.says(call.ringing())
        self.stack.callback(self.says, call.completed())
        return call

    def hang_up(self, call: InboundCall) -> None:
        self.says(call.completed())
        self.office.turn()

    def customer(self, sharing: int = 1, **fitting: str) -> Customer:
        """A customer whose phone that many customers have, not met before."""
        phones = [one.phone for one in self.city.customers]
        return next(
            one
            for one in self.city.customers
            if phones.count(one.phone) == sharing
            and one.phone not in MET
            and all(getattr(one, name) == value for name, value in fitting.items())
            and not MET.add(one.phone)  # type: ignore[func-returns-value]
        )

    def ticket_of(self, order_number: str) -> dict[str, Any]:
        agent = self.office.person("agent")
        rows = agent.get("/api/orders", limit=500)
        order_id = next(row["id"] for row in rows if row["number"] == order_number)
        found: dict[str, Any] = agent.get(f"/api/orders/{order_id}")
        return found


@pytest.fixture(scope="module")
def city(office: Office) -> City:
    made = make_city(DEFAULT_SEED)
    with session_factory()() as session:
        add_directory(session, ORG_ID, made, units_of(session, ORG_ID))
        session.commit()
    return made


@pytest.fixture
def town(office: Office, city: City, sit: Sit) -> Iterator[Town]:
    with ExitStack() as stack:
        yield Town(office, city, sit, stack)
    for row in office.person("agent").get("/api/desk")["calls"]:  # nobody waits for the next test
        if not row["tickets"]:
            office.person("lead2").post("/api/tickets", {"kind": "enquiry", "call_id": row["id"]})


def shown(page: "Page", standing: str) -> None:
    page.wait_for_selector(CARD.format(standing))


def choose_fault(page: "Page") -> None:
    """`f` leads to the first field that is still empty: the fault, once all else is known."""
    page.wait_for_function("document.querySelector('input[name=place]').value !== ''")
    page.keyboard.press("f")
    page.wait_for_selector("select[name=fault]:focus")
    page.keyboard.press("ArrowDown")


def focus_order(page: "Page", number: str) -> None:
    """`o` leads to the orders, what waits for the hotline first; then down to this one."""
    page.wait_for_selector(f"[data-testid=order-row][data-number='{number}']")
    page.keyboard.press("o")
    for _ in range(20):
        focused = page.wait_for_selector("[data-testid=order-row]:focus")
        if focused is not None and focused.get_attribute("data-number") == number:
            return
        page.keyboard.press("j")
    raise AssertionError(f"{number} is not reached")

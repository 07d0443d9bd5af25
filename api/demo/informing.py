"""The shift lead tells customers of an outage: one notice to many, now and then."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from api.demo.attendant import Attendant
from api.demo.door import Refusal, Row, Unreachable
from api.demo.plan import stream
from core.clock import now, rate
from core.logging import logger
from core.settings import settings

log = logger(__name__)

LOOKS_S, SELDOM_S = 240.0, 5.0
"""Business seconds between two looks at the orders; and real seconds, at least."""
REST = timedelta(minutes=40)
"""Between two notices."""
WIDE = ("no_power_area", "no_power_building")
IN_HAND = ("released", "accepted", "assigned")
REPAIRED_IN_S = (3_600, 9_000)


class Informing:
    """Notices about orders that many customers are concerned by, each order's once."""

    def __init__(self, lead: Attendant, seed: str) -> None:
        self._lead = lead
        self._seed = seed
        self._told: set[str] = set()
        self._next = now()

    async def run(self) -> None:
        """For ever; a lead who is a human says it or leaves it."""
        while True:
            await asyncio.sleep(max(LOOKS_S / rate(), SELDOM_S))
            row = next(self._worth_it(), None)
            if row is None or now() < self._next or self._lead.seat.taken:
                continue
            self._told.add(row["id"])
            self._next = now() + REST
            try:
                await self._tell(row)
            except (Refusal, Unreachable) as error:
                log.info("notice_left", reason=str(error)[:160])

    def _worth_it(self) -> Iterator[Row]:
        orders = self._lead.screen.orders
        self._told &= orders.keys()
        return (
            row
            for row in orders.values()
            if row["fault_code"] in WIDE and row["state"] in IN_HAND and row["id"] not in self._told
        )

    async def _tell(self, row: Row) -> None:
        person = self._lead.person
        dice = stream(self._seed, "notice", row["number"])
        back_at = now() + timedelta(seconds=dice.uniform(*REPAIRED_IN_S))
        local = back_at.astimezone(ZoneInfo(settings().timezone))
        body = {
            "template": "outage",
            "values": {"area": row["place"][:60], "time": f"{local:%H:%M}"},
            "scope": "order",
            "scope_id": row["id"],
            "importances": [],
            "reason": f"{row['number']} 停电范围较大",
            "useful_hours": 2,
        }
        draft = await person.act("notice", "/api/campaigns", body)
        await person.act("notice_start", f"/api/campaigns/{draft['id']}/start")

"""回访 in the demo city: an agent calls customers back, and leaves the fresh ones to humans."""

import asyncio
from datetime import datetime, timedelta

from api.demo.door import Person, Refusal, Row, Unreachable
from api.demo.pace import pause
from api.demo.plan import stream
from core.clock import now, rate
from core.logging import logger

log = logger(__name__)

EVERY_S, SELDOM_S = 300.0, 2.0
"""Business seconds between two rounds; and real seconds, at least, however fast business runs."""
LEFT_TO_HUMANS = timedelta(hours=1)
A_ROUND = 3
TALK_S = 45.0
ANSWERS = (
    (0.62, "reached", "satisfied"),
    (0.74, "reached", "neutral"),
    (0.79, "reached", "dissatisfied"),
    (0.97, "not_reached", None),
    (1.00, "refused", None),
)
"""Up to this part of all calls: what comes of one, and how content who was reached is."""


class CallingBack:
    """One agent's rounds through the queue of follow-up calls."""

    def __init__(self, agent: Person, seed: str) -> None:
        self._agent = agent
        self._seed = seed

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(max(EVERY_S / rate(), SELDOM_S))
            try:
                await self.round()
            except (Refusal, Unreachable) as error:
                log.info("follow_up_left", reason=str(error)[:160])

    async def round(self) -> None:
        """Call those who have waited long enough, a few at most."""
        found = await self._agent.get("/api/follow-ups", limit=50)
        for row in [one for one in found["follow_ups"] if _ripe(one)][:A_ROUND]:
            await self._call(row)

    async def _call(self, row: Row) -> None:
        path = f"/api/follow-ups/{row['id']}"
        await self._agent.act("follow-up", f"{path}/claim", {})
        await pause(TALK_S)
        part = stream(self._seed, "follow-up", row["id"], len(row["tries"])).random()
        outcome, content = next((one, how) for upto, one, how in ANSWERS if part <= upto)
        body: Row = {"outcome": outcome, "satisfaction": content}
        if content == "dissatisfied":
            body["note"] = "来得太晚，还没修好。"
        await self._agent.act("follow-up", f"{path}/tries", body)


def _ripe(row: Row) -> bool:
    """Nobody has it, it has waited for a human long enough, and it is time to try again."""
    waited = datetime.fromisoformat(row["opened_at"]) + LEFT_TO_HUMANS <= now()
    again = datetime.fromisoformat(row["next_at"]) <= now()
    return bool(row["state"] == "open" and waited and again)

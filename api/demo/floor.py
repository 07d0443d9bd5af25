"""The simulated agents at their telephones: ready for callers, and ready again."""

import asyncio
from datetime import datetime, timedelta

from api.demo.door import Person, Refusal, Row, Unreachable
from api.demo.pace import pause
from api.demo.telephones import PACE_UPTO
from core.clock import now, rate
from core.logging import logger

log = logger(__name__)

LOOKS_S, SELDOM_S = 4.0, 1.0
"""Business seconds between two looks at the agents; and real seconds, at least."""
AWAY = ("offline", "break")
NOTE_S = 8.0
"""Business seconds of after-call work where nothing is filed, such as after a call-back in vain."""


class Floor:
    """Agents whose telephones the carrier lets ring. `lead` sees all of them.

    `writing`: ids of those who file what was said, and say themselves when they have done.
    """

    def __init__(self, lead: Person, agents: list[Person]) -> None:
        self._lead = lead
        self._agents = agents
        self.writing: set[str] = set()

    async def run(self) -> None:
        """For ever: whoever is away comes (back) to work, once business is slow enough for it."""
        while True:
            if rate() <= PACE_UPTO:
                try:
                    await self._look()
                except (Refusal, Unreachable) as error:
                    log.info("floor_not_seen", reason=str(error)[:160])
            await asyncio.sleep(max(LOOKS_S / rate(), SELDOM_S))

    async def _look(self) -> None:
        rows = {one["id"]: one for one in (await self._lead.get("/api/agents"))["agents"]}
        for agent in self._agents:
            row = rows.get(await agent.id())
            if row is None or row["state"] in AWAY:
                await agent.act("ready", "/api/agent/state", {"state": "available"})
            elif row["id"] not in self.writing and noted(row, now()):
                await done(agent, 0)

    async def by_id(self, user_id: str) -> Person | None:
        """The simulated agent of this id; None: somebody else."""
        for agent in self._agents:
            if await agent.id() == user_id:
                return agent
        return None


async def done(agent: Person, after_s: float) -> None:
    """After-call work is over."""
    await pause(after_s)
    try:
        await agent.act("done", "/api/agent/wrap-up/end", {})
    except (Refusal, Unreachable) as refusal:
        log.debug("wrap_up_over", reason=str(refusal))


def noted(row: Row, at: datetime) -> bool:
    """Whether after-call work of which nothing comes has taken long enough."""
    since = datetime.fromisoformat(row["since"])
    return bool(row["state"] == "wrap_up" and since + timedelta(seconds=NOTE_S) <= at)


def talked(row: Row) -> bool:
    """Whether an agent and the customer have come together."""
    return row["stage"] in ("talking", "held") or row["outcome"] == "answered"

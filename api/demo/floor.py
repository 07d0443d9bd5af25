"""The simulated agents at their telephones: ready for callers, and ready again."""

import asyncio

from api.demo.door import Person, Refusal, Row, Unreachable
from api.demo.pace import pause
from api.demo.telephones import PACE_UPTO
from core.clock import rate
from core.logging import logger

log = logger(__name__)

LOOKS_S, SELDOM_S = 4.0, 1.0
"""Business seconds between two looks at the agents; and real seconds, at least."""
AWAY = ("offline", "break")


class Floor:
    """Agents whose telephones the carrier lets ring. `lead` sees all of them."""

    def __init__(self, lead: Person, agents: list[Person]) -> None:
        self._lead = lead
        self._agents = agents

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
        states = {
            one["id"]: one["state"] for one in (await self._lead.get("/api/agents"))["agents"]
        }
        for agent in self._agents:
            if states.get(await agent.id(), "offline") in AWAY:
                await agent.act("ready", "/api/agent/state", {"state": "available"})

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


def talked(row: Row) -> bool:
    """Whether an agent and the customer have come together."""
    return row["stage"] in ("talking", "held") or row["outcome"] == "answered"

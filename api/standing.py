"""What every caller hears first, at hand without asking the database for each call."""

import asyncio
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from core.clock import monotonic, now
from core.db import read_session
from telephony import caller_repository, service
from telephony.caller import full_queues
from telephony.early import Standing

FRESH_S = 1.0
"""How long it is taken for true; this process itself says when it changes something."""


@dataclass(frozen=True, slots=True)
class _Known:
    standing: Standing
    at: float


class Standings:
    """Dialled number → its organisation, and what is so there for all who call."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, asyncio.Task[_Known]] = {}

    def forget(self) -> None:
        """Something has changed."""
        self._known.clear()
        self._asking.clear()

    async def of(self, number: str) -> Standing:
        """What counts for callers of a number.

        Raises UnknownNumber, and what the database raises when it is away.
        """
        known = self._known.get(number)
        if known is None or monotonic() - known.at > FRESH_S:
            known = await self._asked(number)
        return known.standing

    async def _asked(self, number: str) -> _Known:
        """One question for all who wait for it."""
        asking = self._asking.get(number)
        if asking is None:
            asking = asyncio.create_task(self._ask(number))
            self._asking[number] = asking
        return await asyncio.shield(asking)

    async def _ask(self, number: str) -> _Known:
        own = asyncio.current_task()
        try:
            found = _Known(await run_in_threadpool(_standing, number), monotonic())
            if self._asking.get(number) is own:
                self._known[number] = found
            return found
        finally:
            if self._asking.get(number) is own:
                del self._asking[number]


def _standing(number: str) -> Standing:
    org_id = service.organisation_of([number])
    with read_session() as session:
        emergency = caller_repository.emergency(session, org_id)
        full, places = (
            full_queues(session, org_id),
            caller_repository.places(session, org_id, now()),
        )
    return Standing(org_id, emergency, full, places)

"""Reports of the carrier are taken: one row each, many that come together in one transaction.

A report is answered once its row is committed. Who tells it is another process
(`telephony/teller.py`).
"""

import asyncio
from contextlib import suppress

import psycopg

from core.errors import Unavailable
from core.listen import connected
from core.logging import logger
from telephony import untold_repository
from telephony.rules import CarrierEvent
from telephony.untold_repository import Decided, Taken

PLACES = 2000
"""Reports that may wait at once; the carrier repeats what is refused."""
AT_ONCE = 200
TAKEN_WITHIN_S = 10.0
"""The carrier waits fifteen seconds for an answer."""
TRIES = 2
"""A connection that was lost since the last time is made anew once."""
log = logger(__name__)
Waiting = tuple[Taken, "asyncio.Future[None]"]


class Taking:
    """Writes what comes, one statement after the other, on a connection of its own."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._connection: psycopg.AsyncConnection | None = None
        self._writing: asyncio.Task[None] | None = None

    async def take(self, event: CarrierEvent, decided: Decided = ()) -> None:
        """Keep a report, and what was decided with its answer. Raises Unavailable where that cannot
        be done in time: it is repeated.
        """
        if len(self._waiting) >= PLACES:
            self._refuse(event, "full")
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((Taken(event, decided=decided), kept))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        try:
            await asyncio.wait_for(kept, TAKEN_WITHIN_S)
        except (TimeoutError, psycopg.OperationalError) as trouble:
            self._refuse(event, type(trouble).__name__)

    async def stop(self) -> None:
        """Write what has come, and close the connection."""
        if self._writing is not None:
            await self._writing
        if self._connection is not None:
            await self._connection.close()

    @staticmethod
    def _refuse(event: CarrierEvent, because: str) -> None:
        log.warning("report_refused", webhook=event.kind, because=because)
        raise Unavailable(what="webhooks")

    async def _write(self) -> None:
        """Until nothing waits. What comes meanwhile is the next statement's."""
        while self._waiting:
            some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            some = [one for one in some if not one[1].done()]  # nobody waits for it any more
            try:
                if some:
                    await self._written([one for one, _ in some])
            except Exception as trouble:
                for _, kept in some:
                    if not kept.done():
                        kept.set_exception(trouble)
            else:
                for _, kept in some:
                    if not kept.done():
                        kept.set_result(None)

    async def _written(self, reports: list[Taken]) -> None:
        """In one transaction; written twice where a connection was lost at its end, told once."""
        for last in range(TRIES):
            held = self._connection is not None
            try:
                if self._connection is None:
                    self._connection = await connected("paidan-reports")
                await self._connection.execute(
                    untold_repository.TAKE, untold_repository.parameters(reports), prepare=True
                )
                return
            except psycopg.OperationalError:
                await self._forget()
                if last == TRIES - 1 or not held:
                    raise

    async def _forget(self) -> None:
        lost, self._connection = self._connection, None
        if lost is not None:
            with suppress(psycopg.Error):
                await lost.close()

"""Collects positions from all connections into batches: write, then acknowledge, then publish.

The devices take turns, a message each: who sends what a blind spot has kept back for hours does
not keep the live ones waiting. Of one device everything stays in its order.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from core.logging import logger
from gps import pipeline
from gps.fix import Fix
from gps.jt808.downlink import FAILED, OK
from gps.pipeline import DatabaseAway, Written
from gps.remembering import Memory
from gps.repository import Latest

log = logger(__name__)

BATCH_FIXES = 5000
FULL_FIXES = 50_000
"""Positions in memory at which reading from terminals stops until the database has caught up."""
BACKLOG_FIXES = 200
"""So many of one device wait here; the rest waits in the device."""

FIRST_RETRY_S, LAST_RETRY_S = 0.2, 2.0

Acknowledgement = tuple[int, int, int]
"""Serial and id of the terminal's message, result."""


class Sender(Protocol):
    """The connection that a message came from."""

    def acknowledge(self, acknowledgements: Sequence[Acknowledgement]) -> None: ...

    def resume(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pending:
    """A message with positions that is not acknowledged yet."""

    sender: Sender
    serial: int
    message_id: int
    org_id: int
    fixes: tuple[Fix, ...]

    @property
    def turn(self) -> object:
        """Whose turn it takes: the device's, over however many connections."""
        return self.fixes[0].device_id if self.fixes else self.sender


class Intake:
    """One per gateway. `publish` gets the latest positions of each commit, after the commit."""

    def __init__(
        self, flush_seconds: float, publish: Callable[[int, dict[UUID, Latest]], None]
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._flush_seconds = flush_seconds
        self._publish = publish
        self._waiting: dict[object, deque[Pending]] = {}
        self._turns: deque[object] = deque()
        self._fixes = 0
        self._some = asyncio.Event()
        self._stopping = asyncio.Event()
        self._held_back: set[Sender] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="positions")
        self._memory = Memory()

    @property
    def full(self) -> bool:
        """Whether connections should read no further."""
        return self._fixes >= FULL_FIXES or self._stopping.is_set()

    def backlogged(self, device_id: UUID) -> bool:
        """Whether the connection of this device should read no further."""
        waiting = self._waiting.get(device_id, ())
        return sum(len(pending.fixes) for pending in waiting) >= BACKLOG_FIXES

    def put(self, pending: Pending) -> None:
        """Take a message; it is acknowledged when its positions are committed."""
        if (turn := pending.turn) not in self._waiting:
            self._waiting[turn] = deque()
            self._turns.append(turn)
        self._waiting[turn].append(pending)
        self._fixes += len(pending.fixes)
        self._some.set()

    def hold_back(self, sender: Sender) -> None:
        """Call `sender.resume` when there is room again."""
        self._held_back.add(sender)

    async def run(self) -> None:
        """Write batches until `stop`, and then what is left."""
        while not (self._stopping.is_set() and not self._waiting):
            await self._some.wait()
            if self._fixes < BATCH_FIXES and not self._stopping.is_set():
                await asyncio.sleep(self._flush_seconds)
            await self._flush()
        self._thread.shutdown()

    def stop(self) -> None:
        self._stopping.set()
        self._some.set()

    async def _flush(self) -> None:
        batch = self._take()
        by_org: dict[int, list[Pending]] = {}
        for pending in batch:
            by_org.setdefault(pending.org_id, []).append(pending)
        for org_id, messages in by_org.items():
            fixes = [fix for message in messages for fix in message.fixes]
            written = await self._write(org_id, fixes)
            if written is not None:
                self.counts += written.reasons
                self._acknowledge(messages, written.refused)
                self._publish(org_id, written.latest)
        if not self.full:
            self._let_go()

    def _take(self) -> list[Pending]:
        batch: list[Pending] = []
        taken = 0
        while self._turns and taken < BATCH_FIXES:
            turn = self._turns.popleft()
            waiting = self._waiting[turn]
            pending = waiting.popleft()
            batch.append(pending)
            taken += len(pending.fixes)
            if waiting:
                self._turns.append(turn)
            else:
                del self._waiting[turn]
        self._fixes -= taken
        if not self._waiting and not self._stopping.is_set():
            self._some.clear()
        return batch

    async def _write(self, org_id: int, fixes: Sequence[Fix]) -> Written | None:
        """Until the database takes it. None when the gateway stops first: nothing is confirmed."""
        pause = FIRST_RETRY_S
        loop = asyncio.get_running_loop()
        while True:
            try:
                work = partial(pipeline.write, org_id, fixes, memory=self._memory)
                return await loop.run_in_executor(self._thread, work)
            except DatabaseAway as error:
                log.warning(
                    "positions_wait_for_database", fixes=len(fixes), reason=str(error)[:200]
                )
                self.counts["database_away"] += 1
            if self._stopping.is_set():
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_RETRY_S)

    def _acknowledge(self, messages: Sequence[Pending], refused: set[int]) -> None:
        by_sender: dict[Sender, list[Acknowledgement]] = {}
        index = 0
        for message in messages:
            places = range(index, index + len(message.fixes))
            index += len(message.fixes)
            all_refused = bool(places) and all(place in refused for place in places)
            result = FAILED if all_refused else OK
            by_sender.setdefault(message.sender, []).append(
                (message.serial, message.message_id, result)
            )
        for sender, acknowledgements in by_sender.items():
            sender.acknowledge(acknowledgements)

    def _let_go(self) -> None:
        held_back, self._held_back = self._held_back, set()
        for sender in held_back:
            sender.resume()

"""Virtual time: runs at a pace, or stands still until it is told to advance."""

import asyncio
import heapq
import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_TURNS = 40  # of the event loop, after which whoever could go on has gone on


class Clock:
    """`speed` virtual seconds pass in a real one; at 0 time stands still but for `advance`.

    Timers are a heap of moments. `busy` marks work that waits for somebody outside, such as a
    webhook under way: while there is any, `advance` does not go on.

    Virtual time was `start` at the real moment `anchor`, before which it stands still. With
    `catch_up` it never passes real time: where both meet, it is real time from then on.
    """

    def __init__(
        self,
        speed: float = 1.0,
        start: datetime | None = None,
        anchor: datetime | None = None,
        *,
        catch_up: bool = False,
    ) -> None:
        real = datetime.now(UTC)
        self.speed = speed
        self._start = start or real
        self._anchor = anchor or real
        self._lead = (self._anchor - self._start).total_seconds() if catch_up else math.inf
        self._offset = 0.0
        self._began: float | None = None
        self._heap: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def seconds(self) -> float:
        """Virtual seconds since the start."""
        if not self.speed:
            return self._offset
        gone = max(self._gone(), 0.0)
        return min(gone * self.speed, gone + self._lead)

    def _gone(self) -> float:
        """Real seconds since the anchor."""
        now = asyncio.get_running_loop().time()
        if self._began is None:
            self._began = now - (datetime.now(UTC) - self._anchor).total_seconds()
        return now - self._began

    def _until(self, virtual: float) -> float:
        """Real seconds until so many virtual ones have passed since the start."""
        return max(virtual / self.speed, virtual - self._lead) - self._gone()

    def now(self) -> datetime:
        """The virtual moment, aware, UTC."""
        return self._start + timedelta(seconds=self.seconds())

    async def sleep(self, seconds: float) -> None:
        """Wait for so many virtual seconds."""
        if self.speed or seconds <= 0:
            real = self._until(self.seconds() + seconds) if seconds > 0 else 0.0
            await asyncio.sleep(max(real, 0.0))
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._heap, (self._offset + seconds, next(self._numbers), future))
        await future

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Somebody outside is waited for."""
        self._busy += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()

    async def settle(self) -> None:
        """Wait until nothing goes on that does not wait for time or for a person."""
        while True:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if not self._busy:
                return
            await self._idle.wait()

    async def advance(self, seconds: float) -> None:
        """Let so much virtual time pass at once, one timer after the other. Only at speed 0."""
        if self.speed:
            raise ValueError("time that runs by itself cannot be advanced")
        await self.settle()
        goal = self._offset + seconds
        while self._heap and self._heap[0][0] <= goal:
            moment, _, future = heapq.heappop(self._heap)
            self._offset = max(self._offset, moment)
            if not future.done():
                future.set_result(None)
                await self.settle()
        self._offset = goal

"""What happened, in order: kept in memory, read as JSON lines, awaited by tests."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any


class Trace:
    """Numbered entries. `wait` returns when there is one after a number.

    `keep`: so many at least are kept, and twice as many at most; None: all.
    """

    def __init__(self, now: Callable[[], datetime], keep: int | None = None) -> None:
        self.entries: list[dict[str, Any]] = []
        self._now = now
        self._keep = keep
        self._gone = 0
        self._grown = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, kind: str, **what: Any) -> None:
        """Append an entry; must be called in the event loop."""
        at = self._now().isoformat()
        self.entries.append({"n": self._last + 1, "at": at, "kind": kind, **what})
        if self._keep is not None and len(self.entries) > 2 * self._keep:
            self._gone += len(self.entries) - self._keep
            del self.entries[: -self._keep]
        task = asyncio.get_running_loop().create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def _last(self) -> int:
        return self._gone + len(self.entries)

    def after(self, number: int) -> list[dict[str, Any]]:
        """Entries whose number is greater."""
        return self.entries[max(number - self._gone, 0) :]

    async def wait(self, number: int, seconds: float) -> list[dict[str, Any]]:
        """The same, once there is one or so many real seconds are over."""
        try:
            async with asyncio.timeout(seconds), self._grown:
                await self._grown.wait_for(lambda: self._last > number)
        except TimeoutError:
            pass
        return self.after(number)

    async def _tell(self) -> None:
        async with self._grown:
            self._grown.notify_all()

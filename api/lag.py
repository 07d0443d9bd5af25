"""How far a web process is behind: what has come is waiting while others are worked on."""

import asyncio

TICK_S = 0.05


class Lag:
    """A clock in the loop that should strike every `TICK_S`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()
        self._next = self._loop.call_soon(self._tick)

    def _tick(self) -> None:
        self._due = self._loop.time() + TICK_S
        self._next = self._loop.call_at(self._due, self._tick)

    def behind(self) -> float:
        """Seconds since the clock should have struck; 0 where it is in time."""
        return max(0.0, self._loop.time() - self._due)

    def stop(self) -> None:
        self._next.cancel()

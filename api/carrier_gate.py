"""How many webhooks of the carrier are worked on at once, and what waits no longer.

Nobody on a line is kept waiting by others: what cannot be begun soon enough is not begun at all.
What has been begun is finished, also when its answer comes too late for the carrier.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from core.logging import logger
from core.settings import settings

T = TypeVar("T")
REPORT_S = 10.0
"""A report is answered before the carrier's limit of fifteen seconds; refused, it is repeated."""
WAITING_A_THREAD = 8
"""Documents that may wait for each thread: the last of them still comes within the budget."""
REPORTS_A_THREAD = 64
log = logger(__name__)


class TooLate(Exception):
    """The work was not done in time. `begun`: it goes on, and its result is kept."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__()
        self.begun = begun


class Gate:
    """Some threads for one kind of webhook, and the places in the line for them."""

    def __init__(self, name: str, threads: int, waiting: int, seconds: float) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._places = threads * (1 + waiting)
        self._seconds = seconds
        self._taken = 0

    async def do(self, work: Callable[[], T]) -> T:
        """The result of `work`. Raises TooLate; what `work` raises it raises too."""
        if self._taken >= self._places:
            raise TooLate(begun=False)
        self._taken += 1
        future = self._threads.submit(contextvars.copy_context().run, work)
        waiting = asyncio.wrap_future(future)
        waiting.add_done_callback(self._left)
        done, _ = await asyncio.wait({waiting}, timeout=self._seconds)
        if done:
            return waiting.result()
        if future.cancel():
            raise TooLate(begun=False)
        future.add_done_callback(_late)
        raise TooLate(begun=True)

    def _left(self, waiting: "asyncio.Future[T]") -> None:
        self._taken -= 1
        if not waiting.cancelled():
            waiting.exception()  # whoever waits raises it; afterwards `_late` has logged it


def _late(future: "Future[T]") -> None:
    if error := future.exception():
        log.error("webhook_failed_late", exc_info=error)


@lru_cache(maxsize=1)
def documents() -> Gate:
    """For what a leg waits to hear."""
    own = settings()
    threads = (own.webhooks_at_once + 1) // 2
    return Gate("document", threads, WAITING_A_THREAD, own.webhook_budget_seconds)


@lru_cache(maxsize=1)
def reports() -> Gate:
    """For what nobody waits for on a line."""
    threads = (settings().webhooks_at_once + 1) // 2
    return Gate("report", threads, REPORTS_A_THREAD, REPORT_S)


def forget() -> None:
    """Let the gates be made anew by the settings."""
    documents.cache_clear()
    reports.cache_clear()

"""Somebody who watches a live screen and does what each order calls for, after a while."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.demo.book import Book, Case, Seat
from api.demo.door import Person, Refusal, Row, Screen, Unreachable
from api.demo.pace import pause, until
from core.clock import now, rate
from core.logging import logger

log = logger(__name__)

AGAIN_S = 15.0
"""Business seconds before something that was refused is looked at again."""
TRIES = 6
HURRY_S = 2.0
"""What any pause shrinks to for an order left over from an earlier run."""
OTHERS_ASK = 10
"""Requests that lie between an order that is sent and a crew that accepts it, and some more."""


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do about an order. `key` tells one occasion from the next; `due` from when."""

    name: str
    key: str
    due: datetime
    do: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class _Running:
    """A todo under way; what is `doing` already is not dropped any more."""

    key: str
    task: asyncio.Task[None] | None = None
    doing: bool = False


class NotYet(Exception):
    """What is to be done cannot be done yet; it is tried again without end."""


class Attendant(ABC):
    """Base of lead, dispatchers and crews. `todos` says what an order calls for."""

    topic = "board"

    def __init__(self, person: Person, book: Book, seat: Seat) -> None:
        self.person = person
        self.book = book
        self.seat = seat
        self.screen = Screen(person, self.topic, changed=self.changed, delivered=self.confirms)
        self._todos: dict[tuple[str, str], _Running] = {}
        self._looks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """For ever."""
        try:
            await self.screen.follow()
        finally:
            for running in self._todos.values():
                if running.task is not None:
                    running.task.cancel()

    def confirms(self, _delivery: Row) -> bool:
        """Whether the screen confirms what is delivered."""
        return True

    @abstractmethod
    def todos(self, row: Row, case: Case) -> list[Todo]:
        """What an order calls for from this person."""

    def changed(self, entity: str, before: Row | None, after: Row | None) -> None:
        """Told by the screen."""
        row = after or before
        if entity == "order" and row is not None:
            self._look_at(row["id"])

    def _look_at(self, order_id: str) -> None:
        self._later(self.look(order_id))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._looks.add(task)
        task.add_done_callback(self._looks.discard)

    async def look(self, order_id: str) -> None:
        """Decide anew what this order calls for; what it calls for no more is dropped."""
        row = self.screen.orders.get(order_id)
        wanted: dict[str, Todo] = {}
        if row is not None:
            case = await self.book.case_of(row)
            row = self.screen.orders.get(order_id)
            if row is not None:
                wanted = {todo.name: todo for todo in self.todos(row, case)}
        self._drop(order_id, wanted)
        for name, todo in wanted.items():
            if (order_id, name) not in self._todos:
                running = self._todos[order_id, name] = _Running(todo.key)
                running.task = asyncio.ensure_future(self._carry_out(order_id, todo, running))

    def _drop(self, order_id: str, wanted: dict[str, Todo]) -> None:
        for (owner, name), running in list(self._todos.items()):
            if owner != order_id or (name in wanted and wanted[name].key == running.key):
                continue
            if running.task is not None and not running.doing:
                running.task.cancel()
            del self._todos[owner, name]

    async def _carry_out(self, order_id: str, todo: Todo, running: _Running) -> None:
        """When it is time and no human sits here; again a few times where it is refused."""
        await until(todo.due)
        tries = 0
        while tries < TRIES:
            await self.free()
            running.doing = True
            try:
                with self.book.acting(order_id):
                    await todo.do()
                return
            except NotYet:
                pass
            except (Refusal, Unreachable) as refusal:
                log.debug("refused", who=self.person.login.login, todo=todo.name, why=str(refusal))
                tries += 1
            running.doing = False
            await pause(AGAIN_S)

    async def free(self) -> None:
        """Wait while a human sits here."""
        while self.seat.taken:
            await pause(5.0)

    def due(self, case: Case, seconds: float, since: str | None = None) -> datetime:
        """`seconds` after `since` (default: now), at once for leftovers.

        While business runs fast a request takes minutes of it: people begin so much earlier.
        """
        moment = now()
        if case.hurried:
            return moment + timedelta(seconds=HURRY_S)
        start = datetime.fromisoformat(since) if since else moment
        return max(start + timedelta(seconds=seconds - self._request_s()), moment)

    def slack(self, case: Case) -> timedelta:
        """How much longer others are waited for while business runs fast: they ask as well."""
        return timedelta(seconds=0 if case.hurried else OTHERS_ASK * self._request_s())

    def _request_s(self) -> float:
        """What a request takes of business that runs fast."""
        return self.person.door.tally.lag_s * rate() if rate() > 1 else 0.0

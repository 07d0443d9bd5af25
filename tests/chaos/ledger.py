"""What Paidan has confirmed to somebody outside. All of this may be demanded of it."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

PROGRESS_S = 240.0


@dataclass
class Ledger:
    """Filled by all threads of the load; read when they have ended.

    `facts` counts what each 2xx answer must have recorded, by stream id and event type. `calls`
    has the time at which each acknowledged call ended. `fixes` are positions by terminal that
    got 0x8001, `sent` all that were tried, `alarms` timers that rang on a screen.
    `surprises` are answers that nobody should get.
    """

    facts: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls: dict[str, datetime | None] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)
    alarms: set[str] = field(default_factory=set)
    trips: set[str] = field(default_factory=set)
    receipts: set[str] = field(default_factory=set)
    fixes: defaultdict[str, set[datetime]] = field(default_factory=lambda: defaultdict(set))
    sent: defaultdict[str, set[datetime]] = field(default_factory=lambda: defaultdict(set))
    surprises: list[str] = field(default_factory=list)
    retries: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Change it and wake whoever waits for progress."""
        with self._changed:
            yield
            self._changed.notify_all()

    def recorded(self, stream_id: str, *types: str) -> None:
        """An answer that says that these facts are recorded."""
        with self.writing():
            self.facts.update((stream_id, type_) for type_ in types)

    def surprised(self, what: str) -> None:
        with self.writing():
            self.surprises.append(what)

    @property
    def positions(self) -> int:
        return sum(len(times) for times in self.fixes.values())

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = PROGRESS_S) -> None:
        """Until the condition over this ledger holds."""
        with self._changed:
            if not self._changed.wait_for(condition, seconds):
                raise AssertionError(f"no {what} in {seconds} s; {self.surprises[-5:]}")

    def wait_more(self, acts: int, positions: int) -> None:
        """Until so many more acts and positions are confirmed."""
        facts, fixes = self.facts.total() + acts, self.positions + positions
        self.wait(
            lambda: self.facts.total() >= facts and self.positions >= fixes,
            f"{acts} more acts and {positions} more positions",
        )

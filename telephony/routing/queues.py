"""Queues, reasons and dispositions as data: `queues.toml`, or the file of that name in the data
directory. What is wrong with it is said with its field before anybody is routed by it.
"""

from collections.abc import Iterator, Mapping
from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from core import checked_toml
from core.settings import settings

FILE = "queues.toml"
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Level = Annotated[int, Field(ge=1, le=5)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Relax(_Part):
    """After so long a wait an agent of this level will do."""

    after_s: float = Field(gt=0)
    level: Level


class Overflow(_Part):
    """After so long a wait the agents of another queue serve this one as well."""

    after_s: float = Field(gt=0)
    to: Code


class Queue(_Part):
    """One queue. `priority`: added to each caller's own; one step counts as `ageing_s` of waiting.

    `wrap_up_most_s`: longest after-call work, with all extensions.
    """

    code: Code
    name_zh: str
    name_en: str
    skills: dict[Code, Level] = {}
    relax: tuple[Relax, ...] = ()
    overflow: Overflow | None = None
    priority: int = Field(0, ge=0, le=100)
    ageing_s: float = Field(gt=0)
    max_waiting: int = Field(gt=0)
    max_wait_s: float = Field(gt=0)
    wrap_up_s: float = Field(ge=0)
    wrap_up_most_s: float = Field(ge=0)


class Word(_Part):
    """A code with its names. `system`: no person chooses it."""

    code: Code
    zh: str
    en: str
    system: bool = False


class CallbackRule(_Part):
    """When customers are called back. `gaps_s`: between tries; `hours`: local, first and end;
    `hand_s`: so long who took up one that had failed is alone with it; `callers_between`: so many
    callers on the line an agent takes after a call-back before the next, while any wait.
    """

    gaps_s: tuple[Annotated[float, Field(gt=0)], ...]
    hours: tuple[time, time]
    ring_s: int = Field(gt=0, le=120)
    hand_s: float = Field(900, gt=0, le=86_400)
    callers_between: int = Field(1, ge=0, le=20)


class Plan(_Part):
    """All of the document. `listening_seen`: agents are shown who listens to them; who speaks is
    always shown.
    """

    ring_s: int = Field(gt=0, le=120)
    reserve_s: float = Field(gt=0, le=300)
    listening_seen: bool = True
    language_s: float = Field(ge=0)
    dropped_priority: int = Field(ge=0)
    queue: tuple[Queue, ...] = Field(min_length=1)
    reason: tuple[Word, ...]
    disposition: tuple[Word, ...]
    callback: CallbackRule

    def of(self, code: str) -> Queue:
        """The queue of that code; the first one where it is gone from the document."""
        return next((one for one in self.queue if one.code == code), self.queue[0])

    def full(self, waiting: Mapping[str, int]) -> frozenset[str]:
        """Queues that take nobody more, of which so many wait in each."""
        return frozenset(
            code for code, count in waiting.items() if count >= self.of(code).max_waiting
        )

    def problems(self) -> Iterator[checked_toml.Wrong]:
        """What is wrong beyond what the types say."""
        codes = [one.code for one in self.queue]
        for kind, words in (("queue", codes), *self._words()):
            yield from checked_toml.twice(kind, words)
        for one in self.queue:
            if one.overflow and one.overflow.to not in set(codes) - {one.code}:
                yield f"queue.{one.code}.overflow.to", "must name another queue"
            if list(one.relax) != sorted(one.relax, key=lambda step: step.after_s):
                yield f"queue.{one.code}.relax", "must go by rising after_s"
            if one.wrap_up_most_s < one.wrap_up_s:
                yield f"queue.{one.code}.wrap_up_most_s", "must not be below wrap_up_s"
        for needed in ("no_answer", "declined", "phone_failed"):
            if not any(one.code == needed and one.system for one in self.reason):
                yield f"reason.{needed}", "must be there, with system = true"
        if self.reserve_s < self.ring_s:
            yield "reserve_s", "must not be below ring_s"
        if self.callback.hours[0] >= self.callback.hours[1]:
            yield "callback.hours", "must end after they begin"

    def _words(self) -> tuple[tuple[str, list[str]], ...]:
        return (
            ("reason", [one.code for one in self.reason]),
            ("disposition", [one.code for one in self.disposition]),
        )


def plan() -> Plan:
    """The document in force in this process. Raises InvalidField naming what is wrong with it."""
    return _plan(settings().data_dir)


def read(text: str) -> Plan:
    """A document. Raises InvalidField naming all that is wrong."""
    return checked_toml.read(Plan, text, FILE, Plan.problems)


@lru_cache(maxsize=4)
def _plan(folder: Path) -> Plan:
    return read(checked_toml.text_of(folder, "telephony.routing", FILE))

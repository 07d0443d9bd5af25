"""What the simulated people know together: cases, who is acting just now, who stands back."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from api.demo.door import Row
from api.demo.plan import Behaviour, Call, behaviour
from core.clock import now

STAND_BACK = timedelta(minutes=5)
"""A simulated person leaves the seat to a human for so long after the human's last act."""

ANSWER_S = 25.0
"""Real seconds to wait for the answer to an act of our own."""

FILING_S = 2.0
"""Real seconds to wait for the name of an order that is being filed."""


@dataclass(slots=True)
class Case:
    """One order and how it is to go. `hurried`: left over from an earlier run."""

    key: str
    how: Behaviour
    call: Call | None = None
    hurried: bool = False
    duplicate: bool = False
    astray: str | None = None
    """Unit of the wrong centre that the lead sent it to."""


class Signature(NamedTuple):
    """What of an order's row people's acts change; the same in an act's answer and on screens."""

    state: str
    hop: str | None
    hop_accepted: str | None
    assignment: str | None
    accepted: str | None
    active: bool
    since: str | None


@dataclass(slots=True)
class Seat:
    """A post that a human may take over."""

    name: str
    human_at: datetime | None = None

    @property
    def taken(self) -> bool:
        return self.human_at is not None and now() < self.human_at + STAND_BACK


@dataclass(slots=True)
class Book:
    """Shared by everybody in the city."""

    seed: str
    cases: dict[str, Case] = field(default_factory=dict)
    leftovers: set[str] = field(default_factory=set)
    sent: dict[str, list[str]] = field(default_factory=dict)
    unlucky: set[str] = field(default_factory=set)
    """Cases whose vehicle breaks down, so that a newcomer finds something late."""
    filing: int = 0
    by_key: set[str] = field(default_factory=set)
    """Assignments that a crew answers with the terminal's key: what follows names nobody."""
    _acting: Counter[str] = field(default_factory=Counter)
    _ours: dict[str, set[Signature]] = field(default_factory=dict)

    async def case_of(self, row: Row) -> Case:
        """The case of an order; one that a human filed gets a name from its number."""
        waited = 0.0
        while row["id"] not in self.cases and self.filing and waited < FILING_S:
            await asyncio.sleep(0.02)
            waited += 0.02
        found = self.cases.get(row["id"])
        if found is None:
            key = f"order-{row['number']}"
            how = behaviour(self.seed, key, row["fault_code"])
            found = Case(key, how, hurried=row["id"] in self.leftovers)
            self.cases[row["id"]] = found
        return found

    @contextmanager
    def acting(self, order_id: str) -> Iterator[None]:
        """One of ours acts on this order; its answer is not here yet."""
        self._acting[order_id] += 1
        try:
            yield
        finally:
            self._acting[order_id] -= 1

    def note(self, answer: Row) -> None:
        """The answer to an act of ours: what screens show of this order is our own doing."""
        if "holder" in answer:
            self._ours.setdefault(answer["id"], set()).add(signature(answer))

    async def is_ours(self, order_id: str, after: Row | None) -> bool:
        """Whether one of ours made an order look so. Waits for answers that are under way."""
        waited = 0.0
        while self._acting[order_id] and waited < ANSWER_S:
            await asyncio.sleep(0.05)
            waited += 0.05
        if after is not None and self._is_the_keys(after):
            self.note(after)
        ours = self._ours.get(order_id, set())
        if after is None:
            return any(one.state == "closed" for one in ours)
        return signature(after) in ours

    def _is_the_keys(self, row: Row) -> bool:
        """Whether the key's acceptance shows here for the first time; later acts are anybody's."""
        one = row["assignment"] or {}
        if one.get("id") not in self.by_key or not one["accepted_at"]:
            return False
        self.by_key.discard(one["id"])
        return True

    def forget(self, order_id: str) -> None:
        """The order is closed: the city runs for weeks, its book must not grow with it."""
        self.cases.pop(order_id, None)
        self.sent.pop(order_id, None)
        self.leftovers.discard(order_id)
        self._ours.pop(order_id, None)
        self._acting.pop(order_id, None)


def signature(row: Row) -> Signature:
    """What people's acts change of an order."""
    hop, one = row["hop"] or {}, row["assignment"] or {}
    return Signature(
        state=row["state"],
        hop=hop.get("id"),
        hop_accepted=hop.get("accepted_at"),
        assignment=one.get("id"),
        accepted=one.get("accepted_at"),
        active=one.get("state") not in (None, "sent", "accepted"),
        since=row["holder"].get("since"),
    )


def human_seats(before: Row | None, after: Row | None) -> Iterable[str]:
    """Whose seats the change of an order's row speaks of: `lead`, `unit:<id>` of centre or crew.

    Receipts, GPS stamps and alarms come by themselves and speak of nobody.
    """
    if before is None:
        return
    if after is None:
        yield "lead"
        return
    hop, new_hop = before["hop"], after["hop"]
    if new_hop and (hop is None or hop["id"] != new_hop["id"]):
        yield "lead"
    if after["state"] == "filed" and before["state"] != "filed":
        yield "lead"
    centre = after["centre_id"] or before["centre_id"]
    if _centre_acted(before, after):
        yield f"unit:{centre}"
    yield from _crew_acted(before, after)


def _centre_acted(before: Row, after: Row) -> bool:
    hop, new_hop = before["hop"], after["hop"]
    same_hop = hop and new_hop and hop["id"] == new_hop["id"]
    accepted = same_hop and new_hop["accepted_at"] and not hop["accepted_at"]
    returned = after["state"] == "returned" and before["state"] != "returned"
    sent = after["assignment"] and (
        before["assignment"] is None or before["assignment"]["id"] != after["assignment"]["id"]
    )
    taken_back = before["state"] == "assigned" and after["state"] == "accepted"
    return bool(accepted or returned or sent or taken_back)


def _crew_acted(before: Row, after: Row) -> Iterable[str]:
    one, new = before["assignment"], after["assignment"]
    if one is None:
        return
    crew = f"unit:{one['crew_id']}"
    if new is None:
        if after["state"] == "accepted":
            yield crew
    elif one["id"] == new["id"] and (
        (new["accepted_at"] and not one["accepted_at"])
        or (new["state"] == "finished" and one["state"] != "finished")
        or (new["state"] == "active" and one["state"] == "accepted")
    ):
        yield crew

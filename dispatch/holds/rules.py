"""Holds: who may decide, how long one lasts, and what its facts add up to. Pure.

A crew that cannot go on asks for a hold; whoever is above approves or refuses it. It ends by a
word, by its cap, or because the work went on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.recorded import Recorded
from core.rights import Role
from sla.intervals import Interval
from sla.policy import Pause

REFUSALS = ("not_needed", "no_evidence", "wrong_kind", "other")
_RANK = {
    Role.CREW: 0,
    Role.AGENT: 1,
    Role.DISPATCHER: 1,
    Role.SHIFT_LEAD: 2,
    Role.SUPERVISOR: 3,
}
_DECIDE = (Role.DISPATCHER, Role.SHIFT_LEAD, Role.SUPERVISOR)
GOES_ON = ("D", "G", "H", "restored", "recorded")
"""Points that show that nothing holds the work any more."""
SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class HoldState:
    """A hold as its events tell it. `asked_by`, `decided_by` are user ids."""

    id: UUID
    order_id: UUID
    kind: str
    responsible: str
    asked_role: str
    state: str
    asked_at: datetime
    begun_at: datetime
    assignment_id: UUID | None = None
    asked_by: UUID | None = None
    most_s: float | None = None
    decided_at: datetime | None = None
    decided_by: UUID | None = None
    reason: str | None = None
    ended_at: datetime | None = None
    how: str | None = None

    @property
    def cap_at(self) -> datetime | None:
        """When it ends by itself."""
        return None if self.most_s is None else self.begun_at + timedelta(seconds=self.most_s)

    @property
    def open(self) -> bool:
        """It lasts, and nobody has refused it."""
        return self.ended_at is None and self.state != "refused"

    @property
    def shown(self) -> bool:
        """Somebody still has to do something about it."""
        return self.open or self.state == "requested"


def evolve_hold(hold: HoldState | None, event: Recorded) -> HoldState:
    """The hold after one more fact of its stream."""
    payload, at = event.payload, event.occurred_at
    if isinstance(payload, ev.HoldRequested):
        return HoldState(
            id=event.stream_id,
            order_id=payload.order_id,
            kind=payload.kind,
            responsible=payload.responsible,
            asked_role=payload.asked_role,
            state="requested",
            asked_at=event.recorded_at,
            begun_at=at,
            assignment_id=payload.assignment_id,
            asked_by=event.actor_id,
            most_s=payload.most_s,
        )
    assert hold is not None
    match payload:
        case ev.HoldApproved():
            return replace(hold, state="approved", decided_at=at, decided_by=event.actor_id)
        case ev.HoldRefused():
            return replace(
                hold,
                state="refused",
                decided_at=at,
                decided_by=event.actor_id,
                reason=payload.reason,
                ended_at=hold.ended_at,
            )
        case ev.HoldEnded():
            return replace(hold, ended_at=at, how=payload.how)
        case _:
            raise TypeError(f"{event.type} does not belong to a hold")


def may_decide(decider: Role, asked: str) -> bool:
    """Whether `decider` is above the role that asked."""
    return decider in _DECIDE and _RANK[decider] > _RANK.get(Role(asked), 0)


def most_s(pause: Pause, before: Iterable[HoldState]) -> float | None:
    """How long one more hold of this kind may last, in seconds; 0 where all is used up.

    `before`: the order's holds so far.
    """
    if pause.most_total_s is None:
        return pause.most_s
    used = sum(
        (one.ended_at - one.begun_at).total_seconds()
        for one in before
        if one.kind == pause.kind and one.state != "refused" and one.ended_at is not None
    )
    left = max(pause.most_total_s - used, 0.0)
    return left if pause.most_s is None else min(pause.most_s, left)


@dataclass(frozen=True, slots=True)
class Went:
    """A point that was reached: `assignment_id` of the crew that did, if one did."""

    point: str
    at: datetime
    assignment_id: UUID | None


def end_of(
    hold: HoldState, went: Sequence[Went], over_at: datetime | None
) -> tuple[datetime, str] | None:
    """When and how an open hold ended, if anything shows that it did.

    `over_at`: when its attempt, or the order, was over.
    """
    on = [
        one.at
        for one in went
        if one.point in GOES_ON
        and one.at > hold.begun_at
        and hold.assignment_id in (None, one.assignment_id)
    ]
    ends = [(at, "went_on") for at in on]
    if over_at is not None:
        ends.append((max(over_at, hold.begun_at + SHORTEST), "over"))
    return min(ends, default=None)


def intervals(holds: Iterable[HoldState]) -> list[Interval]:
    """The approved holds, as the judgement of clocks takes them."""
    return [
        Interval(one.kind, one.begun_at, one.ended_at, one.responsible, approved=True)
        for one in holds
        if one.state == "approved"
    ]

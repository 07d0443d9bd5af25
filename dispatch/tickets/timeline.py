"""From the facts of a ticket to the timelines that the SLA engine judges: pure.

Each reopening begins a round of its own, so that what was late before stays late. A fault runs
under its own clock until an order takes it over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from core import events as ev
from core.recorded import Recorded
from sla.facts import Facts
from sla.timelines import PointTime, Timeline

FAULT = "fault_repair"
_ANSWERS = ("answered", "solved")
"""Ways of closing that tell the customer something."""


@dataclass(slots=True)
class _Round:
    """From the filing, or a reopening, to the end. `ended_at`: nobody waits for more."""

    id: UUID
    points: dict[str, PointTime] = field(default_factory=dict)
    ended_at: datetime | None = None
    ended_before: datetime | None = None

    def reach(self, point: str, event: Recorded, uncertainty_s: float = 0.0) -> None:
        """The first time counts."""
        self.points.setdefault(
            point, PointTime(event.occurred_at, event.source, uncertainty_s, event.id)
        )


def timelines(events: Sequence[Recorded], about: Facts) -> list[Timeline]:
    """The timelines of a ticket by its facts, oldest round first. `about`: what limits depend on.

    Points: `A`, `received`, `dispatched` (a department has it, or an order), `contacted`,
    `answered`, `closed`.
    """
    rounds: list[_Round] = []
    for event in events:
        if isinstance(event.payload, ev.TicketFiled):
            rounds.append(_Round(event.stream_id))
            rounds[-1].reach("received", event)
        elif isinstance(event.payload, ev.TicketReopened):
            rounds[-1].ended_at = rounds[-1].ended_at or event.occurred_at
            rounds.append(_Round(uuid5(event.stream_id, str(event.id))))
            rounds[-1].reach("A", event)
            rounds[-1].reach("received", event)
        else:
            _follow(rounds, event, fault=about.kind == FAULT)
    return [
        Timeline(order_id=one.id, points=one.points, facts=about, ended_at=one.ended_at)
        for one in rounds
    ]


def _follow(rounds: Sequence[_Round], event: Recorded, *, fault: bool) -> None:
    last = rounds[-1]
    match event.payload:
        case ev.TicketClockStarted():
            rounds[0].reach("A", event, event.payload.uncertainty_s)
        case ev.TicketTransferred():
            last.reach("dispatched", event)
        case ev.TicketOrdered() | ev.TicketMerged():
            last.reach("dispatched", event)
            last.ended_before = last.ended_at
            if fault:
                last.ended_at = last.ended_at or event.occurred_at
        case ev.TicketUnmerged():
            last.ended_at = last.ended_before
        case ev.TicketContacted():
            last.reach("contacted", event)
        case ev.TicketAnswered():
            last.reach("contacted", event)
            last.reach("answered", event)
        case ev.TicketClosed():
            if event.payload.how in _ANSWERS:
                last.reach("contacted", event)
                last.reach("answered", event)
            last.reach("closed", event)
            last.ended_at = last.ended_at or event.occurred_at

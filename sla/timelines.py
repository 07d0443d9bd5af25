"""What is judged: the points of an order or ticket along one attempt. Times are aware datetimes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sla.facts import Facts
from sla.intervals import Interval
from sla.policy import Subject


@dataclass(frozen=True, slots=True)
class PointTime:
    """The stamp that counts for one point: when, on what evidence, how sure (± seconds).

    `anomaly`: why the time cannot be true; nothing that needs it is judged.
    """

    at: datetime
    source: str
    uncertainty_s: float = 0.0
    stamp_id: UUID | None = None
    anomaly: str | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The points of one order along one centre hop and one assignment.

    `points` maps A … H, centre_accepted, activated, restored, recorded, closed to stamps.
    `ended_at`: this attempt is over (returned, recalled, or a finished record of the past):
    points that are still missing will not come. `broken_off`: it was taken back while the next
    point was awaited, so that what was late by then stays late. `first_arrival`: H of the order in
    whichever attempt; the policy says whether it counts (`sla.arrivals`).
    """

    order_id: UUID
    hop_id: UUID | None = None
    assignment_id: UUID | None = None
    points: Mapping[str, PointTime] = field(default_factory=lambda: MappingProxyType({}))
    facts: Facts = field(default_factory=Facts)
    intervals: tuple[Interval, ...] = ()
    ended_at: datetime | None = None
    broken_off: bool = False
    first_arrival: PointTime | None = None

    def at(self, point: str) -> datetime | None:
        """When the point was reached, or None."""
        stamp = self.points.get(point)
        return stamp.at if stamp else None

    def subject_id(self, subject: Subject) -> UUID | None:
        """The id that a segment of this kind belongs to."""
        if subject == "hop":
            return self.hop_id
        return self.assignment_id if subject == "assignment" else self.order_id

"""What cannot be: stretches that end before they begin, clocks that are wrong. Pure.

Such a value is shown and queued until a correction puts it right or a person explains it; it is
never blanked and never clipped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sla.policy import Policy
from sla.segments import NEGATIVE, goals, segments, total
from sla.timelines import Timeline

KINDS = (NEGATIVE, "ahead", "before_sent", "old", "disagree", "no_arrival", "far_tap")
"""negative: a stretch ends before it begins · ahead: a stamp later than its own recording ·
before_sent: a crew's stamp older than the sending to it · old: the word of a phone that came half a
day later · disagree: GPS and the crew's tap tell different times · no_arrival: arrived by the tap,
and the vehicle, which was heard all the time, never was there · far_tap: arrived by the tap of a
phone that was elsewhere."""


@dataclass(frozen=True, slots=True)
class Odd:
    """One thing that cannot be. `code`: a segment or a point; `amount_s`: by how much, seconds;
    `amount_m`: how far beyond the edge of the site, where it is about a place."""

    kind: str
    code: str
    subject_id: UUID
    amount_s: float
    stamp_id: UUID | None = None
    amount_m: float | None = None


def anomaly_id(case_id: UUID, odd: Odd) -> UUID:
    """The id follows from what it is about, so that it can be rebuilt."""
    return uuid5(case_id, f"anomaly:{odd.kind}:{odd.code}:{odd.subject_id}")


def negative(policy: Policy, timelines: Iterable[Timeline], now: datetime) -> list[Odd]:
    """The stretches of any attempt that end before they begin."""
    found: dict[tuple[str, UUID], Odd] = {}
    for timeline in timelines:
        whole = total(policy, timeline, now)
        judged = [*segments(policy, timeline, now), *([whole] if whole else [])]
        for one in (*judged, *goals(policy, timeline, now)):
            if one.subject_id is None:
                continue
            if one.anomaly == NEGATIVE and one.spent_s is not None:
                odd = Odd(NEGATIVE, one.code, one.subject_id, -one.spent_s)
                found[one.code, one.subject_id] = odd
            else:
                found.pop((one.code, one.subject_id), None)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one anomaly: `opened` (again), `resolved`."""

    id: UUID
    what: str
    odd: Odd | None = None


def changes(case_id: UUID, open_ids: set[UUID], closed: set[UUID], odd: Sequence[Odd]) -> list[
    Change
]:  # fmt: skip
    """How the queue follows what is odd now.

    `open_ids`: in the queue; `closed`: explained by a person, left as they are while they last.
    """
    present = {anomaly_id(case_id, one): one for one in odd}
    found = [
        Change(id_, "opened", one)
        for id_, one in present.items()
        if id_ not in open_ids and id_ not in closed
    ]
    gone = [id_ for id_ in (*open_ids, *closed) if id_ not in present]
    return found + [Change(id_, "resolved") for id_ in sorted(gone)]

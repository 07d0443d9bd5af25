"""Stamps that cannot be true, or that contradict each other: pure.

Only the stamp that counts is looked at: a correction puts the matter right.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.orders.stamps import StampState, counting, counting_start
from dispatch.orders.taps import AHEAD, CREW_SOURCES
from sla.anomalies import Odd

OLD = timedelta(hours=12)
"""A phone is out of reach for a shift at most."""
DISAGREE = timedelta(minutes=15)
_OF_CREW = ("F", "G", "H", "recorded")
_NOBODYS = ("activated", "closed")
"""Points that no stretch needs, and that nobody corrects."""


def wrong_clock(stamp: StampState) -> str | None:
    """`ahead` where the time lies behind the moment in which it was written down."""
    return "ahead" if stamp.at > stamp.recorded_at + AHEAD else None


def oddities(stamps: Sequence[StampState], order_id: UUID) -> list[Odd]:
    """What is odd about the stamps of one order."""
    groups: dict[tuple[str, UUID], list[StampState]] = {}
    for one in stamps:
        if one.point in _NOBODYS:
            continue
        subject = one.assignment_id or one.hop_id or order_id
        groups.setdefault((one.point, subject), []).append(one)
    sent = {
        subject: chosen.at
        for (point, subject), group in groups.items()
        if point == "D" and (chosen := counting(group)) is not None
    }
    found: list[Odd] = []
    for (point, subject), group in groups.items():
        chosen = counting_start(group) if point == "A" else counting(group)
        if chosen is not None and chosen.source != "import":
            found.extend(_of(chosen, group, point, subject, sent.get(subject)))
    return found


def _of(
    chosen: StampState,
    group: Sequence[StampState],
    point: str,
    subject: UUID,
    sent_at: datetime | None,
) -> Iterator[Odd]:
    def odd(kind: str, by: timedelta) -> Odd:
        return Odd(kind, point, subject, by.total_seconds(), chosen.id)

    if wrong_clock(chosen) is not None:
        yield odd("ahead", chosen.at - chosen.recorded_at)
    if chosen.reason is not None:
        return
    if point in _OF_CREW and sent_at is not None and chosen.at < sent_at:
        yield odd("before_sent", sent_at - chosen.at)
    if chosen.source in CREW_SOURCES and chosen.recorded_at - chosen.at > OLD:
        yield odd("old", chosen.recorded_at - chosen.at)
    taps = [one.at for one in group if one.source in CREW_SOURCES]
    if chosen.source == "gps" and taps:
        apart = min((abs(at - chosen.at) for at in taps), default=timedelta(0))
        if apart > DISAGREE + timedelta(seconds=chosen.uncertainty_s):
            yield odd("disagree", apart)

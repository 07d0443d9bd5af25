"""Stamps that cannot be true, or that contradict each other: pure.

Only the stamp that counts is looked at: a correction puts the matter right.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.orders.stamps import StampState, counting, counting_start
from dispatch.orders.taps import AHEAD, CREW_SOURCES
from gps.motion import ACCURACY_M, Sight, Site
from sla.anomalies import Odd
from sla.policy import Taps

OLD = timedelta(hours=12)
"""A phone is out of reach for a shift at most."""
USUAL = Taps()
"""Of an order without a policy."""
_OF_CREW = ("F", "G", "H", "recorded")
_NOBODYS = ("activated", "closed")
"""Points that no stretch needs, and that nobody corrects."""


def wrong_clock(stamp: StampState) -> str | None:
    """`ahead` where the time lies behind the moment in which it was written down."""
    return "ahead" if stamp.at > stamp.recorded_at + AHEAD else None


def oddities(
    stamps: Sequence[StampState], order_id: UUID, taps: Taps = USUAL, site: Site | None = None
) -> list[Odd]:
    """What is odd about the stamps of one order, whose place is `site`."""
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
            found.extend(_of(chosen, group, point, subject, sent.get(subject), taps))
            if point == "H" and site is not None and not _settled(chosen):
                found.extend(_elsewhere(group, subject, site))
    return found


def _settled(chosen: StampState) -> bool:
    """A person has corrected it; GPS that says a moment anew has not settled anything."""
    return chosen.reason is not None and chosen.source != "gps"


def _elsewhere(group: Sequence[StampState], subject: UUID, site: Site) -> Iterator[Odd]:
    """Arrived, by the tap of a phone that was not there, as far as it knew itself."""
    for one in group:
        if one.source not in CREW_SOURCES or one.lat is None or one.lon is None:
            continue
        beyond = site.beyond_m(Sight(one.at, one.lat, one.lon))
        if beyond > (one.accuracy_m or 0.0) + ACCURACY_M:
            yield Odd("far_tap", one.point, subject, 0.0, one.id, beyond)
            return


def _of(
    chosen: StampState,
    group: Sequence[StampState],
    point: str,
    subject: UUID,
    sent_at: datetime | None,
    limits: Taps,
) -> Iterator[Odd]:
    def odd(kind: str, by: timedelta) -> Odd:
        return Odd(kind, point, subject, by.total_seconds(), chosen.id)

    if wrong_clock(chosen) is not None:
        yield odd("ahead", chosen.at - chosen.recorded_at)
    if _settled(chosen):
        return
    if point in _OF_CREW and sent_at is not None and chosen.at < sent_at:
        yield odd("before_sent", sent_at - chosen.at)
    if chosen.source in CREW_SOURCES and chosen.recorded_at - chosen.at > OLD:
        yield odd("old", chosen.recorded_at - chosen.at)
    taps = [one.at for one in group if one.source in CREW_SOURCES]
    if chosen.source == "gps" and taps:
        apart = min((abs(at - chosen.at) for at in taps), default=timedelta(0))
        if apart > timedelta(seconds=limits.apart_s(point) + chosen.uncertainty_s):
            yield odd("disagree", apart)

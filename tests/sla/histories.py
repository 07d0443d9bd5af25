"""Random histories of one order as facts of the real log, with what they must come to.

A history is told in the order in which things happened; `arrivals` puts the evidence (receipts,
GPS, taps, the carrier's word) behind any later fact, as late or offline evidence comes. The truth
beside it is plain arithmetic in whole microseconds, apart from all that it is to check.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from core import events as ev
from core.recorded import Recorded
from dispatch.holds.rules import HoldState
from dispatch.orders import timeline as chain
from dispatch.orders.rules import AssignmentState, OrderState, evolve_assignment, evolve_order
from dispatch.orders.stamps import StampState, stamps_of
from sla import segments as judging
from sla.documents import load_policy
from sla.policy import Policy
from sla.segments import Segment
from sla.timelines import Timeline

BEIJING = load_policy("beijing")
T0 = datetime(2026, 1, 5, 2, tzinfo=UTC)
POINTS = "ABCDEFGH"
SECOND = 1_000_000
LIMITS = {"AB": 120, "BC": 240, "CD": 120, "DE": 120, "EF": 120, "FG": 180, "GH": 1680}
LONG = timedelta(days=1)
Span = tuple[int, int]


def at(us: int) -> datetime:
    return T0 + timedelta(microseconds=us)


def us(moment: datetime) -> int:
    return (moment - T0) // timedelta(microseconds=1)


def outside(spans: Sequence[Span], start: int, end: int) -> int:
    """Microseconds between, without those that lie in any of the spans."""
    inside = [(max(a, start), min(b, end)) for a, b in spans if min(b, end) > max(a, start)]
    edges = sorted({start, end, *(edge for span in inside for edge in span)})
    return sum(
        after - before
        for before, after in pairwise(edges)
        if not any(a <= before and after <= b for a, b in inside)
    )


@dataclass(frozen=True)
class Told:
    """A fact, and whether it may come later than others: evidence may, acts may not."""

    event: Recorded
    evidence: bool
    correction: bool = False


@dataclass
class History:
    """Facts of an order that was done in the end, and the truth about them."""

    order_id: UUID
    told: list[Told] = field(default_factory=list)
    points: dict[str, int] = field(default_factory=dict)
    detours: list[Span] = field(default_factory=list)
    visits: list[Span] = field(default_factory=list)
    holds: list[HoldState] = field(default_factory=list)

    def add(
        self, payload: ev.Payload, when: int, stream_id: UUID, *, source: str, evidence: bool
    ) -> None:
        number = len(self.told) + 1
        event = Recorded(
            org_id=1,
            id=UUID(int=1_000 + number),
            stream=payload.STREAM,
            stream_id=stream_id,
            payload=payload,
            occurred_at=at(when),
            recorded_at=at(when),
            actor_kind="user",
            actor_id=None,
            source=source,
            correlation_id="test",
        )
        correction = isinstance(payload, ev.OrderStampCorrected)
        self.told.append(Told(event, evidence, correction))

    def arrived(self, order: Sequence[int] | None = None) -> list[Recorded]:
        """The facts in an order of arrival, recorded one after the other."""
        chosen = range(len(self.told)) if order is None else order
        return [
            replace(self.told[one].event, recorded_at=T0 + LONG + timedelta(microseconds=place))
            for place, one in enumerate(chosen)
        ]

    def counted(self, code: str, start: int, end: int) -> int:
        """Microseconds between, without what belongs to no segment or is held."""
        return outside([*self.detours, *self.held(code)], start, end)

    @property
    def arrival(self) -> int:
        """When the first crew was at the site that was not gone before the clock began. `visits`:
        of crews that arrived and gave the order back.
        """
        there = [came for came, gone in self.visits if gone >= self.points["A"]]
        return min([*there, self.points["H"]])

    def held(self, code: str) -> list[Span]:
        """Approved holds that stop this clock; short enough for every cap."""
        found = []
        for one in self.holds:
            (pause,) = [each for each in BEIJING.pauses if each.kind == one.kind]
            if code in pause.stops and one.state == "approved" and one.ended_at:
                found.append((us(one.begun_at), us(one.ended_at)))
        return found


@dataclass(frozen=True)
class Folded:
    """What facts add up to, through the product's own folds."""

    order: OrderState
    assignments: list[AssignmentState]
    stamps: list[StampState]

    def timelines(self, holds: Sequence[HoldState]) -> list[Timeline]:
        return chain.timelines(self.order, self.assignments, self.stamps, holds=holds)


def fold(order_id: UUID, events: Sequence[Recorded]) -> Folded:
    order: OrderState | None = None
    assignments: dict[UUID, AssignmentState] = {}
    stamps: list[StampState] = []
    for event in events:
        if event.stream == "order":
            order = evolve_order(order, event)
        elif event.stream == "assignment":
            known = assignments.get(event.stream_id)
            assignments[event.stream_id] = evolve_assignment(known, event)
        stamps += stamps_of(event, order_id)
    assert order is not None
    return Folded(order, list(assignments.values()), stamps)


def judge(history: History, events: Sequence[Recorded] | None = None) -> list[Segment]:
    """The segments of the accepted path and the total, long after."""
    lines = fold(history.order_id, events or history.arrived()).timelines(history.holds)
    return judge_line(BEIJING, lines[-1])


def judge_line(policy: Policy, line: Timeline) -> list[Segment]:
    whole = judging.total(policy, line, T0 + LONG)
    assert whole is not None
    return [*judging.segments(policy, line, T0 + LONG), whole]


def gap(limit_s: int) -> st.SearchStrategy[int]:
    """Microseconds: often exactly a limit, or one more, or less."""
    limit = limit_s * SECOND
    edges = st.sampled_from((limit, limit + 1, limit - 1, 0, 1))
    return edges | st.integers(0, 2 * limit)


class Teller:
    """Tells a history step by step from drawn values."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.us = 0
        self.ids = iter(range(1, 1_000))
        self.history = History(self.id())

    def id(self) -> UUID:
        return UUID(int=next(self.ids))

    def go(self, limit_s: int) -> int:
        self.us += self.draw(gap(limit_s))
        return self.us

    def chance(self) -> bool:
        return bool(self.draw(st.booleans()))

    def tell(
        self,
        payload: ev.Payload,
        *,
        to: UUID | None = None,
        source: str = "dispatcher",
        evidence: bool = False,
        when: int | None = None,
    ) -> None:
        self.history.add(
            payload,
            self.us if when is None else when,
            to or self.history.order_id,
            source=source,
            evidence=evidence,
        )

    def file(self) -> None:
        filed = ev.OrderFiled(
            number="1", ticket_id=self.id(), location_id=self.id(), area_class="urban", urgency=1,
            trade="any",
        )  # fmt: skip
        self.tell(filed, source="agent")
        started = ev.TicketClockStarted(evidence="call")
        self.tell(started, to=self.id(), source="carrier", evidence=True)
        self.history.points["A"] = 0
        if self.chance():  # a second ticket of the same fault has its own A; the first counts
            later = self.draw(st.integers(1, 60 * SECOND))
            self.tell(started, to=self.id(), source="carrier", evidence=True, when=later)

    def hop(self, number: int, *, last: bool) -> UUID:
        hop_id, sent = self.id(), self.go(120)
        self.tell(ev.OrderReleased(hop_id=hop_id, attempt=number, centre_id=self.id()))
        if last or self.chance():
            self.go(240)
            receipt = ev.OrderReachedCentre(hop_id=hop_id, receipt_id=self.id(), device="desk")
            self.tell(receipt, source="receipt", evidence=True)
            self.history.points |= {"B": sent, "C": self.us}
        return hop_id

    def give_back_hop(self, hop_id: UUID) -> None:
        self.go(240)
        kind = ev.OrderReturned if self.chance() else ev.OrderRecalled
        self.tell(kind(hop_id=hop_id, reason="wrong_department"))

    def assignment(self, hop_id: UUID, number: int) -> UUID:
        one, crew = self.id(), self.id()
        self.go(120)
        sent = ev.AssignmentSent(
            order_id=self.history.order_id, attempt=number, hop_id=hop_id, crew_id=crew,
            vehicle_id=None, same_site=True,
        )  # fmt: skip
        self.tell(ev.OrderAssigned(assignment_id=one, attempt=number, crew_id=crew))
        self.tell(sent, to=one)
        self.history.points["D"] = self.us
        return one

    def arrive_in_vain(self, one: UUID) -> int:
        """A crew that is at the site and can do nothing there."""
        self.go(120)
        self.tell(ev.AssignmentAccepted(), to=one, source="crew")
        self.tell(ev.AssignmentActivated(), to=one, source="crew")
        arrived = self.go(1680)
        source = "gps" if self.chance() else "crew"
        self.tell(ev.AssignmentArrived(), to=one, source=source, evidence=True)
        return arrived

    def give_back(self, one: UUID) -> None:
        arrived = self.arrive_in_vain(one) if self.chance() else None
        self.go(240)
        if arrived is not None:
            self.history.visits.append((arrived, self.us))
        kind = ev.AssignmentReturned if self.chance() else ev.AssignmentRecalled
        self.tell(kind(reason="crew_unavailable"), to=one)
        self.tell(ev.OrderUnassigned(assignment_id=one, how="returned"))

    def work(self, one: UUID) -> None:
        points = self.history.points
        points["E"] = self.go(120)
        receipt = ev.AssignmentReachedCrew(receipt_id=self.id(), device="phone")
        self.tell(receipt, to=one, source="receipt", evidence=True)
        points["F"] = self.go(120)
        self.tell(ev.AssignmentAccepted(), to=one, source="crew")
        self.tell(ev.AssignmentActivated(), to=one, source="crew")
        for point, limit_s, kind in (
            ("G", 180, ev.AssignmentDeparted),
            ("H", 1680, ev.AssignmentArrived),
        ):
            points[point] = self.go(limit_s)
            by_gps = self.chance()
            if by_gps:
                self.tell(kind(), to=one, source="gps", evidence=True)
            if not by_gps or self.chance():  # beside the vehicle's word the crew's does not count
                off = self.draw(st.integers(0, 30 * SECOND)) if by_gps else 0
                self.tell(kind(), to=one, source="crew", evidence=True, when=self.us + off)
        if self.chance():
            self.go(600)
            self.tell(ev.AssignmentFinished(), to=one, source="crew")
            self.tell(ev.OrderFinished(assignment_id=one), source="crew")

    def correct(self, hop_id: UUID, one: UUID) -> None:
        """The last correction of a point counts, whatever evidence there is."""
        for _ in range(self.draw(st.integers(0, 2))):
            point = self.draw(st.sampled_from(POINTS))
            known = self.history.points[point]
            when = max(known + self.draw(st.integers(-60, 60)) * SECOND, 0)
            self.tell(
                ev.OrderStampCorrected(
                    point=point,
                    reason="wrong_stamp",
                    hop_id=hop_id if point in "BC" else None,
                    assignment_id=one if point in "DEFGH" else None,
                ),
                when=when,
                evidence=True,
            )
            self.history.points[point] = when

    def hold(self, one: UUID) -> None:
        points = self.history.points
        for _ in range(self.draw(st.integers(0, 3))):
            first = points[self.draw(st.sampled_from("ACF"))]
            before = us(self.history.holds[-1].begun_at) if self.history.holds else first
            near = self.draw(st.sampled_from((60, 1_500)))  # so that holds overlap often
            begun = before + self.draw(st.integers(0, near)) * SECOND
            lasts = self.draw(st.integers(1, 500)) * SECOND
            self.history.holds.append(
                HoldState(
                    id=self.id(),
                    order_id=self.history.order_id,
                    kind=self.draw(st.sampled_from(("customer_unreachable", "unsafe_weather"))),
                    responsible="customer",
                    asked_role="crew",
                    state=self.draw(st.sampled_from(("approved", "approved", "refused"))),
                    asked_at=at(begun),
                    begun_at=at(begun),
                    ended_at=at(begun + lasts),
                    assignment_id=one,
                )
            )


@st.composite
def histories(draw: Any, *, corrected: bool = True) -> History:
    """An order that reached its site, after up to two wrong centres and two wrong crews."""
    teller = Teller(draw)
    teller.file()
    wrong_hops, wrong_crews = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    history, sent = teller.history, 0
    for number in range(1, wrong_hops + 2):
        last = number == wrong_hops + 1
        hop_id = teller.hop(number, last=last)
        before, sent = sent, _released(history, hop_id)
        if number > 1:
            history.detours.append((before, sent))
        if not last:
            teller.give_back_hop(hop_id)
    for number in range(1, wrong_crews + 2):
        before = history.points.get("D", 0)
        one = teller.assignment(hop_id, number)
        if number > 1:
            history.detours.append((before, history.points["D"]))
        if number <= wrong_crews:
            teller.give_back(one)
    teller.work(one)
    teller.hold(one)
    if corrected:
        teller.correct(hop_id, one)
    return history


def _released(history: History, hop_id: UUID) -> int:
    for one in history.told:
        payload = one.event.payload
        if isinstance(payload, ev.OrderReleased) and payload.hop_id == hop_id:
            return us(one.event.occurred_at)
    raise AssertionError("never released")


@st.composite
def arrivals(draw: Any) -> tuple[History, list[int]]:
    """A history, and an order in which its facts may arrive: acts and corrections in turn, other
    evidence at any time after what it is about.
    """
    history = draw(histories())
    order = list(range(len(history.told)))
    for number in reversed(range(len(history.told))):
        one = history.told[number]
        if one.evidence and not one.correction:
            here = order.index(number)
            there = draw(st.integers(here, len(order) - 1))
            order.insert(there, order.pop(here))
    return history, order


def closed(lines: Sequence[Timeline]) -> dict[tuple[str, Any], tuple[Any, ...]]:
    """Each segment that is over: how long it took, within its limit or not, who answers."""
    found: dict[tuple[str, Any], tuple[Any, ...]] = {}
    for line in lines:
        for one in judging.segments(BEIJING, line, T0 + LONG):
            if one.state == "done":
                found[one.code, one.subject_id] = (one.spent_s, one.within, one.responsible)
    return found


def prefixes(history: History) -> Iterator[tuple[list[Recorded], Told]]:
    """What was known, and what came next."""
    events = history.arrived()
    for number, one in enumerate(history.told):
        if number:
            yield events[:number], one

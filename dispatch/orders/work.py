"""An order under lock: facts are recorded, folded and saved here, for all use cases alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from core.errors import AlreadyDone, NotPossibleNow, RecalledMeanwhile
from core.events import HoldEnded, Payload
from core.identity import EVERYTHING, Access
from core.local import local_time
from core.models import Event
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.holds import repository as holds
from dispatch.holds.rules import HoldState, Went, end_of, evolve_hold
from dispatch.orders import repository
from dispatch.orders.models import Order
from dispatch.orders.oddities import USUAL, oddities
from dispatch.orders.rules import (
    ASSIGNMENT_TABLE,
    ORDER_TABLE,
    AssignmentState,
    OrderState,
    allowed,
    evolve_assignment,
    evolve_order,
)
from dispatch.orders.stamps import StampState, stamps_of
from dispatch.orders.timeline import timelines
from dispatch.orders.unseen import never_there
from dispatch.orders.words import ACTS, STATES, first_done
from dispatch.places.sites import site_of
from dispatch.routing import plans
from sla import anomaly_queue
from sla import service as sla
from sla.anomalies import Odd
from sla.timelines import Timeline


class Work:
    """One order, locked, with its assignments and stamps. Use through `work_on`."""

    def __init__(self, uow: UnitOfWork, row: Order) -> None:
        self.uow = uow
        self.row = row
        session, org_id = uow.session, uow.org_id
        hops = repository.hops_of(session, org_id, [row.id])
        self.order: OrderState = repository.order_state(row, hops)
        self.assignments: dict[UUID, AssignmentState] = {
            one.id: repository.assignment_state(one)
            for one in repository.assignments_of(session, org_id, [row.id])
        }
        self.stamps: list[StampState] = [
            repository.stamp_state(one)
            for one in repository.stamps_of_orders(session, org_id, [row.id])[row.id]
        ]
        self.holds: dict[UUID, HoldState] = {
            one.id: one for one in holds.holds_of(session, org_id, [row.id])[row.id]
        }
        self._new_stamps: list[StampState] = []
        self._changed: set[UUID] = set()
        self._changed_holds: set[UUID] = set()

    @property
    def assignment(self) -> AssignmentState | None:
        """The last assignment, open or not."""
        return self.assignments.get(self.order.assignment_id) if self.order.assignment_id else None

    def record(
        self,
        stream_id: UUID,
        payload: Payload,
        *,
        source: str,
        occurred_at: datetime | None = None,
    ) -> Recorded:
        """Record a fact of the order's or of one of its assignments' streams and fold it in."""
        event = self.uow.emit(stream_id, payload, occurred_at=occurred_at, source=source)
        if event.stream == "order":
            self.order = evolve_order(self.order, event)
        elif event.stream == "hold":
            self.holds[stream_id] = evolve_hold(self.holds.get(stream_id), event)
            self._changed_holds.add(stream_id)
        else:
            state = evolve_assignment(self.assignments.get(stream_id), event)
            self.assignments[stream_id] = state
            self._changed.add(stream_id)
        made = stamps_of(event, self.order.id)
        self.stamps.extend(made)
        self._new_stamps.extend(made)
        return event

    def save(self) -> None:
        """Write projections, deadlines and what the screens must show anew."""
        self._end_holds()
        session, org_id = self.uow.session, self.uow.org_id
        repository.save_order(
            session,
            org_id,
            self.order,
            fault_code=self.row.fault_code,
        )
        for assignment_id in sorted(self._changed):
            repository.save_assignment(session, org_id, self.assignments[assignment_id])
        repository.add_stamps(session, org_id, self._new_stamps)
        for hold_id in sorted(self._changed_holds):
            holds.save(session, org_id, self.holds[hold_id])
        attempts = self.attempts()
        alarms = plans.alarms(self.uow, self.order.id)
        sla.reassess(self.uow, self.order.id, attempts, self.uow.now, alarms)
        odd = self._oddities()
        anomaly_queue.settle(self.uow, self.order.id, attempts, odd, self.uow.now)
        self.uow.touch("order", self.order.id)
        for assignment_id in sorted(self._changed):
            if crew_id := self.assignments[assignment_id].crew_id:
                self.uow.touch("crew", crew_id)

    def _oddities(self) -> list[Odd]:
        policy = sla.policy_of_order(self.uow.session, self.uow.org_id, self.order.id)
        taps = policy.taps if policy else USUAL
        session, org_id = self.uow.session, self.uow.org_id
        site = site_of(repository.location(session, org_id, self.order.location_id))
        said = oddities(self.stamps, self.order.id, taps, site)
        attempts = self.assignments.values()
        return said + never_there(session, org_id, attempts, self.stamps, site, self.uow.now)

    def attempts(self) -> list[Timeline]:
        """The timelines of all attempts, oldest first."""
        session, org_id = self.uow.session, self.uow.org_id
        assignments = list(self.assignments.values())
        busy = repository.busy_of(session, org_id, assignments)
        closed = repository.closed_of(session, org_id, self.order.hops, assignments)
        holds = list(self.holds.values())
        about = sla.begun_with(session, org_id, self.order.id)
        return timelines(self.order, assignments, self.stamps, busy, closed, holds, about)

    def _end_holds(self) -> None:
        """What went on, or is over, is not held any more."""
        went = [Went(one.point, one.at, one.assignment_id) for one in self.stamps]
        for hold in list(self.holds.values()):
            if not hold.open:
                continue
            attempt = self.assignments.get(hold.assignment_id) if hold.assignment_id else None
            closings = [one.at for one in went if one.point == "closed"]
            over_at = attempt.ended_at if attempt else None
            if self.order.state == "closed" and over_at is None:
                over_at = max(closings, default=self.uow.now)
            if (ended := end_of(hold, went, over_at)) is not None:
                at, how = ended
                self.record(hold.id, HoldEnded(how=how), occurred_at=at, source="system")

    def demand(self, act: str) -> None:
        """Refuse with 409 unless the order's state allows `act`; says who was first."""
        if not allowed(ORDER_TABLE, act, self.order.state):
            self._refuse("order", self.order.id, act, self.order.state)

    def demand_of(self, assignment: AssignmentState, act: str) -> None:
        """The same for an act on an assignment."""
        if not allowed(ASSIGNMENT_TABLE, act, assignment.state):
            self._refuse("assignment", assignment.id, act, assignment.state)

    def refuse_recalled(self, assignment: AssignmentState) -> None:
        """Tell the crew that this order was taken back from it: by whom, and when."""
        recall = repository.last_event(
            self.uow.session,
            self.uow.org_id,
            "assignment",
            assignment.id,
            ("assignment.recalled",),
        )
        if recall is not None:
            raise RecalledMeanwhile(
                number=self.order.number,
                who=self._who(recall)[0],
                at=local_time(recall.occurred_at),
            )

    def _refuse(self, stream: str, stream_id: UUID, act: str, state: str) -> None:
        types = first_done(stream, act, state)
        first = (
            repository.last_event(self.uow.session, self.uow.org_id, stream, stream_id, types)
            if types
            else None
        )
        words = ACTS[stream, act]
        if first is not None:
            who_zh, who_en = self._who(first)
            raise AlreadyDone(
                who_zh=who_zh,
                who_en=who_en,
                at=local_time(first.occurred_at),
                act_zh=words.done_zh + self._whom(first, "zh"),
                act_en=words.done_en + self._whom(first, "en"),
            )
        raise NotPossibleNow(
            state_zh=STATES[state][0], state_en=STATES[state][1], act_zh=words.zh, act_en=words.en
        )

    def _who(self, event: Event) -> tuple[str, str]:
        """In Chinese and English: a person's name, or the part of the system that acted."""
        name = repository.user_name(self.uow.session, self.uow.org_id, event.actor_id)
        if name is None and event.source == plans.SOURCE:
            return "系统（自动派发）", "The system"
        return name or event.source, name or event.source

    def _whom(self, event: Event, language: str) -> str:
        """` to 城东一班`, where the fact was a sending."""
        target = event.payload.get("crew_id") or event.payload.get("centre_id")
        if target is None:
            return ""
        unit = repository.find_unit(self.uow.session, self.uow.org_id, UUID(target))
        if unit is None:
            return ""
        return f"给{unit.name_zh}" if language == "zh" else f" to {unit.name_en}"


@contextmanager
def work_on(uow: UnitOfWork, order_id: UUID, access: Access = EVERYTHING) -> Iterator[Work]:
    """Lock an order, let the block record facts, save. NotFound where `access` hides it."""
    row = repository.get_order(uow.session, uow.org_id, order_id, access, lock=True)
    work = Work(uow, row)
    yield work
    work.save()


@contextmanager
def work_on_assignment(
    uow: UnitOfWork, assignment_id: UUID, access: Access = EVERYTHING
) -> Iterator[tuple[Work, AssignmentState]]:
    """The same, found by one of its assignments. A crew may act on its own only."""
    order_id = repository.order_id_of(uow.session, uow.org_id, assignment_id)
    with work_on(uow, order_id, access) as work:
        assignment = work.assignments[assignment_id]
        repository.demand_own(assignment, access)
        yield work, assignment

"""Use cases of the crew, and what GPS and receipts say about it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from core import events as ev
from core.errors import CrewBusy
from core.identity import EVERYTHING, Access
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.orders import repository
from dispatch.orders.models import Order, Receipt
from dispatch.orders.rules import OPEN_ASSIGNMENT, AssignmentState
from dispatch.orders.service import end_watch_and_deliveries
from dispatch.orders.stamps import LATE_POSITIONS, PLACE_CORRECTED, StampState
from dispatch.orders.taps import CREW_SOURCES, NOWHERE, Spot, Tap, tap, within
from dispatch.orders.unseen import look_again
from dispatch.orders.work import Work, work_on, work_on_assignment
from dispatch.places.rules import arrival_radius
from gps import service as gps

MOVES_SITE = ("order.located", "order.site_drawn")


@contextmanager
def crew_act(
    uow: UnitOfWork, assignment_id: UUID, access: Access, at: datetime | None
) -> Iterator[tuple[Work, AssignmentState, Tap]]:
    """An act of the crew on its own assignment, tapped `at` (None: now), however late it comes."""
    with work_on_assignment(uow, assignment_id, access) as (work, assignment):
        if assignment.state == "recalled":
            work.refuse_recalled(assignment)
        yield work, assignment, tap(at, uow.now)


def accept(
    uow: UnitOfWork, assignment_id: UUID, access: Access, at: datetime | None = None
) -> UUID:
    """Point F. An idle crew starts at once; otherwise the order queues behind the active one."""
    with crew_act(uow, assignment_id, access, at) as (work, assignment, tapped):
        work.demand_of(assignment, "accept")
        accepted(work, assignment, tapped)
        return work.order.id


def accepted(work: Work, assignment: AssignmentState, tapped: Tap) -> None:
    """The crew has accepted: it begins at once, or queues behind its active order."""
    busy_with = _active(work.uow, assignment)
    _record(work, assignment.id, ev.AssignmentAccepted(queued_behind=busy_with), tapped)
    if busy_with is None:
        _activate(work, assignment.id, tapped)


def activate(
    uow: UnitOfWork, assignment_id: UUID, access: Access, at: datetime | None = None
) -> UUID:
    """The crew takes up an order from its queue."""
    with crew_act(uow, assignment_id, access, at) as (work, assignment, tapped):
        work.demand_of(assignment, "activate")
        _demand_idle(uow, assignment)
        _activate(work, assignment_id, tapped)
        return work.order.id


def _record(work: Work, stream_id: UUID, payload: ev.Payload, tapped: Tap) -> Recorded:
    return work.record(stream_id, payload, occurred_at=tapped.at, source=tapped.source)


def _activate(work: Work, assignment_id: UUID, tapped: Tap) -> None:
    uow = work.uow
    _record(work, assignment_id, ev.AssignmentActivated(), tapped)
    assignment = work.assignments[assignment_id]
    place = repository.location(uow.session, uow.org_id, work.order.location_id)
    if assignment.vehicle_id and place and place.lat is not None and place.lon is not None:
        gps.watch(
            uow,
            vehicle_id=assignment.vehicle_id,
            assignment_id=assignment_id,
            lat=place.lat,
            lon=place.lon,
            radius_m=arrival_radius(place.uncertainty_m),
            now=uow.now,
            shape=place.shape,
        )


def depart(
    uow: UnitOfWork,
    assignment_id: UUID,
    access: Access,
    at: datetime | None = None,
    spot: Spot = NOWHERE,
) -> UUID:
    """The crew's tap for G, kept beside the GPS stamp."""
    with crew_act(uow, assignment_id, access, at) as (work, assignment, tapped):
        if assignment.state == "accepted":
            _demand_idle(uow, assignment)
            _activate(work, assignment_id, tapped)
            assignment = work.assignments[assignment_id]
        if assignment.state not in ("departed", "arrived") or _has_tap(work, assignment_id, "G"):
            work.demand_of(assignment, "depart")
        _record(work, assignment_id, ev.AssignmentDeparted(**asdict(spot)), tapped)
        return work.order.id


def arrive(
    uow: UnitOfWork,
    assignment_id: UUID,
    access: Access,
    at: datetime | None = None,
    spot: Spot = NOWHERE,
) -> UUID:
    """The crew's tap for H, kept beside the GPS stamp."""
    with crew_act(uow, assignment_id, access, at) as (work, assignment, tapped):
        if assignment.state != "arrived" or _has_tap(work, assignment_id, "H"):
            work.demand_of(assignment, "arrive")
        arrived = _record(work, assignment_id, ev.AssignmentArrived(**asdict(spot)), tapped)
        if assignment.vehicle_id is not None:
            look_again(uow, arrived)
        return work.order.id


def restore(
    uow: UnitOfWork, assignment_id: UUID, access: Access, at: datetime | None = None
) -> UUID:
    """恢复供电: supply is back."""
    with crew_act(uow, assignment_id, access, at) as (work, assignment, tapped):
        work.demand_of(assignment, "restore")
        _record(work, work.order.id, ev.OrderRestored(assignment_id=assignment_id), tapped)
        return work.order.id


def finish(
    uow: UnitOfWork,
    assignment_id: UUID,
    access: Access,
    at: datetime | None = None,
    *,
    found: str | None = None,
    done: str | None = None,
) -> UUID:
    """填单: the record is filled, the order finished. The crew's other orders stay as they are.

    `found`, `done`: codes of what was found and what was done about it, as far as told.
    """
    with crew_act(uow, assignment_id, access, at) as (work, assignment, tapped):
        work.demand_of(assignment, "finish")
        _record(work, assignment_id, ev.AssignmentFinished(found=found, done=done), tapped)
        _record(work, work.order.id, ev.OrderFinished(assignment_id=assignment_id), tapped)
        gps.cancel_messages(uow, assignment_id, "order")
        gps.unwatch(uow, assignment_id, uow.now)
        return work.order.id


def return_to_centre(
    uow: UnitOfWork,
    assignment_id: UUID,
    reason: str,
    access: Access,
    at: datetime | None = None,
) -> UUID:
    """退单: the crew gives the order back with a reason."""
    with crew_act(uow, assignment_id, access, at) as (work, assignment, tapped):
        work.demand_of(assignment, "return")
        tapped = within(tapped, assignment.sent_at, uow.now)
        _record(work, assignment_id, ev.AssignmentReturned(reason=reason), tapped)
        unassigned = ev.OrderUnassigned(assignment_id=assignment_id, how="returned")
        _record(work, work.order.id, unassigned, tapped)
        end_watch_and_deliveries(uow, assignment_id)
        return work.order.id


def gps_departed(uow: UnitOfWork, fact: ev.VehicleDeparted, at: datetime, evidence: UUID) -> None:
    """G by GPS, once; harmless for an assignment that is over."""
    _gps_stamp(uow, fact, "G", at, evidence)


def gps_arrived(uow: UnitOfWork, fact: ev.VehicleArrived, at: datetime, evidence: UUID) -> None:
    """H by GPS, once; harmless for an assignment that is over."""
    _gps_stamp(uow, fact, "H", at, evidence)


def _gps_stamp(
    uow: UnitOfWork,
    fact: ev.VehicleDeparted | ev.VehicleArrived,
    point: str,
    at: datetime,
    evidence: UUID,
) -> None:
    assignment_id, uncertainty_s = fact.assignment_id, fact.uncertainty_s
    with work_on_assignment(uow, assignment_id) as (work, assignment):
        if assignment.state not in (*OPEN_ASSIGNMENT, "finished"):
            return
        before = [
            stamp
            for stamp in work.stamps
            if stamp.point == point
            and stamp.source == "gps"
            and stamp.assignment_id == assignment_id
        ]
        if before:
            if reason := _anew(work, fact, before, evidence):
                corrected = ev.OrderStampCorrected(
                    point=point,
                    reason=reason,
                    assignment_id=assignment_id,
                    evidence_id=evidence,
                    uncertainty_s=uncertainty_s,
                )
                work.record(work.order.id, corrected, occurred_at=at, source="gps")
            return
        kind = ev.AssignmentDeparted if point == "G" else ev.AssignmentArrived
        work.record(
            assignment_id,
            kind(evidence_id=evidence, uncertainty_s=uncertainty_s),
            occurred_at=at,
            source="gps",
        )


def _anew(
    work: Work,
    fact: ev.VehicleDeparted | ev.VehicleArrived,
    before: Sequence[StampState],
    evidence: UUID,
) -> str | None:
    """Why a second fact about the same point counts; None where it says nothing new."""
    if any(stamp.evidence == str(evidence) for stamp in before):
        return None
    if fact.revised:
        return LATE_POSITIONS
    moved = isinstance(fact, ev.VehicleArrived) and _moved_since(work, before)
    return PLACE_CORRECTED if moved else None


def _moved_since(work: Work, before: Sequence[StampState]) -> bool:
    """Whether the vehicle reached the corrected place after it had reached the wrong one."""
    session, org_id, order_id = work.uow.session, work.uow.org_id, work.order.id
    located = repository.last_event(session, org_id, "order", order_id, MOVES_SITE)
    return located is not None and all(located.recorded_at > stamp.recorded_at for stamp in before)


def confirm_receipt(
    uow: UnitOfWork,
    receipt: Receipt,
    device: str,
    at: datetime,
    access: Access = EVERYTHING,
    source: str = "receipt",
) -> bool:
    """A device confirmed a delivery: point C or E, or the recall. False where nothing is awaited.

    The order is locked before the receipt, as everywhere, so that a recall never meets it halfway.
    """
    with work_on(uow, receipt.order_id, access) as work:
        uow.session.refresh(receipt, with_for_update=True)
        if receipt.status != "sent":
            return False
        receipt.status = "received"
        receipt.received_at = at
        receipt.device = device
        receipt.received_by = uow.actor.user_id
        work.record(
            receipt.order_id if receipt.hop == "centre" else receipt.subject_id,
            _receipt_fact(receipt, device),
            occurred_at=at,
            source=source,
        )
        return True


def _receipt_fact(receipt: Receipt, device: str) -> ev.Payload:
    if receipt.hop == "centre":
        return ev.OrderReachedCentre(
            hop_id=receipt.subject_id, receipt_id=receipt.id, device=device
        )
    if receipt.purpose == "recall":
        return ev.AssignmentRecallConfirmed(receipt_id=receipt.id, device=device)
    return ev.AssignmentReachedCrew(receipt_id=receipt.id, device=device)


def _active(uow: UnitOfWork, assignment: AssignmentState) -> UUID | None:
    assert assignment.crew_id is not None
    repository.lock_crew(uow.session, uow.org_id, assignment.crew_id)
    active = repository.active_assignment(uow.session, uow.org_id, assignment.crew_id)
    return active.id if active else None


def _demand_idle(uow: UnitOfWork, assignment: AssignmentState) -> None:
    active_id = _active(uow, assignment)
    if active_id is not None:
        order_id = repository.order_id_of(uow.session, uow.org_id, active_id)
        order = uow.session.get_one(Order, (uow.org_id, order_id))
        raise CrewBusy(number=order.number)


def _has_tap(work: Work, assignment_id: UUID, point: str) -> bool:
    return any(
        stamp.point == point
        and stamp.source in CREW_SOURCES
        and stamp.assignment_id == assignment_id
        for stamp in work.stamps
    )

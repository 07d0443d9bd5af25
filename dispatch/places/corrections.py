"""Use cases: the crew says that the place is elsewhere; the directory learns from it.

The correction is a new location of the order; the old one stays. What it says about the directory
is a proposal that a person accepts or refuses.
"""

from datetime import datetime
from uuid import UUID

from core import events as ev
from core.errors import Conflict, NotFound
from core.identity import Access
from core.ids import new_id
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.directory.models import NetworkNode, Premise
from dispatch.orders import repository as orders
from dispatch.orders.crew_service import crew_act
from dispatch.orders.models import Location
from dispatch.orders.work import Work
from dispatch.places import repository
from dispatch.places.models import PlaceProposal
from dispatch.places.proposals import ProposalState, evolve_proposal
from dispatch.places.rules import differs, uncertainty_of
from dispatch.places.sites import kept_shape
from dispatch.places.watching import move_site
from dispatch.tickets.models import Ticket
from gps.fix import distance_m

SOURCE = "crew"


class ProposalDecided(Conflict):
    """Somebody decided first, or a newer proposal took its place."""

    code = "proposal_decided"
    zh = "该更正建议已处理（{state_zh}）。"
    en = "This proposal has been dealt with already: {state_en}."


def correct_place(
    uow: UnitOfWork,
    assignment_id: UUID,
    access: Access,
    *,
    lat: float,
    lon: float,
    uncertainty_m: float | None = None,
    note: str | None = None,
    at: datetime | None = None,
) -> UUID:
    """The crew's word on where the fault is, tapped `at`. Returns the order's id.

    The arrival circle moves at once; the words for the place stay, as the customer said them.
    """
    with crew_act(uow, assignment_id, access, at) as (work, assignment, tapped):
        work.demand_of(assignment, "place")
        told = uncertainty_of(SOURCE, told_m=uncertainty_m)
        old = orders.location(uow.session, uow.org_id, work.order.location_id)
        new = _new_location(uow, work, old, lat, lon, told, note)
        located = ev.OrderLocated(
            location_id=new.id,
            assignment_id=assignment_id,
            place_source=SOURCE,
            lat=lat,
            lon=lon,
            uncertainty_m=told,
        )
        work.record(work.order.id, located, occurred_at=tapped.at, source=tapped.source)
        move_site(work, assignment, new)
        _propose(uow, work, new)
        return work.order.id


def _new_location(
    uow: UnitOfWork,
    work: Work,
    old: Location | None,
    lat: float,
    lon: float,
    uncertainty_m: float,
    note: str | None,
) -> Location:
    new = Location(
        org_id=uow.org_id,
        id=new_id(),
        lat=lat,
        lon=lon,
        source=SOURCE,
        uncertainty_m=uncertainty_m,
        place=old.place if old else None,
        place_en=old.place_en if old else None,
        recorded_at=uow.now,
        order_id=work.order.id,
        premise_id=old.premise_id if old else None,
        node_id=old.node_id if old else None,
        note=note,
        shape=kept_shape(old.shape, lat, lon) if old else None,
    )
    uow.session.add(new)
    uow.session.flush()
    return new


def _propose(uow: UnitOfWork, work: Work, new: Location) -> None:
    """To the directory, where its own point lies elsewhere or is missing."""
    subject = _subject(uow, work, new)
    if subject is None or new.lat is None or new.lon is None:
        return
    kind, row = subject
    distance = None
    if row.lat is not None and row.lon is not None:
        distance = distance_m(row.lat, row.lon, new.lat, new.lon)
        if not differs(distance, new.uncertainty_m or 0.0):
            return
    proposed = ev.PlaceProposed(
        subject=kind,
        subject_id=row.id,
        order_id=work.order.id,
        location_id=new.id,
        lat=new.lat,
        lon=new.lon,
        uncertainty_m=new.uncertainty_m or 0.0,
        old_lat=row.lat,
        old_lon=row.lon,
        distance_m=distance,
    )
    before = repository.open_proposal(uow.session, uow.org_id, row.id)
    event = uow.emit(new_id(), proposed, source=SOURCE)
    if before is not None:
        newer = ev.PlaceSuperseded(by_id=event.stream_id)
        _save(uow, before, uow.emit(before.id, newer, source=SOURCE))
    uow.session.add(PlaceProposal(org_id=uow.org_id, **evolve_proposal(None, event).columns()))
    uow.session.flush()


def _subject(
    uow: UnitOfWork, work: Work, place: Location
) -> tuple[str, Premise] | tuple[str, NetworkNode] | None:
    """What the order's place was found from, else the only premise of its account."""
    if place.node_id is not None:
        node = repository.node(uow.session, uow.org_id, place.node_id)
        return ("node", node) if node else None
    premise_id = place.premise_id or _only_premise(uow, work)
    premise = repository.premise(uow.session, uow.org_id, premise_id) if premise_id else None
    return ("premise", premise) if premise else None


def _only_premise(uow: UnitOfWork, work: Work) -> UUID | None:
    ticket = uow.session.get(Ticket, (uow.org_id, work.order.ticket_id))
    if ticket is None or ticket.customer_id is None:
        return None
    rows = repository.points_of_customer(uow.session, uow.org_id, [ticket.customer_id])
    premises = {premise.id for _, premise, _ in rows}
    return premises.pop() if len(premises) == 1 else None


def accept(uow: UnitOfWork, proposal_id: UUID) -> UUID:
    """The directory takes over the crew's point. Returns the proposal's id."""
    row = _open(uow, proposal_id)
    subject: Premise | NetworkNode
    if row.subject == "premise":
        subject = uow.session.get_one(Premise, (uow.org_id, row.subject_id), with_for_update=True)
    else:
        subject = uow.session.get_one(
            NetworkNode, (uow.org_id, row.subject_id), with_for_update=True
        )
    subject.lat, subject.lon = row.lat, row.lon
    _save(uow, row, uow.emit(row.id, ev.PlaceAccepted(), source="reviewer"))
    return row.id


def refuse(uow: UnitOfWork, proposal_id: UUID, reason: str) -> UUID:
    """The directory keeps its point; `reason` is one of `REFUSALS`."""
    row = _open(uow, proposal_id)
    _save(uow, row, uow.emit(row.id, ev.PlaceRefused(reason=reason), source="reviewer"))
    return row.id


def _open(uow: UnitOfWork, proposal_id: UUID) -> PlaceProposal:
    row = uow.session.get(PlaceProposal, (uow.org_id, proposal_id), with_for_update=True)
    if row is None:
        raise NotFound(what="proposal", id=proposal_id)
    if row.state != "open":
        zh, en = _STATES[row.state]
        raise ProposalDecided(state_zh=zh, state_en=en)
    return row


_STATES = {
    "accepted": ("已采纳", "accepted"),
    "refused": ("已驳回", "refused"),
    "superseded": ("已有更新的建议", "a newer proposal took its place"),
}


def _save(uow: UnitOfWork, row: PlaceProposal, event: Recorded) -> None:
    state = evolve_proposal(ProposalState.of(row), event)
    for name, value in state.columns().items():
        setattr(row, name, value)
    uow.session.flush()

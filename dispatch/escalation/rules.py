"""For whom a step of an escalation ladder is: pure. Nobody off duty is ever chosen."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from dispatch.orders.rules import AssignmentState, OrderState
from dispatch.orders.stamps import StampState
from dispatch.roster.rules import OnDuty, Person

LEADERS = {"leader_1": 1, "leader_2": 2}


@dataclass(frozen=True, slots=True)
class Sides:
    """Who sent and who was to receive, as units. `sender_user`: the person who pressed the key."""

    sender: UUID | None
    receiver: UUID | None
    crew: UUID | None
    sender_user: UUID | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a step tells: a person of a unit, or the unit's desk where its people are not known.

    `instead`: the person whom the step names is off duty, or there is none.
    """

    unit_id: UUID
    person: Person | None
    instead: bool = False


def sides_of(
    subject_id: UUID,
    order: OrderState,
    assignments: Sequence[AssignmentState],
    stamps: Sequence[StampState],
    hotline: UUID | None,
) -> Sides:
    """The sides of a timer, by what it is of: a hop, an assignment, or the order as a whole."""
    last = next((one for one in assignments if one.id == order.assignment_id), None)
    crew = last.crew_id if last is not None and last.ended_at is None else None
    for hop in order.hops:
        if hop.id == subject_id:
            who = _actor(stamps, "B", hop_id=hop.id)
            return Sides(hotline, hop.centre_id, crew, who)
    centres = {hop.id: hop.centre_id for hop in order.hops}
    for one in assignments:
        if one.id == subject_id:
            who = _actor(stamps, "D", assignment_id=one.id)
            centre = centres.get(one.hop_id) if one.hop_id else None
            return Sides(centre, one.crew_id, one.crew_id, who)
    return Sides(hotline, crew or order.centre_id or hotline, crew)


def sides_of_ticket(unit_id: UUID | None, filed_by: UUID | None, hotline: UUID | None) -> Sides:
    """The hotline took it, in person `filed_by`; `unit_id` has it now, else the hotline still."""
    return Sides(hotline, unit_id or hotline, None, filed_by)


def _actor(
    stamps: Sequence[StampState],
    point: str,
    hop_id: UUID | None = None,
    assignment_id: UUID | None = None,
) -> UUID | None:
    for one in stamps:
        of = one.assignment_id if assignment_id else one.hop_id
        if one.point == point and of == (assignment_id or hop_id):
            return one.actor_id
    return None


def choose(
    recipient: str,
    sides: Sides,
    duty: Mapping[UUID, OnDuty],
    supervisors: Sequence[Chosen],
    told: Collection[UUID] = (),
) -> Chosen | None:
    """Whom a step for `recipient` tells now; None where nobody is on duty.

    `supervisors`: those on duty. `told`: ids of people whom the ladder told already; they do not
    stand in for others as well.
    """
    if recipient == "supervisor":
        fresh = [one for one in supervisors if one.person is None or one.person.id not in told]
        return next(iter([*fresh, *supervisors]), None)
    if recipient in LEADERS:
        return _leader(LEADERS[recipient], sides.receiver, duty, told)
    unit = {"sender": sides.sender, "receiver": sides.receiver, "crew": sides.crew}[recipient]
    named = sides.sender_user if recipient == "sender" else None
    return _of_unit(unit, duty, named)


def _of_unit(
    unit_id: UUID | None, duty: Mapping[UUID, OnDuty], named: UUID | None
) -> Chosen | None:
    """The person who acted where that one is on duty, else the first of the unit who is."""
    here = duty.get(unit_id) if unit_id else None
    if here is None or not here.on_duty:
        return None
    if not here.members:
        return Chosen(here.unit_id, None)
    acted = next((one for one in here.members if named and one.user_id == named), None)
    return Chosen(here.unit_id, acted or here.members[0], instead=bool(named and acted is None))


def _leader(
    rank: int, unit_id: UUID | None, duty: Mapping[UUID, OnDuty], told: Collection[UUID]
) -> Chosen | None:
    here = duty.get(unit_id) if unit_id else None
    if here is None:
        return None
    named = next((one for one in here.leaders if one.leader_rank == rank), None)
    if named is not None and _present(named, duty):
        return Chosen(named.unit_id, named)
    for one in _next_in_line(here):
        if one is not named and one.id not in told and _present(one, duty):
            return Chosen(one.unit_id, one, instead=True)
    return None


def _next_in_line(here: OnDuty) -> Iterator[Person]:
    yield from here.leaders
    yield from here.members


def _present(person: Person, duty: Mapping[UUID, OnDuty]) -> bool:
    unit = duty.get(person.unit_id)
    return unit is not None and unit.on_duty and any(one.id == person.id for one in unit.members)

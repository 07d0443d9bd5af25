"""Writing a chunk of past orders: facts first, then the rows that follow from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from core.events import AssignmentImported, OrderImported
from core.recorded import Recorded
from core.uow import UnitOfWork
from dispatch.history import repository
from dispatch.history.rows import PastAssignment, PastOrder, PastRow
from dispatch.history.times import BadCell
from dispatch.orders.models import Assignment, Location, Order, Stamp
from dispatch.orders.repository import ORDER_FIELDS
from dispatch.orders.rules import AssignmentState, evolve_assignment, evolve_order
from dispatch.orders.stamps import StampState, stamps_of

SOURCE = "import"
_STORED = ("D", "E", "F", "G", "H", "closed")


@dataclass(slots=True)
class Chunk:
    """What became of some rows. `refused`: position in the chunk and what was wrong."""

    orders: int = 0
    assignments: int = 0
    known: int = 0
    differing: int = 0
    refused: list[tuple[int, BadCell]] = field(default_factory=list)


def store(uow: UnitOfWork, system: str, rows: Sequence[tuple[int, PastRow]]) -> Chunk:
    """Write what is new of `rows` (position, row); the caller's transaction.

    An assignment that is there with the same times is `known`; with other times it is refused,
    since a fact is never overwritten.
    """
    result = Chunk()
    orders, assignments, names = _decide(uow, rows, result)
    result.orders, result.assignments = len(orders), len(assignments)
    repository.add_names(uow.session, uow.org_id, system, names)
    _write(uow, system, orders, assignments)
    return result


def _decide(
    uow: UnitOfWork, rows: Sequence[tuple[int, PastRow]], result: Chunk
) -> tuple[list[PastOrder], list[PastAssignment], dict[str, str]]:
    session, org_id = uow.session, uow.org_id
    seen = repository.known_orders(session, org_id, {row.order.id for _, row in rows})
    stored = repository.known_assignments(
        session, org_id, {one.id for _, row in rows for one in row.assignments}
    )
    orders: list[PastOrder] = []
    assignments: list[PastAssignment] = []
    names: dict[str, str] = {}
    for position, row in rows:
        fresh = [one for one in row.assignments if one.id not in stored]
        if clash := _clash(row, stored):
            result.refused.append((position, clash))
            continue
        first = seen.get(row.order.id)
        if first is None:
            seen[row.order.id] = dict(row.order.points)
            orders.append(row.order)
        elif dict(row.order.points) != first:
            result.differing += 1
        stored |= {one.id: _times(one) for one in fresh}
        assignments.extend(fresh)
        result.known += len(row.assignments) - len(fresh)
        names |= row.names
    return orders, assignments, names


def _times(one: PastAssignment) -> tuple[Any, ...]:
    return tuple(one.points.get(point) for point in _STORED)


def _clash(row: PastRow, stored: dict[UUID, tuple[Any, ...]]) -> BadCell | None:
    for one in row.assignments:
        if one.id in stored and stored[one.id] != _times(one):
            reason = (
                f"order {row.order.number}, unit {one.unit or '-'}, attempt {one.attempt} "
                "is there already with other times"
            )
            return BadCell("", "differs_from_stored", reason)
    return None


def _write(
    uow: UnitOfWork,
    system: str,
    orders: Iterable[PastOrder],
    assignments: Iterable[PastAssignment],
) -> None:
    org = {"org_id": uow.org_id}
    locations, order_rows, assignment_rows, stamps = [], [], [], []
    for order in orders:
        if location := _location(order):
            locations.append({**org, **location, "recorded_at": uow.now})
        event = uow.emit(
            order.id,
            _order_fact(order, system, location["id"] if location else None),
            occurred_at=order.filed_at,
            source=SOURCE,
        )
        order_rows.append({**org, **_order_row(event)})
        stamps += [_row(org, stamp) for stamp in stamps_of(event, order.id)]
    for one in assignments:
        event = uow.emit(
            one.id, _assignment_fact(one), occurred_at=min(one.points.values()), source=SOURCE
        )
        assignment_rows.append(_row(org, evolve_assignment(None, event)))
        stamps += [_row(org, stamp) for stamp in stamps_of(event, one.order_id)]
    uow.flush()
    repository.copy_rows(uow.session, Location, locations)
    repository.copy_rows(uow.session, Order, order_rows)
    repository.copy_rows(uow.session, Assignment, assignment_rows)
    repository.copy_rows(uow.session, Stamp, stamps)


def _row(org: dict[str, int], state: AssignmentState | StampState) -> dict[str, Any]:
    """A table row of a flat state; `dataclasses.asdict` copies deeply and costs half the import."""
    return {**org, **{name: getattr(state, name) for name in type(state).__dataclass_fields__}}


def _location(order: PastOrder) -> dict[str, Any] | None:
    if order.lat is None and order.place is None:
        return None
    return {
        "id": uuid5(order.id, "location"),
        "lat": order.lat,
        "lon": order.lon,
        "source": SOURCE,
        "uncertainty_m": None,
        "place": order.place,
    }


def _order_fact(order: PastOrder, system: str, location_id: UUID | None) -> OrderImported:
    return OrderImported(
        number=order.number,
        system=system,
        centre=order.centre,
        location_id=location_id,
        area_class=order.area_class,
        a=order.points.get("A"),
        b=order.points.get("B"),
        c=order.points.get("C"),
        lat=order.lat,
        lon=order.lon,
    )


def _assignment_fact(one: PastAssignment) -> AssignmentImported:
    return AssignmentImported(
        order_id=one.order_id,
        crew=one.unit,
        attempt=one.attempt,
        d=one.points.get("D"),
        e=one.points.get("E"),
        f=one.points.get("F"),
        g=one.points.get("G"),
        h=one.points.get("H"),
        restored=one.points.get("restored"),
        closed=one.points.get("closed"),
    )


def _order_row(event: Recorded) -> dict[str, Any]:
    state = evolve_order(None, event)
    return {
        **{name: getattr(state, name) for name in ORDER_FIELDS},
        "fault_code": "imported",
        "hop_id": None,
    }

"""Use case: open orders and tickets that may be of the same fault, before one more is filed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from dispatch.directory import repository as directory
from dispatch.orders.models import Location, Order
from dispatch.places import repository
from dispatch.places.duplicates import (
    MOST,
    SHOWN_FROM,
    WITHIN_M,
    WITHIN_MIN,
    Likeness,
    Report,
    likeness,
)
from dispatch.tickets.models import Ticket

LOOKED_AT = 300
"""Open orders and tickets that are compared; in a storm the newest ones."""
SPAN = timedelta(minutes=WITHIN_MIN)
_LINES = ("transformer", "section", "feeder")


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of the fault that is being told. Degrees WGS-84."""

    at: datetime
    fault_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    uncertainty_m: float | None = None
    customer_id: UUID | None = None
    premise_id: UUID | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An open order, or a ticket without one, and how alike it is."""

    kind: str
    order_id: UUID | None
    ticket_id: UUID | None
    number: str | None
    state: str | None
    fault_code: str | None
    place: str | None
    place_en: str | None
    filed_at: datetime
    alike: Likeness


def duplicates(session: Session, org_id: int, told: Told) -> list[Duplicate]:
    """Open orders and tickets near in place, time and line, the most alike first."""
    mine = _report(session, org_id, told)
    lines = [id_ for kind, id_ in mine.devices if kind in _LINES]
    below = directory.orders_below(session, org_id, lines, LOOKED_AT) if lines else {}
    listed = {order_id for ids in below.values() for order_id in ids}
    if mine.premise_id is not None:
        premises = [mine.premise_id]
        listed |= set(repository.orders_of_premises(session, org_id, premises, LOOKED_AT))
    where = None
    if mine.lat is not None and mine.lon is not None:
        where = (mine.lat, mine.lon, WITHIN_M)
    orders = repository.open_orders_near(session, org_id, told.at, SPAN, where, listed, LOOKED_AT)
    tickets = repository.tickets_without_order(session, org_id, told.at, SPAN, LOOKED_AT)
    accounts = {row[2].customer_id for row in orders if row[2] and row[2].customer_id}
    accounts |= {one.customer_id for one in tickets if one.customer_id}
    book = _Accounts(session, org_id, accounts)
    found = [_of_order(mine, book, *row) for row in orders]
    found += [_of_ticket(mine, book, one) for one in tickets]
    likely = [one for one in found if one.alike.score >= SHOWN_FROM]
    return sorted(likely, key=lambda one: (-one.alike.score, one.filed_at))[:MOST]


def _report(session: Session, org_id: int, told: Told) -> Report:
    """What is told, with the line above it."""
    transformers: set[UUID] = set()
    premise_id, lat, lon = told.premise_id, told.lat, told.lon
    rows = (
        repository.points_of_premise(session, org_id, premise_id, 20)
        if premise_id
        else repository.points_of_customer(session, org_id, [told.customer_id])
        if told.customer_id
        else []
    )
    for point, premise, _ in rows:
        if point.transformer_id:
            transformers.add(point.transformer_id)
        if lat is None and premise.lat is not None:
            lat, lon = premise.lat, premise.lon
    if premise_id is None and len({premise.id for _, premise, _ in rows}) == 1:
        premise_id = rows[0][1].id
    node = repository.node_of_code(session, org_id, told.node) if told.node else None
    if node is not None:
        transformers.add(node.id)
        if lat is None:
            lat, lon = node.lat, node.lon
    return Report(
        at=told.at,
        fault_code=told.fault_code,
        lat=lat,
        lon=lon,
        uncertainty_m=told.uncertainty_m or 0.0,
        customer_id=told.customer_id,
        premise_id=premise_id,
        devices=_devices(session, org_id, transformers),
    )


def _devices(session: Session, org_id: int, start: Collection[UUID]) -> frozenset[tuple[str, UUID]]:
    above = directory.lines_above(session, org_id, start) if start else {}
    return frozenset(
        (line.kind, id_) for path in above.values() for id_, line in path if line.kind in _LINES
    )


class _Accounts:
    """Premise, point and devices of many accounts, in two statements."""

    def __init__(self, session: Session, org_id: int, ids: Iterable[UUID]) -> None:
        rows = repository.points_of_customer(session, org_id, list(ids))
        transformers = {point.transformer_id for point, *_ in rows if point.transformer_id}
        above = directory.lines_above(session, org_id, transformers) if transformers else {}
        self._of: dict[UUID, Report] = {}
        self._places: dict[UUID, tuple[str, str | None]] = {}
        for point, premise, customer in rows:
            path = above.get(point.transformer_id, []) if point.transformer_id else []
            devices = frozenset((line.kind, id_) for id_, line in path if line.kind in _LINES)
            known = self._of.get(customer.id)
            if known is not None:
                self._of[customer.id] = replace(known, devices=known.devices | devices)
                continue
            self._places[customer.id] = (premise.address_zh, premise.address_en)
            self._of[customer.id] = Report(
                at=_NEVER,
                lat=premise.lat,
                lon=premise.lon,
                customer_id=customer.id,
                premise_id=premise.id,
                devices=devices,
            )

    def report(self, customer_id: UUID | None) -> Report:
        return self._of.get(customer_id, _NOTHING) if customer_id else _NOTHING

    def place(self, customer_id: UUID | None) -> tuple[str | None, str | None]:
        return self._places.get(customer_id, (None, None)) if customer_id else (None, None)


_NEVER = datetime.min.replace(tzinfo=UTC)
_NOTHING = Report(at=_NEVER)


def _of_order(
    mine: Report, book: _Accounts, order: Order, place: Location | None, ticket: Ticket | None
) -> Duplicate:
    account = book.report(ticket.customer_id if ticket else None)
    placed = place is not None and place.lat is not None
    theirs = replace(
        account,
        at=order.filed_at,
        fault_code=order.fault_code,
        lat=place.lat if place and placed else account.lat,
        lon=place.lon if place and placed else account.lon,
        uncertainty_m=(place.uncertainty_m or 0.0) if place else 0.0,
        premise_id=(place.premise_id if place else None) or account.premise_id,
    )
    return Duplicate(
        kind="order",
        order_id=order.id,
        ticket_id=order.ticket_id,
        number=order.number,
        state=order.state,
        fault_code=order.fault_code,
        place=place.place if place else None,
        place_en=place.place_en if place else None,
        filed_at=order.filed_at,
        alike=likeness(mine, theirs),
    )


def _of_ticket(mine: Report, book: _Accounts, ticket: Ticket) -> Duplicate:
    place, place_en = book.place(ticket.customer_id)
    return Duplicate(
        kind="ticket",
        order_id=None,
        ticket_id=ticket.id,
        number=None,
        state=None,
        fault_code=None,
        place=place,
        place_en=place_en,
        filed_at=ticket.filed_at,
        alike=likeness(mine, replace(book.report(ticket.customer_id), at=ticket.filed_at)),
    )

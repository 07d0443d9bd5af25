"""Hits as people see them: names, place, state, whom to call. Values from the tables themselves."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from dispatch.directory import repository as directory
from dispatch.directory.callers import LineNode, RegionOf
from dispatch.directory.search.match import Why
from dispatch.directory.search.repository import fetch
from dispatch.roster.duty import all_on_duty
from dispatch.roster.rules import OnDuty

LINES = ("substation", "feeder", "section")
DEVICES = (*LINES, "transformer", "pole", "cabinet")


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call for repairs of a region: its centre, the phone of who is there, its leader.

    `phone`, `leader_phone`: E.164; None where nobody kept one. `leader`: the first on duty.
    """

    centre_id: UUID
    code: str
    name_zh: str
    name_en: str
    phone: str | None
    on_duty: bool = True
    leader: str | None = None
    leader_phone: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A device of the network above a customer."""

    id: UUID
    kind: str
    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it was found. `word`: what was typed, in plain form; `matched`: the piece that fits."""

    field: str
    word: str
    matched: str
    level: int
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. `kind`: see `service.KINDS`; `state`: of an account or order.

    `code`: account, device, region, unit, premise or order number. `devices`: transformer first.
    """

    kind: str
    id: UUID
    code: str
    title_zh: str
    title_en: str | None
    subtitle_zh: str | None
    subtitle_en: str | None
    importance: str
    state: str | None
    why: list[Reason]
    open_orders: int | None = None
    region: RegionOf | None = None
    contact: Contact | None = None
    devices: list[Device] = field(default_factory=list)
    detail: str | None = None
    """Of a device, unit or ticket: its kind; of an order: its fault's code."""

    @property
    def order(self) -> tuple[Any, ...]:
        """Exact before prefix before inside, important ones first, ties by number."""
        levels = [one.level for one in self.why]
        ordinary = self.importance == "ordinary"
        return -min(levels), -sum(levels), ordinary, self.code, self.id.hex


def kind_of(thing_kind: str) -> str:
    """The kind of hit that a row of the index is: substations and sections are lines as well."""
    return "line" if thing_kind in LINES else thing_kind


def reasons(found: Iterable[Why], words: Sequence[str]) -> list[Reason]:
    return [
        Reason(one.field, word, one.matched, one.level)
        for one, word in zip(found, words, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Customer:
    """What the page shows of a customer, and what a masked reader's words must fit."""

    id: UUID
    number: str
    name_zh: str
    name_en: str | None
    importance: str
    account_state: str
    phones: list[str]
    meters: list[str]
    addresses: list[str]
    addresses_en: list[str]
    codes: list[str]
    transformer_id: UUID | None
    open_orders: int
    region: RegionOf | None


_CUSTOMERS = """
SELECT c.id, c.number, c.name_zh, c.name_en, c.importance, c.account_state,
    ARRAY(SELECT number FROM customer_phone
          WHERE org_id = c.org_id AND customer_id = c.id ORDER BY position, number),
    coalesce(s.meters, '{}'), coalesce(s.addresses, '{}'), coalesce(s.english, '{}'),
    coalesce(s.codes, '{}'), s.transformer_id,
    (SELECT count(DISTINCT o.id) FROM ticket t
     JOIN order_ticket ot ON ot.org_id = t.org_id AND ot.ticket_id = t.id
     JOIN orders o ON o.org_id = ot.org_id AND o.id = ot.order_id
     WHERE t.org_id = c.org_id AND t.customer_id = c.id AND o.state <> 'closed'),
    r.id, r.code, r.name_zh, r.name_en, u.id, u.code, u.name_zh, u.name_en
FROM customer c
LEFT JOIN LATERAL (
    SELECT array_agg(s.meter ORDER BY s.meter) AS meters,
        array_agg(p.address_zh ORDER BY s.meter) AS addresses,
        array_agg(p.address_en ORDER BY s.meter) FILTER (WHERE p.address_en <> '') AS english,
        array_agg(p.code ORDER BY s.meter) FILTER (WHERE p.code <> '') AS codes,
        (array_agg(p.region_id ORDER BY s.meter))[1] AS region_id,
        (array_agg(s.transformer_id ORDER BY s.meter))[1] AS transformer_id
    FROM service_point s JOIN premise p ON p.org_id = s.org_id AND p.id = s.premise_id
    WHERE s.org_id = c.org_id AND s.customer_id = c.id
) s ON true
LEFT JOIN region r ON r.org_id = c.org_id AND r.id = s.region_id
LEFT JOIN unit u ON u.org_id = r.org_id AND u.id = r.centre_id
WHERE c.org_id = %(org_id)s AND c.id = ANY(%(ids)s)
"""
_PREMISES = """
SELECT p.id, p.code, p.address_zh, p.address_en, p.region_id,
    (SELECT count(DISTINCT s.customer_id) FROM service_point s
     WHERE s.org_id = p.org_id AND s.premise_id = p.id)
FROM premise p WHERE p.org_id = %(org_id)s AND p.id = ANY(%(ids)s)
"""


def customers(session: Session, org_id: int, ids: Collection[UUID]) -> dict[UUID, Customer]:
    if not ids:
        return {}
    rows = fetch(session, _CUSTOMERS, {"org_id": org_id, "ids": list(ids)})
    return {row[0]: _customer(row) for row in rows}


def _customer(row: Sequence[Any]) -> Customer:
    """The last eight columns are those of `RegionOf`."""
    return Customer(*(*row[:-8], _region(row[-8:])))


def _region(values: Sequence[Any]) -> RegionOf | None:
    """None where a customer has no region."""
    return RegionOf(*values) if values[0] is not None else None


@dataclass(frozen=True, slots=True)
class Premise:
    """A premise of no customer or of several."""

    id: UUID
    code: str | None
    address_zh: str
    address_en: str | None
    region_id: UUID | None
    customers: int


def premises(session: Session, org_id: int, ids: Collection[UUID]) -> dict[UUID, Premise]:
    if not ids:
        return {}
    rows = fetch(session, _PREMISES, {"org_id": org_id, "ids": list(ids)})
    return {row[0]: Premise(*row) for row in rows}


_PREMISES_OF = """
SELECT s.customer_id, p.id, p.address_zh, coalesce(p.address_en, '') FROM service_point s
JOIN premise p ON p.org_id = s.org_id AND p.id = s.premise_id
WHERE s.org_id = %(org_id)s AND s.customer_id = ANY(%(ids)s)
UNION ALL
SELECT id, id, address_zh, coalesce(address_en, '') FROM premise
WHERE org_id = %(org_id)s AND id = ANY(%(ids)s)
"""


def premises_of(
    session: Session, org_id: int, ids: Collection[UUID]
) -> dict[UUID, list[tuple[UUID, tuple[str, str]]]]:
    """Of customers the premises that they are supplied at, of premises themselves, with both
    addresses.
    """
    found: dict[UUID, list[tuple[UUID, tuple[str, str]]]] = {}
    if ids:
        for id_, premise_id, *addresses in fetch(
            session, _PREMISES_OF, {"org_id": org_id, "ids": list(ids)}
        ):
            found.setdefault(id_, []).append((premise_id, (addresses[0], addresses[1])))
    return found


_THINGS = """
SELECT id, kind, code, name_zh, name_en, NULL, NULL, NULL FROM network_node
WHERE org_id = %(org_id)s AND id = ANY(%(ids)s)
UNION ALL
SELECT id, 'region', code, name_zh, name_en, centre_id, NULL, NULL FROM region
WHERE org_id = %(org_id)s AND id = ANY(%(ids)s)
UNION ALL
SELECT id, 'unit', code, name_zh, name_en, NULL, kind, phone FROM unit
WHERE org_id = %(org_id)s AND id = ANY(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class Thing:
    """A device, region or unit. `detail`: kind of a unit."""

    id: UUID
    kind: str
    code: str
    name_zh: str
    name_en: str
    centre_id: UUID | None
    detail: str | None
    phone: str | None


def things(session: Session, org_id: int, ids: Collection[UUID]) -> dict[UUID, Thing]:
    if not ids:
        return {}
    rows = fetch(session, _THINGS, {"org_id": org_id, "ids": list(ids)})
    return {row[0]: Thing(*row) for row in rows}


_CONTACTS = """
SELECT r.id, u.id, u.code, u.name_zh, u.name_en, u.phone FROM region r
JOIN unit u ON u.org_id = r.org_id AND u.id = r.centre_id
WHERE r.org_id = %(org_id)s AND r.id = ANY(%(ids)s)
"""


def contacts(
    session: Session, org_id: int, region_ids: Collection[UUID], at: datetime
) -> dict[UUID, Contact]:
    """For each region the centre that repairs there and who is on duty in it at `at`."""
    if not region_ids:
        return {}
    rows = fetch(session, _CONTACTS, {"org_id": org_id, "ids": list(region_ids)})
    duties = all_on_duty(session, org_id, at) if rows else {}
    return {row[0]: _contact(Contact(*row[1:]), duties.get(row[1])) for row in rows}


def _contact(centre: Contact, duty: OnDuty | None) -> Contact:
    if duty is None:
        return centre
    leader = next(iter(duty.leaders), None)
    return replace(
        centre,
        phone=centre.phone or duty.phone,
        on_duty=duty.on_duty,
        leader=leader.name if leader else None,
        leader_phone=leader.phone if leader else None,
    )


_REGIONS = """
SELECT r.id, r.code, r.name_zh, r.name_en, u.id, u.code, u.name_zh, u.name_en FROM region r
LEFT JOIN unit u ON u.org_id = r.org_id AND u.id = r.centre_id
WHERE r.org_id = %(org_id)s AND r.id = ANY(%(ids)s)
"""


def regions(session: Session, org_id: int, ids: Collection[UUID]) -> dict[UUID, RegionOf]:
    if not ids:
        return {}
    rows = fetch(session, _REGIONS, {"org_id": org_id, "ids": list(ids)})
    return {row[0]: RegionOf(*row) for row in rows}


def devices(session: Session, org_id: int, ids: Collection[UUID]) -> dict[UUID, list[Device]]:
    """For each transformer, itself and what is above it."""
    if not ids:
        return {}
    lines = directory.lines_above(session, org_id, ids)
    return {id_: [_device(*one) for one in line] for id_, line in lines.items()}


def _device(id_: UUID, node: LineNode) -> Device:
    return Device(id_, node.kind, node.code, node.name_zh, node.name_en)


_ORDERS = """
SELECT o.id, o.number, o.state, o.fault_code, o.centre_id, l.place, l.place_en FROM orders o
LEFT JOIN location l ON l.org_id = o.org_id AND l.id = o.location_id
WHERE o.org_id = %(org_id)s AND (CAST(%(centre)s AS uuid) IS NULL OR o.centre_id = %(centre)s)
    AND ((o.state <> 'closed' AND replace(o.number, '-', '') LIKE %(inside)s)
         OR (o.system = 'paidan' AND o.number = %(number)s))
ORDER BY o.filed_at DESC, o.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class NumberedOrder:
    id: UUID
    number: str
    state: str
    fault_code: str
    centre_id: UUID | None
    place: str | None
    place_en: str | None


def orders(
    session: Session, org_id: int, digits: str, centre_id: UUID | None, most: int
) -> list[NumberedOrder]:
    """Open orders whose number holds these digits, and the one whose number they are."""
    values = {
        "org_id": org_id,
        "centre": centre_id,
        "inside": f"%{digits}%",
        "number": f"{digits[:8]}-{digits[8:]}",
        "most": most,
    }
    return [NumberedOrder(*row) for row in fetch(session, _ORDERS, values)]


_TICKETS = """
SELECT t.id, t.number, t.kind, t.state, t.caller_name FROM ticket t
WHERE t.org_id = %(org_id)s AND (CAST(%(centre)s AS uuid) IS NULL OR t.unit_id IN
        (SELECT id FROM unit
         WHERE org_id = t.org_id AND (id = %(centre)s OR centre_id = %(centre)s)))
    AND ((t.state <> 'closed' AND replace(t.number, '-', '') LIKE %(inside)s)
         OR t.number = %(number)s)
ORDER BY t.filed_at DESC, t.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class NumberedTicket:
    id: UUID
    number: str
    kind: str
    state: str
    caller_name: str | None


def tickets(
    session: Session, org_id: int, digits: str, centre_id: UUID | None, most: int
) -> list[NumberedTicket]:
    """Open tickets whose number holds these digits, and the one whose number they are."""
    values = {
        "org_id": org_id,
        "centre": centre_id,
        "inside": f"%{digits}%",
        "number": f"T{digits[:8]}-{digits[8:]}",
        "most": most,
    }
    return [NumberedTicket(*row) for row in fetch(session, _TICKETS, values)]

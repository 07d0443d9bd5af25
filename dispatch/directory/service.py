"""Use cases of the directory: who calls, which region holds a place, the base map."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.settings import settings
from dispatch.directory import dealings, repository
from dispatch.directory.callers import (
    Caller,
    CallerContext,
    Contact,
    LineNode,
    Nearby,
    OpenOrder,
    RegionOf,
    SupplyPoint,
)
from dispatch.directory.models import Customer
from dispatch.directory.rules import e164, holding, spellings

MOST = 20
"""Customers, orders and devices' orders that are listed, at most."""
CONTACTS = 8
NOTES = 3

Line = Sequence[tuple[UUID, LineNode]]


def who_calls(session: Session, org_id: int, number: str) -> Caller:
    """What is known of a phone number in any format: its customers, orders, earlier contacts.

    It takes the same few statements however many customers share the phone.
    """
    phone = e164(number, settings().phone_region)
    if phone is None:
        return Caller(None)
    customers = repository.customers_of_phone(session, org_id, phone, MOST)
    return Caller(
        number=phone,
        customers=_contexts(session, org_id, customers) if customers else [],
        orders=dealings.orders_of_phone(session, org_id, phone, spellings(phone), MOST),
        contacts=_calls(session, org_id, phone),
    )


def _contexts(
    session: Session, org_id: int, customers: Sequence[tuple[Customer, bool]]
) -> list[CallerContext]:
    ids = [customer.id for customer, _ in customers]
    points = supply_points(session, org_id, ids)
    own = dealings.orders_of_customers(session, org_id, ids, MOST)
    there = dealings.orders_at_premises(session, org_id, ids, MOST)
    tickets = dealings.tickets_of_customers(session, org_id, ids, CONTACTS)
    notes = dealings.notes_of_customers(session, org_id, ids, NOTES)
    return [
        CallerContext(
            customer_id=customer.id,
            number=customer.number,
            name_zh=customer.name_zh,
            name_en=customer.name_en,
            importance=customer.importance,
            verified=verified,
            points=points[customer.id],
            orders=_each_once([*own[customer.id], *there[customer.id]]),
            contacts=tickets[customer.id],
            notes=notes[customer.id],
        )
        for customer, verified in customers
    ]


def _each_once(orders: Iterable[OpenOrder]) -> list[OpenOrder]:
    """The first of each id: the nearest reason is told."""
    found: dict[UUID, OpenOrder] = {}
    for order in orders:
        found.setdefault(order.id, order)
    return list(found.values())


def supply_points(
    session: Session, org_id: int, customer_ids: Sequence[UUID]
) -> dict[UUID, list[SupplyPoint]]:
    """Where each customer is supplied: premise, region, meter, line, what is open below it."""
    rows = repository.points_of(session, org_id, customer_ids)
    wanted = {point.transformer_id for point, *_ in rows if point.transformer_id is not None}
    lines = repository.lines_above(session, org_id, wanted)
    near = _nearby(session, org_id, lines.values())
    found: dict[UUID, list[SupplyPoint]] = {id_: [] for id_ in customer_ids}
    for point, premise, region, centre in rows:
        line: Line = lines.get(point.transformer_id, []) if point.transformer_id else []
        found[point.customer_id].append(
            SupplyPoint(
                premise_id=premise.id,
                address_zh=premise.address_zh,
                address_en=premise.address_en,
                area_class=premise.area_class,
                lat=premise.lat,
                lon=premise.lon,
                meter=point.meter,
                region=repository.region_of_row(region, centre),
                line=[node for _, node in line],
                on_transformer=_of_kind(line, "transformer", near),
                on_feeder=_of_kind(line, "feeder", near),
            )
        )
    return found


def _nearby(session: Session, org_id: int, lines: Iterable[Line]) -> dict[UUID, Nearby]:
    """Transformers and feeders of these lines with the open orders below."""
    devices = {
        id_: node.code
        for line in lines
        for id_, node in line
        if node.kind in ("transformer", "feeder")
    }
    below = repository.orders_below(session, org_id, devices, MOST * 10)
    return {id_: Nearby(code, len(below[id_]), below[id_][:MOST]) for id_, code in devices.items()}


def _of_kind(line: Line, kind: str, near: Mapping[UUID, Nearby]) -> Nearby | None:
    return next((near[id_] for id_, node in line if node.kind == kind), None)


def _calls(session: Session, org_id: int, phone: str) -> list[Contact]:
    return dealings.call_contacts(dealings.calls_of_phones(session, org_id, [phone], CONTACTS))


def regions(session: Session, org_id: int) -> list[RegionOf]:
    """All regions with their centres, by code."""
    return [region for region, _ in repository.regions(session, org_id)]


def region_of(session: Session, org_id: int, lat: float, lon: float) -> RegionOf | None:
    """The region whose outline holds a point (degrees, WGS-84); None where none does."""
    return holding(repository.regions(session, org_id), lat, lon)


def keep_map(session: Session, org_id: int, document: dict[str, Any]) -> str:
    """Make this the organisation's base map. Returns its digest, the ETag.

    `document` is one that `dispatch.directory.mapfile.checked_map` lets through.
    """
    digest = digest_of(document)
    repository.save_map(session, org_id, digest, document)
    return digest


def digest_of(document: dict[str, Any]) -> str:
    """SHA-256 of a map, hex; equal maps have equal ones."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()

"""Regions, network, customers and base map of the demo organisation, written in bulk."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from api.demo.basemap import base_map, polygon
from api.demo.city import City
from api.demo.model import Customer as Person
from core.db import Base
from core.ids import new_id
from dispatch.directory.models import (
    Customer,
    CustomerPhone,
    NetworkNode,
    Premise,
    Region,
    ServicePoint,
)
from dispatch.directory.search.refresh import refresh
from dispatch.directory.service import keep_map


def add_directory(session: Session, org_id: int, city: City, units: Mapping[str, UUID]) -> None:
    """Write all of it. `units`: ids by code."""
    regions = _add_regions(session, org_id, city, units)
    nodes = _add_network(session, org_id, city)
    _add_customers(session, org_id, city.customers, regions, nodes)
    keep_map(session, org_id, base_map(city))
    refresh(session, org_id)


def _add_regions(
    session: Session, org_id: int, city: City, units: Mapping[str, UUID]
) -> dict[str, UUID]:
    ids = {one.code: new_id() for one in city.districts}
    rows = [
        {
            "id": ids[one.code],
            "code": one.code,
            "name_zh": one.name_zh,
            "name_en": one.name_en,
            "centre_id": units[one.centre],
            "outline": polygon(one.outline),
        }
        for one in city.districts
    ]
    _insert(session, org_id, Region, rows)
    return ids


def _add_network(session: Session, org_id: int, city: City) -> dict[str, UUID]:
    ids = {one.code: new_id() for one in city.devices}
    rows = [
        {
            "id": ids[one.code],
            "parent_id": ids[one.parent] if one.parent else None,
            "kind": one.kind,
            "code": one.code,
            "name_zh": one.name_zh,
            "name_en": one.name_en,
            "lat": one.at[0] if one.at else None,
            "lon": one.at[1] if one.at else None,
        }
        for one in city.devices  # parents come before children
    ]
    _insert(session, org_id, NetworkNode, rows)
    return ids


def _add_customers(
    session: Session,
    org_id: int,
    people: Iterable[Person],
    regions: Mapping[str, UUID],
    nodes: Mapping[str, UUID],
) -> None:
    """One premise and one meter each."""
    customers, premises, phones, points = [], [], [], []
    for serial, one in enumerate(people):
        customer, premise = new_id(), new_id()
        customers.append(
            {
                "id": customer,
                "number": one.number,
                "name_zh": one.name_zh,
                "name_en": one.name_en,
                "importance": one.importance,
                **_account(serial, one),
            }
        )
        premises.append(
            {
                "id": premise,
                "region_id": regions[one.district],
                "address_zh": one.address_zh,
                "address_en": one.address_en,
                "area_class": one.area_class,
                "lat": one.at[0],
                "lon": one.at[1],
            }
        )
        phones.append({"customer_id": customer, "number": one.phone, "verified": True})
        points.append(
            {
                "id": new_id(),
                "customer_id": customer,
                "premise_id": premise,
                "transformer_id": nodes[one.transformer],
                "meter": one.meter,
            }
        )
    _insert(session, org_id, Customer, customers)
    _insert(session, org_id, Premise, premises)
    _insert(session, org_id, CustomerPhone, phones)
    _insert(session, org_id, ServicePoint, points)


def _account(serial: int, one: Person) -> dict[str, Any]:
    """What the account says, by number and kind alone: the same city has the same accounts."""
    large = one.importance != "ordinary"
    kva = (315.0, 400.0, 630.0, 1000.0)[serial % 4]
    category = {"household": "residential", "shop": "commercial", "data_centre": "industrial"}
    return {
        "account_state": "in_arrears" if one.kind == "household" and serial % 29 == 7 else "active",
        "category": category.get(one.kind, "public"),
        "voltage": "10" if large else "0.4",
        "contract_kva": kva if large else (8.0 if one.kind == "household" else 30.0),
        "running_kva": kva * 0.8 if large else None,
        "commissioned_on": date(1998 + serial * 7 % 26, 1 + serial % 12, 1 + serial * 3 % 28),
    }


def _insert(session: Session, org_id: int, model: type[Base], rows: list[dict[str, Any]]) -> None:
    session.execute(insert(model), [{"org_id": org_id, **row} for row in rows])

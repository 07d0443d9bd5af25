"""Use cases of the routing table: propose where an order goes, look for gaps, edit the rows."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core import events as ev
from core.errors import InvalidField
from core.ids import new_id
from core.settings import settings
from core.uow import ConcurrentChange, UnitOfWork
from dispatch.directory import repository as directory
from dispatch.directory.models import AREA_CLASSES
from dispatch.directory.rules import holding
from dispatch.orders.models import Location, Order
from dispatch.routing import repository
from dispatch.routing.duty import could, on_duty
from dispatch.routing.rules import (
    ANY,
    Case,
    Choice,
    Gap,
    Row,
    Settings,
    Target,
    district_rows,
    gaps,
    route,
)
from dispatch.routing.words import DEVICE_OF, DEVICE_TRADES
from dispatch.tickets.models import Ticket

SOURCE = "administrator"


@dataclass(frozen=True, slots=True)
class Asked:
    """What failed, and where: a region, a point (WGS-84) or a customer."""

    fault_code: str
    area_class: str = "urban"
    region_id: UUID | None = None
    lat: float | None = None
    lon: float | None = None
    customer_id: UUID | None = None
    trade: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where it would go at that moment. `region_id`: the district that the place lies in."""

    choice: Choice
    region_id: UUID | None


def all_rows(session: Session, org_id: int) -> list[Row]:
    """The written rows, then what follows from the districts."""
    rows = repository.written_rows(session, org_id)
    homes = repository.districts(session, org_id)
    centres = list(repository.centres(session, org_id))
    return [*rows, *district_rows(homes, DEVICE_TRADES, centres)]


def propose(session: Session, org_id: int, asked: Asked, at: datetime) -> Proposal:
    """The centre and trade that the table names for this at `at`, with the reasons."""
    region_id = _region(session, org_id, asked)
    around = next(
        (one.regions for one in repository.districts(session, org_id) if one.id == region_id), ()
    )
    case = Case(
        regions=around,
        fault_code=asked.fault_code,
        device=DEVICE_OF.get(asked.fault_code),
        area_class=asked.area_class,
        trade=asked.trade,
    )
    local = at.astimezone(ZoneInfo(settings().timezone))
    return Proposal(
        route(all_rows(session, org_id), case, local, on_duty(session, org_id, at)), region_id
    )


def propose_for(session: Session, org_id: int, order: Order, at: datetime) -> Proposal:
    """The same for an order that is filed."""
    place = session.get(Location, (org_id, order.location_id)) if order.location_id else None
    ticket = session.get(Ticket, (org_id, order.ticket_id)) if order.ticket_id else None
    asked = Asked(
        fault_code=order.fault_code,
        area_class=order.area_class,
        lat=place.lat if place else None,
        lon=place.lon if place else None,
        customer_id=ticket.customer_id if ticket else None,
        trade=order.trade,
    )
    return propose(session, org_id, asked, at)


def _region(session: Session, org_id: int, asked: Asked) -> UUID | None:
    """As said; else the outline around the point; else where the customer lives."""
    if asked.region_id is not None:
        return asked.region_id
    if asked.lat is not None and asked.lon is not None:
        found = holding(directory.regions(session, org_id), asked.lat, asked.lon)
        if found is not None:
            return found.id
    if asked.customer_id is not None:
        return repository.region_of_customer(session, org_id, asked.customer_id)
    return None


def region_named(session: Session, org_id: int, named: str | None) -> UUID | None:
    """The district of that id or short code. Raises InvalidField where there is none."""
    if named is None:
        return None
    found = repository.region_named(session, org_id, named.strip())
    if found is None:
        raise InvalidField(
            "query.region", "there is no region of this id or code", "没有此编号或代码的辖区"
        )
    return found


def find_gaps(session: Session, org_id: int, faults: Sequence[str], now: datetime) -> list[Gap]:
    """Places and faults that reach nobody at some hour of this week."""
    local = now.astimezone(ZoneInfo(settings().timezone))
    monday = local.replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday())
    return gaps(
        all_rows(session, org_id),
        repository.districts(session, org_id),
        [(fault, DEVICE_OF.get(fault)) for fault in faults],
        AREA_CLASSES,
        monday,
        could(session, org_id),
    )


def add_row(uow: UnitOfWork, new: Row) -> Row:
    """Write a row below all others, or where `position` says (1 is the highest)."""
    _check(uow, new)
    last = repository.last_position(uow.session, uow.org_id)
    row = replace(new, id=new_id(), position=new.position or last + 1, version=1)
    repository.save_row(uow.session, uow.org_id, row)
    _log(uow, row, "added")
    return row


def change_row(uow: UnitOfWork, new: Row) -> Row:
    """Change the row of that id. Raises NotFound, or ConcurrentChange.

    `version` is the one that was read.
    """
    _check(uow, new)
    found = repository.row_locked(uow.session, uow.org_id, new.id)
    if found.version != new.version:
        raise ConcurrentChange
    row = replace(new, version=new.version + 1, position=new.position or found.position)
    repository.save_row(uow.session, uow.org_id, row)
    _log(uow, row, "changed")
    return row


def remove_row(uow: UnitOfWork, row_id: UUID, version: int) -> None:
    """Take a row out. Raises NotFound; ConcurrentChange where `version` is not its own."""
    found = repository.row_locked(uow.session, uow.org_id, row_id)
    if found.version != version:
        raise ConcurrentChange
    row = next(one for one in repository.written_rows(uow.session, uow.org_id) if one.id == row_id)
    repository.remove_row(uow.session, uow.org_id, row_id)
    _log(uow, replace(row, version=version + 1), "removed")


def change_settings(uow: UnitOfWork, new: Settings) -> Settings:
    """Decide anew. `new.version` is the one that was read; ConcurrentChange where it is older."""
    kept = replace(new, version=new.version + 1)
    if not repository.save_settings(uow.session, uow.org_id, kept):
        raise ConcurrentChange
    fact = ev.RoutingSettingsChanged(
        release_after_s=kept.release_after_s,
        desk_grace_s=kept.desk_grace_s,
        version=kept.version,
    )
    uow.emit(uuid5(NAMESPACE_OID, f"routing:{uow.org_id}"), fact, source=SOURCE)
    return kept


def _check(uow: UnitOfWork, row: Row) -> None:
    """Refuse what leads nowhere, naming the field."""
    centres = repository.centres(uow.session, uow.org_id)
    _demand_centre(row.centre_id, centres, "body.centre_id")
    for index, one in enumerate(row.stand_ins):
        _demand_centre(one.centre_id, centres, f"body.stand_ins.{index}.centre_id")
        own = Target(row.centre_id, row.trade)
        if one == own or one in row.stand_ins[:index]:
            raise InvalidField(f"body.stand_ins.{index}", "is asked before already", "与前面的重复")
    regions = {one.id for one in repository.districts(uow.session, uow.org_id)}
    if row.region_id is not None and row.region_id not in regions:
        raise InvalidField("body.region_id", "there is no such region", "没有此辖区")
    if row.fault_code and row.device and DEVICE_OF.get(row.fault_code, row.device) != row.device:
        raise InvalidField(
            "body.device",
            "the fault is not of this class, so the row fits nothing",
            "与故障类型不符",
        )


def _demand_centre(centre_id: UUID, centres: Container[UUID], field: str) -> None:
    if centre_id not in centres:
        raise InvalidField(field, "there is no such centre", "没有此报修中心")


def _log(uow: UnitOfWork, row: Row, action: str) -> None:
    fact = ev.RoutingRowChanged(
        action=action,
        version=row.version,
        position=row.position,
        centre_id=row.centre_id,
        trade=row.trade or ANY,
        region_id=row.region_id,
        device=row.device,
        fault_code=row.fault_code,
        area_class=row.area_class,
    )
    uow.emit(row.id, fact, source=SOURCE)

"""Use cases: units are made, renamed, moved, taken out of use and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import events as ev
from core.errors import InvalidField
from core.identity import EVERYTHING
from core.ids import new_id
from core.models import Unit, User
from core.uow import UnitOfWork
from dispatch.crews.models import Crew
from dispatch.directory.models import Region
from dispatch.directory.search.refresh import refresh_things
from dispatch.fences.service import vehicles_moved
from dispatch.orders.models import Assignment, Order
from dispatch.orders.rules import OPEN_ASSIGNMENT
from dispatch.roster import repository
from dispatch.roster.changes import SOURCE, StillInUse, apply, demand_version
from dispatch.roster.rules import closes_a_ring, may_stand_under

OPEN_ORDER = ("filed", "released", "accepted", "assigned", "returned")
NAMED = 5


@dataclass(frozen=True, slots=True)
class UnitValues:
    """What a unit is. `site`: code of the building; `phone`: duty phone, E.164.

    `trade` and `voltage_classes` are of crews only.
    """

    kind: str
    code: str
    name_zh: str
    name_en: str
    site: str
    parent_id: UUID | None = None
    phone: str | None = None
    trade: str | None = None
    voltage_classes: tuple[str, ...] = ()


def create_unit(uow: UnitOfWork, values: UnitValues) -> UUID:
    """A new unit under its parent. Raises InvalidField where it may not stand there."""
    repository.lock_organisation(uow.session, uow.org_id)
    _demand_place(uow.session, uow.org_id, None, values)
    _demand_free_code(uow.session, uow.org_id, None, values.code)
    if values.kind == "crew" and not values.trade:
        raise InvalidField("body.trade", "a crew has a trade", "班组须有工种")

    unit = Unit(
        org_id=uow.org_id,
        id=new_id(),
        parent_id=values.parent_id,
        kind=values.kind,
        code=values.code,
        name_zh=values.name_zh,
        name_en=values.name_en,
        site=values.site,
        phone=values.phone,
        active=True,
        version=1,
    )
    uow.session.add(unit)
    uow.session.flush()
    if values.kind == "crew":
        crew = Crew(org_id=uow.org_id, id=unit.id, trade=values.trade)
        crew.voltage_classes = list(values.voltage_classes)
        uow.session.add(crew)
    _record(uow, unit, "created")
    return unit.id


def change_unit(uow: UnitOfWork, unit_id: UUID, values: UnitValues, version: int) -> None:
    """Names, phone, site, place in the tree, trade: all at once, of the version that was seen."""
    repository.lock_organisation(uow.session, uow.org_id)
    unit = repository.unit_of(uow.session, uow.org_id, unit_id, EVERYTHING)
    demand_version(uow.session, unit, version)
    if values.kind != unit.kind:
        raise InvalidField("body.kind", "the kind of a unit stays", "单位类型不能更改")
    if values.parent_id != unit.parent_id:
        _demand_place(uow.session, uow.org_id, unit, values)
        _demand_idle(uow.session, unit, values.parent_id)
    _demand_free_code(uow.session, uow.org_id, unit_id, values.code)

    old_parent = unit.parent_id
    fields = ("code", "name_zh", "name_en", "site", "parent_id", "phone")
    what = apply(unit, {name: getattr(values, name) for name in fields})
    what = " ".join(filter(None, [what, _change_crew(uow, unit, values)]))
    if what:
        uow.session.flush()
        if old_parent != unit.parent_id:
            _move_below(uow, unit)
        _record(uow, unit, what)


def _change_crew(uow: UnitOfWork, unit: Unit, values: UnitValues) -> str:
    if unit.kind != "crew":
        return ""
    crew = uow.session.get_one(Crew, (uow.org_id, unit.id))
    changed = []
    if values.trade and values.trade != crew.trade:
        crew.trade = values.trade
        changed.append("trade")
    if list(values.voltage_classes) != crew.voltage_classes:
        crew.voltage_classes = list(values.voltage_classes)
        changed.append("voltage_classes")
    if changed and not uow.session.is_modified(unit):
        unit.version += 1
    return " ".join(changed)


def _move_below(uow: UnitOfWork, moved: Unit) -> None:
    """Whatever stands below a moved unit belongs to the same centre as it; its crews show so."""
    uow.session.refresh(moved)
    for unit in repository.below(uow.session, moved):
        if unit.kind != "centre" and moved.kind != "centre":
            unit.centre_id = moved.centre_id
        if unit.kind == "crew":
            uow.touch("crew_moved", unit.id)
    uow.session.flush()
    vehicles_moved(uow)


def deactivate_unit(uow: UnitOfWork, unit_id: UUID, reason: str, version: int) -> None:
    """Out of use. Raises StillInUse, which names what still hangs on it."""
    repository.lock_organisation(uow.session, uow.org_id)
    unit = repository.unit_of(uow.session, uow.org_id, unit_id, EVERYTHING)
    demand_version(uow.session, unit, version)
    hanging = _hanging(uow.session, unit)
    if hanging:
        raise StillInUse(
            name_zh=unit.name_zh,
            name_en=unit.name_en,
            what_zh="；".join(zh for zh, _ in hanging),
            what_en="; ".join(en for _, en in hanging),
        )

    if what := apply(unit, {"active": False}):
        _record(uow, unit, what, reason)


def activate_unit(uow: UnitOfWork, unit_id: UUID, version: int) -> None:
    """Back in use, under a parent that is."""
    repository.lock_organisation(uow.session, uow.org_id)
    unit = repository.unit_of(uow.session, uow.org_id, unit_id, EVERYTHING)
    demand_version(uow.session, unit, version)
    above = uow.session.get(Unit, (uow.org_id, unit.parent_id)) if unit.parent_id else None
    if above is not None and not above.active:
        raise StillInUse(
            name_zh=above.name_zh,
            name_en=above.name_en,
            what_zh="上级单位已停用，请先恢复",
            what_en="the unit above is out of use; bring it back first",
        )
    if what := apply(unit, {"active": True}):
        _record(uow, unit, what)


def _demand_place(session: Session, org_id: int, unit: Unit | None, values: UnitValues) -> None:
    """The parent is there, in use, of a kind that fits, and not below the unit itself."""
    tree = select(Unit.id, Unit.parent_id).where(Unit.org_id == org_id)
    parents: dict[UUID, UUID | None] = {row.id: row.parent_id for row in session.execute(tree)}
    parent = session.get(Unit, (org_id, values.parent_id)) if values.parent_id else None
    if values.parent_id is not None and parent is None:
        raise InvalidField("body.parent_id", "there is no such unit", "没有此单位")
    if unit is not None and parent is not None and closes_a_ring(parents, unit.id, parent.id):
        raise InvalidField(
            "body.parent_id",
            f"{parent.name_en} is the unit itself or stands below it",
            f"{parent.name_zh}是该单位自己或其下级",
        )
    has_centre = parent is not None and parent.centre_id is not None
    kind = parent.kind if parent else None
    if not may_stand_under(values.kind, kind, parent_has_centre=has_centre):
        raise InvalidField(
            "body.parent_id",
            f"a {values.kind} cannot stand there",
            "该类单位不能放在这里（热线在最上，中心在热线下，班组在中心或其部门下）",
        )
    if parent is not None and not parent.active:
        raise InvalidField(
            "body.parent_id", f"{parent.name_en} is out of use", f"{parent.name_zh}已停用"
        )


def _demand_free_code(session: Session, org_id: int, unit_id: UUID | None, code: str) -> None:
    query = select(Unit).where(Unit.org_id == org_id, func.lower(Unit.code) == code.lower())
    for other in session.scalars(query):
        if other.id != unit_id:
            raise InvalidField(
                "body.code", f"{other.name_en} has this code", f"{other.name_zh}已用此编码"
            )


def _demand_idle(session: Session, unit: Unit, parent_id: UUID | None) -> None:
    """What is being worked on keeps its centre: orders first, then the move to another."""
    parent = session.get(Unit, (unit.org_id, parent_id)) if parent_id else None
    if unit.kind == "centre" or (parent is not None and parent.centre_id == unit.centre_id):
        return
    open_orders = _open_orders(session, unit.org_id, repository.below(session, unit))
    if open_orders:
        raise StillInUse(
            name_zh=unit.name_zh,
            name_en=unit.name_en,
            what_zh=f"有未结工单 {_listed(open_orders)}",
            what_en=f"open orders {_listed(open_orders)}",
        )


def _hanging(session: Session, unit: Unit) -> list[tuple[str, str]]:
    """What keeps a unit in use, in both languages: children, orders, regions, logins."""
    org_id = unit.org_id
    children = session.scalars(
        select(Unit)
        .where(Unit.org_id == org_id, Unit.parent_id == unit.id, Unit.active)
        .order_by(Unit.code)
    ).all()
    regions = session.scalars(
        select(Region)
        .where(Region.org_id == org_id, Region.centre_id == unit.id)
        .order_by(Region.code)
    ).all()
    logins = session.scalars(
        select(User.login)
        .where(User.org_id == org_id, User.unit_id == unit.id, User.active)
        .order_by(User.login)
    ).all()
    orders = _open_orders(session, org_id, [unit])
    found: list[tuple[str, str]] = []
    if children:
        zh, en = _listed([one.name_zh for one in children]), _listed([c.name_en for c in children])
        found.append((f"下级单位 {zh}", f"units below it: {en}"))
    if orders:
        found.append((f"未结工单 {_listed(orders)}", f"open orders: {_listed(orders)}"))
    if regions:
        zh, en = _listed([one.name_zh for one in regions]), _listed([r.name_en for r in regions])
        found.append((f"负责片区 {zh}", f"regions that it repairs: {en}"))
    if logins:
        found.append((f"在用账号 {_listed(logins)}", f"logins in use: {_listed(logins)}"))
    return found


def _open_orders(session: Session, org_id: int, units: list[Unit]) -> list[str]:
    ids = [unit.id for unit in units]
    held = select(Order.number).where(
        Order.org_id == org_id, Order.centre_id.in_(ids), Order.state.in_(OPEN_ORDER)
    )
    with_crew = (
        select(Order.number)
        .join(Assignment, (Assignment.org_id == Order.org_id) & (Assignment.order_id == Order.id))
        .where(
            Order.org_id == org_id,
            Assignment.crew_id.in_(ids),
            Assignment.state.in_(OPEN_ASSIGNMENT),
        )
    )
    return sorted(session.scalars(held.union(with_crew)))


def _listed(names: Sequence[str]) -> str:
    """The first few, and how many there are where that is not all."""
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} … ({len(names)})"


def _record(uow: UnitOfWork, unit: Unit, what: str, reason: str | None = None) -> None:
    fact = ev.OrganisationUnitChanged(
        version=unit.version,
        what=what,
        kind=unit.kind,
        code=unit.code,
        parent_id=unit.parent_id,
        active=unit.active,
        reason=reason,
    )
    uow.emit(unit.id, fact, source=SOURCE)
    refresh_things(uow.session, uow.org_id, [unit.id])
    if unit.kind == "centre":
        uow.touch("centre", unit.id)
    if unit.kind == "crew":
        uow.touch("crew_moved" if {"active", "created"} & set(what.split()) else "crew", unit.id)

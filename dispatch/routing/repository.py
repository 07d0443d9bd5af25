"""All queries of the routing table, its settings and the automatic releases."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.models import Unit
from core.uow import UnitOfWork
from dispatch.crews.models import Crew
from dispatch.directory.models import Premise, Region, ServicePoint
from dispatch.orders.models import Order
from dispatch.routing.models import ReleasePlan, RoutingRow, RoutingSettings, RoutingStandIn
from dispatch.routing.plan_rules import PlanState
from dispatch.routing.rules import District, Row, Settings, Target

PLAN_FIELDS = tuple(field.name for field in fields(PlanState))
ROW_FIELDS = (
    "id",
    "position",
    "centre_id",
    "trade",
    "region_id",
    "device",
    "fault_code",
    "area_class",
    "from_minute",
    "to_minute",
    "weekdays",
    "version",
)


def written_rows(session: Session, org_id: int) -> list[Row]:
    """The rows that somebody wrote, in their order."""
    stand_ins = defaultdict(list)
    query = select(RoutingStandIn).where(RoutingStandIn.org_id == org_id)
    for one in session.scalars(query.order_by(RoutingStandIn.position)):
        stand_ins[one.row_id].append(Target(one.centre_id, one.trade))
    rows = select(RoutingRow).where(RoutingRow.org_id == org_id)
    return [
        Row(
            **{name: getattr(row, name) for name in ROW_FIELDS},
            stand_ins=tuple(stand_ins[row.id]),
        )
        for row in session.scalars(rows.order_by(RoutingRow.position, RoutingRow.id))
    ]


def row_locked(session: Session, org_id: int, row_id: UUID) -> RoutingRow:
    """A row that is about to change; NotFound where there is none."""
    query = select(RoutingRow).where(RoutingRow.org_id == org_id, RoutingRow.id == row_id)
    found = session.scalars(query.with_for_update()).one_or_none()
    if found is None:
        raise NotFound(what="routing row", id=row_id)
    return found


def save_row(session: Session, org_id: int, row: Row) -> None:
    """Write a row with its stand-ins."""
    values = {name: getattr(row, name) for name in ROW_FIELDS}
    statement = insert(RoutingRow).values(org_id=org_id, **values)
    del values["id"]
    session.execute(statement.on_conflict_do_update(index_elements=["org_id", "id"], set_=values))
    session.execute(
        delete(RoutingStandIn).where(
            RoutingStandIn.org_id == org_id, RoutingStandIn.row_id == row.id
        )
    )
    if row.stand_ins:
        session.execute(
            insert(RoutingStandIn),
            [
                {
                    "org_id": org_id,
                    "row_id": row.id,
                    "position": position,
                    "centre_id": one.centre_id,
                    "trade": one.trade,
                }
                for position, one in enumerate(row.stand_ins, start=1)
            ],
        )


def remove_row(session: Session, org_id: int, row_id: UUID) -> None:
    """Take a row out, with its stand-ins."""
    session.execute(delete(RoutingRow).where(RoutingRow.org_id == org_id, RoutingRow.id == row_id))


def last_position(session: Session, org_id: int) -> int:
    """The position of the lowest row; 0 where there is none."""
    query = select(func.max(RoutingRow.position)).where(RoutingRow.org_id == org_id)
    return session.execute(query).scalar_one() or 0


def districts(session: Session, org_id: int) -> list[District]:
    """The regions by code, each with those around it."""
    query = select(Region.id, Region.parent_id, Region.centre_id).where(Region.org_id == org_id)
    rows = session.execute(query.order_by(Region.code)).all()
    parents = {row.id: row.parent_id for row in rows}
    return [District(row.id, _around(row.id, parents), row.centre_id) for row in rows]


def _around(region_id: UUID, parents: dict[UUID, UUID | None]) -> tuple[UUID, ...]:
    found: list[UUID] = []
    at: UUID | None = region_id
    while at is not None and at not in found:
        found.append(at)
        at = parents.get(at)
    return tuple(found)


def centres(session: Session, org_id: int) -> dict[UUID, Unit]:
    """Centres that are not closed down."""
    query = select(Unit).where(Unit.org_id == org_id, Unit.kind == "centre", Unit.active)
    return {unit.id: unit for unit in session.scalars(query.order_by(Unit.code))}


def unit_names(session: Session, org_id: int) -> dict[UUID, tuple[str, str]]:
    """Name of each centre in Chinese and English, those closed down too."""
    query = select(Unit.id, Unit.name_zh, Unit.name_en).where(
        Unit.org_id == org_id, Unit.kind == "centre"
    )
    return {id_: (zh, en) for id_, zh, en in session.execute(query)}


def crews(session: Session, org_id: int) -> list[tuple[UUID, UUID | None, str]]:
    """Each crew that is not closed down: its unit, the unit above, its trade."""
    query = (
        select(Crew.id, Unit.parent_id, Crew.trade)
        .join(Unit, (Unit.org_id == Crew.org_id) & (Unit.id == Crew.id))
        .where(Crew.org_id == org_id, Unit.active)
    )
    return [(id_, parent, trade) for id_, parent, trade in session.execute(query)]


def parents(session: Session, org_id: int) -> dict[UUID, UUID | None]:
    """The unit above each unit."""
    query = select(Unit.id, Unit.parent_id).where(Unit.org_id == org_id)
    return dict(session.execute(query).all())


def region_named(session: Session, org_id: int, named: str) -> UUID | None:
    """The district of that id or short code, in either case of letters."""
    low = named.lower()
    query = select(Region.id).where(
        Region.org_id == org_id,
        or_(func.lower(Region.code) == low, cast(Region.id, String) == low),
    )
    return session.scalars(query.order_by(Region.code != named).limit(1)).first()


def region_of_customer(session: Session, org_id: int, customer_id: UUID) -> UUID | None:
    """The district of a customer's premise, where the directory knows it."""
    query = (
        select(Premise.region_id)
        .join(
            ServicePoint,
            (ServicePoint.org_id == Premise.org_id) & (ServicePoint.premise_id == Premise.id),
        )
        .where(
            ServicePoint.org_id == org_id,
            ServicePoint.customer_id == customer_id,
            Premise.region_id.is_not(None),
        )
        .order_by(ServicePoint.meter)
        .limit(1)
    )
    return session.scalars(query).first()


def settings_of(session: Session, org_id: int) -> Settings:
    """What the organisation has decided, or the defaults."""
    row = session.get(RoutingSettings, org_id, populate_existing=True)
    if row is None:
        return Settings()
    return Settings(row.release_after_s, row.desk_grace_s, row.version)


def save_settings(session: Session, org_id: int, new: Settings) -> bool:
    """Write them as the version after the one that was read. False where somebody was first."""
    values = {
        "release_after_s": new.release_after_s,
        "desk_grace_s": new.desk_grace_s,
        "version": new.version,
    }
    statement = insert(RoutingSettings).values(org_id=org_id, **values)
    result = session.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id"],
            set_=values,
            where=RoutingSettings.version == new.version - 1,
        ).returning(RoutingSettings.org_id)
    )
    return result.first() is not None


def plan_state(row: ReleasePlan) -> PlanState:
    return PlanState(**{name: getattr(row, name) for name in PLAN_FIELDS})


def plans_of(session: Session, org_id: int, order_ids: Iterable[UUID]) -> dict[UUID, PlanState]:
    """The automatic releases of these orders, where they have one."""
    query = (
        select(ReleasePlan)
        .where(ReleasePlan.org_id == org_id, ReleasePlan.id.in_(list(order_ids)))
        .execution_options(populate_existing=True)
    )
    return {row.id: plan_state(row) for row in session.scalars(query)}


def save_plan(
    session: Session, org_id: int, order_id: UUID, plan: PlanState, next_try_at: datetime
) -> None:
    """Write the projection. `next_try_at`: when the sweep looks again, while it is open."""
    values = {name: getattr(plan, name) for name in PLAN_FIELDS} | {"next_try_at": next_try_at}
    statement = insert(ReleasePlan).values(org_id=org_id, id=order_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["org_id", "id"], set_=values))


_OPEN = ReleasePlan.ended_at.is_(None)


def plans_due(session: Session, now: datetime, limit: int) -> Sequence[tuple[int, UUID]]:
    """Organisation and order of each release whose time has come, the oldest first."""
    query = (
        select(ReleasePlan.org_id, ReleasePlan.id)
        .where(_OPEN, ReleasePlan.next_try_at <= now)
        .order_by(ReleasePlan.next_try_at, ReleasePlan.id)
        .limit(limit)
    )
    return [(org_id, id_) for org_id, id_ in session.execute(query)]


def claim(uow: UnitOfWork, order_id: UUID) -> Order | None:
    """The order, locked, where its release is due still and nobody else is at work on it."""
    query = select(Order).where(Order.org_id == uow.org_id, Order.id == order_id)
    order = uow.session.scalars(query.with_for_update(skip_locked=True)).one_or_none()
    if order is None:
        return None
    due = select(ReleasePlan.id).where(
        ReleasePlan.org_id == uow.org_id,
        ReleasePlan.id == order_id,
        _OPEN,
        ReleasePlan.next_try_at <= uow.now,
    )
    return order if uow.session.scalars(due).first() is not None else None


def next_due(session: Session) -> datetime | None:
    """When the sweep has work next; None where nothing waits."""
    return session.scalar(select(func.min(ReleasePlan.next_try_at)).where(_OPEN))

"""The board's projector: what a transaction touched, as new rows of every topic that shows it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import now
from core.live import EVERYTHING as BOARD_ALL
from core.wiring import RowChange
from dashboards.board import Loaded, order_rows
from dashboards.desks import centre_ids, centre_rows, every_topic, without_desk
from dashboards.fleet import crew_rows, vehicle_rows, vehicles_of_crews
from dispatch.orders import repository
from dispatch.orders.rules import OPEN_ASSIGNMENT

SHOWN = frozenset(("order", "crew", "crew_moved", "vehicle", "vehicle_moved", "desk", "centre"))
"""Entities that the board shows."""


def project(session: Session, org_id: int, touched: Iterable[tuple[str, UUID]]) -> list[RowChange]:
    """The new rows of what a transaction touched, for every topic that shows or showed them."""
    by_entity: dict[str, list[UUID]] = defaultdict(list)
    for entity, id_ in touched:
        by_entity[entity].append(id_)
    if not SHOWN & by_entity.keys():
        return []  # so that a call, say, costs none of the queries below
    for crew_id in (
        by_entity["crew"] + by_entity["crew_moved"]
    ):  # what holds the clocks of its queue may have changed
        by_entity["order"] += repository.queued_orders(session, org_id, crew_id)
    changes: list[RowChange] = []
    for loaded, row in order_rows(session, org_id, by_entity["order"], now()):
        changes.extend(_order_changes(loaded, row))
    rows = crew_rows(session, org_id, [*by_entity["crew"], *by_entity["crew_moved"]])
    for row in rows:
        topics = (BOARD_ALL, f"board:{row['centre_id']}", f"crew:{row['id']}")
        changes.extend(RowChange(topic, "crew", row["id"], row) for topic in topics)
    changes.extend(_left(session, org_id, by_entity["crew_moved"], rows))
    changes.extend(_vehicle_changes(session, org_id, by_entity["vehicle"]))
    changes.extend(_vehicles_moved(session, org_id, by_entity))
    changes.extend(_desk_changes(session, org_id, by_entity["desk"]))
    changes.extend(_centre_changes(session, org_id, by_entity["centre"]))
    return changes


def _left(
    session: Session, org_id: int, crew_ids: Iterable[UUID], rows: Iterable[dict[str, Any]]
) -> Iterable[RowChange]:
    """Crews that moved or were taken out of use leave the boards that they are not of now."""
    here = {row["id"]: row["centre_id"] for row in rows}
    known = centre_ids(session, org_id)
    for key in map(str, crew_ids):
        gone = [f"board:{centre}" for centre in known if centre != here.get(key)]
        if key not in here:
            gone += [BOARD_ALL, f"crew:{key}"]
        yield from (RowChange(topic, "crew", key, None) for topic in gone)


def _vehicle_changes(session: Session, org_id: int, touched: Sequence[UUID]) -> Iterable[RowChange]:
    """Vehicles of crews, as their boards and their crew show them."""
    for row in vehicle_rows(session, org_id, touched) if touched else ():
        for topic in _topics_of(row):
            yield RowChange(topic, "vehicle", row["id"], row)


def _topics_of(row: dict[str, Any]) -> Sequence[str]:
    if row["crew_id"] is None:
        return ()
    return BOARD_ALL, f"board:{row['centre_id']}", f"crew:{row['crew_id']}"


def _vehicles_moved(
    session: Session, org_id: int, touched: Mapping[str, Sequence[UUID]]
) -> Iterable[RowChange]:
    """Vehicles that came, went, or changed hands, by themselves or with their crew."""
    ids = [*touched["vehicle_moved"], *vehicles_of_crews(session, org_id, touched["crew_moved"])]
    rows = {row["id"]: row for row in vehicle_rows(session, org_id, ids)} if ids else {}
    for key in map(str, ids):
        mine = _topics_of(rows[key]) if key in rows else ()
        for topic in every_topic(session, org_id):
            yield RowChange(topic, "vehicle", key, rows[key] if topic in mine else None)


def _order_changes(loaded: Loaded, row: dict[str, Any]) -> list[RowChange]:
    order, key = loaded.order, row["id"]
    value = None if order.state == "closed" else row
    changes = [RowChange(BOARD_ALL, "order", key, value)]
    for centre_id in {hop.centre_id for hop in order.hops}:
        mine = centre_id == order.centre_id
        changes.append(RowChange(f"board:{centre_id}", "order", key, value if mine else None))
    holding = {one.crew_id for one in loaded.assignments if one.state in OPEN_ASSIGNMENT}
    for crew_id in {one.crew_id for one in loaded.assignments if one.crew_id}:
        mine = crew_id in holding
        changes.append(RowChange(f"crew:{crew_id}", "order", key, value if mine else None))
    return changes


def _centre_changes(session: Session, org_id: int, touched: Sequence[UUID]) -> Iterable[RowChange]:
    """Centres that were renamed, came or went: every screen knows them by name."""
    rows = {row["id"]: row for row in centre_rows(session, org_id, touched)} if touched else {}
    for key in map(str, touched):
        row = rows.get(key)
        for topic in every_topic(session, org_id):
            mine = row is None or topic in (BOARD_ALL, f"board:{key}")
            yield RowChange(topic, "centre", key, row if mine else without_desk(row or {}))


def _desk_changes(session: Session, org_id: int, touched: Sequence[UUID]) -> Iterable[RowChange]:
    """Desks of centres that opened or closed: told to the hotline and to the centre itself."""
    for row in centre_rows(session, org_id, touched) if touched else ():
        for topic in (BOARD_ALL, f"board:{row['id']}"):
            yield RowChange(topic, "centre", row["id"], row)

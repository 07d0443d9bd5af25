"""All queries of holds."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import NotFound
from dispatch.holds.models import Hold
from dispatch.holds.rules import HoldState

FIELDS = tuple(HoldState.__dataclass_fields__)


def rows_of(session: Session, org_id: int, order_ids: Iterable[UUID]) -> list[Hold]:
    """All holds of these orders, oldest first."""
    query = (
        select(Hold)
        .where(Hold.org_id == org_id, Hold.order_id.in_(list(order_ids)))
        .order_by(Hold.begun_at, Hold.id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def holds_of(
    session: Session, org_id: int, order_ids: Iterable[UUID]
) -> dict[UUID, list[HoldState]]:
    """The holds of each order, oldest first."""
    found: dict[UUID, list[HoldState]] = defaultdict(list)
    for row in rows_of(session, org_id, order_ids):
        found[row.order_id].append(hold_state(row))
    return found


def hold_state(row: Hold) -> HoldState:
    """The state that rules work on."""
    return HoldState(**{name: getattr(row, name) for name in FIELDS})


def order_id_of(session: Session, org_id: int, hold_id: UUID) -> UUID:
    """The order of a hold. Raises NotFound."""
    row = session.get(Hold, (org_id, hold_id))
    if row is None:
        raise NotFound(what="hold", id=hold_id)
    return row.order_id


def save(session: Session, org_id: int, state: HoldState) -> None:
    """Write a hold as `state` says; its words stay."""
    values = {"org_id": org_id, **asdict(state)}
    changes = {name: value for name, value in values.items() if name not in ("org_id", "id")}
    statement = insert(Hold).values(**values)
    session.execute(statement.on_conflict_do_update(index_elements=["org_id", "id"], set_=changes))


def keep_words(session: Session, org_id: int, hold_id: UUID, **words: str | None) -> None:
    """Put `words` or `decision_words` beside the hold."""
    row = session.get_one(Hold, (org_id, hold_id), populate_existing=True)
    for name, value in words.items():
        setattr(row, name, value)

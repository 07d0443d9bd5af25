"""Everything the database holds of one order, for comparing before and after."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from core.db import session_factory

_OF_ORDER = {
    "orders": "id = :id",
    "centre_hop": "order_id = :id",
    "assignment": "order_id = :id",
    "stamp": "order_id = :id",
    "receipt": "order_id = :id",
    "sla_case": "id = :id",
    "sla_timer": "case_id = :id",
    "event": "stream_id = :id OR stream_id IN (SELECT id FROM assignment WHERE order_id = :id)",
}
_SORT = {"centre_hop": "attempt", "assignment": "attempt", "event": "stream, stream_id, seq"}


def dump(order_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Table → rows of the order as JSON values, in a fixed order."""
    with session_factory()() as session:
        return {
            table: [
                dict(row)
                for row in session.scalars(
                    text(
                        f"SELECT to_jsonb(t) FROM {table} t WHERE {where}"
                        f" ORDER BY {_SORT.get(table, 'id')}"
                    ),
                    {"id": order_id},
                )
            ]
            for table, where in _OF_ORDER.items()
        }

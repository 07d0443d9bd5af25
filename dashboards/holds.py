"""Holds as screens show them: with the order's row without words, on its page with them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from dashboards.values import iso, text
from dispatch.holds import repository
from dispatch.holds.rules import HoldState


def hold_row(one: HoldState) -> dict[str, Any]:
    """A hold without its words."""
    return {
        "id": str(one.id),
        "kind": one.kind,
        "state": one.state,
        "responsible": one.responsible,
        "assignment_id": text(one.assignment_id),
        "asked_role": one.asked_role,
        "asked_at": iso(one.asked_at),
        "begun_at": iso(one.begun_at),
        "cap_at": iso(one.cap_at),
        "ended_at": iso(one.ended_at),
        "how": one.how,
        "reason": one.reason,
    }


def hold_pages(
    session: Session, org_id: int, order_id: UUID, names: Mapping[UUID, str]
) -> list[dict[str, Any]]:
    """All holds of an order, oldest first, with who asked and decided and what they said."""
    return [
        {
            **hold_row(repository.hold_state(row)),
            "asked_by": names.get(row.asked_by) if row.asked_by else None,
            "decided_by": names.get(row.decided_by) if row.decided_by else None,
            "decided_at": iso(row.decided_at),
            "words": row.words,
            "decision_words": row.decision_words,
        }
        for row in repository.rows_of(session, org_id, [order_id])
    ]

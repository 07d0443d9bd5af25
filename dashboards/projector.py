"""What of the live screens a transaction changed: the one projector that the wiring names."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from core.wiring import RowChange
from dashboards import board_deltas, calls


def project(session: Session, org_id: int, touched: Iterable[tuple[str, UUID]]) -> list[RowChange]:
    """The new rows of everything touched, for every topic that shows or showed it."""
    rows = list(touched)
    return [*board_deltas.project(session, org_id, rows), *calls.project(session, org_id, rows)]

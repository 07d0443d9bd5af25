"""What of the live screens a transaction changed: the one projector that the wiring names."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from core.wiring import RowChange
from dashboards import agents, board_deltas, breaches_live, calls, help_calls


def project(session: Session, org_id: int, touched: Iterable[tuple[str, UUID]]) -> list[RowChange]:
    """The new rows of everything touched, for every topic that shows or showed it."""
    rows = list(touched)
    parts = (board_deltas, breaches_live, calls, help_calls, agents)
    return [change for part in parts for change in part.project(session, org_id, rows)]

"""`paidan verify` of escalations: ladders and what was tried, rebuilt from the facts of a case."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.verify_places import differences
from dispatch.notices.models import Notice
from sla import repository as sla
from sla.rules import CaseState, LadderFlags

OPEN = ("waiting", "sending")


def ladders(session: Session, org_id: int, case_id: UUID, state: CaseState) -> Iterator[str]:
    """Every ladder of a case, and every attempt that ended."""
    rows = {row.id: row for row in sla.ladders_of(session, org_id, [case_id])}
    for id_ in rows.keys() | state.ladders.keys():
        row, flags = rows.get(id_), state.ladders.get(id_, LadderFlags())
        if row is None:
            yield f"sla ladder {id_}: the row is missing"
            continue
        wanted: dict[str, object] = {"steps": flags.steps, "cause": flags.cause}
        found: dict[str, object] = {"steps": row.steps, "cause": row.cause}
        yield from differences(f"sla ladder {id_}", wanted, found)
    for found_risk in sla.forecasts_of(session, org_id, [case_id]):
        stands: dict[str, object] = {"at_risk": state.at_risk}
        yield from differences(f"sla case {case_id}", stands, {"at_risk": found_risk.standing})
    query = select(Notice.id, Notice.state).where(
        Notice.org_id == org_id, Notice.ladder_id.in_(list(rows))
    )
    ended = {id_: kept for id_, kept in session.execute(query) if kept not in OPEN}
    yield from differences(
        f"sla case {case_id}", {"notices": dict(state.notices)}, {"notices": ended}
    )

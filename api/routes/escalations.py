"""Who is being told of what, for those who supervise."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from api.deps import Need
from api.schemas_escalations import Escalations
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from dashboards import escalations

router = APIRouter(tags=["desk"])


@router.get("/api/escalations", response_model=Escalations)
def running(principal: Annotated[Principal, Depends(Need(Right.REPORT_VIEW))]) -> dict[str, Any]:
    """Ladders that nobody has ended yet, newest first: each step, for whom, what became of it."""
    with read_session() as session:
        return {"escalations": escalations.running(session, principal.org_id, principal.access)}

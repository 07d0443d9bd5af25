"""The board's snapshot, reference data, alerts."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.live import topic_of
from api.routes.orders import row_after
from api.schemas_desk import Reference, Snapshot
from api.schemas_orders import OrderRow
from core.clock import now
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards.board import snapshot
from dashboards.reference import reference
from dashboards.seen import order_seen, viewer_of
from dispatch.orders import repository
from sla import service as sla
from sla.versions import named_policies, usual

router = APIRouter(tags=["desk"])


@router.get("/api/board", response_model=Snapshot)
def board(principal: Annotated[Principal, Depends(Need(Right.BOARD))]) -> JSONResponse:
    """All open orders, crews and vehicles that you may see, with the live feed's number."""
    return JSONResponse(_snapshot(principal))


@router.get("/api/queue", response_model=Snapshot)
def queue(principal: Annotated[Principal, Depends(Need(Right.CREW_ACT))]) -> JSONResponse:
    """The crew's own open orders, with the live feed's number."""
    return JSONResponse(_snapshot(principal))


def _snapshot(principal: Principal) -> dict[str, Any]:
    with read_session() as session:
        policy = usual(session, principal.org_id, now())
        found = snapshot(session, principal.org_id, topic_of(principal), now())
    viewer = viewer_of(principal)
    found["orders"] = [order_seen(row, viewer) for row in found["orders"]]
    found["policy"] = {"code": policy.code, "version": policy.version}
    return found


@router.get("/api/reference", response_model=Reference)
def reference_data(
    principal: Annotated[Principal, Depends(Need(Right.SELF))],
) -> dict[str, Any]:
    """Codes with their names in both languages."""
    with read_session() as session:
        return reference(named_policies(session, principal.org_id, now()))


@router.post("/api/alerts/{alert_id}/acknowledge", response_model=OrderRow)
def acknowledge(alert_id: UUID, write: Annotated[Writer, writer(Right.ALERT_ACK)]) -> JSONResponse:
    """Take note of a breach or alarm; it stays until its cause ends."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        timer = sla.acknowledge(uow, alert_id, uow.now)
        access = write.principal.access
        repository.get_order(uow.session, uow.org_id, timer.case_id, access)
        return row_after(uow, timer.case_id, write.principal)

    return write.run(None, act)

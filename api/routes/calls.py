"""Calls: the agents' desk, and taking a call."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.schemas_calls import CallRow, DeskSnapshot
from core.clock import now
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards import calls as read
from dashboards.seen import call_seen, viewer_of
from dispatch.tickets import service as tickets

router = APIRouter(tags=["calls"])
Viewer = Annotated[Principal, Depends(Need(Right.CALL_VIEW))]


@router.get("/api/desk", response_model=DeskSnapshot)
def desk(principal: Viewer) -> JSONResponse:
    """The calls of the last twelve hours, with the live feed's number (topic `calls`)."""
    with read_session() as session:
        found = read.snapshot(session, principal.org_id, now())
    viewer = viewer_of(principal)
    found["calls"] = [call_seen(row, viewer) for row in found["calls"]]
    return JSONResponse(found)


@router.get("/api/calls", response_model=list[CallRow])
def calls(principal: Viewer) -> JSONResponse:
    """The last calls, newest first."""
    with read_session() as session:
        rows = read.recent(session, principal.org_id, 50)
    viewer = viewer_of(principal)
    return JSONResponse([call_seen(row, viewer) for row in rows])


@router.post("/api/calls/{call_id}/take", response_model=CallRow)
def take(call_id: UUID, write: Annotated[Writer, writer(Right.CALL_TAKE)]) -> JSONResponse:
    """ "This is my call": the first agent has it, the next is told who and when (409)."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        tickets.take_call(uow, call_id)
        uow.flush()
        row = read.one(uow.session, uow.org_id, call_id)
        return call_seen(row, viewer_of(write.principal))

    return write.run(None, act)

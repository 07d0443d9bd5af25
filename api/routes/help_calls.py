"""Calls for help: by the crew's page; noted and ended by a desk."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.deps import Need, Writer, writer
from api.schemas_help import HelpEndBody, HelpRow
from api.schemas_orders import PlacedTapBody
from core.clock import now
from core.db import read_session
from core.identity import Principal
from core.rights import Right, Scope
from core.uow import UnitOfWork
from dashboards.help_calls import help_rows
from dispatch.help import repository, service

router = APIRouter(tags=["help"])
Noter = Annotated[Writer, writer(Right.ALERT_ACK)]
Crew = Annotated[Writer, writer(Right.CREW_ACT)]


def _run(
    write: Writer, body: BaseModel | None, use_case: Callable[[UnitOfWork], UUID]
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        help_id = use_case(uow)
        uow.flush()
        calls = repository.open_or_of(uow.session, uow.org_id, [help_id])
        return help_rows(uow.session, uow.org_id, calls)[0]

    return write.run(body, act)


@router.get("/api/help", response_model=list[HelpRow])
def recent(
    principal: Annotated[Principal, Depends(Need(Right.ALERT_ACK))],
    hours: Annotated[int, Query(ge=1, le=744, description="Called within so many.")] = 24,
) -> JSONResponse:
    """Calls for help of the last hours, ended ones too, the oldest first."""
    access = principal.access
    since = now() - timedelta(hours=hours)
    with read_session() as session:
        calls = repository.open_or_of(session, principal.org_id, since=since)
        if access.scope is not Scope.ALL:
            calls = [one for one in calls if one.centre_id == access.unit_id]
        return JSONResponse(help_rows(session, principal.org_id, calls))


@router.post("/api/crews/{crew_id}/help", response_model=HelpRow)
def call(crew_id: UUID, body: PlacedTapBody, write: Crew) -> JSONResponse:
    """求助: the crew calls for help. Called again before it is ended, it rings anew."""
    access, place = write.principal.access, (body.lat, body.lon)
    return _run(write, body, lambda uow: service.crew_calls(uow, crew_id, access, body.at, place))


@router.post("/api/help/{help_id}/acknowledge", response_model=HelpRow)
def acknowledge(help_id: UUID, write: Noter) -> JSONResponse:
    """Somebody takes note of it; the crew's page and the vehicle's terminal say so."""
    access = write.principal.access
    return _run(write, None, lambda uow: service.acknowledge(uow, help_id, access))


@router.post("/api/help/{help_id}/end", response_model=HelpRow)
def end(help_id: UUID, body: HelpEndBody, write: Noter) -> JSONResponse:
    """It is over: helped, or called by mistake."""
    access = write.principal.access
    return _run(write, body, lambda uow: service.end(uow, help_id, body.outcome, access))


@router.post("/api/help/{help_id}/withdraw", response_model=HelpRow)
def withdraw(help_id: UUID, write: Crew) -> JSONResponse:
    """The crew says that it called by mistake."""
    access = write.principal.access
    return _run(write, None, lambda uow: service.end(uow, help_id, "mistake", access))

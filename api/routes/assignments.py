"""Assignments: what the crew does, and the centre's recall. Answers are the order's new row."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deps import Writer, writer
from api.routes.orders import row_after
from api.schemas_orders import (
    CrewReturnBody,
    FinishBody,
    OrderRow,
    PlacedTapBody,
    ReasonBody,
    TapBody,
)
from core.identity import Access
from core.rights import Right
from core.uow import UnitOfWork
from dispatch.orders import crew_service, service
from dispatch.orders.taps import NOWHERE, Spot

router = APIRouter(tags=["assignments"], prefix="/api/assignments/{assignment_id}")
Crew = Annotated[Writer, writer(Right.CREW_ACT)]


def _run(
    write: Writer, body: TapBody | ReasonBody | None, use_case: Callable[[UnitOfWork], UUID]
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        return row_after(uow, use_case(uow), write.principal)

    return write.run(body, act)


def _tap(
    write: Writer,
    body: TapBody | None,
    assignment_id: UUID,
    use_case: Callable[[UnitOfWork, UUID, Access, datetime | None], UUID],
) -> JSONResponse:
    access, at = write.principal.access, body.at if body else None
    return _run(write, body, lambda uow: use_case(uow, assignment_id, access, at))


@router.post("/recall", response_model=OrderRow)
def recall(
    assignment_id: UUID,
    body: ReasonBody,
    write: Annotated[Writer, writer(Right.ORDER_DISPATCH)],
) -> JSONResponse:
    """The centre takes the order back from every phone and terminal of the crew."""
    access = write.principal.access
    return _run(
        write,
        body,
        lambda uow: service.recall_from_crew(uow, assignment_id, body.reason, access),
    )


@router.post("/accept", response_model=OrderRow)
def accept(assignment_id: UUID, write: Crew, body: TapBody | None = None) -> JSONResponse:
    """Point F: the crew accepts; the order becomes active or queues."""
    return _tap(write, body, assignment_id, crew_service.accept)


@router.post("/return", response_model=OrderRow)
def return_order(assignment_id: UUID, body: CrewReturnBody, write: Crew) -> JSONResponse:
    """退单: the crew gives the order back to the centre."""
    access = write.principal.access
    return _run(
        write,
        body,
        lambda uow: crew_service.return_to_centre(uow, assignment_id, body.reason, access, body.at),
    )


@router.post("/activate", response_model=OrderRow)
def activate(assignment_id: UUID, write: Crew, body: TapBody | None = None) -> JSONResponse:
    """The crew takes up an order from its queue."""
    return _tap(write, body, assignment_id, crew_service.activate)


def _placed(body: PlacedTapBody) -> Spot:
    return (
        Spot(body.lat, body.lon, body.accuracy_m) if None not in (body.lat, body.lon) else NOWHERE
    )


@router.post("/depart", response_model=OrderRow)
def depart(assignment_id: UUID, body: PlacedTapBody, write: Crew) -> JSONResponse:
    """The crew's tap for G; the GPS stamp counts where there is one."""
    access, spot = write.principal.access, _placed(body)
    use_case = crew_service.depart
    return _run(write, body, lambda uow: use_case(uow, assignment_id, access, body.at, spot))


@router.post("/arrive", response_model=OrderRow)
def arrive(assignment_id: UUID, body: PlacedTapBody, write: Crew) -> JSONResponse:
    """The crew's tap for H; the GPS stamp counts where there is one."""
    access, spot = write.principal.access, _placed(body)
    use_case = crew_service.arrive
    return _run(write, body, lambda uow: use_case(uow, assignment_id, access, body.at, spot))


@router.post("/restore", response_model=OrderRow)
def restore(assignment_id: UUID, body: TapBody, write: Crew) -> JSONResponse:
    """恢复供电: supply is back."""
    return _tap(write, body, assignment_id, crew_service.restore)


@router.post("/finish", response_model=OrderRow)
def finish(assignment_id: UUID, write: Crew, body: FinishBody | None = None) -> JSONResponse:
    """填单: the record is filled; what was found and done, as far as told."""
    access = write.principal.access
    told = body or FinishBody()
    return _run(
        write,
        body,
        lambda uow: crew_service.finish(
            uow, assignment_id, access, told.at, found=told.found, done=told.done
        ),
    )

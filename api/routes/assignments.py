"""Assignments: what the crew does, and the centre's recall. Answers are the order's new row."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deps import Writer, writer
from api.routes.orders import row_after
from api.schemas import OrderRow, ReasonBody, TapBody
from core.rights import Right
from core.uow import UnitOfWork
from dispatch.orders import crew_service, service

router = APIRouter(tags=["assignments"], prefix="/api/assignments/{assignment_id}")
Crew = Annotated[Writer, writer(Right.CREW_ACT)]


def _run(
    write: Writer, body: TapBody | ReasonBody | None, use_case: Callable[[UnitOfWork], UUID]
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        return row_after(uow, use_case(uow))

    return write.run(body, act)


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
def accept(assignment_id: UUID, write: Crew) -> JSONResponse:
    """Point F: the crew accepts; the order becomes active or queues."""
    access = write.principal.access
    return _run(write, None, lambda uow: crew_service.accept(uow, assignment_id, access))


@router.post("/return", response_model=OrderRow)
def return_order(assignment_id: UUID, body: ReasonBody, write: Crew) -> JSONResponse:
    """退单: the crew gives the order back to the centre."""
    access = write.principal.access
    return _run(
        write,
        body,
        lambda uow: crew_service.return_to_centre(uow, assignment_id, body.reason, access),
    )


@router.post("/activate", response_model=OrderRow)
def activate(assignment_id: UUID, write: Crew) -> JSONResponse:
    """The crew takes up an order from its queue."""
    access = write.principal.access
    return _run(write, None, lambda uow: crew_service.activate(uow, assignment_id, access))


@router.post("/depart", response_model=OrderRow)
def depart(assignment_id: UUID, body: TapBody, write: Crew) -> JSONResponse:
    """The crew's tap for G; the GPS stamp counts where there is one."""
    access = write.principal.access
    return _run(write, body, lambda uow: crew_service.depart(uow, assignment_id, access, body.at))


@router.post("/arrive", response_model=OrderRow)
def arrive(assignment_id: UUID, body: TapBody, write: Crew) -> JSONResponse:
    """The crew's tap for H; the GPS stamp counts where there is one."""
    access = write.principal.access
    return _run(write, body, lambda uow: crew_service.arrive(uow, assignment_id, access, body.at))


@router.post("/restore", response_model=OrderRow)
def restore(assignment_id: UUID, body: TapBody, write: Crew) -> JSONResponse:
    """恢复供电: supply is back."""
    access = write.principal.access
    return _run(write, body, lambda uow: crew_service.restore(uow, assignment_id, access, body.at))


@router.post("/finish", response_model=OrderRow)
def finish(assignment_id: UUID, write: Crew) -> JSONResponse:
    """填单: the record is filled."""
    access = write.principal.access
    return _run(write, None, lambda uow: crew_service.finish(uow, assignment_id, access))

"""Holds: asked for by a crew or a desk, approved or refused by whoever is above, ended."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.deps import Writer, writer
from api.routes.orders import row_after
from api.schemas_holds import HoldBody, HoldEndBody, HoldRefuseBody
from api.schemas_orders import OrderRow, TapBody
from core.rights import Right
from core.uow import UnitOfWork
from dispatch.holds import service
from dispatch.holds.service import Asked

router = APIRouter(tags=["holds"])
Asker = Annotated[Writer, writer(Right.HOLD_ASK)]
Decider = Annotated[Writer, writer(Right.HOLD_DECIDE)]
Crew = Annotated[Writer, writer(Right.CREW_ACT)]


def _run(
    write: Writer, body: BaseModel | None, use_case: Callable[[UnitOfWork], UUID]
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        return row_after(uow, use_case(uow), write.principal)

    return write.run(body, act)


def _asked(body: HoldBody) -> Asked:
    return Asked(body.kind, body.words, body.at)


@router.post("/api/orders/{order_id}/holds", response_model=OrderRow)
def ask(order_id: UUID, body: HoldBody, write: Asker) -> JSONResponse:
    """Ask that the order's clocks stand still. It counts once somebody above has approved it."""

    def use_case(uow: UnitOfWork) -> UUID:
        service.ask(uow, order_id, _asked(body), write.principal)
        return order_id

    return _run(write, body, use_case)


@router.post("/api/assignments/{assignment_id}/hold", response_model=OrderRow)
def ask_by_crew(assignment_id: UUID, body: HoldBody, write: Crew) -> JSONResponse:
    """The crew cannot go on: it asks for a hold, from the time of its tap."""
    access = write.principal.access
    return _run(
        write, body, lambda uow: service.ask_by_crew(uow, assignment_id, _asked(body), access)
    )


@router.post("/api/assignments/{assignment_id}/resume", response_model=OrderRow)
def resume(assignment_id: UUID, write: Crew, body: TapBody | None = None) -> JSONResponse:
    """The crew can go on: its hold ends at the time of the tap."""
    at = body.at if body else None
    access = write.principal.access
    return _run(write, body, lambda uow: service.resume(uow, assignment_id, access, at))


@router.post("/api/holds/{hold_id}/approve", response_model=OrderRow)
def approve(hold_id: UUID, write: Decider) -> JSONResponse:
    """Deadlines move by the time that the hold lasts, within what the policy allows."""
    return _run(write, None, lambda uow: service.approve(uow, hold_id, write.principal))


@router.post("/api/holds/{hold_id}/refuse", response_model=OrderRow)
def refuse(hold_id: UUID, body: HoldRefuseBody, write: Decider) -> JSONResponse:
    """Say no, also to what was approved before: deadlines move back."""
    return _run(
        write,
        body,
        lambda uow: service.refuse(uow, hold_id, write.principal, body.reason, body.words),
    )


@router.post("/api/holds/{hold_id}/end", response_model=OrderRow)
def end(hold_id: UUID, write: Asker, body: HoldEndBody | None = None) -> JSONResponse:
    """A desk says that the work can go on."""
    at = body.at if body else None
    return _run(write, body, lambda uow: service.end(uow, hold_id, write.principal.access, at))

"""回访: the queue of customers to be called back."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.schemas_follow_ups import ClaimBody, FollowUpList, FollowUpRow, TryBody
from api.schemas_tickets import TriedAnswer
from core.clock import now
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards import follow_ups as read
from dashboards.seen import viewer_of
from dashboards.tickets import summaries
from dispatch.tickets import followup
from dispatch.tickets.followup_rules import LIVE

router = APIRouter(tags=["follow-ups"])
Viewer = Annotated[Principal, Depends(Need(Right.FOLLOWUP_VIEW))]
Caller = Annotated[Writer, writer(Right.FOLLOWUP_WORK)]


@router.get("/api/follow-ups", response_model=FollowUpList)
def queue(
    principal: Viewer,
    state: Annotated[
        list[Literal["open", "claimed", "done", "dropped"]] | None,
        Query(description="Any of these; without it, those that are not over."),
    ] = None,
    mine: Annotated[bool, Query(description="Only what you claimed.")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> JSONResponse:
    """Who is to be called, what is due first at the top."""
    with read_session() as session:
        found = read.queue(
            session,
            principal.org_id,
            now(),
            viewer_of(principal).eyes,
            states=state or LIVE,
            mine=principal.user_id if mine else None,
            limit=limit,
        )
    return JSONResponse(found)


def _row(uow: UnitOfWork, follow_up_id: UUID, write: Writer) -> dict[str, Any]:
    uow.flush()
    uow.session.expunge_all()
    eyes = viewer_of(write.principal).eyes
    return read.rows(uow.session, uow.org_id, [follow_up_id], eyes)[0]


def _act(
    write: Writer,
    body: ClaimBody | None,
    follow_up_id: UUID,
    use_case: Callable[[UnitOfWork], object],
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        use_case(uow)
        return _row(uow, follow_up_id, write)

    return write.run(body, act)


@router.post("/api/follow-ups/{follow_up_id}/claim", response_model=FollowUpRow)
def claim(follow_up_id: UUID, body: ClaimBody, write: Caller) -> JSONResponse:
    """Make this call yourself; the next who wants it is told who has it (409)."""
    return _act(
        write, body, follow_up_id, lambda uow: followup.claim(uow, follow_up_id, body.reason)
    )


@router.post("/api/follow-ups/{follow_up_id}/give-back", response_model=FollowUpRow)
def give_back(follow_up_id: UUID, write: Caller) -> JSONResponse:
    """Give it back to the queue."""
    return _act(write, None, follow_up_id, lambda uow: followup.release(uow, follow_up_id))


@router.post("/api/follow-ups/{follow_up_id}/tries", response_model=TriedAnswer)
def try_call(follow_up_id: UUID, body: TryBody, write: Caller) -> JSONResponse:
    """One call to the customer. Dissatisfied: a complaint is opened and related."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        complaint_id = followup.try_call(
            uow, follow_up_id, body.outcome, body.satisfaction, body.note
        )
        row = _row(uow, follow_up_id, write)
        eyes = viewer_of(write.principal).eyes
        complaint = (
            summaries(uow.session, uow.org_id, [complaint_id], eyes)[complaint_id]
            if complaint_id
            else None
        )
        return {"follow_up": row, "complaint": complaint}

    return write.run(body, act)

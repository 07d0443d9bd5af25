"""Guided questions of each fault type, and what answers to them add up to."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from api.deps import Need
from api.schemas_guides import GuideAnswer, GuideOutcome
from core.db import read_session
from core.errors import InvalidField, NotFound
from core.identity import Principal
from core.rights import Right
from dashboards.guides import guide_row, outcome_row
from dispatch.tickets import repository
from dispatch.tickets.guides.loading import guides
from dispatch.tickets.guides.model import Guide
from dispatch.tickets.service import Guided, guided_by

router = APIRouter(tags=["tickets"])
Viewer = Annotated[Principal, Depends(Need(Right.CALL_VIEW))]


def _guide(fault_code: str) -> Guide:
    found = guides().get(fault_code)
    if found is None:
        raise NotFound(what="guide", id=fault_code)
    return found


@router.get("/api/guides/{fault_code}", response_model=GuideAnswer)
def guide(_principal: Viewer, fault_code: str) -> dict[str, Any]:
    """The questions of a fault type, as data; the screen asks them one by one."""
    return guide_row(_guide(fault_code))


@router.get("/api/guides/{fault_code}/outcome", response_model=GuideOutcome)
def outcome(
    principal: Viewer,
    fault_code: str,
    answer: Annotated[
        list[str] | None,
        Query(max_length=40, description="`question:answer`, as often as was answered."),
    ] = None,
    customer_id: Annotated[
        UUID | None, Query(description="The state of the account counts too.")
    ] = None,
) -> JSONResponse:
    """What the answers so far add up to, and which question comes next."""
    _guide(fault_code)
    answers: dict[str, str] = {}
    for one in answer or []:
        question, colon, given = one.partition(":")
        if not colon:
            raise InvalidField("query.answer", "must be question:answer", "应为 问题:回答")
        answers[question] = given
    state = "active"
    if customer_id is not None:
        with read_session() as session:
            customer = repository.customer(session, principal.org_id, customer_id)
        if customer is None:
            raise InvalidField("query.customer_id", "there is no such customer", "没有此客户")
        state = customer.account_state
    return JSONResponse(outcome_row(guided_by(Guided(fault_code, answers), state)))

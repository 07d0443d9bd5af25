"""Who wants no messages; an agent undoes it when the customer asks."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.schemas_messages import SuppressionBody, SuppressionRow, Suppressions
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from core.settings import settings
from core.uow import UnitOfWork
from dispatch.directory.rules import e164
from telephony import message_repository as repository
from telephony import messages
from telephony.message_models import Suppression

router = APIRouter(tags=["messages"])


@router.get("/api/suppressions", response_model=list[SuppressionRow])
def suppressions(
    principal: Annotated[Principal, Depends(Need(Right.PERSONAL_VIEW))],
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> JSONResponse:
    """Numbers that get no notices or no marketing now, the newest first."""
    with read_session() as session:
        found = repository.suppressions(session, principal.org_id, limit)
        return JSONResponse([_row(one) for one in found])


@router.post("/api/suppressions", response_model=Suppressions)
def add(
    body: SuppressionBody, write: Annotated[Writer, writer(Right.DIRECTORY_EDIT)]
) -> JSONResponse:
    """The number, in any format, gets no more such messages. The answer is all that it stopped."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        number = e164(body.number, settings().phone_region)
        if number is None:
            raise InvalidField("body.number", "this cannot be a phone number", "不是有效的电话号码")
        messages.suppress(uow, number, sorted(set(body.scopes)), "agent", body.reason)
        found = repository.stops_of(uow.session, uow.org_id, number)
        return {"suppressions": [_row(one) for one in found]}

    return write.run(body, act)


@router.post("/api/suppressions/{suppression_id}/remove", response_model=SuppressionRow)
def remove(
    suppression_id: UUID, write: Annotated[Writer, writer(Right.DIRECTORY_EDIT)]
) -> JSONResponse:
    """The number gets such messages again; harmless a second time."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        return _row(messages.lift(uow, suppression_id))

    return write.run(None, act)


def _row(one: Suppression) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "number": one.number,
        "scope": one.scope,
        "source": one.source,
        "reason": one.reason,
        "since": one.since.isoformat(),
    }

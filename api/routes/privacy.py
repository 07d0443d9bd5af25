"""Looking at one masked value, with a reason; and who looked at what."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.schemas import Moment
from api.schemas_privacy import UnmaskBody, Unmasked, UnmaskingRow
from core.clock import now
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards.looks import Subject, subjects
from dashboards.values import iso
from dispatch.privacy import repository
from dispatch.privacy.unmask import Look, unmask, value_of

router = APIRouter(tags=["privacy"])
Reviewer = Annotated[Principal, Depends(Need(Right.PERSONAL_REVIEW))]


@router.post("/api/unmask", response_model=Unmasked)
def look(body: UnmaskBody, write: Annotated[Writer, writer(Right.PERSONAL_UNMASK)]) -> JSONResponse:
    """The clear value of one masked field, for a minute. Who looked, when and why is kept.

    The value is read beside the answer that is kept for repetitions, so it is stored nowhere else.
    """
    access = write.principal.access

    def act(uow: UnitOfWork) -> dict[str, Any]:
        wanted = Look(body.entity, body.id, body.field, body.reason_code, body.reason_text)
        return {"id": str(unmask(uow, wanted, access))}

    kept = json.loads(bytes(write.run(body, act).body))
    with read_session() as session:
        value, until = value_of(session, write.principal.org_id, UUID(kept["id"]), access, now())
    return JSONResponse(
        {**kept, "value": value.value, "value_en": value.value_en, "until": iso(until)},
        headers={"Cache-Control": "no-store"},
    )


@router.get("/api/unmaskings", response_model=list[UnmaskingRow])
def unmaskings(
    principal: Reviewer,
    user_id: Annotated[UUID | None, Query(description="Only what this person looked at.")] = None,
    before: Annotated[Moment | None, Query(description="Only what was earlier.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[dict[str, Any]]:
    """Who looked at which masked value, and why, newest first."""
    with read_session() as session:
        found = repository.unmaskings(
            session, principal.org_id, user_id=user_id, before=before, limit=limit
        )
        known = subjects(session, principal.org_id, (one for one, _ in found))
        return [
            {
                "id": one.id,
                "at": one.at,
                "by": {"id": user.id, "name": user.name, "role": user.role},
                "entity": one.entity,
                "entity_id": one.entity_id,
                "number": known.get(one.entity_id, Subject()).number,
                "customer_id": known.get(one.entity_id, Subject()).customer_id,
                "field": one.field,
                "reason_code": one.reason,
                "reason_text": one.words,
            }
            for one, user in found
        ]

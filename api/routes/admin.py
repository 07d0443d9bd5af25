"""What administrators see: effects that were given up, terminals that knocked."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from core import outbox
from core.clock import real_now
from core.db import read_session
from core.errors import NotFound
from core.identity import Principal
from core.listen import OUTBOX
from core.rights import Right
from core.uow import UnitOfWork
from dashboards.values import iso

router = APIRouter(tags=["administration"])


@router.get("/api/outbox/dead")
def dead_letters(
    principal: Annotated[Principal, Depends(Need(Right.OUTBOX_ADMIN))],
) -> list[dict[str, Any]]:
    """Effects that were given up after many tries, with the last error."""
    with read_session() as session:
        return [
            {
                "id": str(row.id),
                "kind": row.kind,
                "name": row.name,
                "attempts": row.attempts,
                "created_at": iso(row.created_at),
                "dead_at": iso(row.dead_at),
                "last_error": row.last_error,
            }
            for row in outbox.dead_letters(session, principal.org_id)
        ]


@router.post("/api/outbox/{outbox_id}/revive")
def revive(outbox_id: UUID, write: Annotated[Writer, writer(Right.OUTBOX_ADMIN)]) -> JSONResponse:
    """Put a given-up effect back in line."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        if not outbox.revive(uow.session, uow.org_id, outbox_id, real_now()):
            raise NotFound(what="dead letter", id=outbox_id)
        uow.notify(OUTBOX, "")
        return {"id": str(outbox_id)}

    return write.run(None, act)

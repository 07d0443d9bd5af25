"""Crews: away and back. Answers are the crew's new row."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from api.deps import Writer, writer
from api.schemas import Body, Moment
from api.schemas_desk import CrewRow
from api.schemas_orders import TapBody
from core.rights import Right
from core.uow import UnitOfWork
from dashboards.fleet import crew_rows
from dispatch.crews import service
from dispatch.crews.service import Absence
from dispatch.crews.words import AWAY_CODES

router = APIRouter(tags=["crews"], prefix="/api/crews/{crew_id}")
Away = Annotated[Writer, writer(Right.CREW_AWAY)]
AwayReason = Literal["meal", "refuelling", "materials", "vehicle", "training", "rest", "other"]
assert get_args(AwayReason) == AWAY_CODES


class AwayBody(Body):
    reason: AwayReason = Field(examples=["meal"])
    until: Moment | None = Field(
        None,
        description="The expected return, with time zone.",
        examples=["2099-01-01T12:40:00Z"],
    )
    note: Annotated[str, Field(max_length=200, examples=["在加油站排队"])] | None = None
    stand_in_id: UUID | None = Field(
        None, description="A present crew of the same centre that takes its work meanwhile."
    )
    at: Moment | None = Field(None, description="When it was tapped, with time zone; empty: now.")


def _run(
    write: Writer,
    body: Body,
    crew_id: UUID,
    use_case: Callable[[UnitOfWork], None],
) -> JSONResponse:
    def act(uow: UnitOfWork) -> dict[str, Any]:
        use_case(uow)
        uow.flush()
        uow.session.expunge_all()
        return crew_rows(uow.session, uow.org_id, [crew_id])[0]

    return write.run(body, act)


@router.post("/away", response_model=CrewRow)
def away(crew_id: UUID, body: AwayBody, write: Away) -> JSONResponse:
    """离岗: the crew cannot be sent orders. Said again, reason and return change."""
    absence = Absence(body.reason, body.until, body.note, body.at, body.stand_in_id)
    access = write.principal.access
    return _run(write, body, crew_id, lambda uow: service.go_away(uow, crew_id, absence, access))


@router.post("/back", response_model=CrewRow)
def back(crew_id: UUID, body: TapBody, write: Away) -> JSONResponse:
    """返岗: the crew can be sent orders again."""
    access = write.principal.access
    return _run(write, body, crew_id, lambda uow: service.come_back(uow, crew_id, access, body.at))

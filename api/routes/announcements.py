"""Emergency announcements of the hotline."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.deps import Need, Writer, writer
from api.schemas import storable
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from telephony import announcements
from telephony.caller_repository import emergency_row
from telephony.models import EmergencyAnnouncement

router = APIRouter(tags=["calls"])
Words = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(storable)]


class NewAnnouncement(BaseModel):
    """What every caller is to hear first, in both languages."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    zh: Words = Field(examples=["城东大面积停电，正在抢修，预计两小时内恢复。"])
    en: Words = Field(
        examples=["Power is out in the east. Crews are at work; two hours are expected."]
    )


class Announcement(BaseModel):
    """`ended_at`: null while callers hear it."""

    id: UUID
    zh: str
    en: str
    began_at: datetime
    began_by: UUID
    ended_at: datetime | None


def _seen(row: EmergencyAnnouncement) -> dict[str, Any]:
    return Announcement.model_validate(row, from_attributes=True).model_dump(mode="json")


@router.get("/api/announcement", response_model=Announcement | None)
def announcement(principal: Annotated[Principal, Depends(Need(Right.CALL_VIEW))]) -> JSONResponse:
    """The emergency announcement that callers hear now; null where there is none."""
    with read_session() as session:
        row = emergency_row(session, principal.org_id)
    return JSONResponse(_seen(row) if row else None)


@router.post("/api/announcement", response_model=Announcement)
def announce(
    body: NewAnnouncement, write: Annotated[Writer, writer(Right.CALL_ANNOUNCE)]
) -> JSONResponse:
    """From now on every caller hears these words first, in place of those before."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        return _seen(announcements.begin(uow, body.zh, body.en))

    return write.run(body, act)


@router.post("/api/announcement/{announcement_id}/end", response_model=Announcement)
def end(
    announcement_id: UUID, write: Annotated[Writer, writer(Right.CALL_ANNOUNCE)]
) -> JSONResponse:
    """Callers hear it no more."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        return _seen(announcements.end(uow, announcement_id))

    return write.run(None, act)

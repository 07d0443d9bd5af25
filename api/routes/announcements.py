"""Emergency announcements of the hotline."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.schemas_announcements import Announcement, AnnouncementDesk, NewAnnouncement
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards import announcements as read
from telephony import announcements
from telephony.announcement_words import ready_words
from telephony.flow_files import flow_of

router = APIRouter(tags=["calls"])
LAST = 5
Announcer = Annotated[Writer, writer(Right.CALL_ANNOUNCE)]


@router.get("/api/announcement", response_model=Announcement | None)
def announcement(principal: Annotated[Principal, Depends(Need(Right.CALL_VIEW))]) -> JSONResponse:
    """The emergency announcement that callers hear now; null where there is none."""
    with read_session() as session:
        found = read.on(session, principal.org_id)
    return JSONResponse(found[0] if found else None)


@router.get("/api/announcement/desk", response_model=AnnouncementDesk)
def desk(principal: Annotated[Principal, Depends(Need(Right.CALL_ANNOUNCE))]) -> JSONResponse:
    """What turning one on needs: the greeting, words that are ready, and the last ones."""
    with read_session() as session:
        last = read.last(session, principal.org_id, LAST)
    flow = flow_of("")
    spoken = {one.short for one in flow.languages}
    greeting = {
        short: flow.said("welcome", short) if short in spoken else "" for short in ("zh", "en")
    }
    ready = [one.model_dump() for one in ready_words()]
    return JSONResponse({"greeting": greeting, "ready": ready, "last": last})


@router.post("/api/announcement", response_model=Announcement)
def announce(request: Request, body: NewAnnouncement, write: Announcer) -> JSONResponse:
    """From now on every caller hears these words first, in place of those before."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        begun = announcements.begin(uow, body.zh, body.en)
        return read.one(uow.session, uow.org_id, begun.id)

    done = write.run(body, act)
    request.app.state.standings.forget()
    return done


@router.post("/api/announcement/{announcement_id}/end", response_model=Announcement)
def end(request: Request, announcement_id: UUID, write: Announcer) -> JSONResponse:
    """Callers hear it no more."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        announcements.end(uow, announcement_id)
        return read.one(uow.session, uow.org_id, announcement_id)

    done = write.run(None, act)
    request.app.state.standings.forget()
    return done

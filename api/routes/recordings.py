"""Recordings: what there is of a call, listening with a reason, keeping and erasing."""

import re
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from api.deps import Need, Writer, writer
from api.schemas_recordings import (
    AccessOfCall,
    EraseBody,
    KeepBody,
    ListenBody,
    Opened,
    RecordingList,
    RecordingRow,
)
from core.clock import now
from core.db import read_session
from core.errors import Unavailable
from core.identity import Principal
from core.rights import Right
from core.settings import settings
from core.uow import UnitOfWork
from dashboards import recordings as read
from dashboards.values import iso
from telephony.gateway import Audio, CarrierFailed, NoSuchRange
from telephony.recordings import listening
from telephony.recordings.listening import NothingToHear
from telephony.twilio.archive import archive_of
from telephony.twilio.webhooks import CARRIER

router = APIRouter(tags=["recordings"])
Listener = Annotated[Principal, Depends(Need(Right.RECORDING_LISTEN))]
Auditor = Annotated[Principal, Depends(Need(Right.PERSONAL_REVIEW))]
Hearing = Annotated[Writer, writer(Right.RECORDING_LISTEN)]
Keeper = Annotated[Writer, writer(Right.RECORDING_MANAGE)]
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")
PRIVATE = {"Cache-Control": "private, no-store", "Accept-Ranges": "bytes"}
SOUND: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/wav": {}}, "description": "All of it."},
    206: {"content": {"audio/wav": {}}, "description": "The bytes that were asked for."},
    416: {"description": "There are no such bytes."},
}


def _all(principal: Principal) -> bool:
    """Whether somebody may hear conversations: who may listen in may listen afterwards."""
    return principal.may(Right.CALL_SUPERVISE)


@router.get("/api/calls/{call_id}/recordings", response_model=RecordingList)
def of_call(call_id: UUID, principal: Listener) -> JSONResponse:
    """What was recorded of a call and who has listened, with the reasons that one may give."""
    with read_session() as session:
        found = read.of_call(session, principal.org_id, call_id, conversations=_all(principal))
    return JSONResponse(found)


@router.get("/api/recordings/accesses", response_model=list[AccessOfCall])
def accesses(principal: Auditor, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> JSONResponse:
    """Who has listened to what and why, the newest first."""
    with read_session() as session:
        return JSONResponse(read.accesses(session, principal.org_id, limit))


@router.post("/api/recordings/{recording_id}/listen", response_model=Opened)
def listen(recording_id: UUID, body: ListenBody, write: Hearing) -> JSONResponse:
    """Say why; the answer has the address of the sound. It is on record."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        access = listening.listen(
            uow, recording_id, body.reason, conversations=_all(write.principal)
        )
        return {
            "access_id": str(access.id),
            "audio": f"/api/recordings/{recording_id}/audio?access={access.id}",
            "until": iso(listening.until(access)),
        }

    return write.run(body, act)


@router.get(
    "/api/recordings/{recording_id}/audio", response_class=StreamingResponse, responses=SOUND
)
def audio(
    recording_id: UUID,
    request: Request,
    principal: Listener,
    access: Annotated[UUID, Query(description="The `access_id` of one's own reason.")],
) -> Response:
    """The sound, or a range of its bytes, from the carrier; nothing of it is kept here."""
    with read_session() as session:
        row = listening.opened(
            session, principal.org_id, principal.user_id, recording_id, access, now()
        )
    archive = archive_of(settings()) if row.carrier == CARRIER else None
    if archive is None:
        raise Unavailable(what="carrier")
    first, last = _wanted(request.headers.get("range"))
    try:
        found = archive.audio(row.carrier_recording or "", first, last)
    except NoSuchRange as error:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{error.size}"})
    except CarrierFailed:
        raise Unavailable(what="carrier") from None
    if found is None:
        raise NothingToHear(state="deleted", state_zh=listening.STATE_ZH["deleted"])
    return _sound(found, partial=first is not None or last is not None)


def _wanted(header: str | None) -> tuple[int | None, int | None]:
    """(first, last) byte of the Range; another form than one range of bytes is all of it."""
    found = _RANGE.fullmatch(header or "")
    if found is None or found[0] == "bytes=-":
        return None, None
    first, last = (int(one) if one else None for one in found.groups())
    backwards = first is not None and last is not None and last < first
    return (None, None) if backwards else (first, last)


def _sound(found: Audio, *, partial: bool) -> Response:
    headers = {**PRIVATE, "Content-Length": str(found.last - found.first + 1)}
    if partial:
        headers["Content-Range"] = f"bytes {found.first}-{found.last}/{found.size}"
    status = 206 if partial else 200
    return StreamingResponse(found.pieces, status, headers=headers, media_type=found.kind)


def _change(
    write: Writer, body: Any, recording_id: UUID, act: Callable[[UnitOfWork], object]
) -> JSONResponse:
    """Do it; the answer is the recording's row."""

    def both(uow: UnitOfWork) -> dict[str, Any]:
        act(uow)
        uow.flush()
        seen = _all(write.principal)
        return read.one(uow.session, uow.org_id, recording_id, conversations=seen)

    return write.run(body, both)


@router.post("/api/recordings/{recording_id}/keep", response_model=RecordingRow)
def keep(recording_id: UUID, body: KeepBody, write: Keeper) -> JSONResponse:
    """Keep it beyond its time, such as for a lawsuit."""
    return _change(write, body, recording_id, lambda u: listening.keep(u, recording_id, body.words))


@router.post("/api/recordings/{recording_id}/release", response_model=RecordingRow)
def release(recording_id: UUID, write: Keeper) -> JSONResponse:
    """Keep it no longer than others."""
    return _change(write, None, recording_id, lambda u: listening.release(u, recording_id))


@router.post("/api/recordings/{recording_id}/erase", response_model=RecordingRow)
def erase(recording_id: UUID, body: EraseBody, write: Keeper) -> JSONResponse:
    """Let the carrier erase it now, such as where the caller wishes it."""
    return _change(
        write, body, recording_id, lambda u: listening.erase(u, recording_id, body.words)
    )

"""Policies and calendars of the service levels: read, check, compare, import, confirm, switch."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from api.deps import Need, Writer, writer
from api.schemas_policies import (
    CalendarAnswer,
    CalendarBody,
    CalendarCheckAnswer,
    CalendarList,
    CalendarRow,
    PolicyAnswer,
    PolicyBody,
    PolicyCheckAnswer,
    PolicyCheckBody,
    PolicyDiffAnswer,
    PolicyDiffBody,
    PolicyList,
    PolicyRow,
    PolicySide,
)
from core.clock import now
from core.db import read_session
from core.errors import NotFound
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards import policies as rows
from dashboards.values import iso
from sla import versions
from sla.book import Book, Kept
from sla.diff import differences
from sla.documents import refused
from sla.policy import Policy

router = APIRouter(tags=["policies"], prefix="/api/sla")
Viewer = Annotated[Principal, Depends(Need(Right.ORGANISATION_VIEW))]
Admin = Annotated[Writer, writer(Right.ORGANISATION_ADMIN)]
Editor = Annotated[Principal, Depends(Need(Right.ORGANISATION_ADMIN))]
CodePath = Annotated[str, Path(max_length=40)]
VersionPath = Annotated[int, Path(ge=1, le=2**31 - 1)]


def _book(principal: Principal) -> Book:
    with read_session() as session:
        return versions.book_of(session, principal.org_id)


def _kept(book: Book, code: str, version: int | None, at: datetime) -> Kept:
    """That version; without a number the one in force, else the newest. Raises NotFound."""
    mine = book.policies.get(code)
    found = None
    if mine and version is None:
        found = rows.newest(mine, book, at)
    elif version is not None:
        found = book.version(code, version)
    if found is None:
        raise NotFound(what="policy", id=code if version is None else f"{code}@{version}")
    return found


@router.get("/policies", response_model=PolicyList)
def policies(principal: Viewer) -> dict[str, Any]:
    """All versions of all policies, by code, the newest first."""
    at = now()
    return {"server_time": iso(at), "policies": rows.policy_rows(_book(principal), at)}


@router.get("/policies/{code}", response_model=PolicyAnswer)
def policy(
    principal: Viewer,
    code: CodePath,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Left out: in force, else the newest")
    ] = None,
) -> dict[str, Any]:
    """One version with its text, its parts as data, and where each figure comes from."""
    book, at = _book(principal), now()
    return rows.whole_policy(book, _kept(book, code, version, at), at)


@router.post("/policies/validate", response_model=PolicyCheckAnswer)
def validate(principal: Editor, body: PolicyCheckBody) -> dict[str, Any]:
    """What is wrong with a document, each with line and field. Nothing is kept."""
    found = versions.check(body.document, _book(principal).calendars)
    if isinstance(found, list):
        return {
            "valid": False,
            "errors": rows.wrong_rows(found),
            "policy": None,
            "doubtful": [],
            "figures": [],
        }
    return {
        "valid": True,
        "errors": [],
        "policy": rows.policy_data(found),
        "doubtful": found.doubtful,
        "figures": rows.figures(found),
    }


@router.post("/policies/diff", response_model=PolicyDiffAnswer)
def diff(principal: Viewer, body: PolicyDiffBody) -> dict[str, Any]:
    """What differs between two versions or texts, field by field. Nothing is kept."""
    book, at = _book(principal), now()
    before, after = (_side(book, side, at) for side in (body.before, body.after))
    return {"changes": rows.change_rows(differences(before, after))}


def _side(book: Book, side: PolicySide, at: datetime) -> Policy:
    if side.document is None:
        return _kept(book, side.code or "", side.version, at).policy
    found = versions.check(side.document, book.calendars)
    if isinstance(found, list):
        raise refused("policy.toml", found)
    return found


@router.post("/policies", status_code=201, response_model=PolicyRow)
def add(write: Admin, body: PolicyBody) -> Any:
    """Keep a new version. With doubtful figures it waits until it is confirmed."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        kept = versions.add_version(
            uow,
            body.document,
            effective_from=body.effective_from,
            enabled=body.enabled,
            note=body.note,
        )
        return _answer(uow, kept)

    return write.run(body, act, 201)


def _answer(uow: UnitOfWork, kept: Kept) -> dict[str, Any]:
    return rows.policy_row(versions.book_of(uow.session, uow.org_id), kept, uow.now)


@router.post("/policies/{code}/{version}/confirm", response_model=PolicyRow)
def confirm(write: Admin, code: CodePath, version: VersionPath) -> Any:
    """Stand by the doubtful figures of a version: it is in force from its time on."""
    return write.run(None, lambda uow: _answer(uow, versions.confirm(uow, code, version)))


@router.post("/policies/{code}/{version}/enable", response_model=PolicyRow)
def enable(write: Admin, code: CodePath, version: VersionPath) -> Any:
    """Orders and tickets may begin under it."""
    return write.run(None, lambda uow: _answer(uow, versions.switch(uow, code, version, on=True)))


@router.post("/policies/{code}/{version}/disable", response_model=PolicyRow)
def disable(write: Admin, code: CodePath, version: VersionPath) -> Any:
    """Nothing begins under it any more; what has begun keeps it."""
    return write.run(None, lambda uow: _answer(uow, versions.switch(uow, code, version, on=False)))


@router.get("/calendars", response_model=CalendarList)
def calendars(principal: Viewer) -> dict[str, Any]:
    """All versions of all calendars, by code, the newest first."""
    book = _book(principal)
    with read_session() as session:
        rejudging = rows.rejudging(session, principal.org_id)
    return {
        "calendars": [
            rows.calendar_row(kept) | {"rejudging": rejudging.get((code, kept.version))}
            for code in sorted(book.calendars)
            for kept in reversed(book.calendars[code])
        ]
    }


@router.get("/calendars/{code}", response_model=CalendarAnswer)
def calendar(
    principal: Viewer,
    code: CodePath,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Left out: the newest, which holds")
    ] = None,
) -> dict[str, Any]:
    """One version of a calendar with its text and as data."""
    for kept in reversed(_book(principal).calendars.get(code, ())):
        if version in (None, kept.version):
            return rows.whole_calendar(kept)
    raise NotFound(what="calendar", id=code if version is None else f"{code}@{version}")


@router.post("/calendars/validate", response_model=CalendarCheckAnswer)
def validate_calendar(_principal: Editor, body: PolicyCheckBody) -> dict[str, Any]:
    """What is wrong with a calendar, each with line and field. Nothing is kept."""
    found = versions.check_calendar(body.document)
    if isinstance(found, list):
        return {"valid": False, "errors": rows.wrong_rows(found), "calendar": None}
    return {"valid": True, "errors": [], "calendar": rows.calendar_data(found)}


@router.post("/calendars", status_code=201, response_model=CalendarRow)
def add_calendar(write: Admin, body: CalendarBody) -> Any:
    """Keep a calendar's next version, which holds at once, for what runs already too."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        return rows.calendar_row(versions.add_calendar(uow, body.document, body.note))

    return write.run(body, act, 201)

"""Figures of the hotline."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from api.deps import Need, Writer, writer
from api.schemas import Moment
from api.schemas_hotline import (
    By,
    HotlineNumber,
    HotlineReport,
    HotlineStaff,
    LabelBody,
    NumberBody,
    Reading,
    Wallboard,
)
from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards.hotline import report as reports
from dashboards.hotline import staff as everybody
from dashboards.hotline import wallboard as boards
from dashboards.hotline.buckets import LONGEST
from telephony import numbers
from telephony.models import PhoneNumber

router = APIRouter(tags=["hotline"])
Viewer = Annotated[Principal, Depends(Need(Right.HOTLINE_REPORT))]


def _report(
    principal: Viewer,
    start: Annotated[Moment, Query(alias="from", examples=["2026-11-01T00:00:00Z"])],
    end: Annotated[Moment, Query(alias="to", examples=["2026-11-02T00:00:00Z"])],
    by: By = "total",
    answer_s: Annotated[
        float | None, Query(gt=0, le=3600, description="Else the setting, as below.")
    ] = None,
    reading: Reading | None = None,
    repeat_hours: Annotated[float | None, Query(ge=1, le=744)] = None,
) -> reports.HotlineReport:
    if end <= start:
        raise InvalidField("query.to", "must lie behind `from`", "须晚于 from")
    if reports.too_long(by, start, end):
        days = LONGEST[by].days
        raise InvalidField(
            "query.to", f"at most {days} days after `from`", f"距 from 不得超过 {days} 天"
        )
    rule = reports.usual_rule()
    rule = replace(
        rule,
        answer_s=answer_s or rule.answer_s,
        reading=reading or rule.reading,
        repeat_s=repeat_hours * 3600 if repeat_hours else rule.repeat_s,
    )
    with read_session() as session:
        return reports.hotline_report(session, principal.org_id, start, end, by, rule, now())


Asked = Annotated[reports.HotlineReport, Depends(_report)]


@router.get("/api/reports/hotline", response_model=HotlineReport)
def hotline(found: Asked) -> dict[str, Any]:
    """Calls offered, answered, abandoned, service level, waits, handle time, occupancy and more."""
    return found.as_json()


@router.get(
    "/api/reports/hotline.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def hotline_csv(found: Asked) -> Response:
    """The same as lines for a spreadsheet."""
    return Response(
        reports.as_csv(found).encode(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="hotline.csv"',
            "Cache-Control": "private, no-store",
        },
    )


@router.get("/api/wallboard", response_model=Wallboard)
def wallboard(principal: Annotated[Principal, Depends(Need(Right.CALL_VIEW))]) -> JSONResponse:
    """Who waits, agents by state, service level of the hour and the day, the carrier's health."""
    with read_session() as session:
        return JSONResponse(boards.wallboard(session, principal.org_id, now()))


Supervisor = Annotated[Writer, writer(Right.CALL_SUPERVISE)]


@router.get("/api/hotline/staff", response_model=HotlineStaff)
def staff(principal: Annotated[Principal, Depends(Need(Right.CALL_SUPERVISE))]) -> JSONResponse:
    """Who answers, with skills, languages and telephone, and the numbers of the hotline."""
    with read_session() as session:
        return JSONResponse(everybody.staff(session, principal.org_id))


def _number(uow: UnitOfWork, row: PhoneNumber) -> dict[str, Any]:
    uow.flush()
    return everybody.number(uow.session, row)


@router.post("/api/hotline/numbers", response_model=HotlineNumber)
def register(request: Request, body: NumberBody, write: Supervisor) -> JSONResponse:
    """A number that callers dial is ours from now on."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        return _number(uow, numbers.register(uow, body.number, body.label))

    done = write.run(body, act)
    request.app.state.standings.forget()
    return done


@router.post("/api/hotline/numbers/{number_id}", response_model=HotlineNumber)
def label(number_id: UUID, body: LabelBody, write: Supervisor) -> JSONResponse:
    """Call a number otherwise."""
    return write.run(body, lambda uow: _number(uow, numbers.label(uow, number_id, body.label)))


@router.post("/api/hotline/numbers/{number_id}/withdraw", response_model=HotlineNumber)
def withdraw(request: Request, number_id: UUID, write: Supervisor) -> JSONResponse:
    """Who dials it comes to us no more."""
    done = write.run(None, lambda uow: _number(uow, numbers.withdraw(uow, number_id)))
    request.app.state.standings.forget()
    return done

"""Members, shifts, and who is on duty. A centre's dispatcher keeps the roster of its own centre."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from api.deps import Need, Writer, writer
from api.schemas import Moment
from api.schemas_roster import (
    DutyRow,
    Made,
    MemberBody,
    MemberChange,
    MemberRow,
    PatternBody,
    Removed,
    Seen,
    ShiftBody,
    ShiftChange,
    ShiftRow,
)
from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.models import User
from core.rights import Right
from core.uow import UnitOfWork
from dashboards import organisation as shown
from dispatch.roster import people, shifts
from dispatch.roster.models import Shift
from dispatch.roster.people import MemberValues
from dispatch.roster.rules import Span
from dispatch.roster.shifts import Pattern, ShiftValues

router = APIRouter(tags=["roster"])
Viewer = Annotated[Principal, Depends(Need(Right.ORGANISATION_VIEW))]
Keeper = Annotated[Writer, writer(Right.ROSTER_MANAGE)]
LONGEST = timedelta(days=62)


@router.get("/api/on-duty", response_model=list[DutyRow])
def on_duty(
    principal: Viewer,
    at: Annotated[Moment | None, Query(description="Empty: now.")] = None,
    unit_id: UUID | None = None,
) -> list[dict[str, Any]]:
    """Who is on duty in each unit that you may see, with leaders and duty phone."""
    with read_session() as session:
        return shown.on_duty_rows(session, principal.org_id, principal.access, at or now(), unit_id)


@router.get("/api/members", response_model=list[MemberRow])
def members(principal: Viewer) -> list[dict[str, Any]]:
    """Members of all units that you may see."""
    with read_session() as session:
        return shown.member_rows(session, principal.org_id, principal.access)


@router.post("/api/members", status_code=201, response_model=MemberRow)
def add_member(body: MemberBody, write: Keeper) -> JSONResponse:
    """A new person of a unit."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        id_ = people.add_member(uow, _member_values(body), write.principal.access)
        return _member_row(uow, id_, write.principal)

    return write.run(body, act, 201)


@router.post("/api/members/{member_id}", response_model=MemberRow)
def change_member(member_id: UUID, body: MemberChange, write: Keeper) -> JSONResponse:
    """Change a person; `active: false` takes them out of use."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        access = write.principal.access
        people.change_member(uow, member_id, _member_values(body), body.version, access)
        return _member_row(uow, member_id, write.principal)

    return write.run(body, act)


def _member_values(body: MemberBody) -> MemberValues:
    values = body.model_dump(exclude={"version"})
    values |= {name: tuple(values[name]) for name in people.CODES}
    return MemberValues(**values)


def _member_row(uow: UnitOfWork, member_id: UUID, principal: Principal) -> dict[str, Any]:
    uow.flush()
    uow.session.expunge_all()
    found = people.member_of(uow.session, uow.org_id, member_id, principal.access)
    user = uow.session.get(User, (uow.org_id, found.user_id)) if found.user_id else None
    return shown.member_row(found, user.login if user else None)


@router.get("/api/shifts", response_model=list[ShiftRow])
def all_shifts(
    principal: Viewer,
    from_: Annotated[Moment, Query(alias="from")],
    to: Annotated[Moment, Query(description="Not included; at most 62 days later.")],
) -> list[dict[str, Any]]:
    """Shifts that touch the period, of all units that you may see."""
    if not from_ < to <= from_ + LONGEST:
        raise InvalidField(
            "query.to", "must be 1 second to 62 days later", "须晚于开始且不超过 62 天"
        )
    with read_session() as session:
        return shown.shift_rows(session, principal.org_id, principal.access, Span(from_, to))


@router.post("/api/shifts", status_code=201, response_model=ShiftRow)
def add_shift(body: ShiftBody, write: Keeper) -> JSONResponse:
    """Plan a shift of a member, or of a whole unit."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        id_ = shifts.add_shift(uow, _shift_values(body), write.principal.access)
        return _shift_row(uow, id_)

    return write.run(body, act, 201)


@router.post("/api/shifts/pattern", status_code=201, response_model=Made)
def add_pattern(body: PatternBody, write: Keeper) -> JSONResponse:
    """Plan the shifts of a week's pattern, all of them or none."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        values = body.model_dump()
        pattern = Pattern(
            **values
            | {
                "member_ids": tuple(body.member_ids),
                "weekdays": tuple(body.weekdays),
            }
        )
        ids = shifts.add_pattern(uow, pattern, write.principal.access)
        return {"count": len(ids), "ids": [str(id_) for id_ in ids]}

    return write.run(body, act, 201)


@router.post("/api/shifts/{shift_id}", response_model=ShiftRow)
def change_shift(shift_id: UUID, body: ShiftChange, write: Keeper) -> JSONResponse:
    """Other times, or another kind."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        access = write.principal.access
        shifts.change_shift(uow, shift_id, _shift_values(body), body.version, access)
        return _shift_row(uow, shift_id)

    return write.run(body, act)


@router.post("/api/shifts/{shift_id}/remove", response_model=Removed)
def remove_shift(shift_id: UUID, body: Seen, write: Keeper) -> JSONResponse:
    """Take a shift off the roster."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        shifts.remove_shift(uow, shift_id, body.version, write.principal.access)
        return {"id": str(shift_id)}

    return write.run(body, act)


def _shift_values(body: ShiftBody) -> ShiftValues:
    return ShiftValues(**body.model_dump(exclude={"version"}))


def _shift_row(uow: UnitOfWork, shift_id: UUID) -> dict[str, Any]:
    uow.flush()
    uow.session.expunge_all()
    return shown.shift_row(uow.session.get_one(Shift, (uow.org_id, shift_id)))

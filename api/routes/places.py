"""Where it is: candidates, duplicates near by, the crew's correction, proposals from it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from api.datum import AskedDatum
from api.deps import Need, Writer, writer
from api.routes.orders import row_after
from api.schemas_orders import OrderRow
from api.schemas_places import (
    CandidateRow,
    DuplicateRow,
    PlaceBody,
    ProposalList,
    ProposalRow,
    RefuseBody,
    SiteBody,
)
from core.clock import now
from core.coordinates import convert
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards.places import candidate_rows, duplicate_row, proposal_list, proposal_row
from dispatch.places import corrections, drawing, service
from dispatch.places.near import Told, duplicates
from dispatch.places.service import Asked

router = APIRouter(tags=["places"])
Filer = Annotated[Principal, Depends(Need(Right.ORDER_FILE))]
Reviewer = Annotated[Principal, Depends(Need(Right.PLACE_REVIEW))]
Latitude = Annotated[float | None, Query(ge=-90, le=90, description="With lon.")]
Longitude = Annotated[float | None, Query(ge=-180, le=180, description="With lat.")]
Number = Annotated[str | None, Query(min_length=1, max_length=60)]
NUL = "\x00"


def _pair(lat: float | None, lon: float | None) -> tuple[float, float] | None:
    if (lat is None) != (lon is None):
        missing = "lat" if lat is None else "lon"
        raise InvalidField(f"query.{missing}", "missing beside the other one", "经纬度须同时填写")
    return None if lat is None or lon is None else (lat, lon)


def _plain(**texts: str | None) -> None:
    for name, text in texts.items():
        if text and NUL in text:
            raise InvalidField(f"query.{name}", "must not contain NUL characters", "不得含 NUL")


@router.get("/api/locate", response_model=list[CandidateRow])
def locate(
    principal: Filer,
    q: Annotated[
        str | None,
        Query(min_length=1, max_length=200, description="An address, a name, a number."),
    ] = None,
    premise: Annotated[UUID | None, Query(description="Id of a premise.")] = None,
    meter: Number = None,
    node: Annotated[
        str | None, Query(min_length=1, max_length=60, description="Number of a pole, cabinet…")
    ] = None,
    lat: Latitude = None,
    lon: Longitude = None,
    datum: AskedDatum = "wgs84",
) -> JSONResponse:
    """Places that may be meant, the best first; one of the parameters asks."""
    pin = _pair(lat, lon)
    pin = pin and convert(*pin, given=datum, wanted="wgs84")
    _plain(q=q, meter=meter, node=node)
    if [q, premise, meter, node, pin].count(None) != 4:
        raise InvalidField(
            "query.q", "ask by one of q, premise, meter, node, lat and lon", "请只用一种方式查询"
        )
    found = service.locate(principal.org_id, Asked(q, premise, meter, node, pin))
    with read_session() as session:
        return JSONResponse(candidate_rows(session, principal.org_id, found))


@router.get("/api/duplicates", response_model=list[DuplicateRow])
def duplicates_near(
    principal: Filer,
    lat: Latitude = None,
    lon: Longitude = None,
    uncertainty_m: Annotated[float | None, Query(gt=0, le=50_000)] = None,
    at: Annotated[AwareDatetime | None, Query(description="When it was told; empty: now.")] = None,
    fault_code: Annotated[str | None, Query(pattern="^[a-z0-9_]{1,40}$")] = None,
    customer_id: UUID | None = None,
    premise_id: UUID | None = None,
    node: Number = None,
    datum: AskedDatum = "wgs84",
) -> JSONResponse:
    """Open orders and tickets near in place, time and line, the most alike first, with reasons."""
    _plain(node=node)
    pin = _pair(lat, lon)
    point = convert(*pin, given=datum, wanted="wgs84") if pin else (None, None)
    told = Told(
        at=_near_now(at),
        fault_code=fault_code,
        lat=point[0],
        lon=point[1],
        uncertainty_m=uncertainty_m,
        customer_id=customer_id,
        premise_id=premise_id,
        node=node,
    )
    with read_session() as session:
        found = duplicates(session, principal.org_id, told)
    return JSONResponse([duplicate_row(one) for one in found])


def _near_now(at: datetime | None) -> datetime:
    """A moment that can be reckoned with."""
    if at is None:
        return now()
    if not 1971 <= at.year <= 2198:
        raise InvalidField("query.at", "is not a time of this system", "时间超出范围")
    return at


@router.post("/api/assignments/{assignment_id}/place", response_model=OrderRow)
def correct_place(
    assignment_id: UUID, body: PlaceBody, write: Annotated[Writer, writer(Right.CREW_ACT)]
) -> JSONResponse:
    """The crew says where the fault is: the arrival circle moves, the directory is told."""
    if body.lat == 0 and body.lon == 0:
        raise InvalidField("body.lat", "0, 0 is not a place", "经纬度不能均为 0")
    access = write.principal.access

    def act(uow: UnitOfWork) -> dict[str, Any]:
        order_id = corrections.correct_place(
            uow,
            assignment_id,
            access,
            lat=body.lat,
            lon=body.lon,
            uncertainty_m=body.uncertainty_m,
            note=body.note,
            at=body.at,
        )
        return row_after(uow, order_id, write.principal)

    return write.run(body, act)


@router.post("/api/orders/{order_id}/site", response_model=OrderRow)
def draw_site(
    order_id: UUID, body: SiteBody, write: Annotated[Writer, writer(Right.ORDER_SITE)]
) -> JSONResponse:
    """Draw what counts as being there; vehicles on their way are held against it at once."""
    access = write.principal.access
    shape = body.shape.model_dump(exclude_none=True) if body.shape else None

    def act(uow: UnitOfWork) -> dict[str, Any]:
        drawing.draw_site(uow, order_id, access, shape)
        return row_after(uow, order_id, write.principal)

    return write.run(body, act)


@router.get("/api/place-proposals", response_model=ProposalList)
def proposals(
    principal: Reviewer,
    state: Annotated[
        str, Query(pattern="^(open|accepted|refused|superseded)$", description="Only these.")
    ] = "open",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> JSONResponse:
    """What crews propose to correct in the directory; open ones oldest first."""
    with read_session() as session:
        return JSONResponse(proposal_list(session, principal, state, limit))


@router.post("/api/place-proposals/{proposal_id}/accept", response_model=ProposalRow)
def accept(proposal_id: UUID, write: Annotated[Writer, writer(Right.PLACE_REVIEW)]) -> JSONResponse:
    """The directory takes over the crew's point."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        corrections.accept(uow, proposal_id)
        return proposal_row(uow.session, write.principal, proposal_id)

    return write.run(None, act)


@router.post("/api/place-proposals/{proposal_id}/refuse", response_model=ProposalRow)
def refuse(
    proposal_id: UUID, body: RefuseBody, write: Annotated[Writer, writer(Right.PLACE_REVIEW)]
) -> JSONResponse:
    """The directory keeps its point."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        corrections.refuse(uow, proposal_id, body.reason)
        return proposal_row(uow.session, write.principal, proposal_id)

    return write.run(body, act)

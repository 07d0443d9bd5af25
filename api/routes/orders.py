"""Orders: filing, release, centre, dispatch, closing. Every answer is the order's new row."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select

from api.datum import AskedDatum, point_in
from api.deps import Need, Writer, writer
from api.schemas_order_page import OrderPage, TrackRow
from api.schemas_orders import (
    CloseBody,
    CorrectionBody,
    DispatchBody,
    OrderBody,
    OrderRow,
    OrderStateName,
    ReasonBody,
    ReleaseBody,
)
from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import Principal
from core.rights import Right, Scope
from core.uow import UnitOfWork
from dashboards.board import order_rows
from dashboards.order_page import order_page
from dashboards.reference import FAULT_CODES, TRADE_CODES
from dashboards.seen import order_seen, page_seen, viewer_of
from dashboards.track import order_tracks
from dispatch.orders import repository, service
from dispatch.orders.models import Assignment, Order
from dispatch.orders.service import NewOrder
from dispatch.places.filing import Said, placed
from dispatch.tickets.service import Guided, answer_guide

router = APIRouter(tags=["orders"])
Viewer = Annotated[Principal, Depends(Need(Right.ORDER_VIEW))]


def row_after(uow: UnitOfWork, order_id: UUID, principal: Principal) -> dict[str, Any]:
    """The order's row as it will be committed, as the one who acts sees it."""
    uow.flush()
    uow.session.expunge_all()
    row = order_rows(uow.session, uow.org_id, [order_id], uow.now)[0][1]
    return order_seen(row, viewer_of(principal))


def _check_place(body: OrderBody) -> None:
    """Both coordinates or neither; 0, 0 is what devices say that know nothing."""
    if (body.lat is None) != (body.lon is None):
        missing = "lat" if body.lat is None else "lon"
        raise InvalidField(f"body.{missing}", "missing beside the other one", "经纬度须同时填写")
    if body.lat == 0 and body.lon == 0:
        raise InvalidField("body.lat", "0, 0 is not a place", "经纬度不能均为 0")


def act_on(
    write: Writer, body: BaseModel | None, order_id: UUID, use_case: Callable[[UnitOfWork], object]
) -> JSONResponse:
    """Do a use case once and answer with the order's new row."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        use_case(uow)
        return row_after(uow, order_id, write.principal)

    return write.run(body, act)


@router.get("/api/orders", response_model=list[OrderRow])
def orders(
    principal: Viewer,
    state: Annotated[OrderStateName | None, Query(description="Only orders in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> JSONResponse:
    """The newest orders that you may see."""
    query = select(Order.id).where(Order.org_id == principal.org_id)
    access = principal.access
    if access.scope is Scope.CENTRE:
        query = query.where(Order.centre_id == access.unit_id)
    if access.scope is Scope.CREW:
        query = query.where(
            select(Assignment.id)
            .where(
                Assignment.org_id == Order.org_id,
                Assignment.order_id == Order.id,
                Assignment.crew_id == access.unit_id,
            )
            .exists()
        )
    if state:
        query = query.where(Order.state == state)
    with read_session() as session:
        ids = session.scalars(query.order_by(Order.filed_at.desc()).limit(limit)).all()
        rows = order_rows(session, principal.org_id, ids, now())
    viewer = viewer_of(principal)
    return JSONResponse([order_seen(row, viewer) for _, row in rows])


@router.get("/api/orders/{order_id}", response_model=OrderPage)
def order(principal: Viewer, order_id: UUID) -> JSONResponse:
    """One order with stamps, segments, receipts and history."""
    with read_session() as session:
        repository.get_order(session, principal.org_id, order_id, principal.access)
        page = order_page(session, principal.org_id, order_id, now())
    return JSONResponse(page_seen(page, viewer_of(principal)))


@router.get("/api/orders/{order_id}/track", response_model=list[TrackRow])
def track(principal: Viewer, order_id: UUID, datum: AskedDatum = "wgs84") -> JSONResponse:
    """Where the vehicle of each attempt was: from the sending to ten minutes behind arrival."""
    org_id, access = principal.org_id, principal.access
    with read_session() as session:
        repository.get_order(session, org_id, order_id, access)
        found = order_tracks(session, org_id, access, order_id, now())
    points = ([point_in(point, datum) for point in one["points"]] for one in found)
    return JSONResponse([one | {"points": each} for one, each in zip(found, points, strict=True)])


_PLACE = ("lat", "lon", "source", "uncertainty_m", "premise_id", "meter", "node")


@router.post("/api/orders", status_code=201, response_model=OrderRow)
def file_order(body: OrderBody, write: Annotated[Writer, writer(Right.ORDER_FILE)]) -> JSONResponse:
    """File an order from a ticket: one just taken, or one that was handed in, kept or reopened."""
    _check_place(body)
    for field, codes in (("fault_code", FAULT_CODES), ("trade", TRADE_CODES)):
        if getattr(body, field) not in (*codes, None):
            listed = ", ".join(codes)
            raise InvalidField(
                f"body.{field}", f"must be one of {listed}", f"应为以下之一：{listed}"
            )

    def act(uow: UnitOfWork) -> dict[str, Any]:
        told = body.model_dump(exclude={"guide", "datum"})
        if body.guide is not None:
            given = Guided(body.guide.fault_code, body.guide.answers)
            answer_guide(uow, body.ticket_id, given)
        said = Said(**{name: told.pop(name) for name in _PLACE}, area_class=body.area_class)
        where = asdict(placed(uow.session, uow.org_id, said))
        where["location_source"] = where.pop("source")
        order_id = service.file_order(uow, NewOrder(**told, **where))
        return row_after(uow, order_id, write.principal)

    return write.run(body, act, status=201)


@router.post("/api/orders/{order_id}/release", response_model=OrderRow)
def release(
    order_id: UUID, body: ReleaseBody, write: Annotated[Writer, writer(Right.ORDER_RELEASE)]
) -> JSONResponse:
    """Point B: send the order to a centre."""
    return act_on(write, body, order_id, lambda uow: service.release(uow, order_id, body.centre_id))


@router.post("/api/orders/{order_id}/accept", response_model=OrderRow)
def accept(order_id: UUID, write: Annotated[Writer, writer(Right.ORDER_CENTRE)]) -> JSONResponse:
    """The centre accepts the order."""
    return act_on(
        write,
        None,
        order_id,
        lambda uow: service.accept_at_centre(uow, order_id, write.principal.access),
    )


@router.post("/api/orders/{order_id}/return", response_model=OrderRow)
def return_order(
    order_id: UUID, body: ReasonBody, write: Annotated[Writer, writer(Right.ORDER_CENTRE)]
) -> JSONResponse:
    """退单: the centre gives the order back to the hotline."""
    return act_on(
        write,
        body,
        order_id,
        lambda uow: service.return_to_hotline(uow, order_id, body.reason, write.principal.access),
    )


@router.post("/api/orders/{order_id}/recall", response_model=OrderRow)
def recall(
    order_id: UUID, body: ReasonBody, write: Annotated[Writer, writer(Right.ORDER_RECALL)]
) -> JSONResponse:
    """The hotline takes the order back from the centre and its crew."""
    return act_on(
        write, body, order_id, lambda uow: service.recall_from_centre(uow, order_id, body.reason)
    )


@router.post("/api/orders/{order_id}/dispatch", response_model=OrderRow)
def dispatch(
    order_id: UUID, body: DispatchBody, write: Annotated[Writer, writer(Right.ORDER_DISPATCH)]
) -> JSONResponse:
    """Point D: send the order to a crew, its phones and its vehicle's terminal."""
    return act_on(
        write,
        body,
        order_id,
        lambda uow: service.dispatch(uow, order_id, body.crew_id, write.principal.access),
    )


@router.post("/api/orders/{order_id}/close", response_model=OrderRow)
def close(
    order_id: UUID, body: CloseBody, write: Annotated[Writer, writer(Right.ORDER_CLOSE)]
) -> JSONResponse:
    """归档: close the order."""
    return act_on(write, body, order_id, lambda uow: service.close(uow, order_id, body.outcome))


@router.post("/api/orders/{order_id}/stamps", response_model=OrderRow)
def correct_stamp(
    order_id: UUID, body: CorrectionBody, write: Annotated[Writer, writer(Right.STAMP_CORRECT)]
) -> JSONResponse:
    """Correct a point: a new stamp with a reason; the old ones stay."""
    return act_on(
        write,
        body,
        order_id,
        lambda uow: service.correct_stamp(
            uow,
            order_id,
            point=body.point,
            at=body.at,
            reason=body.reason,
            assignment_id=body.assignment_id,
        ),
    )

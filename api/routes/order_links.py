"""What becomes of an order beside its own course: chase-ups, orders that follow on it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deps import Writer, writer
from api.routes.orders import act_on, row_after
from api.schemas_orders import OrderRow
from api.schemas_tickets import ChaseUpBody, FollowOnBody
from core.errors import InvalidField
from core.rights import Right
from core.uow import UnitOfWork
from dashboards.reference import TRADE_CODES
from dispatch.orders import follow_on
from dispatch.orders.follow_on import FollowOn
from dispatch.tickets import merging

router = APIRouter(tags=["orders"])


@router.post("/api/orders/{order_id}/chase-ups", response_model=OrderRow)
def chase_up(
    order_id: UUID, body: ChaseUpBody, write: Annotated[Writer, writer(Right.TICKET_WORK)]
) -> JSONResponse:
    """催办: the customer asked again in a call or by a ticket; counted, and urgency may rise."""
    return act_on(
        write,
        body,
        order_id,
        lambda uow: merging.chase_up(
            uow, order_id, call_id=body.call_id, ticket_id=body.ticket_id, words=body.note
        ),
    )


@router.post("/api/orders/{order_id}/follow-on", status_code=201, response_model=OrderRow)
def file_follow_on(
    order_id: UUID, body: FollowOnBody, write: Annotated[Writer, writer(Right.ORDER_FOLLOW_ON)]
) -> JSONResponse:
    """File an order that follows on this one; the answer is the new order's row."""
    if body.trade not in TRADE_CODES:
        listed = ", ".join(TRADE_CODES)
        raise InvalidField("body.trade", f"must be one of {listed}", f"应为以下之一：{listed}")
    new = FollowOn(body.kind, body.trade, body.reason, body.urgency, body.appointment_at)

    def act(uow: UnitOfWork) -> dict[str, Any]:
        child_id = follow_on.file_follow_on(uow, order_id, new, write.principal.access)
        return row_after(uow, child_id, write.principal)

    return write.run(body, act, status=201)


@router.post("/api/orders/{order_id}/begin", response_model=OrderRow)
def begin(order_id: UUID, write: Annotated[Writer, writer(Right.ORDER_FOLLOW_ON)]) -> JSONResponse:
    """Begin an order that was kept for later: materials are there, or it is moved forward."""
    return act_on(
        write, None, order_id, lambda uow: follow_on.begin(uow, order_id, write.principal.access)
    )

"""Agents: states, what they do in calls, supervision, call-backs."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.deps import Need, Writer, writer
from api.schemas_agents import (
    AgentDesk,
    AgentList,
    AgentRow,
    CallbackRow,
    CallbackState,
    DispositionBody,
    EquipBody,
    ExtendBody,
    PhoneBody,
    RecordingBody,
    RescheduleBody,
    SettleBody,
    StateBody,
    SuperviseBody,
    Supervised,
    TargetBody,
)
from core.clock import now
from core.db import read_session
from core.identity import Principal
from core.rights import Right
from core.uow import UnitOfWork
from dashboards import agents as read
from dashboards.seen import viewer_of
from telephony.routing import acts, agents, callbacks, supervision
from telephony.routing.acts import Target
from telephony.routing.known import check_known
from telephony.routing.models import Callback

router = APIRouter(tags=["agents"])
Viewer = Annotated[Principal, Depends(Need(Right.CALL_VIEW))]
Answerer = Annotated[Writer, writer(Right.CALL_ANSWER)]
Supervisor = Annotated[Writer, writer(Right.CALL_SUPERVISE)]


@router.get("/api/agent", response_model=AgentDesk)
def own(principal: Viewer) -> JSONResponse:
    """My state, offer, calls and telephone, with the codes of queues, reasons and dispositions."""
    with read_session() as session:
        return JSONResponse(read.desk(session, principal.org_id, principal.user_id, now()))


@router.get("/api/agents", response_model=AgentList)
def everybody(principal: Viewer) -> JSONResponse:
    """All agents, who is to be called back and the announcement that is on, with the live feed's
    number (topic `agents`).
    """
    eyes = viewer_of(principal).eyes
    with read_session() as session:
        return JSONResponse(read.snapshot(session, principal.org_id, now(), eyes))


def _row(uow: UnitOfWork, user_id: UUID) -> dict[str, Any]:
    uow.flush()
    return read.rows(uow.session, uow.org_id, [user_id])[0]


def _act(write: Writer, body: Any, act: Callable[[UnitOfWork, UUID], object]) -> JSONResponse:
    """Do it as oneself; the answer is one's own row."""
    me = write.principal.user_id

    def both(uow: UnitOfWork) -> dict[str, Any]:
        act(uow, me)
        return _row(uow, me)

    return write.run(body, both)


@router.post("/api/agent/state", response_model=AgentRow)
def choose(body: StateBody, write: Answerer) -> JSONResponse:
    """Available, on break with a reason, or gone; during a call from its end on."""
    return _act(write, body, lambda uow, me: agents.choose(uow, me, body.state, body.reason))


@router.post("/api/agent/phone", response_model=AgentRow)
def phone(body: PhoneBody, write: Answerer) -> JSONResponse:
    """The telephone that rings for me."""
    return _act(write, body, lambda uow, me: agents.equip(uow, me, endpoint=body.phone))


@router.post("/api/agent/wrap-up/extend", response_model=AgentRow)
def extend(body: ExtendBody, write: Answerer) -> JSONResponse:
    """More time for after-call work, up to the queue's limit."""
    return _act(write, body, lambda uow, me: agents.extend_wrap_up(uow, me, body.seconds))


@router.post("/api/agent/wrap-up/end", response_model=AgentRow)
def end_wrap_up(write: Answerer) -> JSONResponse:
    """Done with the call: available again, or what was asked for meanwhile."""
    return _act(write, None, agents.end_wrap_up)


@router.post("/api/agents/{user_id}", response_model=AgentRow)
def equip(user_id: UUID, body: EquipBody, write: Supervisor) -> JSONResponse:
    """Set somebody's skills, languages and telephone."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        check_known(uow, user_id, body.skills or (), body.languages or ())
        agents.equip(
            uow, user_id, skills=body.skills, languages=body.languages, endpoint=body.phone
        )
        return _row(uow, user_id)

    return write.run(body, act)


@router.post("/api/offers/{offer_id}/decline", response_model=AgentRow)
def decline(offer_id: UUID, write: Answerer) -> JSONResponse:
    """The next agent is asked; I am on break until I say ready."""
    return _act(write, None, lambda uow, _: acts.decline(uow, offer_id))


@router.post("/api/calls/{call_id}/hold", response_model=AgentRow)
def hold(call_id: UUID, write: Answerer) -> JSONResponse:
    """The customer hears music."""
    return _act(write, None, lambda uow, _: acts.hold(uow, call_id))


@router.post("/api/calls/{call_id}/park", response_model=AgentRow)
def park(call_id: UUID, write: Answerer) -> JSONResponse:
    """The customer hears music, and I am free for another call."""
    return _act(write, None, lambda uow, _: acts.park(uow, call_id))


@router.post("/api/calls/{call_id}/resume", response_model=AgentRow)
def resume(call_id: UUID, write: Answerer) -> JSONResponse:
    """The customer takes part again; of a parked call my phone rings first."""
    return _act(write, None, lambda uow, _: acts.resume(uow, call_id))


@router.post("/api/calls/{call_id}/transfer", response_model=AgentRow)
def transfer(call_id: UUID, body: TargetBody, write: Answerer) -> JSONResponse:
    """Pass the call to a queue, a colleague or a number, and leave it at once."""
    to = Target(body.queue, body.user_id, body.number)
    return _act(write, body, lambda uow, _: acts.transfer(uow, call_id, to))


@router.post("/api/calls/{call_id}/consult", response_model=AgentRow)
def consult(call_id: UUID, body: TargetBody, write: Answerer) -> JSONResponse:
    """Call a colleague or a number while the customer hears music."""
    to = Target(body.queue, body.user_id, body.number)
    return _act(write, body, lambda uow, _: acts.consult(uow, call_id, to))


@router.post("/api/calls/{call_id}/add", response_model=AgentRow)
def add(call_id: UUID, body: TargetBody, write: Answerer) -> JSONResponse:
    """A third party joins the call."""
    to = Target(body.queue, body.user_id, body.number)
    return _act(write, body, lambda uow, _: acts.add(uow, call_id, to))


@router.post("/api/calls/{call_id}/complete", response_model=AgentRow)
def complete(call_id: UUID, write: Answerer) -> JSONResponse:
    """Leave the call to whom I have consulted."""
    return _act(write, None, lambda uow, _: acts.complete(uow, call_id))


@router.post("/api/calls/{call_id}/back", response_model=AgentRow)
def back(call_id: UUID, write: Answerer) -> JSONResponse:
    """End the consultation and speak with the customer again."""
    return _act(write, None, lambda uow, _: acts.back(uow, call_id))


@router.post("/api/calls/{call_id}/hang-up", response_model=AgentRow)
def hang_up(call_id: UUID, write: Answerer) -> JSONResponse:
    """End the call; who was only consulted leaves it."""
    return _act(write, None, lambda uow, _: acts.hang_up(uow, call_id))


@router.post("/api/calls/{call_id}/recording", response_model=AgentRow)
def recording(call_id: UUID, body: RecordingBody, write: Answerer) -> JSONResponse:
    """Begin, pause, resume or end the recording."""
    return _act(write, body, lambda uow, _: acts.record(uow, call_id, body.act))


@router.post("/api/calls/{call_id}/disposition", response_model=AgentRow)
def disposition(call_id: UUID, body: DispositionBody, write: Answerer) -> JSONResponse:
    """What the call came to; during or after it."""
    return _act(write, body, lambda uow, _: acts.dispose(uow, call_id, body.disposition))


@router.post("/api/calls/{call_id}/supervise", response_model=Supervised)
def supervise(call_id: UUID, body: SuperviseBody, write: Supervisor) -> JSONResponse:
    """Listen, whisper to the agent or speak with both; my phone rings. It is on record."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        if body.mode == "stop":
            supervision.stop(uow, call_id)
        else:
            supervision.supervise(uow, call_id, body.mode)
        return {"call_id": str(call_id), "mode": body.mode}

    return write.run(body, act)


@router.get("/api/callbacks", response_model=list[CallbackRow])
def call_backs(
    principal: Viewer,
    state: Annotated[
        list[CallbackState] | None,
        Query(description="Any of these; without it, those that are not over."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> JSONResponse:
    """Customers to be called back, the place in the queue first."""
    eyes = viewer_of(principal).eyes
    with read_session() as session:
        rows = read.callbacks(session, principal.org_id, eyes, state or read.OPEN, limit)
    return JSONResponse(rows)


@router.post("/api/callbacks/{callback_id}/cancel", response_model=CallbackRow)
def cancel(callback_id: UUID, write: Answerer) -> JSONResponse:
    """Nobody calls any more."""
    return _callback(write, None, lambda uow: callbacks.cancel(uow, callback_id))


@router.post("/api/callbacks/{callback_id}/reschedule", response_model=CallbackRow)
def reschedule(callback_id: UUID, body: RescheduleBody, write: Answerer) -> JSONResponse:
    """Call at another time; one that has failed begins anew."""
    return _callback(write, body, lambda uow: callbacks.reschedule(uow, callback_id, body.at))


@router.post("/api/callbacks/{callback_id}/take-up", response_model=CallbackRow)
def take_up(callback_id: UUID, write: Answerer) -> JSONResponse:
    """See to one that was tried in vain; the next who wants it is told who has it (409)."""
    return _callback(write, None, lambda uow: callbacks.take_up(uow, callback_id))


@router.post("/api/callbacks/{callback_id}/give-back", response_model=CallbackRow)
def give_back(callback_id: UUID, write: Answerer) -> JSONResponse:
    """Leave it to others."""
    return _callback(write, None, lambda uow: callbacks.give_back(uow, callback_id))


@router.post("/api/callbacks/{callback_id}/settle", response_model=CallbackRow)
def settle(callback_id: UUID, body: SettleBody, write: Answerer) -> JSONResponse:
    """What a person made of one that was tried in vain: reached by hand, given up, not needed."""
    return _callback(write, body, lambda uow: callbacks.settle(uow, callback_id, body.outcome))


def _callback(
    write: Writer, body: BaseModel | None, use_case: Callable[[UnitOfWork], Callback]
) -> JSONResponse:
    """Do this to a call-back; its row afterwards."""
    eyes = viewer_of(write.principal).eyes
    return write.run(body, lambda uow: read.callback(uow.session, use_case(uow), eyes))

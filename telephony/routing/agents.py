"""Agents: the state of each, moved by people and by calls. An agent's row is locked first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from core import events as ev
from core.errors import Conflict, InvalidField, NotFound
from core.ids import new_id
from core.listen import SWITCH
from core.settings import settings
from core.uow import UnitOfWork
from telephony import repository as telephony
from telephony.models import Call
from telephony.routing import repository
from telephony.routing.models import Agent, AgentSkill, AgentSpan
from telephony.routing.queues import plan
from telephony.routing.rules import BUSY, Act, State, act_for, after, wrap_up_until
from telephony.rules import Fact, evolve

PHONE = r"^(\+[1-9]\d{4,14}|sip:[^\s@]{1,64}@[^\s@]{1,190}|client:[A-Za-z0-9_.-]{1,100})$"


class AgentNotThere(Conflict):
    """The act does not fit the state that the agent is in."""

    code = "agent_state"
    zh = "当前状态为“{state_zh}”，不能这样操作。"
    en = "The agent is {state}; this does not fit."


class NoPhone(Conflict):
    """Nobody can be connected without a telephone."""

    code = "no_phone"
    zh = "未设置话机，不能接听。"
    en = "No telephone is set, so no call can come."


STATE_ZH = {
    "offline": "离线",
    "available": "空闲",
    "reserved": "振铃",
    "on_call": "通话",
    "wrap_up": "话后处理",
    "break": "小休",
}


def locked(uow: UnitOfWork, user_id: UUID) -> Agent:
    """The agent's row, locked; made at the first use. Raises NotFound for an unknown person."""
    agent = repository.agent_locked(uow.session, uow.org_id, user_id, uow.now)
    if agent is None:
        raise NotFound(what="user", id=user_id)
    return agent


def move(
    uow: UnitOfWork,
    agent: Agent,
    act: Act,
    *,
    reason: str | None = None,
    call_id: UUID | None = None,
    until: datetime | None = None,
) -> None:
    """Another state, as a fact and a stretch of time. Raises AgentNotThere."""
    state = after(agent.state, act)  # type: ignore[arg-type]  # the column's check
    if state is None:
        raise AgentNotThere(state=agent.state, state_zh=STATE_ZH[agent.state])
    agent.state, agent.reason, agent.call_id = state, reason, call_id
    agent.since, agent.until, agent.extended_s = uow.now, until, 0.0
    if state == "available" and act != "free":
        agent.idle_since = uow.now
    _follow(uow, agent)


def _follow(uow: UnitOfWork, agent: Agent) -> None:
    """What is told and kept of a state that has begun."""
    repository.end_span(uow.session, uow.org_id, agent.user_id, uow.now)
    uow.session.add(
        AgentSpan(
            org_id=uow.org_id,
            id=new_id(),
            user_id=agent.user_id,
            state=agent.state,
            reason=agent.reason,
            call_id=agent.call_id,
            began_at=uow.now,
        )
    )
    moved = ev.AgentMoved(
        state=agent.state, reason=agent.reason, call_id=agent.call_id, until=agent.until
    )
    uow.emit(agent.user_id, moved, source="agent" if uow.actor.user_id else "system")
    uow.touch("agent", agent.user_id)
    uow.notify(SWITCH, "")


def choose(uow: UnitOfWork, user_id: UUID, wanted: State, reason: str | None) -> None:
    """A person is available, on break or gone; during a call it holds from its end on.

    Said again it changes nothing. Raises InvalidField, NoPhone.
    """
    _check_reason(wanted, reason)
    agent = locked(uow, user_id)
    if wanted == "available" and agent.endpoint is None:
        raise NoPhone
    if agent.state in BUSY:
        agent.next_state, agent.next_reason = wanted, reason
        uow.touch("agent", user_id)
        return
    if (agent.state, agent.reason) != (wanted, reason):
        agent.next_state = agent.next_reason = None
        move(uow, agent, act_for(wanted), reason=reason)


def _check_reason(wanted: State, reason: str | None) -> None:
    if wanted != "break":
        if reason is not None:
            raise InvalidField("body.reason", "belongs to a break only", "只有小休才填原因")
        return
    known = [one.code for one in plan().reason if not one.system]
    if reason not in known:
        words = ", ".join(known)
        raise InvalidField("body.reason", f"must be one of {words}", f"应为 {words} 之一")


def finish(uow: UnitOfWork, agent: Agent, queue: str | None) -> None:
    """The call is over for this agent: after-call work begins."""
    rule = plan().of(queue or "")
    until = wrap_up_until(uow.now, rule.wrap_up_s, 0.0, rule.wrap_up_most_s)
    move(uow, agent, "finish", call_id=agent.call_id, until=until)
    if rule.wrap_up_s == 0:
        go_on(uow, agent)


def go_on(uow: UnitOfWork, agent: Agent) -> None:
    """After-call work is over: available, or what the agent asked for meanwhile."""
    wanted: State = agent.next_state or "available"  # type: ignore[assignment]
    reason = agent.next_reason
    agent.next_state = agent.next_reason = None
    move(uow, agent, act_for(wanted), reason=reason)


def end_wrap_up(uow: UnitOfWork, user_id: UUID) -> None:
    """The agent has done with the call. Raises AgentNotThere."""
    agent = locked(uow, user_id)
    if agent.state != "wrap_up":
        raise AgentNotThere(state=agent.state, state_zh=STATE_ZH[agent.state])
    go_on(uow, agent)


def extend_wrap_up(uow: UnitOfWork, user_id: UUID, seconds: float) -> None:
    """More time for after-call work, up to the queue's limit. Raises AgentNotThere."""
    agent = locked(uow, user_id)
    if agent.state != "wrap_up" or agent.call_id is None:
        raise AgentNotThere(state=agent.state, state_zh=STATE_ZH[agent.state])
    part = repository.last_part(uow.session, uow.org_id, user_id, agent.call_id)
    rule = plan().of(part.queue or "" if part else "")
    agent.extended_s += seconds
    until = wrap_up_until(agent.since, rule.wrap_up_s, agent.extended_s, rule.wrap_up_most_s)
    if until != agent.until:
        agent.until = until
        moved = ev.AgentMoved(state="wrap_up", call_id=agent.call_id, until=until)
        uow.emit(user_id, moved, source="agent")
        uow.touch("agent", user_id)


def not_ready(uow: UnitOfWork, agent: Agent, reason: str) -> None:
    """A reserved agent did not come: nobody else is offered until a person says ready."""
    agent.next_state = agent.next_reason = None
    move(uow, agent, "not_ready", reason=reason)


def free(uow: UnitOfWork, agent: Agent) -> None:
    """A reserved agent is needed no more; keeps the place among the idle, for it was no fault."""
    wanted, reason = agent.next_state, agent.next_reason
    move(uow, agent, "free")
    if wanted in ("break", "offline"):
        agent.next_state = agent.next_reason = None
        move(uow, agent, act_for(wanted), reason=reason)  # type: ignore[arg-type]


def equip(
    uow: UnitOfWork,
    user_id: UUID,
    *,
    skills: Mapping[str, int] | None = None,
    languages: Sequence[str] | None = None,
    endpoint: str | None = None,
) -> None:
    """Set skills, languages, phone; what is None stays. Raises InvalidField."""
    agent = locked(uow, user_id)
    if skills is not None:
        repository.drop_skills(uow.session, uow.org_id, user_id)
        place = {"org_id": uow.org_id, "user_id": user_id}
        uow.session.add_all(AgentSkill(**place, skill=k, level=v) for k, v in skills.items())
    if languages is not None:
        agent.languages = sorted(set(languages))
    if endpoint is not None:
        check_telephone(uow, "body.phone", endpoint)
        agent.endpoint = endpoint or None
        if not endpoint and agent.state == "available":
            move(uow, agent, "leave")
    uow.session.flush()
    known = repository.skills_of(uow.session, uow.org_id, [user_id])[user_id]
    equipped = ev.AgentEquipped(
        skills=len(known), languages=len(agent.languages), phone=agent.endpoint is not None
    )
    uow.emit(user_id, equipped, source="agent")
    uow.touch("agent", user_id)
    uow.notify(SWITCH, "")


def check_telephone(uow: UnitOfWork, name: str, number: str) -> None:
    """Raises InvalidField, naming `name`, for a number by which customers call us: it would call
    itself.
    """
    ours = {one.number for one in telephony.numbers_of(uow.session, uow.org_id)}
    if number and number in ours | {settings().caller_number}:
        raise InvalidField(name, "is a number that customers call", "是客户拨打的热线号码")


def end_due_wrap_ups(uow: UnitOfWork) -> int:
    """After-call work whose time is up; how many."""
    due = repository.wrap_ups_due(uow.session, uow.org_id, uow.now)
    for agent in due:
        go_on(uow, agent)
    return len(due)


def claim(uow: UnitOfWork, call: Call, user_id: UUID) -> None:
    """It is the agent's call, unless a colleague has said so before."""
    if call.taken_by is None:
        taken = ev.CallTaken(agent_id=user_id)
        event = uow.emit(call.id, taken, source="system")
        state = evolve(telephony.state_of(call), Fact(taken, event.occurred_at))
        telephony.write_state(call, state)
        uow.touch("call", call.id)

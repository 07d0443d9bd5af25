"""Agents as the desk and the supervisor see them: rows, snapshot and projector of `agents:all`,
which holds who is to be called back and the announcement that is on as well.

An agent's row holds no number of a caller: the call's own row (topic `calls`) does.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from core.clock import rate
from core.live import AGENTS, head_of
from core.models import User
from core.rights import Right, Role, rights_of
from core.wiring import RowChange
from dashboards import announcements
from dashboards.values import iso, text
from dispatch.privacy.masking import CLEAR, Eyes
from telephony import silence
from telephony.leg_models import CallLeg
from telephony.recordings.models import Recording
from telephony.recordings.policy import policy
from telephony.routing import callback_repository
from telephony.routing.callbacks import worked_until
from telephony.routing.matching import serves
from telephony.routing.models import Agent, AgentCall, Callback, Offer
from telephony.routing.queues import plan
from telephony.routing.repository import skills_of

OPEN = (*callback_repository.OPEN, "failed")
"""Call-backs that are somebody's work; what has failed waits for a person."""


def rows(session: Session, org_id: int, ids: Iterable[UUID] | None = None) -> list[dict[str, Any]]:
    """Rows of agents, of all by default, by name."""
    query = (
        select(Agent, User.name, User.role)
        .join(User, (User.org_id == Agent.org_id) & (User.id == Agent.user_id))
        .where(Agent.org_id == org_id)
        .order_by(User.name, Agent.user_id)
    )
    if ids is not None:
        query = query.where(Agent.user_id.in_(list(ids)))
    found = session.execute(query).all()
    known = [agent.user_id for agent, *_ in found]
    skills = skills_of(session, org_id, known)
    offers = {one.user_id: one for one in _offers(session, org_id, known)}
    parts = _parts(session, org_id, found)
    tapes = _tapes(session, org_id, {one.call_id for each in parts.values() for one in each})
    return [
        {
            **_row(agent, name, skills[agent.user_id]),
            "answers": Right.CALL_ANSWER in rights_of(Role(role)),
            "offer": _offer(offers.get(agent.user_id)),
            "calls": [_part(one, tapes.get(one.call_id)) for one in parts[agent.user_id]],
        }
        for agent, name, role in found
    ]


def _tapes(session: Session, org_id: int, calls: Iterable[UUID]) -> dict[UUID, Recording]:
    """The newest recording of the conversation of each call."""
    query = select(Recording).where(
        Recording.org_id == org_id,
        Recording.call_id.in_(list(calls)),
        Recording.kind == "conversation",
    )
    return {one.call_id: one for one in session.scalars(query.order_by(Recording.id))}


def _offers(session: Session, org_id: int, ids: list[UUID]) -> list[Offer]:
    query = select(Offer).where(Offer.org_id == org_id, Offer.user_id.in_(ids))
    return list(session.scalars(query.where(Offer.ended_at.is_(None))))


def _parts(session: Session, org_id: int, found: Any) -> defaultdict[UUID, list[AgentCall]]:
    """What each is in, and what is worked on after it."""
    ids = [agent.user_id for agent, *_ in found]
    after = [agent.call_id for agent, *_ in found if agent.state == "wrap_up"]
    query = select(AgentCall).where(AgentCall.org_id == org_id, AgentCall.user_id.in_(ids))
    query = query.where((AgentCall.state != "ended") | AgentCall.call_id.in_(after))
    known: defaultdict[UUID, list[AgentCall]] = defaultdict(list)
    wrapped = {agent.user_id: agent.call_id for agent, *_ in found if agent.state == "wrap_up"}
    for one in session.scalars(query.order_by(AgentCall.began_at, AgentCall.id)):
        if one.state != "ended" or wrapped.get(one.user_id) == one.call_id:
            known[one.user_id].append(one)
    return known


def _row(agent: Agent, name: str, skills: dict[str, int]) -> dict[str, Any]:
    return {
        "id": str(agent.user_id),
        "name": name,
        "state": agent.state,
        "reason": agent.reason,
        "since": iso(agent.since),
        "until": iso(agent.until),
        "call_id": text(agent.call_id),
        "next_state": agent.next_state,
        "next_reason": agent.next_reason,
        "skills": dict(sorted(skills.items())),
        "serves": serves(skills, plan()),
        "languages": agent.languages,
        "has_phone": agent.endpoint is not None,
    }


def _offer(offer: Offer | None) -> dict[str, Any] | None:
    if offer is None:
        return None
    return {
        "id": str(offer.id),
        "kind": offer.kind,
        "call_id": str(offer.call_id),
        "callback_id": text(offer.callback_id),
        "queue": offer.queue,
        "offered_at": iso(offer.offered_at),
        "expires_at": iso(offer.expires_at),
    }


def _part(one: AgentCall, tape: Recording | None) -> dict[str, Any]:
    return {
        "call_id": str(one.call_id),
        "part": one.part,
        "state": one.state,
        "queue": one.queue,
        "began_at": iso(one.began_at),
        "disposition": one.disposition,
        "recording": _tape(tape) if tape else None,
        "on_demand": policy().rule(one.queue) == "on_demand",
    }


def _tape(tape: Recording) -> dict[str, Any]:
    return {
        "id": str(tape.id),
        "state": tape.state,
        "wanted": tape.wanted,
        "until": iso(tape.paused_until),
        "code": tape.code,
    }


def snapshot(session: Session, org_id: int, now: datetime, eyes: Eyes = CLEAR) -> dict[str, Any]:
    """All agents, open call-backs and the announcement that is on, with the number of the topic's
    last delta. `session`: a repeatable-read one.
    """
    return {
        "topic": AGENTS,
        "number": head_of(session, org_id, AGENTS),
        "server_time": iso(now),
        "rate": rate(),
        "agents": rows(session, org_id),
        "callbacks": callbacks(session, org_id, eyes, OPEN),
        "announcements": announcements.on(session, org_id),
        "carrier": _silence(session, org_id),
    }


def _silence(session: Session, org_id: int) -> list[dict[str, Any]]:
    """One row while the carrier does not answer."""
    found = silence.of(session, org_id)
    if found is None:
        return []
    return [{"id": str(silence.CARRIER), "since": iso(found.since), "waiting": found.waiting}]


def desk(session: Session, org_id: int, user_id: UUID, now: datetime) -> dict[str, Any]:
    """One agent's own view, with all codes that the desk offers."""
    rule = plan()
    found = rows(session, org_id, [user_id])
    agent = session.get(Agent, (org_id, user_id))
    return {
        "topic": AGENTS,
        "number": head_of(session, org_id, AGENTS),
        "server_time": iso(now),
        "rate": rate(),
        "agent": found[0] if found else None,
        "phone": agent.endpoint if agent else None,
        "on_hold": _on_hold(session, org_id, found),
        "queues": [{"code": one.code, "zh": one.name_zh, "en": one.name_en} for one in rule.queue],
        "reasons": _words(rule.reason),
        "dispositions": _words(rule.disposition),
    }


def _words(words: Any) -> list[dict[str, Any]]:
    return [{"code": one.code, "zh": one.zh, "en": one.en, "system": one.system} for one in words]


def _on_hold(session: Session, org_id: int, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Since when the customers of the agent's calls hear music."""
    ids = [UUID(one["call_id"]) for row in found for one in row["calls"]]
    query = select(CallLeg.call_id, CallLeg.held_since).where(
        CallLeg.org_id == org_id,
        CallLeg.call_id.in_(ids),
        CallLeg.role.in_(("caller", "customer")),
        CallLeg.held_since.is_not(None),
    )
    return [
        {"call_id": str(one.call_id), "since": iso(one.held_since)}
        for one in session.execute(query)
    ]


def callbacks(
    session: Session, org_id: int, eyes: Eyes, states: Iterable[str], limit: int | None = None
) -> list[dict[str, Any]]:
    """Customers to be called back, the place in the queue first."""
    found = callback_repository.listed(session, org_id, list(states), limit)
    return _callbacks(session, found, eyes)


def callback(session: Session, one: Callback, eyes: Eyes) -> dict[str, Any]:
    """The row of one call-back, its number in clear or masked."""
    return _callbacks(session, [one], eyes)[0]


def _callbacks(session: Session, found: Sequence[Callback], eyes: Eyes) -> list[dict[str, Any]]:
    """Their rows, with the name of who sees to each."""
    by = {(one.org_id, one.worked_by) for one in found if one.worked_by}
    query = select(User.id, User.name).where(tuple_(User.org_id, User.id).in_(by))
    names = {one.id: one.name for one in session.execute(query)} if by else {}
    return [
        {
            **_callback(one, eyes),
            "worked_by": text(one.worked_by),
            "worked_by_name": names[one.worked_by] if one.worked_by else None,
            "worked_at": iso(one.worked_at),
            "worked_until": iso(worked_until(one)),
        }
        for one in found
    ]


def _callback(one: Callback, eyes: Eyes) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "number": eyes.phone(one.number),
        "reason": one.reason,
        "queue": one.queue,
        "since": iso(one.since),
        "priority": one.priority,
        "language": one.language,
        "from_call_id": text(one.from_call_id),
        "state": one.state,
        "tries": one.tries,
        "next_at": iso(one.next_at),
        "call_id": text(one.call_id),
        "ended_at": iso(one.ended_at),
    }


def _agents(session: Session, org_id: int, ids: list[UUID]) -> list[dict[str, Any]]:
    return rows(session, org_id, ids) if ids else []


def _open(session: Session, org_id: int, ids: list[UUID]) -> list[dict[str, Any]]:
    if not ids:
        return []
    query = select(Callback).where(Callback.org_id == org_id, Callback.id.in_(ids))
    return _callbacks(session, session.scalars(query.where(Callback.state.in_(OPEN))).all(), CLEAR)


def _changes(entity: str, ids: list[UUID], found: list[dict[str, Any]]) -> list[RowChange]:
    """A row that was touched and is not found has left the topic."""
    values = {row["id"]: row for row in found}
    return [RowChange(AGENTS, entity, str(id_), values.get(str(id_))) for id_ in ids]


def project(session: Session, org_id: int, touched: Iterable[tuple[str, UUID]]) -> list[RowChange]:
    """The new rows of what a transaction touched; None for what is over."""
    ids: dict[str, list[UUID]] = {"agent": [], "callback": [], "announcement": [], "carrier": []}
    for entity, id_ in touched:
        if entity in ids:
            ids[entity].append(id_)
    found = [
        *_changes("agent", ids["agent"], _agents(session, org_id, ids["agent"])),
        *_changes("callback", ids["callback"], _open(session, org_id, ids["callback"])),
    ]
    said = announcements.on(session, org_id, ids["announcement"]) if ids["announcement"] else []
    silent = _silence(session, org_id) if ids["carrier"] else []
    return [
        *found,
        *_changes("announcement", ids["announcement"], said),
        *_changes("carrier", ids["carrier"], silent),
    ]

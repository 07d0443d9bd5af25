"""What the wall shows: now, the last hour, today. Moments, not lengths: the page lets them tick."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import rate
from core.live import AGENTS, CALLS, head_of
from core.settings import settings
from dashboards import announcements
from dashboards.hotline import query
from dashboards.hotline.buckets import buckets
from dashboards.hotline.figures import Contact, Rule, figures
from dashboards.hotline.report import usual_rule
from dashboards.values import iso
from telephony.models import Call, CarrierEventRow, QueueStay
from telephony.routing.callback_repository import OPEN
from telephony.routing.models import Agent, Callback

HOUR = timedelta(hours=1)
LAG_OF = timedelta(minutes=15)
SHOWN = (
    "calls",
    "offered",
    "answered",
    "abandoned",
    "abandoned_short",
    "abandonment",
    "service_level",
    "service_judged",
    "service_unjudged",
    "asa_s",
    "longest_wait_s",
)


@dataclass(frozen=True, slots=True)
class Health:
    """How the carrier's reports come: over the last quarter of an hour, and what was lost today.

    `lag_s`: nineteen of twenty `reports` came within so long of what they tell, to the second.
    `recovered`: calls that ended without a report, and of which the carrier was asked.
    """

    reports: int
    lag_s: float | None
    recovered: int


def wallboard(session: Session, org_id: int, now: datetime) -> dict[str, Any]:
    """`session` must be a repeatable-read one: all of it is of one moment."""
    zone = ZoneInfo(settings().timezone)
    midnight = buckets("day", now - timedelta(days=1), now, zone)[-1].start
    since = min(midnight, now - HOUR)
    rule = usual_rule()
    calls = query.contacts(session, org_id, since, now, ())
    waiting = _waiting(session, org_id)
    return {
        "numbers": {
            "calls": head_of(session, org_id, CALLS),
            "agents": head_of(session, org_id, AGENTS),
        },
        "server_time": iso(now),
        "rate": rate(),
        "timezone": settings().timezone,
        "rule": {**asdict(rule), "short_s": settings().short_abandon_seconds},
        "waiting": [{"queue": queue, "since": iso(at)} for queue, at in waiting],
        "agents": _agents(session, org_id),
        "announced_at": next((one["began_at"] for one in announcements.on(session, org_id)), None),
        "callbacks_pending": _pending(session, org_id),
        "hour": _served(calls, now - HOUR, rule),
        "day": _served(calls, midnight, rule),
        "carrier": asdict(_health(session, org_id, midnight, now)),
    }


def _served(calls: Sequence[Contact], since: datetime, rule: Rule) -> dict[str, Any]:
    found = figures([one for one in calls if one.opened_at >= since], frozenset(), (), rule)
    whole = found.as_json()
    return {"from": iso(since)} | {name: whole[name] for name in SHOWN}


def _waiting(session: Session, org_id: int) -> list[tuple[str, datetime]]:
    """(queue, since when the caller waits for an agent), the longest first."""
    query = (
        select(QueueStay.queue, func.coalesce(Call.queued_at, QueueStay.entered_at))
        .join(Call, (Call.org_id == QueueStay.org_id) & (Call.id == QueueStay.call_id))
        .where(QueueStay.org_id == org_id, QueueStay.left_at.is_(None), Call.state != "ended")
    )
    found = [(queue, at) for queue, at in session.execute(query)]
    return sorted(found, key=lambda one: one[1])


def _agents(session: Session, org_id: int) -> dict[str, int]:
    query = select(Agent.state, func.count()).where(Agent.org_id == org_id).group_by(Agent.state)
    states = ("available", "reserved", "on_call", "wrap_up", "break", "offline")
    found = dict.fromkeys(states, 0)
    found.update((state, count) for state, count in session.execute(query))
    return found


def _pending(session: Session, org_id: int) -> int:
    query = select(func.count(Callback.id)).where(
        Callback.org_id == org_id, Callback.state.in_(OPEN)
    )
    return session.scalar(query) or 0


def _health(session: Session, org_id: int, midnight: datetime, now: datetime) -> Health:
    row = CarrierEventRow
    late = func.extract("epoch", row.received_at - row.at)
    lag = func.percentile_cont(0.95).within_group(late)
    recent = select(func.count(), lag).where(
        row.org_id == org_id,
        row.received_at >= now - LAG_OF,
        row.at.is_not(None),
        row.kind.in_(("status", "conference")),
    )
    reports, lag_s = session.execute(recent).one()
    lost = select(func.count(func.distinct(row.call_id))).where(
        row.org_id == org_id, row.received_at >= midnight, row.kind == "lookup"
    )
    shown = None if lag_s is None else max(0.0, round(float(lag_s), 1))
    return Health(reports=reports, lag_s=shown, recovered=session.scalar(lost) or 0)

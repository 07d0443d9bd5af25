"""One order in full: every stamp with its evidence, every segment judged, who did what when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import Event, User
from dashboards.board import Loaded, load, order_row
from dashboards.escalations import escalations
from dashboards.holds import hold_pages
from dashboards.order_links import order_links
from dashboards.outgoing import outgoing
from dashboards.places import site_row
from dashboards.promises import spender_row
from dashboards.tickets import english_name
from dashboards.values import iso, text
from dispatch.directory.models import Customer
from dispatch.orders import repository
from dispatch.orders.stamps import StampState
from dispatch.orders.ticket_clocks import TicketClock, ticket_clocks
from dispatch.tickets.models import Ticket
from sla.arrivals import path
from sla.policy import Policy
from sla.promise import promise
from sla.segments import Segment, segments, total
from sla.service import policy_of
from sla.shares import shares
from sla.slack import slack
from sla.timelines import Timeline
from sla.words import PARTIES
from telephony.message_repository import ids_about as message_ids


def order_page(session: Session, org_id: int, order_id: UUID, now: datetime) -> dict[str, Any]:
    """The whole of one order as it stands at `now`."""
    loaded = load(session, org_id, [order_id])[0]
    receipts = repository.receipts_of(session, org_id, [order_id])
    names = _names(session, org_id)
    return {
        "order": order_row(loaded, receipts, now),
        "ticket": ticket_row(session, loaded.ticket) if loaded.ticket else None,
        "links": _links(session, org_id, loaded, now),
        "site": site_row(repository.location(session, org_id, loaded.row.location_id)),
        "stamps": _stamps(loaded, names),
        "segments": _segments(loaded, now),
        "promise": _promise(loaded, now),
        "holds": hold_pages(session, org_id, order_id, names),
        "escalations": escalations(session, org_id, order_id),
        "outgoing": outgoing(session, org_id, order_id, [one.id for one in loaded.assignments]),
        "history": _history(session, org_id, loaded, names),
        "receipts": [
            {
                "hop": one.hop,
                "purpose": one.purpose,
                "target_unit_id": str(one.target_unit_id),
                "device": one.device,
                "status": one.status,
                "sent_at": iso(one.sent_at),
                "received_at": iso(one.received_at),
                "attempts": one.attempts,
            }
            for one in receipts
        ],
    }


def _links(session: Session, org_id: int, loaded: Loaded, now: datetime) -> dict[str, Any]:
    """What the order is connected with; each ticket with its own clock, judged."""
    links = order_links(session, org_id, loaded.row)
    clocks = {}
    if loaded.case is not None:
        policy = policy_of(loaded.case)
        found = ticket_clocks(policy, loaded.timelines, loaded.stamps, now)
        clocks = {str(one.ticket_id): _clock(one) for one in found}
    return {
        **links,
        "tickets": [{**one, "promise": clocks.get(one["id"])} for one in links["tickets"]],
    }


def _clock(one: TicketClock) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "start": iso(one.start),
        "arrival": iso(one.arrival),
        "limit_s": one.limit_s,
        "spent_s": one.spent_s,
        "state": one.state,
        "within": one.within,
        "mark": one.mark,
    }


def ticket_row(session: Session, ticket: Ticket) -> dict[str, Any]:
    """A ticket as agents see it."""
    account = (ticket.org_id, ticket.customer_id)
    customer = session.get(Customer, account) if ticket.customer_id else None
    return {
        "id": str(ticket.id),
        "number": ticket.number,
        "kind": ticket.kind,
        "channel": ticket.channel,
        "call_id": text(ticket.call_id),
        "filed_at": iso(ticket.filed_at),
        "clock_started_at": iso(ticket.clock_started_at),
        "caller_name": ticket.caller_name,
        "caller_name_en": english_name(ticket, customer),
        "caller_phone": ticket.caller_phone,
        "description": ticket.description,
        "customer_id": text(ticket.customer_id),
    }


def _names(session: Session, org_id: int) -> dict[UUID, str]:
    rows = session.execute(select(User.id, User.name).where(User.org_id == org_id))
    return dict(rows.all())  # a Result has keys(), which dict() would take for a mapping


def _stamps(loaded: Loaded, names: dict[UUID, str]) -> list[dict[str, Any]]:
    counted = {point.stamp_id for point in loaded.timelines[-1].points.values()}
    return [_stamp(one, names, counts=one.id in counted) for one in loaded.stamps]


def _stamp(one: StampState, names: dict[UUID, str], *, counts: bool) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "point": one.point,
        "at": iso(one.at),
        "recorded_at": iso(one.recorded_at),
        "source": one.source,
        "by": names.get(one.actor_id) if one.actor_id else None,
        "uncertainty_s": one.uncertainty_s,
        "evidence": {"kind": _evidence_kind(one), "ref": one.evidence or str(one.event_id)},
        "hop_id": text(one.hop_id),
        "assignment_id": text(one.assignment_id),
        "counts": counts,
        "correction_reason": one.reason,
    }


def _evidence_kind(one: StampState) -> str:
    kinds = {"carrier": "call", "receipt": "device", "terminal": "device", "gps": "track"}
    return kinds.get(one.source, "act")


def _party(policy: Policy, code: str) -> dict[str, Any]:
    name = policy.parties.get(code)
    zh, en = (name.zh, name.en) if name else PARTIES[code]
    return {"code": code, "name_zh": zh, "name_en": en}


def _segments(loaded: Loaded, now: datetime) -> list[dict[str, Any]]:
    if loaded.case is None:
        return []
    policy = policy_of(loaded.case)
    timeline = loaded.timelines[-1]
    judged: Sequence[Segment] = segments(policy, timeline, now)
    whole = total(policy, timeline, now)
    return [_segment(policy, one) for one in (*judged, *([whole] if whole else []))]


def _segment(policy: Policy, one: Segment) -> dict[str, Any]:
    marks = [mark for mark in (one.mark, one.anomaly) if mark]
    if one.doubtful:
        marks.append("doubtful")
    if one.excluded_s:
        marks.append("excluded")
    return {
        "code": one.code,
        "from_point": one.from_point,
        "to_point": one.to_point,
        "start": iso(one.start),
        "end": iso(one.end),
        "limit_s": one.limit_s,
        "spent_s": one.spent_s,
        "excluded_s": one.excluded_s,
        "state": one.state,
        "within": one.within,
        "slack_s": one.slack_s,
        "lent_s": one.lent_s,
        "borrowed_s": one.borrowed_s,
        "responsible": _party(policy, one.responsible),
        "marks": marks,
    }


def _promise(loaded: Loaded, now: datetime) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "limit_s": None,
        "due_at": None,
        "left_s": None,
        "state": "unknown",
        "spent_by": [],
        "slack": None,
    }
    if loaded.case is None:
        return empty
    policy = policy_of(loaded.case)
    timeline = path(policy, loaded.timelines)[-1]
    found = promise(policy, timeline, now)
    travel_s = loaded.forecast.travel_s if loaded.forecast else None
    if found is None:
        return empty
    late = found.within is False or (found.within is None and found.left_s < 0)
    return {
        "limit_s": found.limit_s,
        "due_at": iso(found.deadline),
        "left_s": found.left_s,
        "state": "broken" if late else "met" if found.within else "running",
        "spent_by": [
            {
                "responsible": _party(policy, share.party),
                "spent_s": share.spent_s + share.excluded_s,
                "over_s": share.over_s,
            }
            for share in shares(policy, timeline, segments(policy, timeline, now), now)
        ],
        "slack": _slack(policy, timeline, now, travel_s),
    }


def _slack(
    policy: Policy, timeline: Timeline, now: datetime, travel_s: float | None
) -> dict[str, Any] | None:
    found = slack(policy, timeline, now, travel_s)
    if found is None:
        return None
    return {
        "spare_s": found.spare_s,
        "reserve_s": found.reserve_s,
        "lent_s": found.lent_s,
        "borrowed_s": found.borrowed_s,
        "spender": spender_row(found.spender),
        "leave_by": iso(found.leave_by),
        "travel_s": found.travel_s,
        "travel_known": found.travel_known,
    }


def _history(
    session: Session, org_id: int, loaded: Loaded, names: dict[UUID, str]
) -> list[dict[str, Any]]:
    streams = [loaded.row.id, *(one.id for one in loaded.assignments)]
    streams += [one.id for one in loaded.holds]
    streams += [one.id for one in loaded.timers if one.kind == "breach"]
    if loaded.ticket:
        streams.append(loaded.ticket.id)
    streams += message_ids(
        session, org_id, [loaded.row.id, *(one.id for one in loaded.assignments)]
    )
    query = (
        select(Event)
        .where(
            Event.org_id == org_id,
            Event.stream_id.in_(streams),
            Event.stream.in_(("order", "assignment", "ticket", "sla", "hold", "review", "message")),
        )
        .order_by(Event.recorded_at, Event.stream, Event.seq)
    )
    return [
        {
            "at": iso(event.occurred_at),
            "type": event.type,
            "by": names.get(event.actor_id) if event.actor_id else event.source,
            "detail": event.payload,
        }
        for event in session.scalars(query)
    ]

"""`paidan verify`: do the facts hold together, and is the current state what they say?

Checks every hash chain and the signed digests, and rebuilds every projection that has a stream
from its events. Read-only; one line per finding; exit code 1 if any.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from api import (
    verify_agents,
    verify_calls,
    verify_campaigns,
    verify_help,
    verify_holds,
    verify_ladders,
    verify_messages,
    verify_places,
    verify_policies,
    verify_recordings,
    verify_routing,
    verify_silence,
    verify_tickets,
)
from core import digests
from core.db import read_session
from core.eventlog import GENESIS, chain_hash, read_streams, recorded
from core.events import REGISTRY, PrivacyUnmasked
from core.models import Event, Organisation
from core.recorded import Recorded
from dispatch.crews import repository as crews
from dispatch.crews.models import Crew
from dispatch.crews.rules import PRESENT, evolve_away
from dispatch.help.models import HelpCall
from dispatch.holds.models import Hold
from dispatch.orders import repository
from dispatch.orders.models import Assignment, CentreHop, Order, Stamp
from dispatch.orders.rules import evolve_assignment, evolve_order
from dispatch.orders.stamps import stamps_of
from dispatch.places.models import PlaceProposal
from dispatch.privacy.models import CustomerNote, Unmasking
from dispatch.privacy.notes import NoteState, evolve_notes
from dispatch.reviews.models import Review
from dispatch.tickets.models import FollowUp, Ticket
from sla.facts import Facts
from sla.models import SlaAnomaly, SlaCase, SlaTimer
from sla.rules import facts_of, fold_case
from telephony.message_models import Message
from telephony.models import Call, EmergencyAnnouncement
from telephony.recordings.models import Recording

STREAMS = tuple(sorted({kind.STREAM for kind in REGISTRY.values()}))
BATCH = 500


def main() -> int:
    """Verify all organisations; returns the exit code."""
    findings = 0
    with read_session() as session:
        streams = session.execute(select(func.count(func.distinct(Event.stream_id)))).scalar_one()
        events = session.execute(select(func.count()).select_from(Event)).scalar_one()
        ids = session.scalars(select(Organisation.id).order_by(Organisation.id)).all()
        every = (verify(session, org_id) for org_id in ids)
        for finding in chain(verify_calls.set_aside(session), *every):
            findings += 1
            sys.stdout.write(f"{finding}\n")
    verdict = f"{findings} findings" if findings else "no findings"
    sys.stdout.write(f"verified {events} events in {streams} streams: {verdict}\n")
    return 1 if findings else 0


def verify(session: Session, org_id: int) -> Iterator[str]:
    """Each thing that is wrong, as a sentence that names stream and field."""
    yield from digests.check(session, org_id)
    seen: dict[str, int] = dict.fromkeys(STREAMS, 0)
    batch: list[Sequence[Row[Any]]] = []
    for stream, _stream_id, rows in read_streams(session, org_id, STREAMS):
        seen[stream] += 1
        yield from chain_findings(rows)
        batch.append(rows)
        if len(batch) >= BATCH:
            yield from _compare(session, org_id, batch)
            batch = []
    yield from _compare(session, org_id, batch)
    yield from _strays(session, org_id, seen)


def chain_findings(rows: Sequence[Row[Any]]) -> Iterator[str]:
    """Gaps, foreign hashes, changed content of one stream."""
    previous, expected = GENESIS, 1
    for row in rows:
        name = f"{row.stream} {row.stream_id} #{row.seq}"
        if row.seq != expected:
            yield f"{name}: number {expected} is missing"
        values = {field: getattr(row, field) for field in _HASHED}
        if row.prev_hash != previous or row.hash != chain_hash(row.prev_hash, values):
            yield f"{name}: its hash does not fit its content and predecessor"
        previous, expected = row.hash, row.seq + 1


_HASHED = (
    "org_id",
    "stream",
    "stream_id",
    "seq",
    "id",
    "type",
    "occurred_at",
    "recorded_at",
    "actor_kind",
    "actor_id",
    "source",
    "payload",
    "correlation_id",
)


def _compare(session: Session, org_id: int, batch: list[Sequence[Row[Any]]]) -> Iterator[str]:
    checks: dict[str, Callable[..., Iterator[str]]] = {
        "order": _orders,
        "assignment": _assignments,
        "ticket": _tickets,
        "followup": _follow_ups,
        "call": verify_calls.calls,
        "sla": _cases,
        "crew": _absences,
        "customer": _notes,
        "privacy": _unmaskings,
        "place": verify_places.proposals,
        "release": verify_routing.releases,
        "desk": verify_routing.desks,
        "policy": verify_policies.policies,
        "calendar": verify_policies.calendars,
        "hold": verify_holds.holds,
        "review": verify_holds.reviews,
        "help": verify_help.calls,
        "vehicle": verify_silence.silences,
        "message": verify_messages.messages,
        "campaign": verify_campaigns.campaigns,
        "agent": verify_agents.states,
        "recording": verify_recordings.recordings,
    }
    for kind, check in checks.items():
        mine = {
            rows[0].stream_id: [recorded(row) for row in rows]
            for rows in batch
            if rows[0].stream == kind
        }
        if mine:
            yield from check(session, org_id, mine)
    session.expunge_all()


def _orders(session: Session, org_id: int, streams: dict[UUID, list[Recorded]]) -> Iterator[str]:
    rows = _rows(session, org_id, Order, Order.id, streams)
    hops: dict[UUID, list[CentreHop]] = {}
    for hop in repository.hops_of(session, org_id, streams):
        hops.setdefault(hop.order_id, []).append(hop)
    stamps = _stamps_by(session, org_id, Stamp.order_id, streams)
    yield from verify_places.locations(session, org_id, streams)
    for name, events_say, rows_say in verify_tickets.chase_ups(session, org_id, streams):
        yield from _differences(name, events_say, rows_say)
    for order_id, events in streams.items():
        state = None
        for event in events:
            state = evolve_order(state, event)
        row = rows.get(order_id)
        if row is None or state is None:
            yield f"order {order_id}: the row is missing"
            continue
        found = repository.order_state(row, hops.get(order_id, []))
        yield from _differences(f"order {order_id}", asdict(state), asdict(found))
        wanted = {one.id: one for event in events for one in stamps_of(event, order_id)}
        kept = _made_by(stamps.get(order_id, {}), _ids(events))
        yield from _same_stamps(f"order {order_id}", wanted, kept)


def _assignments(
    session: Session, org_id: int, streams: dict[UUID, list[Recorded]]
) -> Iterator[str]:
    rows = _rows(session, org_id, Assignment, Assignment.id, streams)
    stamps = _stamps_by(session, org_id, Stamp.assignment_id, streams)
    for id_, events in streams.items():
        state = None
        for event in events:
            state = evolve_assignment(state, event)
        row = rows.get(id_)
        if row is None or state is None:
            yield f"assignment {id_}: the row is missing"
            continue
        found = repository.assignment_state(row)
        yield from _differences(f"assignment {id_}", asdict(state), asdict(found))
        wanted = {one.id: one for event in events for one in stamps_of(event, state.order_id)}
        kept = _made_by(stamps.get(id_, {}), _ids(events))
        yield from _same_stamps(f"assignment {id_}", wanted, kept)


def _ids(events: Sequence[Recorded]) -> set[UUID]:
    return {event.id for event in events}


def _made_by(stamps: dict[UUID, Any], event_ids: set[UUID]) -> dict[UUID, Any]:
    return {id_: one for id_, one in stamps.items() if one.event_id in event_ids}


def _tickets(session: Session, org_id: int, streams: dict[UUID, list[Recorded]]) -> Iterator[str]:
    for name, wanted, found in verify_tickets.tickets(session, org_id, streams):
        yield from _differences(name, wanted, found)
    stamps = _stamps_by(session, org_id, Stamp.ticket_id, streams)
    for id_, events in streams.items():
        made = {one.id: one for event in events for one in stamps_of(event, None)}
        yield from _same_stamps(f"ticket {id_}", made, stamps.get(id_, {}))


def _follow_ups(
    session: Session, org_id: int, streams: dict[UUID, list[Recorded]]
) -> Iterator[str]:
    for name, wanted, found in verify_tickets.follow_ups(session, org_id, streams):
        yield from _differences(name, wanted, found)


def _begun(policy: str, version: int, subject: str, facts: Facts) -> dict[str, Any]:
    """How a case began."""
    return {
        "policy": policy,
        "policy_version": version,
        "subject": subject,
        "customer_class": facts.customer_class,
        "fault_class": facts.fault_class,
        "kind": facts.kind,
        "channel": facts.channel,
    }


def _cases(session: Session, org_id: int, streams: dict[UUID, list[Recorded]]) -> Iterator[str]:
    rows = _rows(session, org_id, SlaCase, SlaCase.id, streams)
    timers: dict[UUID, dict[UUID, SlaTimer]] = {}
    query = select(SlaTimer).where(SlaTimer.org_id == org_id, SlaTimer.case_id.in_(streams))
    for timer in session.scalars(query):
        timers.setdefault(timer.case_id, {})[timer.id] = timer
    anomalies: dict[UUID, list[SlaAnomaly]] = {}
    about = select(SlaAnomaly).where(SlaAnomaly.org_id == org_id, SlaAnomaly.case_id.in_(streams))
    for anomaly in session.scalars(about):
        anomalies.setdefault(anomaly.case_id, []).append(anomaly)
    for id_, events in streams.items():
        state = fold_case([event.payload for event in events])
        row = rows.get(id_)
        if row is None:
            yield f"sla case {id_}: the row is missing"
            continue
        found = _begun(row.policy, row.policy_version, row.subject, facts_of(row))
        wanted = _begun(state.policy, state.policy_version, state.subject, state.facts)
        yield from _differences(f"sla case {id_}", wanted, found)
        yield from verify_ladders.ladders(session, org_id, id_, state)
        for timer_id, timer in timers.get(id_, {}).items():
            flags = state.timers.get(timer_id)
            yield from _differences(
                f"sla timer {timer_id}",
                {
                    "fired": bool(flags and flags.fired),
                    "noted": bool(flags and flags.acknowledged),
                    "late_s": flags.late_s if flags else None,
                },
                {
                    "fired": timer.fired_at is not None,
                    "noted": timer.acknowledged_at is not None,
                    "late_s": timer.late_s,
                },
            )
        odd = {row.id: row.state for row in anomalies.get(id_, ())}
        yield from _differences(f"sla case {id_}", {"odd": state.anomalies}, {"odd": odd})


def _absences(session: Session, org_id: int, streams: dict[UUID, list[Recorded]]) -> Iterator[str]:
    rows = _rows(session, org_id, Crew, Crew.id, streams)
    for id_, events in streams.items():
        state = PRESENT
        for event in events:
            state = evolve_away(state, event)
        row = rows.get(id_)
        if row is None:
            yield f"crew {id_}: the row is missing"
            continue
        yield from _differences(f"crew {id_}", asdict(state), asdict(crews.away_state(row)))


def _notes(session: Session, org_id: int, streams: dict[UUID, list[Recorded]]) -> Iterator[str]:
    rows = _rows(session, org_id, CustomerNote, CustomerNote.customer_id, streams)
    wanted: dict[UUID, NoteState] = {}
    for events in streams.values():
        state: dict[UUID, NoteState] = {}
        for event in events:
            state = evolve_notes(state, event)
        wanted |= state
    for id_ in wanted.keys() | rows.keys():
        row, note = rows.get(id_), wanted.get(id_)
        if row is None or note is None:
            yield f"note {id_}: {'the row is missing' if row is None else 'it has no event'}"
            continue
        found = {"pinned": row.pinned, "hidden": row.hidden_at is not None}
        yield from _differences(f"note {id_}", asdict(note), found)


def _unmaskings(
    session: Session, org_id: int, streams: dict[UUID, list[Recorded]]
) -> Iterator[str]:
    rows = _rows(session, org_id, Unmasking, Unmasking.id, streams)
    for id_, events in streams.items():
        row, seen = rows.get(id_), events[0]
        if row is None or not isinstance(seen.payload, PrivacyUnmasked):
            yield f"unmasking {id_}: the row is missing"
            continue
        wanted = {**asdict(seen.payload), "at": seen.occurred_at, "user_id": seen.actor_id}
        found = {name: getattr(row, name) for name in wanted}
        yield from _differences(f"unmasking {id_}", wanted, found)


def _rows(
    session: Session, org_id: int, model: Any, key: Any, streams: dict[UUID, list[Recorded]]
) -> dict[UUID, Any]:
    query = select(model).where(model.org_id == org_id, key.in_(list(streams)))
    return {row.id: row for row in session.scalars(query)}


def _stamps_by(
    session: Session, org_id: int, key: Any, streams: dict[UUID, list[Recorded]]
) -> dict[UUID, dict[UUID, Any]]:
    found: dict[UUID, dict[UUID, Any]] = {}
    query = select(Stamp, key).where(Stamp.org_id == org_id, key.in_(list(streams)))
    for row, owner in session.execute(query):
        found.setdefault(owner, {})[row.id] = repository.stamp_state(row)
    return found


def _same_stamps(name: str, wanted: dict[UUID, Any], found: dict[UUID, Any]) -> Iterator[str]:
    for id_ in wanted.keys() | found.keys():
        left, right = wanted.get(id_), found.get(id_)
        if left is None:
            yield f"{name}: stamp {id_} has no event"
        elif right is None:
            yield f"{name}: stamp {left.point} {id_} is missing"
        else:
            ignored = {"order_id"}
            yield from _differences(
                f"{name} stamp {left.point}",
                {f.name: getattr(left, f.name) for f in fields(left) if f.name not in ignored},
                {f.name: getattr(right, f.name) for f in fields(right) if f.name not in ignored},
            )


def _differences(name: str, wanted: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    for field, value in wanted.items():
        if found.get(field) != value:
            yield f"{name}.{field}: the events say {value!r}, the row {found.get(field)!r}"


def _strays(session: Session, org_id: int, seen: dict[str, int]) -> Iterator[str]:
    """Rows without a stream."""
    yield from verify_policies.strays(session, org_id, seen)
    yield from verify_silence.strays(session, org_id)
    for kind, model in (
        ("order", Order),
        ("assignment", Assignment),
        ("ticket", Ticket),
        ("followup", FollowUp),
        ("call", Call),
        ("sla", SlaCase),
        ("privacy", Unmasking),
        ("place", PlaceProposal),
        ("hold", Hold),
        ("review", Review),
        ("help", HelpCall),
        ("message", Message),
        ("announcement", EmergencyAnnouncement),
        ("recording", Recording),
    ):
        query = select(func.count()).select_from(model).where(model.org_id == org_id)
        count = session.execute(query).scalar_one()
        if count > seen[kind]:
            yield f"{kind}: {count - seen[kind]} rows have no events"
    about = select(Event.id).where(
        Event.org_id == org_id,
        Event.stream == "customer",
        Event.stream_id == CustomerNote.customer_id,
    )
    notes = select(CustomerNote.id).where(CustomerNote.org_id == org_id, ~about.exists())
    for note_id in session.scalars(notes):
        yield f"note {note_id}: it has no event"
    facts = select(Event.id).where(
        Event.org_id == org_id, Event.stream == "crew", Event.stream_id == Crew.id
    )
    away = select(Crew.id).where(Crew.org_id == org_id, Crew.away_reason.is_not(None))
    for crew_id in session.scalars(away.where(~facts.exists())):
        yield f"crew {crew_id}: is away without an event that says so"

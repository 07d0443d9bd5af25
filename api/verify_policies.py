"""`paidan verify` of policies and calendars: each version against the facts about it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.verify_places import differences
from core import events as ev
from core.recorded import Recorded
from sla import version_repository as repository
from sla.versions import digest, stream_id

Versions = dict[int, dict[str, Any]]


def policies(
    session: Session, org_id: int, streams: Mapping[UUID, Sequence[Recorded]]
) -> Iterator[str]:
    """Every version that the facts name, and every row that they do not."""
    rows: dict[UUID, Versions] = {}
    for row in repository.policies(session, org_id):
        rows.setdefault(stream_id("policy", row.code), {})[row.version] = {
            "digest": digest(row.document),
            "enabled": row.enabled,
            "effective_from": row.effective_from,
            "confirmed_at": row.confirmed_at,
            "confirmed_by": row.confirmed_by,
            "created_at": row.created_at,
        }
    for id_, events in streams.items():
        yield from _compared(f"policy {id_}", _decided(events), rows.get(id_, {}))


def calendars(
    session: Session, org_id: int, streams: Mapping[UUID, Sequence[Recorded]]
) -> Iterator[str]:
    """The same for calendars."""
    rows: dict[UUID, Versions] = {}
    for row in repository.calendars(session, org_id):
        rows.setdefault(stream_id("calendar", row.code), {})[row.version] = {
            "digest": digest(row.document),
            "created_at": row.created_at,
        }
    for id_, events in streams.items():
        wanted: Versions = {}
        for event in events:
            if isinstance(event.payload, ev.CalendarVersionAdded):
                wanted[event.payload.version] = {
                    "digest": event.payload.digest,
                    "created_at": event.occurred_at,
                }
        yield from _compared(f"calendar {id_}", wanted, rows.get(id_, {}))


def _decided(events: Sequence[Recorded]) -> Versions:
    """What was decided about each version of one policy."""
    found: Versions = {}
    for event in events:
        match event.payload:
            case ev.PolicyVersionAdded():
                found[event.payload.version] = {
                    "digest": event.payload.digest,
                    "enabled": event.payload.enabled,
                    "effective_from": event.payload.effective_from,
                    "confirmed_at": None,
                    "confirmed_by": None,
                    "created_at": event.occurred_at,
                }
            case ev.PolicyConfirmed():
                found[event.payload.version] |= {
                    "enabled": True,
                    "confirmed_at": event.occurred_at,
                    "confirmed_by": event.actor_id,
                }
            case ev.PolicyEnabled():
                found[event.payload.version]["enabled"] = True
            case ev.PolicyDisabled():
                found[event.payload.version]["enabled"] = False
    return found


def _compared(name: str, wanted: Versions, found: Versions) -> Iterator[str]:
    for version in sorted(wanted.keys() | found.keys()):
        if version not in found:
            yield f"{name} version {version}: the row is missing"
        elif version not in wanted:
            yield f"{name} version {version}: it has no event"
        else:
            yield from differences(f"{name} version {version}", wanted[version], found[version])


def strays(session: Session, org_id: int, seen: Mapping[str, int]) -> Iterator[str]:
    """Policies and calendars whose stream is gone."""
    kept = {
        "policy": {row.code for row in repository.policies(session, org_id)},
        "calendar": {row.code for row in repository.calendars(session, org_id)},
    }
    for kind, codes in kept.items():
        if len(codes) > seen[kind]:
            yield f"{kind}: {len(codes) - seen[kind]} have no events"

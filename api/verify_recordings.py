"""`paidan verify` of recordings: state, length, keeping, erasure, and who listened."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.verify_places import Streams, differences
from telephony.recordings.models import Recording, RecordingAccess
from telephony.recordings.told import RecordingState, evolve

SAID_IF_KNOWN = ("call_id", "kind", "basis")
"""What the facts need not say: a message that a caller left was never asked for."""
Heard = tuple[datetime, UUID, str]


def recordings(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every recording that was asked for, or found at the carrier."""
    wanted = list(streams)
    query = select(Recording).where(Recording.org_id == org_id, Recording.id.in_(wanted))
    rows = {row.id: row for row in session.scalars(query)}
    heard = _heard(session, org_id, wanted)
    for id_, events in streams.items():
        state = RecordingState()
        for event in events:
            state = evolve(state, event)
        row = rows.get(id_)
        if row is None:
            yield f"recording {id_}: the row is missing"
            continue
        told: dict[str, Any] = {**asdict(state), "heard": sorted(state.heard)}
        for name in SAID_IF_KNOWN:
            if told[name] is None:
                del told[name]
        found = {name: getattr(row, name, None) for name in told} | {"heard": heard[id_]}
        yield from differences(f"recording {id_}", told, found)


def _heard(session: Session, org_id: int, ids: list[UUID]) -> defaultdict[UUID, list[Heard]]:
    query = select(RecordingAccess).where(
        RecordingAccess.org_id == org_id, RecordingAccess.recording_id.in_(ids)
    )
    found: defaultdict[UUID, list[Heard]] = defaultdict(list)
    for one in session.scalars(query):
        found[one.recording_id].append((one.at, one.user_id, one.reason))
    for each in found.values():
        each.sort()
    return found

"""Signed daily digests of stream heads: they show cut tails and lost streams.

A digest of a UTC day holds the last sequence number and hash of every stream that moved on that
day, signed with the installation's key together with the previous digest's signature.
"""

import hashlib
import hmac
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from core.models import Event, EventDigest, Organisation
from core.secrets import secret_key

SETTLED = timedelta(hours=1)  # a transaction may record before midnight and commit after it


def heads_of_day(session: Session, org_id: int, day: date) -> dict[str, list[Any]]:
    """`stream/id` → [sequence number, hash] of each stream's last event recorded on that day."""
    start = datetime.combine(day, time.min, UTC)
    query = (
        select(Event.stream, Event.stream_id, Event.seq, Event.hash)
        .ext(distinct_on(Event.stream, Event.stream_id))
        .where(
            Event.org_id == org_id,
            Event.recorded_at >= start,
            Event.recorded_at < start + timedelta(days=1),
        )
        .order_by(Event.stream, Event.stream_id, Event.seq.desc())
    )
    return {
        f"{stream}/{stream_id}": [seq, hash_.hex()]
        for stream, stream_id, seq, hash_ in session.execute(query)
    }


def write_due(session: Session, now: datetime) -> int:
    """Write the digests of all days that are over and settled; returns how many were written."""
    last_day = (now - SETTLED).astimezone(UTC).date() - timedelta(days=1)
    written = 0
    for org_id in session.scalars(select(Organisation.id).with_for_update()).all():
        newest = _newest(session, org_id)
        day = date.fromisoformat(newest.day) + timedelta(days=1) if newest else None
        day = day or _first_day(session, org_id)
        while day is not None and day <= last_day:
            heads = heads_of_day(session, org_id, day)
            previous = newest.signature if newest else ""
            newest = EventDigest(
                org_id=org_id,
                day=day.isoformat(),
                heads=heads,
                prev_signature=previous,
                signature=sign(org_id, day.isoformat(), heads, previous),
                created_at=now,
            )
            session.add(newest)
            written += 1
            day += timedelta(days=1)
    session.flush()
    return written


def sign(org_id: int, day: str, heads: dict[str, Any], previous: str) -> str:
    """HMAC-SHA256, hex, over organisation, day, heads and the previous signature."""
    text = json.dumps([org_id, day, heads, previous], sort_keys=True, separators=(",", ":"))
    return hmac.new(secret_key(), text.encode(), hashlib.sha256).hexdigest()


def check(session: Session, org_id: int) -> list[str]:
    """What is wrong with the digests and the heads they hold; empty when nothing is."""
    wrong: list[str] = []
    previous, expected_day = "", None
    query = select(EventDigest).where(EventDigest.org_id == org_id).order_by(EventDigest.day)
    for digest in session.scalars(query):
        day = date.fromisoformat(digest.day)
        if expected_day is not None and day != expected_day:
            wrong.append(f"digest of {expected_day} is missing")
        signature = sign(org_id, digest.day, digest.heads, digest.prev_signature)
        if digest.prev_signature != previous or not hmac.compare_digest(
            signature, digest.signature
        ):
            wrong.append(f"digest of {digest.day} is not signed by this installation")
        found = heads_of_day(session, org_id, day)
        wrong.extend(
            f"{stream}: was at {head[0]} on {digest.day}, is at {found.get(stream, [0])[0]}"
            for stream, head in digest.heads.items()
            if found.get(stream) != head
        )
        previous, expected_day = digest.signature, day + timedelta(days=1)
    return wrong


def _newest(session: Session, org_id: int) -> EventDigest | None:
    query = select(EventDigest).where(EventDigest.org_id == org_id)
    return session.scalars(query.order_by(EventDigest.day.desc()).limit(1)).one_or_none()


def _first_day(session: Session, org_id: int) -> date | None:
    first = session.execute(
        select(func.min(Event.recorded_at)).where(Event.org_id == org_id)
    ).scalar_one_or_none()
    return first.astimezone(UTC).date() if first else None

"""The append-only log of facts: encoding, hash chain, append, read.

A stream is named by its kind and id (`order`, UUID). Sequence numbers start at 1 and have no
gaps; each event carries the SHA-256 of its predecessor's hash and of its own content.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_type_hints
from uuid import UUID

from sqlalchemy import Row, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from core.events import REGISTRY, Payload
from core.models import Event
from core.recorded import Recorded

GENESIS = b"\x00" * 32
CODE = re.compile(r"[A-Za-z0-9_.:/+#@ -]{0,80}")
PHONE = re.compile(r"\+\d[\d -]{5,}|0\d{2,3}[ -]?\d{7,8}|1[3-9]([ -]?\d){9}")
CODES_OF_OTHERS = ("number", "carrier_call", "centre", "crew")  # may look like anything


class PayloadNotAllowed(ValueError):
    """A payload holds something other than ids, codes, times and numbers."""


def encode(payload: Payload) -> dict[str, Any]:
    """The payload as JSON values. Raises `PayloadNotAllowed` naming the field."""
    return {
        field.name: _encode_value(payload, field.name)
        for field in fields(payload)  # type: ignore[arg-type]
    }


def _encode_value(payload: Payload, name: str) -> Any:
    value = getattr(payload, name)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise PayloadNotAllowed(f"{payload.TYPE}.{name}: a time without time zone")
        return value.isoformat()
    if isinstance(value, str) and _is_code(name, value):
        return value
    raise PayloadNotAllowed(
        f"{payload.TYPE}.{name}: only ids, codes, times and numbers go into events"
    )


def _is_code(name: str, value: str) -> bool:
    if not CODE.fullmatch(value):
        return False
    return name in CODES_OF_OTHERS or not PHONE.fullmatch(value)


@cache
def _decoders(type_: str) -> dict[str, type]:
    cls = REGISTRY[type_]
    hints = get_type_hints(cls)
    result: dict[str, type] = {}
    for field in fields(cls):  # type: ignore[arg-type]
        hint = hints[field.name]
        kinds = [kind for kind in get_args(hint) or (hint,) if kind is not type(None)]
        result[field.name] = kinds[0]
    return result


def decode(type_: str, values: dict[str, Any]) -> Payload:
    """The payload object of stored JSON values. An unknown type raises KeyError."""
    cls = REGISTRY[type_]
    decoded: dict[str, Any] = {}
    for name, kind in _decoders(type_).items():
        if name not in values:
            continue
        value = values[name]
        if value is not None and kind is UUID:
            value = UUID(value)
        elif value is not None and kind is datetime:
            value = datetime.fromisoformat(value)
        decoded[name] = value
    return cls(**decoded)


def chain_hash(prev_hash: bytes, row: dict[str, Any]) -> bytes:
    """SHA-256 over the previous hash and the canonical JSON of the event's content."""
    content = [
        row["org_id"],
        row["stream"],
        str(row["stream_id"]),
        row["seq"],
        str(row["id"]),
        row["type"],
        row["occurred_at"].timestamp(),
        row["recorded_at"].timestamp(),
        row["actor_kind"],
        str(row["actor_id"]) if row["actor_id"] else None,
        row["source"],
        row["payload"],
        row["correlation_id"],
    ]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(prev_hash + text.encode()).digest()


def append(session: Session, events: Sequence[Recorded]) -> list[int]:
    """Append events behind the heads of their streams; returns their sequence numbers.

    Two writers of one stream meet at the primary key: the second fails with IntegrityError.
    """
    if not events:
        return []
    heads = _heads(session, events)
    rows: list[dict[str, Any]] = []
    for event in events:
        key = (event.org_id, event.stream, event.stream_id)
        seq, prev_hash = heads.get(key, (0, GENESIS))
        row: dict[str, Any] = {
            "org_id": event.org_id,
            "stream": event.stream,
            "stream_id": event.stream_id,
            "seq": seq + 1,
            "id": event.id,
            "type": event.type,
            "occurred_at": event.occurred_at,
            "recorded_at": event.recorded_at,
            "actor_kind": event.actor_kind,
            "actor_id": event.actor_id,
            "source": event.source,
            "payload": encode(event.payload),
            "correlation_id": event.correlation_id,
            "prev_hash": prev_hash,
        }
        row["hash"] = chain_hash(prev_hash, row)
        heads[key] = (seq + 1, row["hash"])
        rows.append(row)
    session.execute(insert(Event), rows)
    return [row["seq"] for row in rows]


def _heads(
    session: Session, events: Iterable[Recorded]
) -> dict[tuple[int, str, UUID], tuple[int, bytes]]:
    wanted: dict[tuple[int, str], set[UUID]] = {}
    for event in events:
        wanted.setdefault((event.org_id, event.stream), set()).add(event.stream_id)
    found: dict[tuple[int, str, UUID], tuple[int, bytes]] = {}
    # One list of ids per kind: PostgreSQL plans row-wise IN lists of thousands badly.
    for (org_id, stream), ids in wanted.items():
        query = (
            select(Event.stream_id, Event.seq, Event.hash)
            .ext(distinct_on(Event.stream_id))
            .where(
                Event.org_id == org_id,
                Event.stream == stream,
                Event.stream_id.in_(ids),
            )
            .order_by(Event.stream_id, Event.seq.desc())
        )
        for stream_id, seq, hash_ in session.execute(query):
            found[org_id, stream, stream_id] = (seq, hash_)
    return found


def recorded(row: Event | Row[Any]) -> Recorded:
    """The `Recorded` of a stored row."""
    return Recorded(
        org_id=row.org_id,
        id=row.id,
        stream=row.stream,
        stream_id=row.stream_id,
        payload=decode(row.type, row.payload),
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        source=row.source,
        correlation_id=row.correlation_id,
        seq=row.seq,
    )


def read_stream(session: Session, org_id: int, stream: str, stream_id: UUID) -> list[Recorded]:
    """All events of one stream, in order."""
    query = (
        select(Event)
        .where(Event.org_id == org_id, Event.stream == stream, Event.stream_id == stream_id)
        .order_by(Event.seq)
    )
    return [recorded(row) for row in session.scalars(query)]


def read_streams(
    session: Session, org_id: int, streams: Sequence[str]
) -> Iterator[tuple[str, UUID, list[Row[Any]]]]:
    """Every stream of the given kinds, one at a time, without loading the whole log.

    Rows carry the columns of `Event`, but are not objects of the session.
    """
    query = (
        select(*Event.__table__.columns)
        .where(Event.org_id == org_id, Event.stream.in_(streams))
        .order_by(Event.stream, Event.stream_id, Event.seq)
        .execution_options(yield_per=2000)
    )
    current: list[Row[Any]] = []
    for row in session.execute(query):
        if current and (row.stream, row.stream_id) != (current[0].stream, current[0].stream_id):
            yield current[0].stream, current[0].stream_id, current
            current = []
        current.append(row)
    if current:
        yield current[0].stream, current[0].stream_id, current

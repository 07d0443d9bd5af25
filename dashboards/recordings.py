"""Recordings of a call as people see them, and who has listened."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import User
from dashboards.values import iso, text
from telephony.recordings.models import Recording, RecordingAccess
from telephony.recordings.policy import policy


def of_call(session: Session, org_id: int, call_id: UUID, *, conversations: bool) -> dict[str, Any]:
    """All recordings of a call, the first one first. `conversations`: may the reader hear them."""
    query = select(Recording).where(Recording.org_id == org_id, Recording.call_id == call_id)
    found = session.scalars(query.order_by(Recording.begun_at, Recording.id)).all()
    heard = _heard(session, org_id, [one.id for one in found])
    names = _names(session, org_id, found)
    return {
        "recordings": [_row(one, heard[one.id], names, conversations) for one in found],
        "reasons": reasons(),
    }


def reasons() -> list[dict[str, str]]:
    """Why one may listen."""
    return [{"code": one.code, "zh": one.zh, "en": one.en} for one in policy().reason]


def one(
    session: Session, org_id: int, recording_id: UUID, *, conversations: bool
) -> dict[str, Any]:
    """One recording."""
    row = session.get_one(Recording, (org_id, recording_id))
    heard = _heard(session, org_id, [row.id])[row.id]
    return _row(row, heard, _names(session, org_id, [row]), conversations)


def _row(
    row: Recording,
    heard: list[dict[str, Any]],
    names: dict[UUID, str],
    conversations: bool,  # noqa: FBT001 - a column of the row
) -> dict[str, Any]:
    until = row.begun_at + timedelta(days=policy().days[row.kind])  # type: ignore[index]
    ends = row.state == "ready" and row.kept_at is None
    return {
        "id": str(row.id),
        "call_id": str(row.call_id),
        "kind": row.kind,
        "basis": row.basis,
        "state": row.state,
        "code": row.code,
        "begun_at": iso(row.begun_at),
        "seconds": row.seconds,
        "may_listen": row.state == "ready" and (conversations or row.kind == "message"),
        "until": iso(until) if ends else None,
        "kept_by": names.get(row.kept_by) if row.kept_by else None,
        "kept_why": row.kept_why,
        "gone_why": row.gone_why,
        "gone_by": names.get(row.gone_by) if row.gone_by else None,
        "gone_words": row.gone_words,
        "gone_at": iso(row.gone_at),
        "accesses": heard,
    }


def _names(session: Session, org_id: int, rows: Iterable[Recording]) -> dict[UUID, str]:
    """Who keeps them or had them erased."""
    wanted = [id_ for row in rows for id_ in (row.kept_by, row.gone_by) if id_ is not None]
    query = select(User.id, User.name).where(User.org_id == org_id, User.id.in_(wanted))
    return {found.id: found.name for found in session.execute(query)}


def _heard(session: Session, org_id: int, ids: list[UUID]) -> defaultdict[UUID, list[Any]]:
    known: defaultdict[UUID, list[Any]] = defaultdict(list)
    query = _accesses(org_id).where(RecordingAccess.recording_id.in_(ids))
    for access, name in session.execute(query):
        known[access.recording_id].append(_access(access, name))
    return known


def _accesses(org_id: int) -> Any:
    return (
        select(RecordingAccess, User.name)
        .join(User, (User.org_id == RecordingAccess.org_id) & (User.id == RecordingAccess.user_id))
        .where(RecordingAccess.org_id == org_id)
        .order_by(RecordingAccess.at.desc(), RecordingAccess.id.desc())
    )


def _access(access: RecordingAccess, name: str) -> dict[str, Any]:
    return {
        "id": str(access.id),
        "recording_id": str(access.recording_id),
        "user_id": str(access.user_id),
        "name": name,
        "at": iso(access.at),
        "reason": access.reason,
    }


def accesses(session: Session, org_id: int, limit: int) -> list[dict[str, Any]]:
    """Who has listened to what, the newest first."""
    query = (
        _accesses(org_id)
        .join(
            Recording,
            (Recording.org_id == RecordingAccess.org_id)
            & (Recording.id == RecordingAccess.recording_id),
        )
        .add_columns(Recording.call_id, Recording.kind)
        .limit(limit)
    )
    words = {one.code: {"reason_zh": one.zh, "reason_en": one.en} for one in policy().reason}
    return [
        {
            **_access(access, name),
            "call_id": text(call_id),
            "kind": kind,
            **words.get(access.reason, {"reason_zh": access.reason, "reason_en": access.reason}),
        }
        for access, name, call_id, kind in session.execute(query)
    ]

"""The same `Idempotency-Key` gets the same answer, and its work is done once.

The key is claimed by an insert in the use case's own transaction: a second request with the same
key waits for the first to commit and then reads its answer.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from core.errors import IdempotencyKeyMissing, IdempotencyKeyReused
from core.models import Idempotency
from core.uow import UnitOfWork

_KEY = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: HTTP status and JSON body."""

    status: int
    body: dict[str, Any] | None


def check_key(key: str | None) -> str:
    """The key, or IdempotencyKeyMissing where there is none or it has odd characters."""
    if key is None or not _KEY.fullmatch(key):
        raise IdempotencyKeyMissing
    return key


def request_hash(method: str, path: str, body: Any) -> str:
    """What makes two requests the same: method, path and body."""
    text = json.dumps([method, path, body], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def claim(uow: UnitOfWork, user_id: UUID, key: str, digest: str) -> Answer | None:
    """None where the work is ours to do; the earlier answer where it is done."""
    statement = (
        insert(Idempotency)
        .values(
            org_id=uow.org_id,
            user_id=user_id,
            key=key,
            request_hash=digest,
            status=0,
            created_at=uow.now,
        )
        .on_conflict_do_nothing()
        .returning(Idempotency.key)
    )
    if uow.session.execute(statement).first():
        return None
    row = uow.session.get_one(Idempotency, (uow.org_id, user_id, key))
    if row.request_hash != digest:
        raise IdempotencyKeyReused
    return Answer(row.status, row.response)


def keep(uow: UnitOfWork, user_id: UUID, key: str, answer: Answer) -> None:
    """Store the answer beside the work it answers."""
    uow.session.execute(
        update(Idempotency)
        .where(
            Idempotency.org_id == uow.org_id,
            Idempotency.user_id == user_id,
            Idempotency.key == key,
        )
        .values(status=answer.status, response=answer.body)
    )

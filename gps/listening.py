"""That somebody takes positions, said by who does: nobody is silent to deaf ears.

Said every few seconds and written where positions are written, so that it also tells that they can
be. Any number of gateways may say so.
"""

from datetime import datetime, timedelta

from sqlalchemy import case, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import session_factory
from gps.models import Listening

EVERYBODY = 0
"""Gateways are of no organisation."""

HOLDS = timedelta(seconds=20)
"""Real time after which one that says nothing more counts as gone; it says so every five."""

GONE_MATTERS = timedelta(hours=6)
"""Business time for which it matters when one went: the longest that a device may be quiet."""


def say(gateway: str, kind: str, now: datetime, real: datetime) -> None:
    """`gateway` takes positions of devices of this kind. Where it could not say so for a while, it
    begins anew.
    """
    new = insert(Listening).values(
        org_id=EVERYBODY, gateway=gateway, kind=kind, since=now, seen_at=now, said_at=real
    )
    unbroken = (Listening.said_at > real - HOLDS) & Listening.ended_at.is_(None)
    statement = new.on_conflict_do_update(
        index_elements=["org_id", "gateway"],
        set_={
            "since": case((unbroken, Listening.since), else_=now),
            "seen_at": now,
            "said_at": real,
            "ended_at": None,
        },
    )
    with session_factory()() as session:
        session.execute(statement)
        session.commit()


def over(gateway: str, now: datetime) -> None:
    """`gateway` takes no more."""
    mine = (Listening.org_id == EVERYBODY, Listening.gateway == gateway)
    with session_factory()() as session:
        session.execute(update(Listening).where(*mine).values(ended_at=now, seen_at=now))
        session.commit()


def unbroken_since(session: Session, now: datetime, real: datetime) -> dict[str, datetime | None]:
    """Since when positions of each kind have been taken without a break; None: they are not.

    Where one of several has gone its devices have to find another: that begins it anew for all.
    """
    query = select(Listening).where(
        Listening.org_id == EVERYBODY, Listening.seen_at > now - GONE_MATTERS
    )
    since: dict[str, datetime | None] = {"terminal": None, "phone": None}
    gone: dict[str, datetime] = {}
    for one in session.scalars(query):
        if one.ended_at is not None or one.said_at <= real - HOLDS:
            gone[one.kind] = max(one.seen_at, gone.get(one.kind, one.seen_at))
        else:
            since[one.kind] = min(one.since, since[one.kind] or one.since)
    return {
        kind: max(at, gone.get(kind, at)) if at is not None else None for kind, at in since.items()
    }

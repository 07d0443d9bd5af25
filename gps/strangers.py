"""Who knocked in vain: a bounded list of identities, and their positions in quarantine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import read_session
from core.identity import system_actor
from core.logging import logger
from core.uow import UnitOfWork, unit_of_work
from gps.fix import Fix
from gps.models import Device, QuarantineFix, Stranger

log = logger(__name__)

NOBODY = 0
"""Organisation number of strangers."""

MOST = 1000
"""Strangers in the list; ignored ones go last, before them those whose positions are kept: these
were acknowledged. Else those that were seen longest ago go first."""

MOST_FIXES, MOST_FIXES_IN_ALL = 2000, 100_000
"""Positions kept of one stranger, and of all. Beyond them a stranger keeps its own."""

RELEASE = 2000
"""Positions that are handed over at once."""


@dataclass(slots=True)
class Knocks:
    """Tries of one identity since they were last written down."""

    at: datetime
    tries: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    address: str | None = None
    auth_code: str | None = None


def note(knocks: Mapping[tuple[str, str], Knocks]) -> None:
    """Write down who knocked, by protocol and identity."""
    if not knocks:
        return
    rows = [
        {
            "org_id": NOBODY,
            "protocol": protocol,
            "identity": identity,
            "first_seen_at": one.at,
            "last_seen_at": one.at,
            "tries": one.tries,
            "told": one.told,
            "address": one.address,
            "auth_code": one.auth_code,
        }
        for (protocol, identity), one in sorted(knocks.items())
    ]
    with unit_of_work(system_actor(NOBODY, "gps")) as uow:
        told = insert(Stranger).values(rows)
        new = told.excluded
        uow.session.execute(
            told.on_conflict_do_update(
                index_elements=["org_id", "protocol", "identity"],
                set_={
                    "last_seen_at": new.last_seen_at,
                    "tries": Stranger.tries + new.tries,
                    "told": Stranger.told.op("||")(new.told),
                    "address": func.coalesce(new.address, Stranger.address),
                    "auth_code": func.coalesce(Stranger.auth_code, new.auth_code),
                },
            )
        )
        _forget_oldest(uow.session)


def _forget_oldest(session: Session) -> None:
    mine = Stranger.org_id == NOBODY
    waiting = exists().where(
        QuarantineFix.protocol == Stranger.protocol, QuarantineFix.identity == Stranger.identity
    )
    beyond = (
        select(Stranger.protocol, Stranger.identity)
        .where(mine)
        .order_by(Stranger.ignored_at.is_(None), ~waiting, Stranger.last_seen_at.desc())
        .offset(MOST)
    )
    rows = session.execute(beyond).all()
    if not rows:
        return
    log.warning("strangers_forgotten", count=len(rows))
    gone = [(protocol, identity) for protocol, identity in rows]
    session.execute(
        delete(Stranger).where(mine, tuple_(Stranger.protocol, Stranger.identity).in_(gone))
    )
    columns = tuple_(QuarantineFix.protocol, QuarantineFix.identity)
    session.execute(delete(QuarantineFix).where(columns.in_(gone)))


def one(session: Session, protocol: str, identity: str) -> Stranger | None:
    """What is known of a stranger."""
    return session.get(Stranger, (NOBODY, protocol, identity))


def is_ignored(protocol: str, identity: str) -> bool:
    """Whether an administrator wants no more of it."""
    with read_session() as session:
        known = one(session, protocol, identity)
        return known is not None and known.ignored_at is not None


def ignore(uow: UnitOfWork, protocol: str, identity: str, *, ignored: bool) -> bool:
    """Refuse it for good, or undo that. False where it never knocked. Its positions go."""
    changed = uow.session.execute(
        update(Stranger)
        .where(
            Stranger.org_id == NOBODY,
            Stranger.protocol == protocol,
            Stranger.identity == identity,
        )
        .values(
            ignored_at=uow.now if ignored else None,
            ignored_by=uow.actor.user_id if ignored else None,
        )
        .returning(Stranger.identity)
    ).first()
    if changed and ignored:
        _forget_fixes(uow.session, protocol, identity)
    return changed is not None


def become(session: Session, device: Device) -> None:
    """Somebody has made this identity known: what it told and was given goes with it."""
    known = one(session, device.protocol, device.identity)
    if known is None:
        return
    device.told = dict(known.told)
    device.address = known.address
    device.auth_code = known.auth_code
    device.last_seen_at = device.last_seen_at or known.last_seen_at
    session.delete(known)


def keep(protocol: str, identity: str, fixes: Sequence[Fix]) -> bool:
    """Keep positions of a stranger; False where there is no room, or nobody wants them.

    One that has just been made known is still welcome: what is kept is handed over soon. Those
    without a time are not kept: they would be dropped anyway.
    """
    dated = {fix.at: fix for fix in fixes if fix.fix_at is not None}
    if not dated:
        return True
    with unit_of_work(system_actor(NOBODY, "gps")) as uow:
        if not _wanted(uow.session, protocol, identity):
            return False
        if not _room(uow.session, protocol, identity):
            return False
        rows = [
            {
                "org_id": NOBODY,
                "protocol": protocol,
                "identity": identity,
                "fix_at": at,
                "received_at": fix.received_at,
                "values": _values(fix),
            }
            for at, fix in sorted(dated.items())
        ]
        uow.session.execute(insert(QuarantineFix).values(rows).on_conflict_do_nothing())
        uow.session.execute(
            update(Stranger)
            .where(
                Stranger.org_id == NOBODY,
                Stranger.protocol == protocol,
                Stranger.identity == identity,
            )
            .values(last_seen_at=func.greatest(Stranger.last_seen_at, uow.now))
        )
    return True


def _wanted(session: Session, protocol: str, identity: str) -> bool:
    known = one(session, protocol, identity)
    if known is not None:
        return known.ignored_at is None
    mine = (Device.protocol == protocol, Device.identity == identity, Device.active)
    return session.execute(select(Device.id).where(*mine)).first() is not None


def _room(session: Session, protocol: str, identity: str) -> bool:
    """Whether less is kept than may be, of this one and of all."""
    kept = select(func.count()).select_from(QuarantineFix)
    own = kept.where(QuarantineFix.protocol == protocol, QuarantineFix.identity == identity)
    return (
        session.execute(own).scalar_one() < MOST_FIXES
        and session.execute(kept).scalar_one() < MOST_FIXES_IN_ALL
    )


def _values(fix: Fix) -> dict[str, Any]:
    values = asdict(fix)
    for name in ("device_id", "fix_at", "received_at", "sent_at"):
        del values[name]
    return values


def of_known() -> list[tuple[Device, Fix]]:
    """Positions in quarantine whose sender is known by now, oldest first; at most 2,000."""
    query = (
        select(Device, QuarantineFix)
        .join(
            QuarantineFix,
            (QuarantineFix.protocol == Device.protocol)
            & (QuarantineFix.identity == Device.identity),
        )
        .where(Device.active)
        .order_by(QuarantineFix.protocol, QuarantineFix.identity, QuarantineFix.fix_at)
        .limit(RELEASE)
    )
    with read_session() as session:
        return [
            (device, Fix(device.id, kept.fix_at, kept.received_at, **kept.values))
            for device, kept in session.execute(query)
        ]


def forget(released: Iterable[tuple[str, str, datetime]]) -> None:
    """These positions (protocol, identity, time as it was kept) are stored where they belong."""
    columns = tuple_(QuarantineFix.protocol, QuarantineFix.identity, QuarantineFix.fix_at)
    with unit_of_work(system_actor(NOBODY, "gps")) as uow:
        uow.session.execute(delete(QuarantineFix).where(columns.in_(list(released))))


def _forget_fixes(session: Session, protocol: str, identity: str) -> None:
    session.execute(
        delete(QuarantineFix).where(
            QuarantineFix.protocol == protocol, QuarantineFix.identity == identity
        )
    )


def waiting(session: Session) -> dict[tuple[str, str], tuple[int, datetime, float, float]]:
    """Of each stranger with positions in quarantine: how many; time and place of the last."""
    query = text(
        "SELECT DISTINCT ON (protocol, identity) protocol, identity,"
        " count(*) OVER (PARTITION BY protocol, identity), fix_at,"
        " (values->>'lat')::float8, (values->>'lon')::float8"
        " FROM quarantine_fix ORDER BY protocol, identity, fix_at DESC"
    )
    return {
        (protocol, identity): (count, at, lat, lon)
        for protocol, identity, count, at, lat, lon in session.execute(query)
    }

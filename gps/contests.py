"""Contested identities as rows: reported once while they last, closed by an administrator."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import or_, select

from core.errors import Conflict, NotFound
from core.events import DeviceContestClosed, DeviceContested
from core.identity import system_actor
from core.ids import new_id
from core.uow import UnitOfWork, unit_of_work
from gps.contest import WINDOW, Takeover, fought_over
from gps.models import Device, DeviceContest

QUIET = timedelta(days=1)
"""So long the same is only counted after an administrator has dismissed it."""

MOST_ADDRESSES = 10
MOST_TAKEOVERS = 20


class Sighting(NamedTuple):
    """Something that speaks against a device's identity. `claim`: what the other one said."""

    org_id: int
    device_id: UUID
    kind: str
    times: int = 1
    claim: Mapping[str, Any] = {}
    addresses: tuple[str, ...] = ()


class AlreadyRuled(Conflict):
    """Another administrator has closed it."""

    code = "contest_already_ruled"
    zh = "此设备号争用已有人处理。"
    en = "Somebody has ruled on this contested identity already."


def report(uow: UnitOfWork, seen: Sighting) -> None:
    """Note a sighting; the first of its kind while none is open is a fact."""
    # Whoever reports about one device waits here: two gateways see the same quarrel.
    device = uow.session.get(Device, (uow.org_id, seen.device_id), with_for_update=True)
    if device is None:
        return
    row = _open_or_quiet(uow, seen)
    if row is None:
        row = DeviceContest(
            org_id=uow.org_id,
            id=new_id(),
            device_id=seen.device_id,
            kind=seen.kind,
            first_at=uow.now,
            last_at=uow.now,
            times=0,
            claim=dict(seen.claim),
            addresses=[],
        )
        uow.session.add(row)
        fact = DeviceContested(contest_id=row.id, kind=seen.kind)
        uow.emit(seen.device_id, fact, source="gps")
    row.times += seen.times
    row.last_at = uow.now
    row.claim = dict(seen.claim) or row.claim
    known = [*row.addresses, *(one for one in seen.addresses if one not in row.addresses)]
    row.addresses = known[-MOST_ADDRESSES:]
    uow.session.flush()


def _open_or_quiet(uow: UnitOfWork, seen: Sighting) -> DeviceContest | None:
    """The open row of this kind, or one that was dismissed lately for the same."""
    rows = uow.session.scalars(
        select(DeviceContest)
        .where(
            DeviceContest.org_id == uow.org_id,
            DeviceContest.device_id == seen.device_id,
            DeviceContest.kind == seen.kind,
            or_(
                DeviceContest.closed_at.is_(None),
                (DeviceContest.ruling == "dismissed") & (DeviceContest.closed_at > uow.now - QUIET),
            ),
        )
        .order_by(DeviceContest.closed_at.desc().nulls_first())
    )
    return next(
        (row for row in rows if row.closed_at is None or row.claim == dict(seen.claim)), None
    )


def report_all(org_id: int, sightings: Iterable[Sighting]) -> None:
    """Note sightings of one organisation, in one transaction."""
    with unit_of_work(system_actor(org_id, "gps")) as uow:
        for seen in sorted(sightings, key=lambda seen: (seen.device_id, seen.kind)):
            report(uow, seen)


def taken_over(org_id: int, device_id: UUID, takeover: Takeover) -> None:
    """Remember a takeover of a living connection; enough of them are reported."""
    with unit_of_work(system_actor(org_id, "gps")) as uow:
        device = uow.session.get(Device, (org_id, device_id), with_for_update=True)
        if device is None:
            return
        recent = [one for one in map(_from_json, device.takeovers) if _recent(one, uow.now)]
        recent = [*recent, takeover][-MOST_TAKEOVERS:]
        device.takeovers = [_to_json(one) for one in recent]
        if fought_over(recent, uow.now):
            addresses = tuple(
                dict.fromkeys(name for one in recent for name in (one.older, one.newer))
            )
            report(uow, Sighting(org_id, device_id, "takeover", addresses=addresses))


def rule(uow: UnitOfWork, contest_id: UUID, ruling: str) -> UUID:
    """Close it; the id of its device. `replaced`: the other hardware is the device from now on.

    Its old hardware is let go then and its code is worthless; the new one registers for itself.
    """
    row = uow.session.get(DeviceContest, (uow.org_id, contest_id), with_for_update=True)
    if row is None:
        raise NotFound(what="contest", id=contest_id)
    if row.closed_at is not None:
        raise AlreadyRuled
    device = uow.session.get(Device, (uow.org_id, row.device_id), with_for_update=True)
    assert device is not None
    if ruling == "replaced":
        device.told = dict(row.claim)
        device.auth_code = device.gateway = None
    device.takeovers = []
    row.closed_at, row.closed_by, row.ruling = uow.now, uow.actor.user_id, ruling
    fact = DeviceContestClosed(contest_id=row.id, kind=row.kind, ruling=ruling)
    uow.emit(device.id, fact, source="dispatcher")
    uow.session.flush()
    return device.id


def _recent(one: Takeover, now: datetime) -> bool:
    return now - one.at <= WINDOW


def _to_json(one: Takeover) -> list[object]:
    return [one.at.isoformat(), one.alive, one.spoke, one.older, one.newer]


def _from_json(values: list[Any]) -> Takeover:
    at, alive, spoke, older, newer = values
    return Takeover(datetime.fromisoformat(at), bool(alive), bool(spoke), str(older), str(newer))

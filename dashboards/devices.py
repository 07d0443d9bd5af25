"""Devices that send positions: why a position does not show, and strangers that knocked."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import now
from core.errors import NotFound
from core.settings import settings
from dashboards.organisation import device_row
from dashboards.sources import Counting, counting
from dashboards.values import iso, text
from gps.models import Device, DeviceContest, DroppedFix, FixRow, Stranger, VehiclePosition
from gps.quirks import zone_for, zone_of
from gps.strangers import NOBODY, waiting
from gps.words import BESIDE, CONTESTS, REASONS, Word

MOST_FIXES = 1000
MOST_CONTESTS = 100


def fixes_of(
    session: Session, org_id: int, device_id: UUID, since: datetime, until: datetime
) -> dict[str, Any]:
    """What a device sent between two fix times, newest first, and what became of each.

    `counts`: stored fixes of that time by rule; `dropped`: of the UTC days of receipt that it
    touches, as what is not stored is counted by day. Raises NotFound.
    """
    device = session.get(Device, (org_id, device_id))
    if device is None:
        raise NotFound(what="device", id=device_id)
    mine = (
        FixRow.org_id == org_id,
        FixRow.device_id == device_id,
        FixRow.fix_at >= since,
        FixRow.fix_at < until,
    )
    by_rule = select(FixRow.flags, func.count()).where(*mine).group_by(FixRow.flags)
    counts = session.execute(by_rule.order_by(FixRow.flags))
    newest = select(FixRow).where(*mine).order_by(FixRow.fix_at.desc()).limit(MOST_FIXES)
    fixes = list(session.scalars(newest))
    vehicles = {one.vehicle_id for one in fixes if one.flags == "beside" and one.vehicle_id}
    sources = counting(session, org_id, vehicles, since)
    dropped = session.scalars(
        select(DroppedFix)
        .where(
            DroppedFix.org_id == org_id,
            DroppedFix.device_id == device_id,
            DroppedFix.day.between(since.date(), (until - timedelta(microseconds=1)).date()),
        )
        .order_by(DroppedFix.day.desc(), DroppedFix.reason)
    )
    return {
        "device": registry_rows(session, org_id, [device_id])[0],
        "counts": [{"reason": reason(code), "fixes": fixes} for code, fixes in counts],
        "dropped": [_dropped(one) for one in dropped],
        "fixes": [_fix(one, sources) for one in fixes],
        "position": _position(session, device),
    }


def _position(session: Session, device: Device) -> dict[str, Any] | None:
    """What its vehicle is shown by."""
    if device.vehicle_id is None:
        return None
    latest = session.get(VehiclePosition, (device.org_id, device.vehicle_id))
    if latest is None:
        return None
    return {
        "fix_at": iso(latest.fix_at),
        "device_id": str(latest.device_id),
        "quiet_at": iso(latest.quiet_at),
    }


def registry_rows(
    session: Session, org_id: int, ids: Iterable[UUID] | None = None
) -> list[dict[str, Any]]:
    """Devices as the registry knows them, by identity."""
    query = select(Device).where(Device.org_id == org_id).order_by(Device.identity)
    if ids is not None:
        query = query.where(Device.id.in_(list(ids)))
    counted = (
        select(DeviceContest.device_id, func.count())
        .where(DeviceContest.org_id == org_id, DeviceContest.closed_at.is_(None))
        .group_by(DeviceContest.device_id)
    )
    contests: dict[UUID, int] = {row[0]: row[1] for row in session.execute(counted)}
    return [_registry_row(one, contests.get(one.id, 0)) for one in session.scalars(query)]


def _registry_row(one: Device, contests: int) -> dict[str, Any]:
    return {
        **device_row(one),
        "time_zone": one.time_zone,
        "datum": one.datum,
        "model": one.model,
        "note": one.note,
        "told": one.told,
        "address": one.address,
        "gateway": one.gateway,
        "has_code": one.auth_code is not None,
        "capability": one.capability,
        "clock_off_min": one.clock_off_min,
        "suggested_time_zone": _suggested(one),
        "contests": contests,
    }


def _suggested(one: Device) -> str | None:
    if not one.clock_off_min:
        return None
    usual = ZoneInfo(settings().jt808_timezone if one.protocol == "jt808" else "UTC")
    return zone_for(one.clock_off_min, now(), zone_of(one.time_zone, usual))


def contest_rows(session: Session, org_id: int) -> list[dict[str, Any]]:
    """Contested identities: the open ones, then those that were ruled on lately."""
    query = (
        select(DeviceContest, Device)
        .join(
            Device, (Device.org_id == DeviceContest.org_id) & (Device.id == DeviceContest.device_id)
        )
        .where(DeviceContest.org_id == org_id)
        .order_by(DeviceContest.closed_at.desc().nulls_first(), DeviceContest.last_at.desc())
        .limit(MOST_CONTESTS)
    )
    return [_contest(row, device) for row, device in session.execute(query)]


def _contest(row: DeviceContest, device: Device) -> dict[str, Any]:
    word = CONTESTS[row.kind]
    return {
        "id": str(row.id),
        "device_id": str(device.id),
        "identity": device.identity,
        "kind": {"code": row.kind, "name_zh": word.zh, "name_en": word.en},
        "first_at": iso(row.first_at),
        "last_at": iso(row.last_at),
        "times": row.times,
        "claim": row.claim,
        "told": device.told,
        "addresses": row.addresses,
        "closed_at": iso(row.closed_at),
        "ruling": row.ruling,
    }


def _waiting(kept: tuple[int, datetime, float, float] | None) -> dict[str, Any]:
    count, at, lat, lon = kept or (0, None, None, None)
    return {"waiting": count, "last_fix_at": iso(at), "last_lat": lat, "last_lon": lon}


def strangers(session: Session) -> list[dict[str, Any]]:
    """Identities that knocked and belong to nobody, newest first."""
    query = select(Stranger).where(Stranger.org_id == NOBODY)
    kept = waiting(session)
    return [
        {
            "protocol": one.protocol,
            "identity": one.identity,
            "first_seen_at": iso(one.first_seen_at),
            "last_seen_at": iso(one.last_seen_at),
            "tries": one.tries,
            "told": one.told,
            "address": one.address,
            "ignored_at": iso(one.ignored_at),
            **_waiting(kept.get((one.protocol, one.identity))),
        }
        for one in session.scalars(query.order_by(Stranger.last_seen_at.desc()))
    ]


def reason(code: str, word: Word | None = None) -> dict[str, str]:
    """A rule's name and what it says; `word`: more exactly."""
    word = word or REASONS[code]
    return {"code": code, "name_zh": word.zh, "name_en": word.en}


def _dropped(one: DroppedFix) -> dict[str, Any]:
    return {
        "day": one.day.isoformat(),
        "reason": reason(one.reason),
        "fixes": one.fixes,
        "last_received_at": iso(one.last_received_at),
        "last_fix_at": iso(one.last_fix_at),
        "last_lat": one.last_lat,
        "last_lon": one.last_lon,
    }


def _fix(one: FixRow, sources: Counting) -> dict[str, Any]:
    beside = one.flags == "beside"
    instead = sources.at(one.vehicle_id, one.fix_at) if beside else None
    word = BESIDE.get(sources.kinds.get(instead, "")) if instead else None
    return {
        "fix_at": iso(one.fix_at),
        "sent_at": iso(one.sent_at),
        "received_at": iso(one.received_at),
        "lat": one.lat,
        "lon": one.lon,
        "speed_kmh": one.speed_kmh,
        "course_deg": one.course_deg,
        "ignition": one.ignition,
        "accuracy_m": one.accuracy_m,
        "shown": one.flags == "ok",
        "reason": reason(one.flags, word),
        "instead": text(instead),
    }

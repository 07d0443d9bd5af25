"""Silence in the pipeline: every position says until when it holds, and ends a silence."""

from collections.abc import Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from core.events import VehicleHeard
from gps.fix import Fix
from gps.repository import Latest
from gps.rhythm import Rhythm

SPOKE = frozenset({"ok", "static", "late", "beside"})
"""Verdicts on positions of a device that sends and knows where it is."""


def heard_by(
    spoke: Iterable[tuple[UUID, Fix]],
    rhythms: Mapping[UUID, dict[UUID, Rhythm]],
    before: Mapping[UUID, Latest],
    latest: MutableMapping[UUID, Latest],
    heard: list[tuple[UUID, VehicleHeard]],
    now: datetime,
) -> None:
    """Take the positions of a batch into the rhythms of their devices, by vehicle.

    `before`: as the vehicles stood; `latest` is given what they are to remember, `heard` the facts.
    """
    for vehicle, fix in spoke:
        known = rhythms[vehicle]
        one = known.get(fix.device_id)
        if one is None:
            one = known[fix.device_id] = Rhythm()
        sent = fix.sent_at
        one.hear(
            fix.received_at.timestamp(),
            fix.at.timestamp(),
            fix.speed_kmh,
            ignition=fix.ignition,
            sent=None if sent is None else sent.timestamp(),
        )
    for vehicle, known in rhythms.items():
        if vehicle in latest:
            latest[vehicle] = _settled(vehicle, latest[vehicle], known, before, heard, now)


def rhythms_of(latest: Latest | None) -> dict[UUID, Rhythm]:
    """What is remembered of the devices that send for a vehicle."""
    return read_rhythms(latest.rhythm) if latest is not None else {}


_id = lru_cache(maxsize=50_000)(UUID)
_text = lru_cache(maxsize=50_000)(str)


def read_rhythms(values: Mapping[str, Any]) -> dict[UUID, Rhythm]:
    return {_id(device): Rhythm.from_json(one) for device, one in values.items()}


def write_rhythms(known: Mapping[UUID, Rhythm]) -> dict[str, Any]:
    return {_text(device): one.to_json() for device, one in known.items()}


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _settled(
    vehicle: UUID,
    latest: Latest,
    known: Mapping[UUID, Rhythm],
    before: Mapping[UUID, Latest],
    heard: list[tuple[UUID, VehicleHeard]],
    now: datetime,
) -> Latest:
    was = before.get(vehicle, latest)
    if was.silent_on_duty is None and was.silent_since is None and [*known] == [latest.device_id]:
        (one,) = known.values()  # as nearly always: its only device, and it was not silent
        quiet_at = moment(one.quiet_at)
        return latest._replace(rhythm=write_rhythms(known), quiet_at=quiet_at, due_at=quiet_at)
    source = known.get(latest.device_id)
    quiet_at = moment(source.quiet_at) if source else (was.quiet_at or now)
    fresh = quiet_at > now
    back = [device for device, one in known.items() if _is_back(one, now)]
    if was.silent_since is not None and fresh and not back:
        back = [latest.device_id]  # another one than those that fell silent
    for device in back:
        one = known[device]
        since = one.silent_since or (was.silent_since or now).timestamp()
        silent_s = max(0, round(one.seen - since))
        heard.append((vehicle, VehicleHeard(device_id=device, silent_s=silent_s, known=fresh)))
        one.silent_since = 0.0
    some_silent = any(one.silent_since for one in known.values())
    return latest._replace(
        rhythm=write_rhythms(known),
        quiet_at=quiet_at,
        due_at=next_look(known, was.due_at),
        silent_since=None if fresh else was.silent_since,
        silent_on_duty=was.silent_on_duty if some_silent else None,
    )


def _is_back(one: Rhythm, now: datetime) -> bool:
    return bool(one.silent_since) and one.quiet_at > now.timestamp()


def next_look(known: Mapping[UUID, Rhythm], due: datetime | None) -> datetime | None:
    """When the sweep has to look: where a device may fall silent, or again at one that has."""
    looks = [moment(one.quiet_at) for one in known.values() if not one.silent_since]
    if due is not None and any(one.silent_since for one in known.values()):
        looks.append(due)
    return min(looks, default=None)

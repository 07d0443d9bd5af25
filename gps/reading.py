"""What a terminal's messages mean to the stages behind the session. Pure."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from core.coordinates import Datum, convert
from gps.fix import Fix
from gps.jt808 import uplink
from gps.protocols.seam import Position, Value
from gps.quirks import Quirks, put_right

NO_DEVICE = UUID(int=0)
"""Whose the positions in quarantine are."""

LONGEST_IDENTITY = 80

SOS = 1
"""Alarm bit of JT/T 808: somebody has pressed the alarm switch."""
YEARS = range(1971, 9999)
HIGHEST_M, FASTEST_KMH, WIDEST_M = 100_000, 10_000.0, 1e7
SERIALS = 1 << 31


def fix_of(
    device_id: UUID, location: uplink.Location, received: datetime, serial: int, datum: Datum
) -> Fix:
    """The position in WGS-84, whatever the terminal speaks."""
    lat, lon = location.lat, location.lon
    if datum != "wgs84" and (lat or lon):
        lat, lon = convert(lat, lon, given=datum, wanted="wgs84")
    return Fix(
        device_id=device_id,
        fix_at=location.fix_at,
        received_at=received,
        lat=lat,
        lon=lon,
        speed_kmh=location.speed_kmh,
        course_deg=location.course_deg,
        altitude_m=location.altitude_m,
        alarm_bits=location.alarm_bits,
        status_bits=location.status_bits,
        positioned=location.positioned,
        ignition=location.ignition,
        serial=serial,
    )


def told_at_registration(message: uplink.Register) -> dict[str, Any]:
    """What it says of itself: numbers of the area, maker, model, its maker's id, plate."""
    said = asdict(message)
    said["terminal_id"] = said.pop("device")
    return said


def told_at_login(message: uplink.Authenticate) -> dict[str, Any]:
    """IMEI and version of the software, where it tells them."""
    return {"imei": message.imei, "software": message.software}


def told_as_attributes(message: uplink.Attributes) -> dict[str, Any]:
    """SIM card and versions, and its hardware in one word."""
    return {
        "attributes": " ".join((message.maker, message.model, message.device)).strip(),
        "iccid": message.iccid,
        "hardware": message.hardware,
        "software": message.firmware,
    }


def fixes_of(
    device_id: UUID, positions: Sequence[Position], received: datetime, number: int, quirks: Quirks
) -> tuple[Fix, ...]:
    """Positions of one message of any protocol, which is the connection's message `number`."""
    return tuple(
        put_right(_fix_of(device_id, one, received, number % SERIALS), quirks, UTC)
        for one in positions
    )


def _fix_of(device_id: UUID, one: Position, received: datetime, serial: int) -> Fix:
    told = one.attributes
    ignition, accuracy = told.get("ignition"), _within(told.get("accuracy_m"), WIDEST_M)
    alarms = str(told.get("alarm", "")).split(",")
    return Fix(
        device_id=device_id,
        fix_at=one.time if one.time is not None and one.time.year in YEARS else None,
        received_at=received,
        lat=one.latitude,
        lon=one.longitude,
        speed_kmh=max(0.0, _within(one.speed_kmh, FASTEST_KMH) or 0.0),
        course_deg=round(_within(one.course, 1e6) or 0) % 360,
        altitude_m=round(_within(one.altitude_m, HIGHEST_M) or 0),
        alarm_bits=SOS if "sos" in alarms else 0,
        positioned=one.valid,
        ignition=ignition if isinstance(ignition, bool) else None,
        accuracy_m=accuracy if accuracy is not None and accuracy >= 0 else None,
        serial=serial,
    )


def _within(value: Value | None, most: float) -> float | None:
    """What no device can mean is as good as nothing."""
    if isinstance(value, bool | str) or value is None:
        return None
    return float(value) if math.isfinite(value) and abs(value) <= most else None


def is_live(positions: Sequence[Position]) -> bool:
    """Whether this was sent as it was seen, as far as the message tells."""
    told = positions[0].attributes if positions else {}
    return len(positions) == 1 and not (told.get("archived") or told.get("last_known"))

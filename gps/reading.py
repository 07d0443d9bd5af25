"""What a terminal's messages mean to the stages behind the session. Pure."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from core.coordinates import Datum, convert
from gps.fix import Fix
from gps.jt808 import uplink

NO_DEVICE = UUID(int=0)
"""Whose the positions in quarantine are."""


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

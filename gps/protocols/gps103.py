"""Coban / GPS103, which many devices sold as TK103 speak: text, ended by `;`. Pure."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from gps.protocols.reading import degrees, moment, nearest, number, pairs, plain, within
from gps.protocols.seam import (
    KNOT_KMH,
    Conversation,
    Delimited,
    Malformed,
    Message,
    Position,
    Value,
    Wire,
)

NAME = "gps103"
ENDS = (b";", b"\r", b"\n", b"*")
HANDSHAKE = 30
"""What names itself and is no longer than this is a handshake, whatever else it says."""

ALARMS = {
    "help me": "sos",
    "low battery": "low_battery",
    "move": "movement",
    "speed": "overspeed",
    "stockade": "geofence",
    "ac alarm": "power_cut",
    "door alarm": "door",
    "sensor alarm": "vibration",
    "accident alarm": "accident",
    "acc alarm": "ignition",
    "bonnet alarm": "bonnet",
    "footbrake alarm": "foot_brake",
    "gps antenna alarm": "antenna",
    "dtc": "fault",
    "oil": "fuel_leak",
    "oil1": "fuel_leak",
    "oil2": "fuel_leak",
    "t:": "temperature",
}
"""Word of a message → alarm."""
IGNITION = {"acc on": True, "acc off": False}
ORDINARY = ("tracker", "")
WITH_VALUE = re.compile(r"(oil|t:) *([-+]?\d+(?:\.\d+)?)", re.ASCII)
HEX = re.compile(r"[0-9a-fA-F]{1,8}")
CODE = re.compile(r"[BCPU][0-9A-F]{4}")
"""Of a fault of the vehicle, which `DTC` has instead of the fuel."""


def decode(frame: bytes, conversation: Conversation) -> Message:
    """One message without its end. Raises Malformed."""
    text = plain(frame).strip()
    for fits, read in MESSAGES:
        if fits(text):
            return read(text, conversation)
    raise Malformed("unknown message")


def _heartbeat(text: str, _conversation: Conversation) -> Message:
    return Message("heartbeat", text, answer=b"ON")


def _handshake(text: str, _conversation: Conversation) -> Message:
    return Message("login", _fields(text)[0], answer=b"LOAD")


def _fields(text: str) -> list[str]:
    """The device, the word, and what follows them; what stands before `imei:` is left out."""
    fields = [one.strip() for one in text.partition("imei:")[2].split(",")]
    if not re.fullmatch(r"[0-9A-Za-z]{1,20}", fields[0]):
        raise Malformed(f"imei: {fields[0][:20]!r}")
    return [*fields, ""] if len(fields) == 1 else fields


def _report(text: str, conversation: Conversation) -> Message:
    """`imei:<imei>,<word>,<local time>,<phone>,F,<utc>,<A|V>,<lat>,<N|S>,<lon>,<E|W>,…`."""
    fields = _fields(text)
    device, word = fields[0], fields[1].lower()
    attributes = _of_word(fields[1])
    answer = f"**,imei:{device},E;".encode() if word == "help me" else b""
    if word == "rfid" and len(fields) > 3 and fields[3]:
        attributes["driver"] = fields[3][:40]
    mark = fields[4] if len(fields) > 4 else ""
    if mark == "F" and (len(fields) < 9 or any(fields[7:11])):
        position = _fix(fields, attributes, conversation)
    elif word == "obd":
        return Message("obd", device, attributes=_engine(fields))
    elif len(fields) > 16 and mark != "L":
        position = _plain_fix(fields, attributes)
    else:
        return Message("status", device, answer=answer, attributes=attributes | _cell(fields))
    return Message("report", device, (position,), answer)


def _of_word(word: str) -> dict[str, Value]:
    """`oil 51.67` and `T:+11` carry a value; what is no alarm is an event."""
    low = word.lower()
    if found := WITH_VALUE.fullmatch(low):
        name = "fuel_percent" if found[1] == "oil" else "temperature_c"
        return {"alarm": ALARMS[found[1]], name: float(found[2])}
    if low in IGNITION:
        return {"ignition": IGNITION[low], "event": low}
    if low in ALARMS:
        return {"alarm": ALARMS[low]}
    return {} if low in ORDINARY else {"event": word}


def _fix(
    fields: Sequence[str], attributes: dict[str, Value], conversation: Conversation
) -> Position:
    """The hemispheres stand behind the angles or before them, or not at all (north, east)."""
    if len(fields) < 9:
        raise Malformed("wrong length")
    rest = list(fields[7:])
    latitude = degrees(*_angle(rest, "NS"), "latitude")
    longitude = degrees(*_angle(rest, "EW"), "longitude")
    speed, course, altitude, *tail = [*rest, "", "", ""]
    return Position(
        time=_time(fields[2], fields[5], conversation),
        valid=fields[6] == "A",
        latitude=latitude,
        longitude=longitude,
        altitude_m=number(altitude, "altitude") if altitude else None,
        speed_kmh=number(speed, "speed") * KNOT_KMH if speed else None,
        course=number(course, "course") if course else None,
        attributes=attributes | _state(tail),
    )


def _angle(rest: list[str], hemispheres: str) -> tuple[str, str]:
    """Takes the angle and its hemisphere from `rest`."""
    hemisphere = rest.pop(0) if rest and rest[0] and rest[0] in hemispheres else None
    angle = rest.pop(0) if rest else ""
    if hemisphere is None and rest and (not rest[0] or rest[0] in hemispheres):
        hemisphere = rest.pop(0)
    return angle, hemisphere or hemispheres[0]


def _state(tail: Sequence[str]) -> dict[str, Value]:
    """`<ignition>,<door>,<fuel%>,<fuel%>,<°C>`, each of which may be empty."""
    ignition, door, fuel, second, heat = [*tail, "", "", "", "", ""][:5]
    found: dict[str, Value] = {}
    if CODE.fullmatch(fuel):
        found["trouble_codes"] = fuel
    for name, text in (("ignition", ignition), ("door_open", door)):
        if text in ("0", "1"):
            found[name] = text == "1"
    values = (("fuel_percent", fuel), ("fuel_2_percent", second), ("temperature_c", heat))
    return found | _numbers(values)


def _numbers(values: Sequence[tuple[str, str]]) -> dict[str, Value]:
    """Those that are numbers; a percent sign may follow."""
    found: dict[str, Value] = {}
    for name, text in values:
        if re.fullmatch(r"[-+]?\d{1,12}(?:\.\d{1,12})?%?", text, re.ASCII):
            found[name] = float(text.removesuffix("%"))
    return found


def _plain_fix(fields: Sequence[str], attributes: dict[str, Value]) -> Position:
    """Another form: `…,hhmmss,ddmmyy,<rssi>,<0|1>,<°>,<°>,<km/h>,<course>,<m>,<hdop>,…`, UTC."""
    latitude, longitude = number(fields[9], "latitude"), number(fields[10], "longitude")
    within(latitude, longitude)
    hour, minute, second, *_ = [*pairs(fields[5], "utc"), 0, 0]
    day, month, year, *_ = [*pairs(fields[6], "date"), 0, 0]
    names = ("hdop", "satellites")
    more = _numbers((("rssi", fields[7]), *zip(names, fields[14:16], strict=False)))
    state = [*fields[16:18], "", ""]
    for name, text in (("ignition", state[0]), ("charging", state[1])):
        if text in ("0", "1"):
            more[name] = text == "1"
    return Position(
        time=moment([year, month, day, hour, minute, second]),
        valid=number(fields[8], "fix", 0) > 0,
        latitude=latitude,
        longitude=longitude,
        altitude_m=number(fields[13], "altitude") if fields[13] else None,
        speed_kmh=number(fields[11], "speed") if fields[11] else None,
        course=number(fields[12], "course") if fields[12] else None,
        attributes=attributes | more,
    )


def _engine(fields: Sequence[str]) -> dict[str, Value]:
    """`OBD,<local time>,<km>,<l/h>,<l/100 km>,<h>,<km/h>,<load %>,<°C>,<throttle %>,<rpm>,<V>,…`
    and trouble codes.
    """
    found = _numbers(tuple(zip(ENGINE, fields[3:], strict=False)))
    if isinstance(found.get("obd_odometer_m"), float):
        found["obd_odometer_m"] = float(found["obd_odometer_m"]) * 1000
    codes = [one for one in fields[13:] if one]
    return found | ({"trouble_codes": " ".join(codes)} if codes else {})


ENGINE = (
    "obd_odometer_m",
    "fuel_l_h",
    "fuel_l_100km",
    "engine_hours",
    "obd_speed_kmh",
    "engine_load_percent",
    "coolant_c",
    "throttle_percent",
    "rpm",
    "power_v",
)


def _cell(fields: Sequence[str]) -> dict[str, Value]:
    """`L,,,<lac>,,<cell>`: without a fix; the network is not told."""
    if len(fields) < 10 or fields[4] != "L":
        return {}
    area, cell = fields[7], fields[9]
    if not (HEX.fullmatch(area) and HEX.fullmatch(cell)):
        return {}
    return {"cell": f"0-0-{int(area, 16)}-{int(cell, 16)}"}


def _time(local: str, utc: str, conversation: Conversation) -> datetime:
    """The minutes of the local date and the seconds of UTC: what is between them is the zone.

    A device without one of them: local time to the minute, or UTC of the day that is nearest.
    """
    date = re.sub(r"[/ :]", "", local)
    clock = re.match(r"\d{6}", utc, re.ASCII)
    if not re.match(r"\d{10}", date, re.ASCII) or not date[:10].strip("0"):
        if not clock:
            raise Malformed(f"time: {local[:20]!r} is no time")
        return nearest(pairs(clock[0], "utc"), conversation.now())
    at = moment([*pairs(date[:10]), 0])
    return nearest(pairs(clock[0], "utc"), at) if clock else at


MESSAGES: tuple[tuple[Callable[[str], bool], Callable[[str, Conversation], Message]], ...] = (
    (lambda text: bool(re.fullmatch(r"\d{1,20}", text, re.ASCII)), _heartbeat),
    (lambda text: "imei:" in text and len(text) <= HANDSHAKE, _handshake),
    (lambda text: "imei:" in text, _report),
)
"""Whether a text is this message, and what it says; the first that fits."""

WIRE = Wire(
    name=NAME,
    title="GPS103 (Coban)",
    port=5001,
    text=True,
    cutter=lambda: Delimited(*ENDS),
    decode=decode,
)

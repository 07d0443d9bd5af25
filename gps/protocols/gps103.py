"""Coban / GPS103, which many devices sold as TK103 speak: text, ended by `;`. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta

from gps.protocols.reading import degrees, moment, number, pairs, plain
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
ENDS = (b";", b"\r\n", b"\n", b"*")
HANDSHAKE = 30
"""What names itself and is no longer than this is a handshake, whatever else it says."""
HALF_DAY = timedelta(hours=12)

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
}
"""Word of a position → alarm."""


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
    return Message("login", _imei(text), answer=b"LOAD")


def _report(text: str, _conversation: Conversation) -> Message:
    """`imei:<imei>,<word>,<local time>,<phone>,F,<utc>,<A|V>,<lat>,<N|S>,<lon>,<E|W>,…`."""
    fields = text.split(",")
    device, word = _imei(text), fields[1].strip() if len(fields) > 1 else ""
    attributes: dict[str, Value] = {"alarm": ALARMS[word]} if word in ALARMS else {}
    answer = f"**,imei:{device},E;".encode() if word == "help me" else b""
    if len(fields) < 11 or fields[4] != "F":
        return Message("status", device, answer=answer, attributes=attributes)
    tail = fields[11:] + [""] * 3
    position = Position(
        time=_time(fields[2], fields[5]),
        valid=fields[6] == "A",
        latitude=degrees(fields[7], fields[8], "latitude"),
        longitude=degrees(fields[9], fields[10], "longitude"),
        altitude_m=number(tail[2], "altitude", 0.0) if tail[2].strip() else None,
        speed_kmh=number(tail[0], "speed", 0.0) * KNOT_KMH,
        course=number(tail[1], "course", 0.0),
        attributes=attributes,
    )
    return Message("report", device, (position,), answer)


def _imei(text: str) -> str:
    found = text.partition("imei:")[2].partition(",")[0].strip()
    if not (found.isascii() and found.isalnum()):
        raise Malformed(f"imei: {found[:20]!r}")
    return found


def _time(local: str, utc: str) -> datetime:
    """The minutes of the local date and the seconds of UTC: what is between them is the zone."""
    at = moment([*pairs(local[:10]), 0])
    clock = utc.strip()
    if not clock:
        return moment(pairs(local)) if len(local) >= 12 else at
    hour, minute, second = pairs(clock[:6].zfill(6), "utc")
    found = moment([at.year, at.month, at.day, hour, minute, second], "utc")
    while found - at > HALF_DAY:
        found -= timedelta(days=1)
    while at - found > HALF_DAY:
        found += timedelta(days=1)
    return found


MESSAGES: tuple[tuple[Callable[[str], bool], Callable[[str, Conversation], Message]], ...] = (
    (str.isdigit, _heartbeat),
    (lambda text: "imei:" in text and len(text) <= HANDSHAKE, _handshake),
    (lambda text: text.startswith("imei:"), _report),
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

"""What electronic locks send on the port of JT/T 808 beside it: 0x5501, 0x5502, and text. Pure.

Their messages have a serial of one byte, a position in decimal digits, UTC, and are answered
(0x4401) only where they ask for it.
"""

import re

from gps.jt808.framing import DELIMITER, FrameError, checksum, escape, unescape
from gps.protocols.jt808_items import items
from gps.protocols.reading import degrees, moment, pairs
from gps.protocols.seam import Conversation, Malformed, Message, Position, Value

LIVE, LATE = b"\x55\x01", b"\x55\x02"
HEAD, FIXED = 11, 35
"""Bytes of the header and of the body's fixed part."""

ALTITUDE = 0x02
"""Of the additional items, metres."""

WANTS_ANSWER = 0x8000
CHARGING = 0xAA
"""Instead of a level of the battery."""

TEXT = re.compile(r"\((\w+),[\x20-\x7d]*\)")


def speaks(run: bytes) -> bool:
    """Whether what stands between two delimiters is theirs."""
    return run[:2] in (LIVE, LATE)


def decode(run: bytes) -> Message:
    """One message without its delimiters. Raises Malformed."""
    try:
        data = unescape(run)
    except FrameError as error:
        raise Malformed(error.reason) from None
    if checksum(data) != 0:
        raise Malformed("wrong checksum")
    properties = int.from_bytes(data[2:4], "big")
    body = data[HEAD:-1]
    if len(data) <= HEAD or len(body) != properties & 0x3FF or len(body) < FIXED:
        raise Malformed("wrong length")
    answer = _answer(data) if properties & WANTS_ANSWER else b""
    device = data[4:10].hex().lstrip("0") or "0"
    return Message("position", device, (_position(body, live=data[:2] == LIVE),), answer)


def _answer(data: bytes) -> bytes:
    reply = b"\x44\x01\x00\x03" + data[4:10] + b"\x01" + data[:2] + b"\x00"
    return DELIMITER + escape(reply + bytes([checksum(reply)])) + DELIMITER


def _position(body: bytes, *, live: bool) -> Position:
    """DDMMYYhhmmss, DDMMmmmm, DDDMMmmmm and four bits, of which 2 is north and 4 is east.

    Which of the other bits says that the receiver vouches for it is not known: what is sent live
    counts as valid, what was kept does not.
    """
    digits = body[:15].hex()
    flags = int(digits[29], 16)
    day, month, year, *clock = pairs(digits[:12])
    speed, place = body[15:16].hex(), digits[12:29]
    if not speed.isdigit():
        raise Malformed(f"speed: {speed} is no number")
    level = body[23]
    told: dict[str, Value] = {
        "rssi": body[17],
        "satellites": body[18],
        "odometer_m": int.from_bytes(body[19:23], "big") * 1000,
    }
    altitude = dict(items(body[FIXED:])).get(ALTITUDE)
    told |= {"charging": True} if level == CHARGING else {"battery_percent": level}
    return Position(
        time=moment([year, month, day, *clock]),
        valid=live,
        latitude=degrees(f"{place[:4]}.{place[4:8]}", "N" if flags & 2 else "S", "latitude"),
        longitude=degrees(f"{place[8:13]}.{place[13:]}", "E" if flags & 4 else "W", "longitude"),
        altitude_m=None
        if altitude is None
        else float(int.from_bytes(altitude, "big", signed=True)),
        speed_kmh=float(speed),
        course=float(body[16] * 2 % 360),
        attributes=told,
    )


def decode_text(frame: bytes, conversation: Conversation) -> Message:
    """`(<device>,…)`. What asks for the time gets it. Raises Malformed."""
    said = frame.decode("ascii", "replace")
    found = TEXT.fullmatch(said)
    if found is None:
        raise Malformed("unknown message")
    answer = ""
    if said.endswith(",TIME)"):
        answer = f"{said[:-5]}{conversation.now():%Y%m%d%H%M%S})"
    return Message("text", found[1], answer=answer.encode(), attributes={"result": said})

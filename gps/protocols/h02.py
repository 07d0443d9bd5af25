"""H02, of many small trackers (maker's mark usually HQ): text and binary on one connection. Pure.

Text is `*HQ,<id>,<command>,…#`; a binary position begins with `$` and does not tell its length.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from gps.protocols.reading import degrees, moment, nearest, number, pairs, plain, signed
from gps.protocols.seam import (
    KNOT_KMH,
    Conversation,
    Malformed,
    Message,
    Position,
    Value,
    Wire,
)

NAME = "h02"
LONGEST = 2048
LENGTHS = (32, 42, 45, 46, 51)
"""Of binary positions. A device keeps to one of them."""
HEADER = 16
"""Bytes of a binary position that hold the identity and the time, whichever form it is of."""
SHORT_IDENTITY, LONG_IDENTITY = 5, 8
"""Bytes of the identity in binary: 10 digits, or 15 and one that is left out."""
CLOCK = r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?:[0-2]\d|3[01])(?:0\d|1[0-2])\d\d"
SHORT, LONG = re.compile(r"\d{10}" + CLOCK), re.compile(r"\d{15}." + CLOCK)
MARK = re.compile(rb"[*$]")
TEXT = re.compile(rb"\*[0-9A-Za-z]{2},")

ALARMS = (
    (1 << 0, "vibration"),
    (1 << 1 | 1 << 18, "sos"),
    (1 << 2, "overspeed"),
    (1 << 19, "power_cut"),
)
"""Bits of the state → alarm, where one of them is 0."""
IGNITION = 1 << 10
"""Bit of the state; 1: it is on."""
CHARGE = {1: 0, 2: 10, 3: 20, 4: 60, 5: 80, 6: 100}
"""Bars of the battery → percent."""
COUNTRIES = range(200, 800)


class H02Cutter:
    """Cuts text at `#` and binary at a length that fits: where the next message, or nothing, is.

    Once a length has fitted, it is what the device is held to.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._length = 0
        self._lost = False

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        self._held += data
        while self._held:
            found = MARK.search(self._held)
            yield from self._skip(found.start() if found else len(self._held))
            if not self._held:
                return
            length = self._text() if self._held[:1] == b"*" else self._binary()
            if length is None:
                return
            if length:
                frame = bytes(self._held[:length])
                del self._held[:length]
                self._lost = False
                yield frame
            else:
                yield from self._skip(1)

    def flush(self) -> bytes | Malformed | None:
        frame, self._held = bytes(self._held), bytearray()
        self._lost = False
        if frame[:1] == b"$" and len(frame) in LENGTHS:
            return frame
        return Malformed("wrong length") if frame.strip() else None

    def _skip(self, many: int) -> Iterator[Malformed]:
        """One complaint for all that lies between two messages."""
        noise = bytes(self._held[:many]).strip()
        del self._held[:many]
        if noise and not self._lost:
            self._lost = True
            yield Malformed("no message")

    def _text(self) -> int | None:
        """The length of the text that is held; 0: it is none; None: more has to come."""
        if not _may_start(self._held, 0):
            return 0
        end, again = self._held.find(b"#", 0, LONGEST), TEXT.search(self._held, 1, LONGEST)
        if again and (end < 0 or again.start() < end):
            return 0
        if end < 0:
            return None if len(self._held) < LONGEST else 0
        return end + 1

    def _binary(self) -> int | None:
        """The same of a binary position."""
        held = len(self._held)
        if held < HEADER:
            return None
        identity = identity_length(self._held)
        if identity == LONG_IDENTITY:
            return LENGTHS[1] if held >= LENGTHS[1] else None
        if not identity:
            return 0
        if held < self._length or held < LENGTHS[0]:
            return None
        following = self._following()
        if following < held or held in LENGTHS:
            self._length = max(one for one in LENGTHS if one <= following)
            return self._length
        return None if held < LENGTHS[-1] else LENGTHS[0]

    def _following(self) -> int:
        """Where text begins behind a binary position, or another one of the same device; else the
        end of what is held.
        """
        identity = self._held[: 1 + SHORT_IDENTITY]
        for found in MARK.finditer(self._held, LENGTHS[0], LENGTHS[-1] + 1):
            at = found.start()
            if _may_start(self._held, at) or identity.startswith(
                self._held[at : at + len(identity)]
            ):
                return at
        return len(self._held)


def _may_start(held: bytearray, at: int) -> bool:
    """Whether text begins there, as far as what is held tells."""
    return held[at] == ord("*") and (len(held) - at < 4 or TEXT.match(held, at) is not None)


def identity_length(data: bytes | bytearray) -> int:
    """Bytes of the identity behind `$`, by which the time after it is one; 0: there is none."""
    digits = bytes(data[1:HEADER]).hex()
    if SHORT.match(digits):
        return SHORT_IDENTITY
    return LONG_IDENTITY if LONG.match(digits) else 0


def decode(frame: bytes, conversation: Conversation) -> Message:
    """One message, text or binary. Raises Malformed."""
    if frame[:1] == b"$":
        return _binary_position(frame)
    text = plain(frame).strip()
    fields = text.removesuffix("#").split(",")
    if not TEXT.match(frame.strip()) or len(fields) < 3:
        raise Malformed("unknown message")
    fields[1] = fields[1].strip()
    if not re.fullmatch(r"[0-9A-Za-z]{0,20}", fields[1]):
        raise Malformed(f"identity: {fields[1][:20]!r}")
    read = COMMANDS.get(fields[2], _other)
    return read(fields, conversation)


def _binary_position(frame: bytes) -> Message:
    """BCD: identity, hhmmss, ddmmyy, DDMMmmmm, battery, DDDMMmmmm, flags, knots, course, state."""
    length = identity_length(frame)
    if len(frame) not in LENGTHS or not length:
        raise Malformed("wrong length" if length else "unknown message")
    digits = frame.hex()
    body = digits[2 * (1 + length) :]
    flags, state = int(body[31], 16), int(body[38:46], 16)
    packed = body[:20] + body[22:31] + body[32:38]
    if not packed.isdigit():
        raise Malformed("place: no digits")
    position = Position(
        time=_moment(body[:6], body[6:12], None),
        valid=bool(flags & 2),
        latitude=degrees(f"{body[12:16]}.{body[16:20]}", "N" if flags & 4 else "S", "latitude"),
        longitude=degrees(f"{body[22:27]}.{body[27:31]}", "E" if flags & 8 else "W", "longitude"),
        speed_kmh=int(body[32:35]) * KNOT_KMH,
        course=float(body[35:38]),
        attributes=_battery(frame[1 + length + 10]) | _state(state),
    )
    device = digits[2 : 2 + (10 if length == SHORT_IDENTITY else 15)]
    return Message("binary", device, (position,))


def _battery(told: int) -> dict[str, Value]:
    bars = told - 0xF0 if told > 0xF0 else told
    if bars in CHARGE:
        return {"battery_percent": CHARGE[bars]}
    return {"battery_percent": told} if 0 < told <= 100 else {}


def _state(bits: int) -> dict[str, Value]:
    alarms = [name for mask, name in ALARMS if bits & mask != mask]
    found: dict[str, Value] = {"ignition": bool(bits & IGNITION)}
    return found | ({"alarm": ",".join(alarms)} if alarms else {})


def _moment(clock: str, date: str, now: datetime | None) -> datetime | None:
    """UTC of hhmmss and ddmmyy. Without a date: of the day nearest to `now`; without both: None."""
    if not date.strip("0"):
        return nearest(pairs(clock), now) if now and re.fullmatch(r"\d{6}", clock) else None
    day, month, year, *_ = [*pairs(date, "date"), 0, 0]
    return moment([year, month, day, *(pairs(clock) if clock else (0, 0, 0))])


def _report(fields: Sequence[str], conversation: Conversation) -> Message:
    """`V1`: a position; the device waits until it is confirmed."""
    message = _other(fields, conversation)
    answer = _confirmation(fields, conversation) if message.positions else b""
    return Message(message.kind, message.device, message.positions, answer)


def _confirmation(fields: Sequence[str], conversation: Conversation) -> bytes:
    if not fields[1]:
        return b""
    return f"*HQ,{fields[1]},V4,{fields[2]},{conversation.now():%Y%m%d%H%M%S}#".encode()


def _other(fields: Sequence[str], conversation: Conversation) -> Message:
    """Any command: a position, where it holds a place."""
    at = _place(fields)
    position = (_position(fields, at, conversation),) if at else ()
    return Message(fields[2].lower() or "status", fields[1] or None, position)


def _place(fields: Sequence[str]) -> int:
    """The index of the first hemisphere, which stands between the two angles; 0: there is none."""
    for at in range(5, len(fields) - 2):
        if fields[at] in ("N", "S") and fields[at + 2] in ("E", "W"):
            return at
    return 0


def _position(fields: Sequence[str], at: int, conversation: Conversation) -> Position:
    """`[hhmmss,]<A|V>,<lat>,<N|S>,<lon>,<E|W>,<knots>,<course>,[battery,]<ddmmyy>,<state>,…`."""
    speed, course, *tail = [one.strip() for one in (*fields[at + 3 :], "", "")]
    attributes: dict[str, Value] = {}
    if len(tail) > 1 and re.fullmatch(r"\d{1,3}", tail[0]) and re.fullmatch(r"\d{6}|", tail[1]):
        attributes = {"battery_percent": int(tail[0])} if int(tail[0]) <= 100 else {}
        tail = tail[1:]
    date, *tail = [*tail, ""]
    if not re.fullmatch(r"\d{6}|", date, re.ASCII):
        raise Malformed(f"date: {date[:20]!r}")
    clock = fields[at - 3].strip() if at > 5 else ""
    altitude, more = _tail(tail)
    if fields[2] == "V4":
        attributes["result"] = ",".join(fields[3 : at - 3])
    return Position(
        time=_moment(clock, date, conversation.now()),
        valid=fields[at - 2] == "A" or fields[at - 2].isdecimal(),
        latitude=_angle(fields[at - 1], fields[at], "latitude"),
        longitude=_angle(fields[at + 1], fields[at + 2], "longitude"),
        altitude_m=altitude,
        speed_kmh=number(speed, "speed") * KNOT_KMH if speed else None,
        course=number(course, "course") if course else None,
        attributes=attributes | more,
    )


def _angle(text: str, hemisphere: str, name: str) -> float:
    """`DDMM.mmmm`, `DDMMmmmm`, or `-DD-MM.mmmm`, where the hyphens are no signs."""
    told = text.strip()
    if apart := re.fullmatch(r"-(\d{1,3})-(\d{1,2}\.\d{1,10})", told, re.ASCII):
        return signed(int(apart[1]) + number(apart[2], name) / 60, hemisphere, name)
    if "." not in told and len(told) > 6:
        told = f"{told[:-4]}.{told[-4:]}"
    return degrees(told, hemisphere, name)


def _tail(tail: Sequence[str]) -> tuple[float | None, dict[str, Value]]:
    """What follows the date: the state, then the altitude among others, or the cell."""
    found: dict[str, Value] = {}
    for text in tail:
        if re.fullmatch(r"89\d{16,18}[0-9A-F?]?", text):
            found["iccid"] = text.rstrip("ABCDEF?")
    for at, text in enumerate(tail):
        if not re.fullmatch(r"[0-9A-Fa-f]{8}", text):
            continue
        found |= _state(int(text, 16))
        rest = [one for one in tail[at + 1 :] if one]
        if re.fullmatch(r"\d+,-?\d+,\d+\.\d+,-?\d+,[0-9A-Fa-f]+,[0-9A-Fa-f]+", ",".join(rest)):
            names = ("odometer_m", "temperature_c", "fuel_percent")
            found |= {name: number(rest[i], name) for i, name in enumerate(names)}
            return number(rest[3], "altitude"), found
        return None, found | _cell(rest)
    return None, found


def _cell(told: Sequence[str]) -> dict[str, Value]:
    """Of `<mcc>,<mnc>,<lac>,<cell>`: hexadecimal where it has letters, leading zeros, or in decimal
    no country.
    """
    if len(told) < 4 or not all(re.fullmatch(r"[0-9A-Fa-f]{1,8}", one) for one in told[:4]):
        return {}
    decimal = "".join(told[:4]).isdecimal() and len(told[0]) == 3 and int(told[0]) in COUNTRIES
    numbers = [int(one, 10 if decimal else 16) for one in told[:4]]
    return {"cell": "-".join(map(str, numbers))} if numbers[0] in COUNTRIES else {}


def _near(fields: Sequence[str], conversation: Conversation) -> Message:
    """`VP1`: a position without a time, or `VP1,V,<mcc>,<mnc>,<lac>,<cell>,…`."""
    message = _other(fields, conversation)
    found = {} if message.positions else _cell(fields[4:8])
    return Message(message.kind, message.device, message.positions, attributes=found)


def _heartbeat(fields: Sequence[str], conversation: Conversation) -> Message:
    """The device waits for the same without what follows the command."""
    message = _other(fields, conversation)
    told = fields[3] if len(fields) == 4 else ""
    attributes = _numbers((("battery_percent", told),))
    answer = f"{fields[0]},{fields[1]},{fields[2]}#".encode("latin-1")
    return Message("heartbeat", message.device, message.positions, answer, attributes)


def _numbers(values: Sequence[tuple[str, str]]) -> dict[str, Value]:
    return {name: int(text) for name, text in values if re.fullmatch(r"-?[0-9]{1,9}", text)}


def _cells(fields: Sequence[str], conversation: Conversation) -> Message:
    """`NBR,hhmmss,<mcc>,<mnc>,<delay>,<count>,{<lac>,<cell>,<strength>}…,ddmmyy,<state>`."""
    network = [*fields[4:6], *fields[8:10]]
    cell = "-".join(str(int(one)) for one in network if re.fullmatch(r"[0-9]{1,9}", one))
    found: dict[str, Value] = {"cell": cell} if cell.count("-") == 3 else {}
    states = [one for one in fields[8:] if re.fullmatch(r"[0-9A-Fa-f]{8}", one)]
    found |= _state(int(states[-1], 16)) if states else {}
    answer = _confirmation(fields, conversation)
    return Message("cells", fields[1] or None, answer=answer, attributes=found)


def _link(fields: Sequence[str], _conversation: Conversation) -> Message:
    """`LINK,hhmmss,<rssi>,<satellites>,<battery>,<steps>,<turns>,ddmmyy,<state>`."""
    names = ("rssi", "satellites", "battery_percent", "steps")
    found = _numbers(tuple(zip(names, fields[4:], strict=False)))
    if len(fields) > 10 and re.fullmatch(r"[0-9A-Fa-f]{8}", fields[10]):
        found |= _state(int(fields[10], 16))
    return Message("link", fields[1] or None, attributes=found)


def _station(fields: Sequence[str], _conversation: Conversation) -> Message:
    """`V3,hhmmss,<mcc and mnc>,<count>,<lac>,<cell>,…,ddmmyy,<state>`."""
    told = [*fields, *[""] * 5]
    network = f"{told[4][:3]}-{told[4][3:]}-{told[6]}-{told[7]}"
    found: dict[str, Value] = {}
    if re.fullmatch(r"[0-9]{3}(-[0-9]{1,9}){3}", network):
        found["cell"] = "-".join(str(int(one)) for one in network.split("-"))
    if re.fullmatch(r"[0-9A-Fa-f]{8}", fields[-1]):
        found |= _state(int(fields[-1], 16))
    return Message("station", fields[1] or None, attributes=found)


def _text_message(fields: Sequence[str], _conversation: Conversation) -> Message:
    """What the device says in words."""
    return Message("sms", fields[1] or None, attributes={"result": ",".join(fields[3:])})


COMMANDS: dict[str, Callable[[Sequence[str], Conversation], Message]] = {
    "V1": _report,
    "V0": _heartbeat,
    "HTBT": _heartbeat,
    "NBR": _cells,
    "LINK": _link,
    "V3": _station,
    "VP1": _near,
    "SMS": _text_message,
}
"""Command → its reader; any other is a position where it holds a place."""

WIRE = Wire(name=NAME, title="H02", port=5013, text=True, cutter=H02Cutter, decode=decode)

"""NMEA 0183 sentences as receivers and modems send them over TCP (T55 and others): lines. Pure.

Standard sentences are read by NMEA 0183, times to the second. Who sends them is told by a line of
its own, before `$`, or in a sentence of the maker.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from gps.protocols.reading import degrees, moment, nearest, number, pairs, plain, signed, within
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

NAME = "nmea"
LONGEST = 512
"""Bytes of a line: 82 by the standard, but makers put more around the sentence."""

START = re.compile(r"\$(?=[A-Za-z]{2,10}[,=])")
OWNER = re.compile(r"(?:[^/$,]{1,20}/)?(?=\D*\d)([0-9A-Za-z]{4,20})[,/]?")
"""What may stand before `$`."""
BARE = re.compile(r"(?:IMEI[ =:]?)?([0-9A-F]{8,20})")
IDENTITY = re.compile(r"[0-9A-Za-z][0-9A-Za-z _.-]{0,39}")
CHECKED = re.compile(r"([0-9A-Fa-f]{0,2})(?:,(.*))?")
"""What stands behind `*`: two digits; some devices leave one or both out."""
TALKER = re.compile(r"[A-Z]{2}(RMC|GGA|GLL|RMA|ZDA)")
CLOCK = re.compile(r"(\d{6})(?:\.\d*)?")
LOGINS = ("PGID", "DEVID", "PCPTI", "PSIWMDID", "CONNECT", "GPFID", "IMEI")
"""Sentences that say who the device is, in their first field."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence apart. `owner`: who is named before it; `more`: fields behind the checksum."""

    owner: str | None
    fields: Sequence[str]
    more: Sequence[str]


def decode(frame: bytes, conversation: Conversation) -> Message:
    """One line. Raises Malformed."""
    text = plain(frame).strip()
    starts = [one.start() for one in START.finditer(text)]
    if not starts:
        return _bare(text, conversation)
    line = _line(text[: starts[-1]], text[starts[-1] + 1 :])
    name = line.fields[0]
    if name in LOGINS:
        return _login(line.fields[1], conversation)
    standard = TALKER.fullmatch(name)
    read = SENTENCES.get(standard[1] if standard else name, _other)
    return read(line, conversation)


def _line(before: str, sentence: str) -> Line:
    body, star, behind = sentence.partition("*")
    if behind.startswith(" "):
        body, behind = body.rstrip(), behind[1:]
    found = CHECKED.fullmatch(behind)
    sum_ = f"{reduce(lambda one, two: one ^ ord(two), body, 0):02X}"
    if star and not (found and sum_.startswith(found[1].upper())):
        raise Malformed("wrong checksum")
    more = (found and found[2]) or ""
    owner = OWNER.fullmatch(before.strip())
    name, mark, rest = body.partition("=")
    fields = [name, rest] if mark and name == "IMEI" else body.split(",")
    return Line(owner[1] if owner else None, [one.strip() for one in fields], more.split(","))


def _bare(text: str, conversation: Conversation) -> Message:
    """A line that is no sentence: an identity, or a report of another maker."""
    if found := BARE.fullmatch(text):
        return _login(found[1], conversation)
    fields = [one.strip() for one in text.split(",")]
    if fields[0] == "QZE":
        return _event(fields)
    raise Malformed("unknown message")


def _login(identity: str, conversation: Conversation) -> Message:
    """With it comes the position that was told before, if there is one."""
    held = _memory(conversation).pop("held", None)
    return Message("login", _identity(identity), () if held is None else (held,))


def _memory(conversation: Conversation) -> dict[str, Any]:
    """`held`: a position of nobody yet. `last`: the time that was told last."""
    found: dict[str, Any] = conversation.memory.setdefault(NAME, {})
    return found


def _identity(text: str) -> str:
    if not IDENTITY.fullmatch(text):
        raise Malformed(f"identity: {text[:20]!r}")
    return text


def _told(line: Line, kind: str, position: Position, conversation: Conversation) -> Message:
    """Some devices tell where they are before who they are: the last position waits for it."""
    if line.owner is None and conversation.device is None:
        _memory(conversation)["held"] = position
    return Message(kind, line.owner, (position,))


def _other(line: Line, _conversation: Conversation) -> Message:
    return Message(line.fields[0].lower(), line.owner)


def _rmc(line: Line, conversation: Conversation) -> Message:
    """`RMC,hhmmss.s,<A|V>,<lat>,<N|S>,<lon>,<E|W>,<knots>,<course>,ddmmyy,…`.

    Some devices put `<satellites>,<imei>,<ignition>,<fuel>` behind the checksum.
    """
    _, clock, status, *place, speed, course, date = _padded(line.fields, 10)
    more, attributes = _padded(line.more, 4), {}
    if re.fullmatch(r"\d{14,16}", more[1]):
        line = Line(more[1], line.fields, ())
        names = ("satellites", "fuel_raw")
        attributes = _whole(tuple(zip(names, (more[0], more[3]), strict=True)))
        attributes |= {"ignition": more[2] == "1"} if more[2] in ("0", "1") else {}
    valid = status == "A"
    time = _dated(date, clock, conversation, valid=valid)
    if not any(place):
        return Message("rmc", line.owner)
    position = _position(
        time, place, valid=valid, speed=speed, course=course, attributes=attributes
    )
    return _told(line, "rmc", position, conversation)


def _padded(fields: Sequence[str], many: int) -> list[str]:
    """So many fields, the last of them empty if need be."""
    return [*fields, *[""] * many][:many]


def _position(
    time: datetime | None,
    place: Sequence[str],
    *,
    valid: bool,
    speed: str = "",
    course: str = "",
    altitude: str = "",
    attributes: dict[str, Value] | None = None,
) -> Position:
    """Of `<lat>,<N|S>,<lon>,<E|W>` and what else is told, in knots, degrees and metres."""
    return Position(
        time=time,
        valid=valid,
        latitude=degrees(place[0], place[1], "latitude"),
        longitude=degrees(place[2], place[3], "longitude"),
        altitude_m=_maybe(altitude, "altitude"),
        speed_kmh=number(speed, "speed") * KNOT_KMH if speed else None,
        course=_maybe(course, "course"),
        attributes=attributes or {},
    )


def _maybe(text: str, name: str) -> float | None:
    """A null field says nothing."""
    return number(text, name) if text else None


def _dated(date: str, clock: str, conversation: Conversation, *, valid: bool) -> datetime | None:
    """UTC of ddmmyy and hhmmss; where they are no time, None without a fix."""
    found = CLOCK.fullmatch(clock)
    if not date or not found:
        return _timed(clock, conversation)
    try:
        day, month, year = pairs(date, "date")[:3]
        time = moment([year, month, day, *pairs(found[1])])
    except (Malformed, ValueError):
        if valid:
            raise Malformed(f"date: {date[:20]!r} is no date") from None
        return None
    _memory(conversation)["last"] = time
    return time


def _timed(clock: str, conversation: Conversation) -> datetime | None:
    """UTC of hhmmss, on the day that is nearest to the last date told, else to now."""
    if not clock:
        return None
    found = CLOCK.fullmatch(clock)
    if not found:
        raise Malformed(f"time: {clock[:20]!r} is no time")
    return nearest(pairs(found[1]), _memory(conversation).get("last") or conversation.now())


def _gga(line: Line, conversation: Conversation) -> Message:
    """`GGA,hhmmss.s,<lat>,<N|S>,<lon>,<E|W>,<quality>,<satellites>,<hdop>,<m>,M,…`."""
    _, clock, *place, quality, satellites, hdop, altitude = _padded(line.fields, 10)
    if not any(place):
        return Message("gga", line.owner)
    attributes = _whole((("satellites", satellites),)) | _decimal((("hdop", hdop),))
    position = _position(
        _timed(clock, conversation),
        place,
        valid=quality not in ("", "0"),
        altitude=altitude,
        attributes=attributes,
    )
    return _told(line, "gga", position, conversation)


def _gll(line: Line, conversation: Conversation) -> Message:
    """`GLL,<lat>,<N|S>,<lon>,<E|W>,hhmmss.s,<A|V>`."""
    _, *place, clock, status = _padded(line.fields, 7)
    if not any(place):
        return Message("gll", line.owner)
    position = _position(_timed(clock, conversation), place, valid=status == "A")
    return _told(line, "gll", position, conversation)


def _rma(line: Line, conversation: Conversation) -> Message:
    """`RMA,<A|V>,<lat>,<N|S>,<lon>,<E|W>,<µs>,<µs>,<knots>,<course>`: without a time."""
    _, status, *place, _, _, speed, course = _padded(line.fields, 10)
    if not any(place):
        return Message("rma", line.owner)
    position = _position(None, place, valid=status == "A", speed=speed, course=course)
    return _told(line, "rma", position, conversation)


def _zda(line: Line, conversation: Conversation) -> Message:
    """`ZDA,hhmmss.s,<day>,<month>,<year>`: the date of the sentences that have none."""
    _, clock, day, month, year = _padded(line.fields, 5)
    if found := CLOCK.fullmatch(clock):
        _memory(conversation)["last"] = moment([year, month, day, *pairs(found[1])])
    return Message("zda", line.owner)


def _ublox(line: Line, conversation: Conversation) -> Message:
    """`PUBX,00,hhmmss.s,<lat>,<N|S>,<lon>,<E|W>,<m>,<status>,<±m>,<±m>,<km/h>,<course>,…`.

    Some devices tell who they are where the second last field should be 0.
    """
    _, what, clock, *place, altitude, status, near, _, speed, course = _padded(line.fields, 13)
    if what != "00" or not any(place):
        return Message("pubx", line.owner)
    told = line.fields[-2]
    if len(line.fields) > 13 and re.fullmatch(r"[0-9A-Za-z]{6,20}", told):
        line = Line(told, line.fields, ())
    at = _position(
        _timed(clock, conversation),
        place,
        valid=status not in ("", "NF"),
        altitude=altitude,
        course=course,
        attributes=_decimal((("accuracy_m", near),)),
    )
    kmh = _maybe(speed, "speed")
    position = Position(
        at.time, at.valid, at.latitude, at.longitude, at.altitude_m, kmh, at.course, at.attributes
    )
    return _told(line, "pubx", position, conversation)


def _trccr(line: Line, conversation: Conversation) -> Message:
    """`TRCCR,yyyymmddhhmmss.s,<A|V>,<°>,<°>,<knots>,<course>,<m>,<battery %>`."""
    _, clock, status, north, east, speed, course, altitude, battery = _padded(line.fields, 9)
    found = re.fullmatch(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.\d*)?", clock)
    if not found:
        raise Malformed(f"time: {clock[:20]!r} is no time")
    latitude, longitude = number(north, "latitude"), number(east, "longitude")
    within(latitude, longitude)
    position = Position(
        time=moment(found.groups()),
        valid=status == "A",
        latitude=latitude,
        longitude=longitude,
        altitude_m=_maybe(altitude, "altitude"),
        speed_kmh=number(speed, "speed") * KNOT_KMH if speed else None,
        course=_maybe(course, "course"),
        attributes=_decimal((("battery_percent", battery),)),
    )
    return _told(line, "trccr", position, conversation)


def _event(fields: Sequence[str]) -> Message:
    """`QZE,<imei>,<event>,ddmmyyyy,hhmmss,<°>,<°>,<km/h>,<course>,<A|V>,<ignition>`."""
    _, device, event, date, clock, north, east, speed, course, status, on = _padded(fields, 11)
    latitude, longitude = number(north, "latitude"), number(east, "longitude")
    within(latitude, longitude)
    found = re.fullmatch(r"(\d{2})(\d{2})(\d{4})", date)
    if not found or not re.fullmatch(r"\d{6}", clock):
        raise Malformed(f"time: {f'{date} {clock}'[:20]!r} is no time")
    attributes: dict[str, Value] = {"event": event[:20]}
    if on in ("0", "1"):
        attributes["ignition"] = on == "1"
    position = Position(
        time=moment([*found.groups()[::-1], *pairs(clock)]),
        valid=status == "A",
        latitude=latitude,
        longitude=longitude,
        speed_kmh=_maybe(speed, "speed"),
        course=_maybe(course, "course"),
        attributes=attributes,
    )
    return Message("qze", _identity(device), (position,))


def _keyed(line: Line, _conversation: Conversation) -> Message:
    """`ID,<imei>,…,GPSEX,<A|V>,D,ddmmyy,T,hhmmss,S,<in view>:<used>,La,<°>,N,Lo,<°>,E,…`."""
    fields = list(line.fields)
    device = _identity(fields[1])
    if "GPSEX" not in fields:
        return Message("id", device)
    told = [*fields[fields.index("GPSEX") + 1 :], "", ""]
    values = {key: told[at + 1 : at + 3] for at, key in enumerate(told[:-2])}
    missing = [key for key in ("D", "T", "La", "Lo") if key not in values]
    if missing:
        return Message("id", device)
    day, month, year, *_ = [*pairs(values["D"][0], "date"), 0, 0]
    satellites = values.get("S", [""])[0].partition(":")[2]
    position = Position(
        time=moment([year, month, day, *pairs(values["T"][0])]),
        valid=told[0] == "A",
        latitude=signed(number(values["La"][0], "latitude"), values["La"][1], "latitude"),
        longitude=signed(number(values["Lo"][0], "longitude"), values["Lo"][1], "longitude"),
        speed_kmh=_maybe(values.get("V", [""])[0], "speed"),
        course=_maybe(values.get("H", [""])[0], "course"),
        attributes=_whole((("satellites", satellites),)),
    )
    return Message("id", device, (position,))


def _network(line: Line, _conversation: Conversation) -> Message:
    """`GPTXT,NET,<id>,<operator>,<rssi>,<mcc> <mnc>`."""
    _, what, device, operator, strength, *_ = _padded(line.fields, 6)
    if what != "NET":
        return Message("gptxt", line.owner)
    attributes: dict[str, Value] = {"operator": operator} if operator else {}
    return Message(
        "gptxt", _identity(device), attributes=attributes | _whole((("rssi", strength),))
    )


def _supply(line: Line, _conversation: Conversation) -> Message:
    """`GPIOP,<inputs>,<outputs>,<4 analogue inputs, V>,<power, V>,<battery, V>`."""
    told = _padded(line.fields, 9)
    attributes = _decimal((("power_v", told[7]), ("battery_v", told[8])))
    return Message("gpiop", line.owner, attributes=attributes)


def _whole(values: Sequence[tuple[str, str]]) -> dict[str, Value]:
    return {name: int(text) for name, text in values if re.fullmatch(r"-?[0-9]{1,9}", text)}


def _decimal(values: Sequence[tuple[str, str]]) -> dict[str, Value]:
    fits = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")
    return {name: float(text) for name, text in values if fits.fullmatch(text)}


SENTENCES: dict[str, Callable[[Line, Conversation], Message]] = {
    "RMC": _rmc,
    "GGA": _gga,
    "GLL": _gll,
    "RMA": _rma,
    "ZDA": _zda,
    "PUBX": _ublox,
    "TRCCR": _trccr,
    "ID": _keyed,
    "GPTXT": _network,
    "GPIOP": _supply,
}
"""Sentence (standard ones without their talker) → its reader; others say nothing of a place."""

WIRE = Wire(
    name=NAME,
    title="NMEA 0183 (T55)",
    port=5005,
    text=True,
    cutter=lambda: Delimited(b"\r", b"\n", longest=LONGEST),
    decode=decode,
)

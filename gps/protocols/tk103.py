"""TK103, the protocol in parentheses (other devices sold as TK103 speak GPS103). Pure.

Two forms: `(<id of 12><command of 4><data>)` and `(<imei>,<command>,<data>)`. No checksum.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from gps.protocols.reading import degrees, moment, number, pairs, plain
from gps.protocols.seam import Conversation, Malformed, Message, Position, Value, Wire

NAME = "tk103"
LONGEST = 1024

MARK = re.compile(rb"[$()]")
COMMAS = re.compile(r"([0-9A-Za-z]{8,20}),([A-Z]{2}[0-9A-Z]{2})(?:,(.*))?", re.DOTALL)
TWELVE = re.compile(r"([0-9A-Za-z]{12})([A-Z]{2}[0-9A-Z]{2})(.*)", re.DOTALL)
ANY = re.compile(r"([0-9A-Za-z]{8,20}?)([A-Z]{2}[0-9A-Z]{2})(.*)", re.DOTALL)
"""Identity, command, data."""

PLACE = re.compile(
    r"(\d{6}),?([AV]),?(\d{2,5}\.\d{1,9})([NS]),?(\d{2,5}\.\d{1,9})([EW]),?"
    r"(?:([ \d.]{1,8}),|([ \d.]{5}))(\d{6}),?(.*)",
    re.DOTALL,
)
"""Date, validity, latitude, longitude, speed (five characters where no comma ends it), time."""
STATE = re.compile(
    r"([ \d.]{2,6}?),?([01])([01])([0-9A-Fa-f]{3})([0-9A-Fa-f]{3}),?L([0-9A-Fa-f]{1,9})(.*)",
    re.DOTALL,
)
"""Course, external power (0: on), ignition, inputs, fuel, metres driven."""
COURSE = re.compile(r"(\d{1,3}(?:\.\d{1,9})?)")
HEAT = re.compile(r"([-+]\d{3}\.\d)")

ALARMS = {
    "DW31": "movement",
    "DW51": "movement",
    "ZC11": "movement",
    "ZC12": "low_battery",
    "ZC13": "power_cut",
    "ZC17": "removal",
    "ZC25": "sos",
    "ZC26": "tamper",
}
"""Command → alarm."""
IGNITION = {"ZC15": True, "ZC16": False}
WARNINGS = {
    "1": "accident",
    "2": "sos",
    "3": "vibration",
    "4": "low_speed",
    "5": "overspeed",
    "6": "geofence_exit",
}
"""First digit of `BO01` → alarm."""
DRIVING = {"1": "overspeed"}
"""First number of `BQ81` → alarm."""
CHARGE = (0, 0, 10, 20, 60, 80, 100)
"""Percent of the battery by its bars."""


class Parentheses:
    """Cuts at `)`; between two dollar signs, where words of the device stand, it does not count."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes | Malformed]:
        self._held += data
        while self._held:
            start = self._held.find(b"(")
            noise = bytes(self._held[: start if start >= 0 else None]).strip()
            del self._held[: start if start >= 0 else None]
            if noise:
                yield Malformed("no message")
            end = self._end()
            if end is None:
                return
            if self._held[end : end + 1] == b")":
                yield bytes(self._held[: end + 1])
                end += 1
            else:
                yield Malformed("wrong length")
            del self._held[:end]

    def flush(self) -> bytes | Malformed | None:
        rest, self._held = bytes(self._held), bytearray()
        return Malformed("wrong length") if rest.strip() else None

    def _end(self) -> int | None:
        """Where the message ends, or another begins; None: more has to come."""
        quoted = False
        for found in MARK.finditer(self._held, 0, LONGEST):
            mark, at = found[0], found.start()
            if mark == b"$":
                quoted = not quoted
            elif not quoted and at:
                return at
        return 1 if len(self._held) >= LONGEST else None


@dataclass(frozen=True, slots=True)
class Said:
    """A message apart: who, which command, its data. `commas`: the form with them."""

    device: str
    command: str
    data: str
    commas: bool


def decode(frame: bytes, _conversation: Conversation) -> Message:
    """One message, with its parentheses or without. Raises Malformed."""
    text = plain(frame).strip().removeprefix("(").removesuffix(")")
    for form in (COMMAS, TWELVE, ANY):
        if found := form.fullmatch(text):
            said = Said(found[1], found[2], found[3] or "", commas=form is COMMAS)
            return COMMANDS.get(said.command, _other)(said)
    raise Malformed("unknown message")


def _other(said: Said, answer: str = "") -> Message:
    """Any command: a position, where it holds a place."""
    attributes: dict[str, Value] = {}
    if said.command in ALARMS:
        attributes["alarm"] = ALARMS[said.command]
    if said.command in IGNITION:
        attributes["ignition"] = IGNITION[said.command]
    return _told(said, attributes, answer)


def _told(said: Said, attributes: dict[str, Value], answer: str = "") -> Message:
    found = PLACE.search(said.data)
    kind = said.command.lower()
    if not found:
        return Message(kind, said.device, answer=answer.encode(), attributes=attributes)
    position = _position(found, attributes, said)
    return Message(kind, said.device, (position,), answer.encode())


def _position(found: re.Match[str], attributes: dict[str, Value], said: Said) -> Position:
    course, more = _tail(found[10])
    speed = (found[7] or found[8] or "").strip()
    return Position(
        time=_time(found[1], found[9], valid=found[2] == "A", day_first=said.commas),
        valid=found[2] == "A",
        latitude=degrees(found[3], found[4], "latitude"),
        longitude=degrees(found[5], found[6], "longitude"),
        speed_kmh=number(speed, "speed") if speed else None,
        course=course,
        attributes=more | attributes,
    )


def _time(date: str, clock: str, *, valid: bool, day_first: bool) -> datetime | None:
    """UTC of YYMMDD, or of DDMMYY in the form with commas. Without a fix it may be none."""
    parts = pairs(date)
    try:
        return moment([*(parts[::-1] if day_first else parts), *pairs(clock)])
    except Malformed:
        if valid:
            raise
        return None


def _tail(text: str) -> tuple[float | None, dict[str, Value]]:
    """The course, and what follows it."""
    if found := STATE.match(text):
        attributes: dict[str, Value] = {
            "charging": found[2] == "0",
            "ignition": found[3] == "1",
            "fuel_raw": int(found[5], 16),
            "odometer_m": int(found[6], 16),
        }
        if heat := HEAT.match(found[7]):
            attributes["temperature_c"] = float(heat[1])
        return number(found[1], "course", 0.0), attributes
    course = COURSE.match(text)
    return (float(course[1]) if course else None), {}


def _login(said: Said) -> Message:
    """`BP05`; the form with commas waits for nothing."""
    return _other(said, "" if said.commas else f"({said.device}AP05)")


def _handshake(said: Said) -> Message:
    return _other(said, "" if said.commas else f"({said.device}AP01HSO)")


def _warning(said: Said) -> Message:
    """`BO01`, a digit that tells why, a position."""
    code = said.data.lstrip(",")[:1]
    return _told(said, {"alarm": WARNINGS[code]} if code in WARNINGS else {"event": code})


def _driving(said: Said) -> Message:
    """`BQ81,ALARM,<why>,<value>,` and a position."""
    code = [*said.data.split(","), "", "", ""][2][:20]
    return _told(said, {"alarm": DRIVING[code]} if code in DRIVING else {"event": code})


def _cell(said: Said) -> Message:
    """`<mcc>,<mnc>,<lac>,<cell>`, hexadecimal; or in braces, decimal, a line each, and metres."""
    attributes: dict[str, Value] = {}
    if found := re.search(r"\{(\d{3}),(\d{1,3}),(\d{1,9}),(\d{1,9})\}", said.data, re.ASCII):
        attributes["cell"] = "-".join(str(int(one)) for one in found.groups())
        if metres := re.search(r",([0-9A-Fa-f]{8})$", said.data.strip()):
            attributes["odometer_m"] = int(metres[1], 16)
    elif found := re.match(
        r",?(\d{3}),(\d{1,3}),([0-9A-Fa-f]{1,8}),([0-9A-Fa-f]{1,8})", said.data, re.ASCII
    ):
        area, cell = int(found[3], 16), int(found[4], 16)
        attributes["cell"] = f"{int(found[1])}-{int(found[2])}-{area}-{cell}"
    return Message("cell", said.device, attributes=attributes)


def _stations(said: Said) -> Message:
    """`DW5x`: `<mcc>,<mnc>,<lac>,<cell>,<how many>,{<mac>*<strength>*<channel>,}DDMMYY,hhmmss`."""
    if PLACE.search(said.data):
        return _other(said)
    found = re.match(r"(\d{3}),(\d{1,3}),(\d{1,9}),(\d{1,9}),", said.data, re.ASCII)
    attributes = dict(_other(said).attributes)
    if found:
        attributes["cell"] = "-".join(str(int(one)) for one in found.groups())
    return Message(said.command.lower(), said.device, attributes=attributes)


def _identification(said: Said) -> Message:
    """`BV00`: the number of the vehicle."""
    return Message("bv00", said.device, attributes={"vin": said.data.strip()[:40]})


def _battery(said: Said) -> Message:
    """`ZC20,DDMMYY,hhmmss,<bars>,<V * 100>,…`; 65535 V is unknown."""
    told = [int(one) for one in re.findall(r"\d{1,6}", said.data, re.ASCII)][2:4]
    attributes: dict[str, Value] = {}
    if told and told[0] < len(CHARGE):
        attributes["battery_percent"] = CHARGE[told[0]]
    if len(told) > 1 and told[1] < 65535:
        attributes["battery_v"] = told[1] / 100
    return Message("battery", said.device, attributes=attributes)


def _result(said: Said) -> Message:
    """`ZC03,DDMMYY,hhmmss,$<words>$`."""
    return Message("result", said.device, attributes={"result": said.data[14:].strip("$ ,")})


COMMANDS: dict[str, Callable[[Said], Message]] = {
    "BP00": _handshake,
    "BP05": _login,
    "BO01": _warning,
    "BQ81": _driving,
    "BV00": _identification,
    "BZ00": _cell,
    "DW50": _stations,
    "DW51": _stations,
    "DW52": _stations,
    "DW53": _stations,
    "DW5B": _stations,
    "ZC03": _result,
    "ZC20": _battery,
}
"""Command → its reader; any other is a position where it holds a place."""

WIRE = Wire(
    name=NAME,
    title="TK103",
    port=5002,
    text=True,
    cutter=Parentheses,
    decode=decode,
)

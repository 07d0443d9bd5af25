"""The blocks that GT06 messages are made of. Pure.

Each takes its bytes from a message and puts down what they say. Source: the vendor's general
protocol (GT06 1.8.1; Concox/Jimi JM series 1.1.7), and messages of the models named here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gps.protocols.binary import Reader, Short
from gps.protocols.reading import moment, within
from gps.protocols.seam import Malformed, Value

UNIT = 1_800_000
"""Parts of a degree that places are told in: minutes times 30,000."""
WEST, NORTH_ABSENT = 1 << 11, 1 << 10
POSITIONED, ACC_TOLD, ACC_ON = 1 << 12, 1 << 14, 1 << 15
FULL = 6
"""Voltage levels are 0 to 6; what is more is per cent."""
NO_FENCE = 0xFF

ALARMS = {
    0x01: "sos",
    0x02: "power_cut",
    0x03: "vibration",
    0x04: "geofence_enter",
    0x05: "geofence_exit",
    0x06: "overspeed",
    0x09: "tow",
    0x0E: "low_power",
    0x0F: "low_power",
    0x11: "power_off",
    0x13: "tamper",
    0x14: "door",
    0x15: "power_off",
    0x18: "tamper",
    0x19: "low_battery",
    0x23: "fall",
    0x26: "harsh_acceleration",
    0x27: "harsh_braking",
    0x28: "harsh_cornering",
    0x29: "harsh_acceleration",
    0x2A: "harsh_cornering",
    0x2B: "harsh_cornering",
    0x2C: "accident",
    0x30: "harsh_braking",
    0x32: "tamper",
}
"""Alarm byte of a status → alarm."""
MODEL_ALARMS = {"LW4G-4B": {0x19: "harsh_acceleration"}}
"""Model → what it says otherwise."""
TERMINAL_ALARMS = {
    1: "vibration",
    2: "power_cut",
    3: "low_battery",
    4: "sos",
    6: "geofence",
    7: "tamper",
}
"""Bits 3 to 5 of the terminal information → alarm."""
EVENTS = {
    0x90: "harsh_acceleration",
    0x91: "harsh_braking",
    0x92: "harsh_cornering",
    0x93: "accident",
}
"""Event byte of a camera → alarm."""
COUNTRY = 3
"""No country's number has more in its first byte, but for the top bit."""
CELL_SIZES = {6: (1, 2, 3), 7: (1, 2, 4), 8: (2, 2, 4), 13: (1, 4, 8), 14: (2, 4, 8)}
"""Bytes behind the country → bytes of network, area and cell."""


@dataclass(slots=True)
class Told:
    """What a message has said so far. `zone`: how far the clock of the device is ahead of UTC."""

    model: str
    zone: timedelta
    device: str | None = None
    time: datetime | None = None
    valid: bool = False
    place: tuple[float, float] | None = None
    altitude_m: float | None = None
    speed_kmh: float | None = None
    course: float | None = None
    attributes: dict[str, Value] = field(default_factory=dict)


Block = Callable[[Reader, Told], None]


def skip(size: int) -> Block:
    """Bytes that are not read."""

    def skipping(reader: Reader, _told: Told) -> None:
        reader.take(size)

    return skipping


def imei(reader: Reader, told: Told) -> None:
    """BCD[8], the first digit is padding."""
    digits = reader.take(8).hex()[1:]
    if not digits.isdigit():
        raise Malformed(f"imei: {digits!r}")
    told.device = digits


def clock(reader: Reader, told: Told) -> None:
    """Year, month, day, hour, minute, second, a byte each; zeros where it is not set."""
    parts = reader.take(6)
    if parts[0] > 99:
        raise Malformed(f"time: year {parts[0]}")
    told.time = moment(list(parts)) - told.zone if any(parts[:3]) else None


def satellites(reader: Reader, told: Told) -> None:
    """Low nibble; the high one is a length."""
    told.attributes["satellites"] = reader.number(1) & 0x0F


def place(reader: Reader, told: Told) -> None:
    """Latitude and longitude without sign."""
    latitude, longitude = reader.number(4) / UNIT, reader.number(4) / UNIT
    within(latitude, longitude)
    told.place = latitude, longitude


def speed(reader: Reader, told: Told) -> None:
    """km/h."""
    told.speed_kmh = float(reader.number(1))


def flags(reader: Reader, told: Told) -> None:
    """Course and what the receiver says of the place: its signs, whether it is one."""
    bits = reader.number(2)
    told.course, told.valid = float(bits & 0x3FF), bool(bits & POSITIONED)
    if told.place is not None:
        latitude, longitude = told.place
        told.place = (
            latitude if bits & NORTH_ABSENT else -latitude,
            -longitude if bits & WEST else longitude,
        )
    if bits & ACC_TOLD:
        told.attributes["ignition"] = bool(bits & ACC_ON)


FIX: tuple[Block, ...] = (clock, satellites, place, speed, flags)


def cell_of(data: bytes) -> str | None:
    """The cell `mcc-mnc-lac-cid`; None where the network is not told. The top bit of the country
    says that the network has two bytes.
    """
    country, sizes = int.from_bytes(data[:2], "big"), CELL_SIZES.get(len(data) - 2)
    if country & 0x8000 and len(data) == 9:
        sizes = (2, 2, 3)
    if sizes is None or not country & 0x7FFF:
        return None
    reader = Reader(data[2:])
    return "-".join(str(one) for one in (country & 0x7FFF, *map(reader.number, sizes)))


def _put_cell(data: bytes, told: Told) -> None:
    if found := cell_of(data):
        told.attributes["cell"] = found


def cell(size: int) -> Block:
    """A cell of that many bytes; one more where its network has two."""

    def reading(reader: Reader, told: Told) -> None:
        _put_cell(reader.take(size + (reader.peek() >> 7)), told)

    return reading


def cell_of_two(reader: Reader, told: Told) -> None:
    """Network, area and cell of 2, 2 and 4 bytes."""
    _put_cell(reader.take(10), told)


def cell_before(tail: int) -> Block:
    """A cell before a status, a fence and so on of `tail` bytes. Mostly its length is told first,
    with or without the byte that tells it; behind the status there may be more.
    """

    def reading(reader: Reader, told: Told) -> None:
        room = reader.left - tail
        length = reader.peek()
        if length & 0x7F <= COUNTRY:
            _put_cell(reader.take(max(0, room)), told)
            return
        if length > room:
            raise Short
        reader.take(1)
        _put_cell(reader.take(length if length == room - 1 else length - 1), told)

    return reading


def information(reader: Reader, told: Told) -> None:
    """Terminal information, one byte."""
    bits = reader.number(1)
    told.attributes |= {
        "ignition": bool(bits & 2),
        "charging": bool(bits & 4),
        "blocked": bool(bits & 0x80),
    }
    _raise(TERMINAL_ALARMS.get(bits >> 3 & 7), told)


def level(reader: Reader, told: Told) -> None:
    """Voltage level of the battery, 0 to 6, or per cent."""
    value = reader.number(1)
    told.attributes["battery_percent"] = round(value * 100 / FULL) if value <= FULL else value


def signal(reader: Reader, told: Told) -> None:
    """GSM signal as the device counts it."""
    told.attributes["rssi"] = reader.number(1)


def alarm_code(reader: Reader, told: Told) -> None:
    """Alarm byte; 0 is none."""
    code = reader.number(1)
    _raise(MODEL_ALARMS.get(told.model, {}).get(code) or ALARMS.get(code), told)


def _raise(alarm: str | None, told: Told) -> None:
    """One more alarm of the message; several are joined by commas."""
    known = str(told.attributes.get("alarm", ""))
    if alarm and alarm not in known.split(","):
        told.attributes["alarm"] = f"{known},{alarm}" if known else alarm


def seeworld_volts(reader: Reader, told: Told) -> None:
    """SEEWORLD has the volts of the supply in the place of the alarm."""
    if told.model == "SEEWORLD":
        told.attributes["power_v"] = float(reader.number(1))
    else:
        alarm_code(reader, told)


STATUS: tuple[Block, ...] = (information, level, signal, alarm_code, skip(1))


def fence(reader: Reader, told: Told) -> None:
    """Number of a fence."""
    number = reader.number(1)
    if number != NO_FENCE:
        told.attributes["geofence"] = number


def ignition(reader: Reader, told: Told) -> None:
    """0 or 1."""
    told.attributes["ignition"] = bool(reader.number(1))


def reason(reader: Reader, told: Told) -> None:
    """Why the place is reported: 0 the time, 1 the distance, 2 a turn, 3 ignition and so on."""
    told.attributes["event"] = reader.number(1)


def archived(reader: Reader, told: Told) -> None:
    """Whether it was kept while there was no connection."""
    if reader.number(1):
        told.attributes["archived"] = True


def driver(size: int) -> Block:
    """Card of the driver: a number of 4 bytes, else hex."""

    def reading(reader: Reader, told: Told) -> None:
        data = reader.take(size)
        if any(data):
            told.attributes["driver"] = (
                str(int.from_bytes(data, "big")) if size == 4 else data.hex()
            )

    return reading


def counted(name: str, size: int, scale: float = 1) -> Block:
    """An unsigned number, `scale` of its unit each."""

    def reading(reader: Reader, told: Told) -> None:
        value = reader.number(size)
        told.attributes[name] = value if scale == 1 else round(value * scale, 3)

    return reading


def altitude(reader: Reader, told: Told) -> None:
    """Metres."""
    told.altitude_m = float(reader.number(2, signed=True))


def cells(area: int, identity: int) -> Block:
    """The time, country and network, then cells and their strength: the first is the best."""

    def reading(reader: Reader, told: Told) -> None:
        clock(reader, told)
        network = reader.take(3 + (reader.peek() >> 7))
        _put_cell(network + reader.take(area + identity), told)

    return reading


def camera(reader: Reader, told: Told) -> None:
    """A camera's event: with a mark and the speed, or bare; short where it has no place."""
    marked = reader.left > 2 and reader.peek() == 0xFF
    if marked:
        reader.take(3)
    clock(reader, told)
    if marked:
        for block in (satellites, place, flags):
            block(reader, told)
        told.speed_kmh = float(reader.number(2))
        told.attributes["power_v"] = reader.number(2) / 10
    elif reader.left > 10:
        place(reader, told)
        flags(reader, told)
    event = reader.number(1)
    told.attributes["event"] = event
    if event in EVENTS:
        told.attributes["alarm"] = EVENTS[event]
    reader.take(2)
    if files := reader.rest().decode("latin-1").strip("\0 "):
        told.attributes["files"] = files


def utc_seconds(seconds: int) -> datetime:
    """UTC of seconds since 1970, 32 bits."""
    return datetime.fromtimestamp(seconds, UTC)

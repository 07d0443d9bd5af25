"""The records of Meitrack's CCC and CCE frames, little-endian, and its codes of events. Pure."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from gps.protocols.reading import since, within
from gps.protocols.seam import Malformed, Position, Value

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

ALARMS = {
    1: "sos",
    17: "low_battery",
    18: "low_power",
    19: "overspeed",
    20: "geofence_enter",
    21: "geofence_exit",
    22: "power_restored",
    23: "power_cut",
    36: "tow",
    44: "jamming",
    78: "accident",
    90: "harsh_cornering",
    91: "harsh_cornering",
    129: "harsh_braking",
    130: "harsh_acceleration",
    135: "fatigue",
}
"""Code of an event → alarm."""


def alarm_of(event: Value | None) -> dict[str, Value]:
    """The alarm that an event is, if it is one."""
    return {"alarm": ALARMS[event]} if isinstance(event, int) and event in ALARMS else {}


def temperature(sensor: int, raw: int, *, fine: bool) -> dict[str, Value]:
    """Degrees Celsius of a sensor: hundredths where `fine`, else whole ones and their hundredths in
    a byte each.
    """
    if fine:
        degrees = (raw - 0x10000 if raw & 0x8000 else raw) / 100
    else:
        whole = raw >> 8
        degrees = (whole - 0x100 if whole & 0x80 else whole) + (raw & 0xFF) / 100
    return {f"temperature_{sensor}_c": degrees}


class Record(NamedTuple):
    """One record of CCC, as it is laid out."""

    event: int
    latitude: int
    longitude: int
    seconds: int
    valid: int
    satellites: int
    rssi: int
    speed: int
    course: int
    hdop: int
    altitude: int
    odometer: int
    runtime: int
    mcc: int
    mnc: int
    lac: int
    cid: int
    status: int
    adc: int
    battery: int
    power: int
    fence: int


RECORD = struct.Struct("<BiiIBBBHHHhIIHHHHHHHHI")
HEAD = struct.Struct("<HHI")


def records(content: bytes) -> tuple[Position, ...]:
    """The fixes of a CCC frame: version, length of a record, how many are still stored, records."""
    if len(content) < HEAD.size:
        raise Malformed("wrong length")
    _version, length, _remaining = HEAD.unpack_from(content)
    body = content[HEAD.size :]
    if length < RECORD.size or not body or len(body) % length:
        raise Malformed("wrong length")
    return tuple(_fix(Record(*RECORD.unpack_from(body, at))) for at in range(0, len(body), length))


def _fix(one: Record) -> Position:
    attributes: dict[str, Value] = {
        "event": one.event,
        **alarm_of(one.event),
        "satellites": one.satellites,
        "rssi": one.rssi,
        "hdop": one.hdop / 10,
        "odometer_m": one.odometer,
        "runtime_s": one.runtime,
        "inputs": one.status >> 8,
        "outputs": one.status & 0xFF,
        "analog_1": one.adc,
        "battery_v": one.battery / 100,
        "power_v": one.power / 100,
    }
    if one.lac:
        attributes["cell"] = f"{one.mcc}-{one.mnc}-{one.lac}-{one.cid}"
    return _position(
        {
            "latitude": one.latitude,
            "longitude": one.longitude,
            "seconds": one.seconds,
            "valid": one.valid,
            "speed": one.speed,
            "course": one.course,
            "altitude": one.altitude,
        },
        attributes,
    )


def _position(place: dict[str, int], attributes: dict[str, Value]) -> Position:
    latitude, longitude = place["latitude"] / 1e6, place["longitude"] / 1e6
    within(latitude, longitude)
    altitude, speed, course = place.get("altitude"), place.get("speed"), place.get("course")
    return Position(
        time=since(EPOCH, place["seconds"]) if "seconds" in place else None,
        valid=place.get("valid") == 1,
        latitude=latitude,
        longitude=longitude,
        altitude_m=None if altitude is None else float(altitude),
        speed_kmh=None if speed is None else float(speed),
        course=None if course is None else float(course),
        attributes=attributes,
    )


class Reader:
    """Reads forward; raises Malformed where the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise Malformed("wrong length")
        self._at += count
        return self._data[self._at - count : self._at]

    def unsigned(self, count: int) -> int:
        return int.from_bytes(self.take(count), "little")

    def identity(self) -> int:
        """Of a parameter: a byte, or two where the first is FE."""
        first = self.unsigned(1)
        return first if first != 0xFE else 0xFE00 | self.unsigned(1)


def _signed(raw: bytes) -> int:
    return int.from_bytes(raw, "little", signed=True)


def _unsigned(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _hundredths(raw: bytes) -> float:
    return _unsigned(raw) / 100


PLACE: dict[int, tuple[str, Callable[[bytes], int]]] = {
    0x02: ("latitude", _signed),
    0x03: ("longitude", _signed),
    0x04: ("seconds", _unsigned),
    0x05: ("valid", _unsigned),
    0x08: ("speed", _unsigned),
    0x09: ("course", _unsigned),
    0x0B: ("altitude", _signed),
}
"""Parameter of CCE → what it says of the fix."""

ITEMS: dict[int, tuple[str, Callable[[bytes], Value]]] = {
    0x01: ("event", _unsigned),
    0x06: ("satellites", _unsigned),
    0x07: ("rssi", _unsigned),
    0x0A: ("hdop", lambda raw: _unsigned(raw) / 10),
    0x0C: ("odometer_m", _unsigned),
    0x0D: ("runtime_s", _unsigned),
    0x14: ("outputs", _unsigned),
    0x15: ("inputs", _unsigned),
    0x16: ("analog_1_v", _hundredths),
    0x17: ("analog_2_v", _hundredths),
    0x18: ("analog_3_v", _hundredths),
    0x19: ("battery_v", _hundredths),
    0x1A: ("power_v", _hundredths),
    0x25: ("driver", lambda raw: raw[::-1].hex().upper()),
    0x29: ("fuel_percent", _hundredths),
    0x40: ("event", _unsigned),
    0x47: ("locked", lambda raw: _unsigned(raw) > 0),
    0x91: ("obd_speed_kmh", _unsigned),
    0x97: ("throttle_percent", _unsigned),
    0x99: ("rpm", _unsigned),
    0x9B: ("obd_odometer_m", _unsigned),
    0x9C: ("coolant_c", _signed),
    0x9D: ("fuel_percent", _unsigned),
    0xA0: ("fuel_used_l", lambda raw: _unsigned(raw) / 1000),
    0xFE69: ("battery_percent", _unsigned),
    0xFEF4: ("engine_hours", lambda raw: round(_unsigned(raw) / 60, 2)),
}
"""Parameter of CCE → attribute, and its value of the bytes."""

CELLS = range(0x0E, 0x14)
TEMPERATURES = range(0x2A, 0x32)
CELL = struct.Struct("<HHHI")


def parameters(content: bytes) -> tuple[tuple[Position, ...], dict[str, Value]]:
    """The fixes of a CCE frame, and the values of records that have no place.

    How many are still stored, how many records; each: length, index, and parameters grouped by
    their size: 1, 2, 4 and any number of bytes.
    """
    reader = Reader(content)
    reader.take(4)
    fixes, placeless = [], dict[str, Value]()
    for _ in range(reader.unsigned(2)):
        place, attributes = _record(Reader(reader.take(reader.unsigned(2))))
        if {"latitude", "longitude"} <= place.keys():
            fixes.append(_position(place, attributes))
        else:
            placeless |= attributes
    return tuple(fixes), placeless


def _record(reader: Reader) -> tuple[dict[str, int], dict[str, Value]]:
    place: dict[str, int] = {}
    attributes: dict[str, Value] = {}
    reader.take(2)
    for size in (1, 2, 4, None):
        for _ in range(reader.unsigned(1)):
            known = reader.identity()
            raw = reader.take(reader.unsigned(1) if size is None else size)
            if known in PLACE and size is not None:
                name, read = PLACE[known]
                place[name] = read(raw)
            else:
                attributes |= _item(known, raw, cell="cell" not in attributes)
    return place, attributes | alarm_of(attributes.get("event"))


def _item(known: int, raw: bytes, *, cell: bool) -> dict[str, Value]:
    if known in ITEMS and len(raw) <= 4:
        name, read = ITEMS[known]
        return {name: read(raw)}
    if known in TEMPERATURES and len(raw) == 3:
        return temperature(known - TEMPERATURES.start, _unsigned(raw[1:]), fine=True)
    if known in CELLS and cell and len(raw) >= CELL.size:
        mcc, mnc, lac, cid = CELL.unpack_from(raw)
        return {"cell": f"{mcc}-{mnc}-{lac}-{cid}"} if lac else {}
    return {}

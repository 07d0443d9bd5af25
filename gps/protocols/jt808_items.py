"""What a position of JT/T 808 says beside its place: status, alarms, additional items. Pure.

The standard gives ids up to E0 their meaning; the rest is the makers' own, and the same id is one
thing here and another there. An item is therefore read by id and length, and by the model where
that is not enough; what is in no table is skipped by its length.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from gps.protocols.seam import Value

ALARMS = (
    "sos", "overspeed", "fatigue", "danger", "gnss_fault", "antenna", "antenna",
    "low_power", "power_cut", "display_fault", "speaker_fault", "camera_fault", "card_fault",
    "overspeed_warning", "fatigue_warning", "violation", "tyre_pressure", "blind_spot",
    "driving_time", "parking_time", "geofence", "route", "route_time", "off_route", "speed_sensor",
    "fuel_leak", "theft", "illegal_ignition", "movement", "accident", "rollover", "door",
)  # fmt: skip
"""By bit (JT/T 808-2019, table 24)."""

SINCE_2019 = 0b111 << 15
"""Bits without a meaning before."""

MODEL_ALARMS = {"AL300": {16: "movement"}}
"""Model → alarms of its maker's own, by bit."""

IGNITION, FUEL_CUT, DOORS_LOCKED, DOORS, DRIVING = 1 << 0, 1 << 10, 1 << 12, 0b11111 << 13, 1 << 22


class Number(NamedTuple):
    """`name` = the integer of the item × `factor` + `offset`."""

    name: str
    factor: float = 1
    offset: int = 0
    signed: bool = False


NUMBERS: dict[tuple[int, int], Number] = {
    (0x01, 4): Number("odometer_m", 100),
    (0x02, 2): Number("fuel_l", 0.1),
    (0x03, 2): Number("recorder_speed_kmh", 0.1),
    (0x04, 2): Number("event"),
    (0x06, 2): Number("temperature_c", signed=True),
    (0x25, 4): Number("inputs"),
    (0x30, 1): Number("rssi"),
    (0x31, 1): Number("satellites"),
    (0x06, 1): Number("battery_percent"),
    (0x69, 2): Number("battery_v", 0.01),
    (0x80, 1): Number("obd_speed_kmh"),
    (0x81, 2): Number("rpm"),
    (0x82, 2): Number("power_v", 0.1),
    (0x83, 1): Number("engine_load_percent"),
    (0x84, 1): Number("coolant_c", offset=-40),
    (0x86, 1): Number("intake_c", offset=-40),
    (0x89, 1): Number("throttle_percent"),
    (0x8C, 4): Number("obd_odometer_m", 100),
    (0x8D, 2): Number("trip_m", 1000),
    (0x8E, 1): Number("fuel_percent"),
    (0xD3, 2): Number("power_v", 0.1),
    (0xD4, 1): Number("battery_percent"),
    (0xE1, 1): Number("battery_percent"),
    (0xE1, 2): Number("power_v", 0.1),
    (0xE9, 1): Number("battery_percent"),
    (0xF1, 4): Number("power_v", 0.001),
    (0xFE, 1): Number("battery_percent"),
}
"""(Id, length) → number."""

TEXTS = {
    0x6C: "imei",
    0x71: "iccid",
    0x8B: "vin",
    0xA0: "trouble_codes",
    0xBC: "driver_name",
    0xBD: "driver",
    0xCC: "iccid",
    0xD6: "iccid",
    0xF2: "firmware",
}
"""Id → text."""

EXTENDED: dict[tuple[int, int], Number] = {
    (0x2D, 4): Number("power_v", 0.001),
    (0x2D, 2): Number("battery_v", 0.001),
    (0xA8, 1): Number("battery_percent"),
    (0xCE, 2): Number("power_v", 0.01),
    (0xE1, 1): Number("battery_percent"),
}
"""(Type, length) → number, inside of item EB."""

OBD: dict[int, Number] = {
    0x052B: Number("fuel_percent"),
    0x052D: Number("coolant_c", offset=-40),
    0x052E: Number("intake_c", offset=-40),
    0x0530: Number("power_v", 0.001),
    0x0535: Number("obd_speed_kmh", 0.1),
    0x0536: Number("rpm"),
    0x0546: Number("obd_odometer_m", 100),
}
"""Id → number of an engine's report."""

Items = dict[str, Value]


def attributes_of(
    alarm: int, status: int, extra: bytes, *, model: str = "", version: int | None = None
) -> Items:
    """All of one position. `alarm`, `status`: its bits; `extra`: its additional items."""
    told: Items = {"ignition": bool(status & IGNITION)}
    if alarms := _alarms(alarm, model, version):
        told["alarm"] = ",".join(dict.fromkeys(alarms))
    if status & FUEL_CUT:
        told["blocked"] = True
    if status & DOORS_LOCKED:
        told["locked"] = True
    if status & DOORS:
        told["door_open"] = True
    if version is not None:
        told["motion"] = bool(status & DRIVING)
    for number, value in items(extra):
        told |= _item(number, value, model)
    if told.pop("power_lost", False) and "power_cut" not in alarms:
        told["alarm"] = ",".join([*alarms, "power_cut"])
    return told


def items(extra: bytes, id_size: int = 1) -> Iterator[tuple[int, bytes]]:
    """Id, length in one byte, value. What is cut off ends the list."""
    at = 0
    while at + id_size < len(extra):
        start = at + id_size + 1
        end = start + extra[start - 1]
        if end > len(extra):
            return
        yield int.from_bytes(extra[at : at + id_size], "big"), extra[start:end]
        at = end


def obd(data: bytes) -> Items:
    """Of an engine's report: id in two bytes, length in one, value."""
    told: Items = {}
    for number, value in items(data, 2):
        if number in OBD and value:
            told |= _number(OBD[number], value)
    return told


def text(data: bytes) -> str:
    """Without its padding and what no screen shows."""
    return "".join(filter(str.isprintable, data.decode("gbk", "replace"))).strip()


def _alarms(bits: int, model: str, version: int | None) -> list[str]:
    own = MODEL_ALARMS.get(model, {})
    known = bits if version is not None else bits & ~SINCE_2019
    return [
        own.get(bit, name)
        for bit, name in enumerate(ALARMS)
        if known >> bit & 1 or (bit in own and bits >> bit & 1)
    ]


def _item(number: int, value: bytes, model: str) -> Items:
    if simple := NUMBERS.get((number, len(value))):
        return _number(simple, value)
    if number in TEXTS:
        name, said = TEXTS[number], text(value)
        if name == "iccid":
            said = said.rstrip("F")
        if name == "trouble_codes":
            said = said.replace(",", " ")
        return {name: said} if len(said) > 1 else {}
    if reader := READERS.get(number):
        return dict(reader(value))
    for begins, own, reader in MODELS:
        if own == number and model.startswith(begins):
            return dict(reader(value))
    return {}


def _number(form: Number, value: bytes) -> Items:
    whole = int.from_bytes(value, "big", signed=form.signed)
    return {form.name: round(whole * form.factor + form.offset, 3)}


def _analog(value: bytes) -> Items:
    """AD0 is the low word (JT/T 808-2013, table 27)."""
    return {"analog_1": _u16(value, 2), "analog_2": _u16(value, 0)} if len(value) == 4 else {}


def _temperatures(value: bytes) -> Items:
    """Tenths of a degree, the highest bit is the sign."""
    told: Items = {}
    for index in range(len(value) // 2):
        raw = _u16(value, 2 * index)
        if raw & 0x7FFF < 0x7000:
            degrees = (raw & 0x7FFF) / 10
            name = "temperature_c" if index == 0 else f"temperature_{index + 1}_c"
            told[name] = -degrees if raw & 0x8000 else degrees
    return told


def _tens(value: bytes) -> Items:
    return {"battery_percent": value[0] * 10} if value and value[0] <= 10 else {}


def _level_and_voltage(value: bytes) -> Items:
    if len(value) != 6:
        return {}
    told: Items = {"battery_v": _u16(value, 2) / 100}
    if value[1]:
        told["battery_percent"] = value[1]
    return told


def _charge(value: bytes) -> Items:
    return {"charging": value[0] == 0, "battery_percent": value[1]} if len(value) == 2 else {}


def _moves(value: bytes) -> Items:
    return {"motion": value[0] == 1} if len(value) == 1 else {}


def _wide_cell(value: bytes) -> Items:
    return _cell(value, 2, 3, 4) if len(value) == 12 else {}


def _narrow_cell(value: bytes) -> Items:
    return _cell(value, 1, 2, 4) if len(value) == 10 else {}


def _cells(value: bytes) -> Items:
    """The first of several: country, network, cell in four bytes, area in four, strength."""
    if not value or len(value) % 13:
        return {}
    cid, lac = int.from_bytes(value[4:8], "big"), int.from_bytes(value[8:12], "big")
    return {"cell": f"{_u16(value, 0)}-{_u16(value, 2)}-{lac}-{cid}"}


def _counted_cells(value: bytes) -> Items:
    return _cell(value[1:], 1, 2, 2) if len(value) % 8 == 1 else {}


def _cell(value: bytes, network: int, area: int, cell: int) -> Items:
    """`network`, `area`, `cell`: bytes that each of them has; nothing where there is no cell."""
    places = (2, network, area, cell)
    if len(value) < sum(places):
        return {}
    found, at = [], 0
    for size in places:
        found.append(int.from_bytes(value[at : at + size], "big"))
        at += size
    return {"cell": "-".join(map(str, found))} if found[2] or found[3] else {}


def _wifi(value: bytes) -> Items:
    """Stations in reach, six bytes of address and the strength in dBm."""
    if not value or len(value) % 7:
        return {}
    rows = [value[at : at + 7] for at in range(0, len(value), 7)]
    told = [f"{row[:6].hex(':')} {(row[6] ^ 0x80) - 0x80}" for row in rows]
    return {"wifi": ", ".join(told)}


def _nested(value: bytes) -> Items:
    """EB: the zone of its clock, or types of its maker's own, or cells."""
    if value.startswith(b"UTC"):
        return {"time_zone": text(value)}
    told: Items = {}
    at = 0
    while at + 4 <= len(value):
        length, number = _u16(value, at), _u16(value, at + 2)
        if length < 2 or at + 2 + length > len(value):
            break
        told |= _extended(number, value[at + 4 : at + 2 + length])
        at += 2 + length
    if at == len(value):
        return told
    if len(value) % 5 == 3:
        cells = (_cell(value[:3] + value[at : at + 4], 1, 2, 2) for at in range(3, len(value), 5))
        return next(filter(None, cells), {})
    return {}


def _extended(number: int, value: bytes) -> Items:
    if form := EXTENDED.get((number, len(value))):
        return _number(form, value)
    if number == 0xB2:
        return _digits("iccid", value.hex())
    if number == 0xD5:
        return _digits("imei", text(value))
    if number == 0xD8:
        return _cell(value, 1, 2, 4)
    if number == 0x89 and len(value) == 4 and not value[3] & 1:
        return {"power_lost": True}
    return {}


def _sensors(value: bytes) -> Items:
    """Event, which sensors there are, their values in two bytes each; eight bytes are an IMEI."""
    if len(value) == 8:
        return _digits("imei", value[:8].hex()[1:])
    if len(value) < 2:
        return {}
    told: Items = {"event": value[0]}
    at, there = 2, value[1]
    for bit, name, factor in (
        (0, "light", 1),
        (1, "temperature_c", 0.1),
        (2, "humidity_percent", 0.1),
    ):
        if there >> bit & 1 and at + 2 <= len(value):
            raw = int.from_bytes(value[at : at + 2], "big", signed=True)
            told[name] = round(raw * factor, 1)
            at += 2
    return told


def _battery(value: bytes) -> Items:
    if len(value) != 6:
        return {}
    volts = int.from_bytes(value[:4], "big") / 1000
    return {"battery_v": volts, "battery_percent": value[5], "charging": value[4] == 2}


def _card(value: bytes) -> Items:
    if len(value) < 19:
        return {}
    return _digits("imei", value[1:9].hex()[1:]) | _digits("iccid", value[9:19].hex())


def _digits(name: str, said: str) -> Items:
    """A number of a card or a device; nothing where there is none."""
    said = said.rstrip("f")
    return {name: said} if said.isdecimal() and said.strip("0") else {}


def _receiver(value: bytes) -> Items:
    return {"hdop": _u16(value, 10) / 10} if len(value) >= 12 else {}


def _supply(value: bytes) -> Items:
    """Id in two bytes, length in one; 2005 holds the same once more."""
    told: Items = {}
    for number, part in items(value, 2):
        if number == 0x2005:
            told |= _supply(part)
        elif number == 0x2003 and len(part) == 7:
            told |= {"charging": part[0] == 1, "battery_v": _u16(part, 2) / 100}
            told |= {"battery_percent": round(min(part[1], 6) / 6 * 100)}
            told |= {"power_v": _u16(part, 5) / 100}
        elif number == 0x2001 and len(part) == 2:
            told["power_v"] = _u16(part, 0) / 10
        elif number == 0x0007 and len(part) == 2:
            told["hdop"] = _u16(part, 0) / 10
    return told


def _steps(value: bytes) -> Items:
    return {"steps": _u16(value, 0)} if len(value) == 2 else {}


def _u16(value: bytes, at: int) -> int:
    return int.from_bytes(value[at : at + 2], "big")


Reader = Callable[[bytes], Mapping[str, Value]]

READERS: dict[int, Reader] = {
    0x2B: _analog,
    0x51: _temperatures,
    0x53: _counted_cells,
    0x56: _tens,
    0xE1: _wide_cell,
    0xE3: _level_and_voltage,
    0xE4: _charge,
    0xE5: _moves,
    0xEB: _nested,
    0xEC: _wifi,
    0xEE: _narrow_cell,
    0xF0: _cells,
    0xF3: obd,
    0xF4: _wifi,
    0xF6: _sensors,
    0xF7: _battery,
    0xF9: _receiver,
}
"""Id → reader of what is no single number."""

MODELS: tuple[tuple[str, int, Reader], ...] = (
    ("JC", 0xE8, _supply),
    ("C5", 0xF8, _steps),
    ("", 0xF8, _card),
)
"""How a model begins, id, reader; the first that fits."""

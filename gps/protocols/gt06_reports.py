"""Messages of GT06 whose content is a list of its own: information, modules, texts. Pure."""

import re
from collections.abc import Mapping

from gps.protocols.binary import Reader
from gps.protocols.gt06_items import (
    Block,
    Told,
    cell_of,
    clock,
    flags,
    imei,
    place,
    satellites,
    speed,
    utc_seconds,
)
from gps.protocols.reading import moment, number, within

HUNDREDTH = 0.01


def text(tail: int) -> Block:
    """Server flag (4 bytes), a text, `tail` bytes of language."""

    def reading(reader: Reader, told: Told) -> None:
        reader.take(4)
        data = reader.take(max(0, reader.left - tail))
        if said := data.replace(b"\0", b"").decode("utf-8", "replace").strip():
            told.attributes["result"] = said

    return reading


_PLACE = re.compile(
    r"Lat:([NS])([\d.]+),Lon:([EW])([\d.]+),Course:([\d.]+),Speed:([\d.]+),"
    r"DateTime:(\d+)[-/](\d+)[-/](\d+) +(\d+):(\d+):(\d+)"
)


def text_reply(reader: Reader, told: Told) -> None:
    """Server flag, encoding (1: ASCII, 2: UTF-16), the answer to a command; one of them is a place
    in words.
    """
    reader.take(4)
    encoding = "utf-16-be" if reader.number(1) == 2 else "latin-1"
    said = reader.rest().decode(encoding, "replace").strip("\0 ")
    told.attributes["result"] = said
    if not (found := _PLACE.search(said)):
        return
    north, latitude, east, longitude, course, kmh, *parts = found.groups()
    told.place = _signed(latitude, north), _signed(longitude, east)
    within(*told.place)
    told.course, told.speed_kmh = number(course, "course"), number(kmh, "speed")
    told.time, told.valid = moment(parts) - told.zone, True


def _signed(value: str, hemisphere: str) -> float:
    return number(value, "place") * (-1 if hemisphere in "SW" else 1)


def serial_data(reader: Reader, told: Told) -> None:
    """What a device behind the terminal has said: a kind, then bytes, in hex."""
    reader.take(1)
    told.attributes["result"] = reader.rest().hex()


def information(reader: Reader, told: Told) -> None:
    """A kind of information and its value."""
    kind = reader.number(1)
    if found := INFORMATION.get(kind):
        found(reader, told)


def power(reader: Reader, told: Told) -> None:
    """0.01 V."""
    told.attributes["power_v"] = round(reader.number(2) * HUNDREDTH, 2)


def percent(reader: Reader, told: Told) -> None:
    """Charge of the battery in per cent."""
    told.attributes["battery_percent"] = reader.number(1)


def optional_place(reader: Reader, told: Told) -> None:
    """How long it is, then the place; 0 where there is none."""
    if reader.number(1):
        for block in (satellites, place, speed, flags):
            block(reader, told)


def _network(reader: Reader, told: Told) -> None:
    if reader.left >= 2:
        power(reader, told)
    else:
        told.attributes["network"] = "4G" if reader.number(1) else "2G"


def _settings(reader: Reader, told: Told) -> None:
    """`NAME=value;…`: of these the card is read."""
    said = reader.rest().decode("latin-1")
    found = re.search(r"ICCID=([0-9A-Fa-f]{18,20})", said)
    if found:
        told.attributes["iccid"] = found[1].upper().rstrip("F")


def _door(reader: Reader, told: Told) -> None:
    """Sometimes the time, then the state: bit 0 open."""
    if reader.left >= 7:
        clock(reader, told)
    told.attributes["door_open"] = bool(reader.number(1) & 1)


def _identity(reader: Reader, told: Told) -> None:
    """IMEI, IMSI, number of the SIM."""
    imei(reader, told)
    reader.take(8)
    told.attributes["iccid"] = reader.take(10).hex().rstrip("f")


def _fuel(reader: Reader, told: Told) -> None:
    """A fuel sensor's line: `…!AIOIL,<address>,<level>,<°C>,…`."""
    fields = reader.rest().decode("latin-1").partition("!AIOIL,")[2].split(",")
    if len(fields) > 2:
        told.attributes["fuel_raw"] = number(fields[1], "fuel")
        told.attributes["temperature_c"] = number(fields[2], "temperature")


def _card(reader: Reader, told: Told) -> None:
    """A card reader's frame: mark, kind, number, check, mark."""
    reader.take(2)
    told.attributes["driver"] = reader.take(4).hex()


def _climate(reader: Reader, told: Told) -> None:
    """Tenths of a degree, tenths of a per cent."""
    told.attributes["temperature_c"] = reader.number(4, signed=True) / 10
    told.attributes["humidity_percent"] = reader.number(4, signed=True) / 10


INFORMATION: Mapping[int, Block] = {
    0x00: power,
    0x04: _settings,
    0x05: _door,
    0x0A: _identity,
    0x0B: _network,
    0x0D: _fuel,
    0x1B: _card,
    0x1E: _climate,
}
"""Kind of information → what it says."""


def modules(head: int, size: int, table: Mapping[int, Block]) -> Block:
    """`head` bytes, then {number, 2 bytes; length, `size` bytes; value} to the end."""

    def reading(reader: Reader, told: Told) -> None:
        reader.take(head)
        while reader.left >= 2 + size:
            known, length = reader.number(2), reader.number(size)
            value = Reader(reader.take(length))
            if block := table.get(known):
                block(value, told)

    return reading


def _number(name: str, size: int, scale: float = 1) -> Block:
    def reading(value: Reader, told: Told) -> None:
        found = value.number(size)
        told.attributes[name] = found if scale == 1 else round(found * scale, 3)

    return reading


def _hex_text(name: str, strip: str = "") -> Block:
    def reading(value: Reader, told: Told) -> None:
        told.attributes[name] = value.rest().hex().rstrip(strip)

    return reading


def _cell(value: Reader, told: Told) -> None:
    """Country, network, area, cell of 2, 2, 2 and 4 bytes, as the others say it."""
    if value.left >= 10 and (found := cell_of(value.take(10))):
        told.attributes["cell"] = found


def _gps(value: Reader, told: Told) -> None:
    """UTC seconds, satellites, metres, place, km/h, course and flags."""
    told.time = utc_seconds(value.number(4))
    satellites(value, told)
    told.altitude_m = float(value.number(2, signed=True))
    for block in (place, speed, flags):
        block(value, told)


def _opened(value: Reader, told: Told) -> None:
    """Bit 0: the door is open; bit 4: taken off."""
    bits = value.number(1)
    told.attributes["door_open"] = bool(bits & 1)
    if bits & 0x10:
        told.attributes["alarm"] = "tamper"


MODULES: Mapping[int, Block] = {
    0x01: imei,
    0x03: _hex_text("iccid", "f"),
    0x11: _cell,
    0x18: _number("battery_v", 2, HUNDREDTH),
    0x28: _number("hdop", 1, 0.1),
    0x2A: _opened,
    0x2E: _number("odometer_m", 4),
    0x33: _gps,
    0x35: _number("event", 1),
}
"""Module of a modular report → what it says."""
STATES: Mapping[int, Block] = {
    0x05: _number("power_v", 2, HUNDREDTH),
}
"""Module of a scooter's report → what it says; UTC seconds stand before them."""
BATTERY: Mapping[int, Block] = {
    0x18: _number("battery_v", 2, HUNDREDTH),
    0x6A: _number("battery_percent", 1),
}
"""Module of a short report → what it says; a status stands before them."""
battery = modules(0, 1, BATTERY)

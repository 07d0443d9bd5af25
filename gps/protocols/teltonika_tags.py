"""Wireless tags and beacons in Teltonika records. Pure.

Source: the vendor's parameters 385 (beacons), 548, 10828, 10829, 10831 and 11317 (lists of tags).
"""

from collections.abc import Callable, Mapping

from gps.protocols.binary import Reader
from gps.protocols.seam import Value

RSSI_TOLD, IBEACON = 0x01, 0x20
"""Bits before a beacon."""
LOWEST_MV, STEP_MV = 2000, 10
"""What a tag's own byte of the battery counts from, and in."""


def _signed(raw: bytes) -> int:
    return int.from_bytes(raw, "big", signed=True)


def _unsigned(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


FIELDS: Mapping[int, tuple[str, Callable[[bytes], Value]]] = {
    0x00: ("rssi_dbm", _signed),
    0x01: ("id", bytes.hex),
    0x02: ("battery_v", lambda raw: (LOWEST_MV + STEP_MV * raw[-1]) / 1000 if raw else 0.0),
    0x05: ("name", lambda raw: raw.decode("latin-1").strip("\0 ")),
    0x06: ("temperature_c", lambda raw: _signed(raw) / 100),
    0x07: ("humidity_percent", _unsigned),
    0x0D: ("battery_low", any),
    0x0E: ("battery_v", lambda raw: _unsigned(raw) / 1000),
    0x0F: ("id", bytes.hex),
}
"""Field of a tag → its name behind `tag_<number>_`."""


def tags(raw: bytes) -> dict[str, Value]:
    """A version, then of each tag its length and {field, length, value}. Raises Short."""
    reader, found = Reader(raw), dict[str, Value]()
    reader.take(1)
    number = 0
    while reader.left:
        number += 1
        one = Reader(reader.take(reader.number(1)))
        while one.left:
            field, value = one.number(1), one.take(one.number(1))
            if field in FIELDS:
                name, read = FIELDS[field]
                found[f"tag_{number}_{name}"] = read(value)
    return found


def beacons(raw: bytes) -> dict[str, Value]:
    """A part of how many, then iBeacons (UUID, major, minor) and Eddystones (namespace, instance),
    with their strength. Raises Short.
    """
    reader, found = Reader(raw), dict[str, Value]()
    reader.take(1)
    number = 0
    while reader.left:
        number += 1
        bits = reader.number(1)
        if bits & IBEACON:
            name = f"{reader.take(16).hex()}-{reader.number(2)}-{reader.number(2)}"
        else:
            name = f"{reader.take(10).hex()}-{reader.take(6).hex()}"
        found[f"tag_{number}_id"] = name
        if bits & RSSI_TOLD:
            found[f"tag_{number}_rssi_dbm"] = reader.number(1, signed=True)
    return found


LISTS: Mapping[int, Callable[[bytes], dict[str, Value]]] = {
    385: beacons,
    548: tags,
    10828: tags,
    10829: tags,
    10831: tags,
    11317: tags,
}
"""Number of a parameter → how its list is read."""

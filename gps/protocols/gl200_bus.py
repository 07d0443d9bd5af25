"""What Queclink's devices read from a vehicle's bus: reports of CAN and OBD. Pure."""

import re
from collections.abc import Callable

from gps.protocols.seam import Value

Values = dict[str, Value]
DECIMAL = re.compile(r"-?\d{1,9}(?:\.\d{1,4})?", re.ASCII)
MASK = re.compile(r"[0-9A-F]{6,8}")
VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")


def _decimal(name: str, scale: float = 1) -> Callable[[str], Values]:
    def read(text: str) -> Values:
        if not DECIMAL.fullmatch(text):
            return {}
        value = float(text) * scale
        return {name: int(value) if value == int(value) else round(value, 3)}

    return read


def _distance(text: str) -> Values:
    """Hectometres (H); impulses (I) tell nothing without the dashboard's."""
    return _decimal("obd_odometer_m", 100)(text[1:]) if text[:1] == "H" else {}


def _fuel(text: str) -> Values:
    name = {"P": "fuel_percent", "L": "fuel_l"}.get(text[:1])
    return _decimal(name)(text[1:]) if name else {}


def _key(text: str) -> Values:
    """0 off, 1 on, 2 the engine runs."""
    return {"ignition": text != "0"} if text in ("0", "1", "2") else {}


def _vin(text: str) -> Values:
    return {"vin": text} if VIN.fullmatch(text) else {}


CAN: dict[int, Callable[[str], Values]] = {
    0: _vin,
    1: _key,
    2: _distance,
    3: _decimal("fuel_used_l"),
    4: _decimal("rpm"),
    5: _decimal("obd_speed_kmh"),
    6: _decimal("coolant_c"),
    8: _fuel,
    9: _decimal("range_m", 100),
    10: _decimal("throttle_percent"),
    11: _decimal("engine_hours"),
    12: _decimal("driving_hours"),
    13: _decimal("idle_hours"),
    14: _decimal("idle_fuel_used_l"),
    15: _decimal("axle_weight_kg"),
}
"""Bit of a CAN report's mask → what its field says; there is a field for each bit that is set."""
OBD: dict[int, Callable[[str], Values]] = {
    0: _vin,
    2: _decimal("power_v", 0.001),
    4: _decimal("rpm"),
    5: _decimal("obd_speed_kmh"),
    6: _decimal("coolant_c"),
    11: _decimal("trouble_code_count"),
    14: _decimal("throttle_percent"),
    15: _decimal("engine_load_percent"),
    16: _decimal("fuel_percent"),
}
"""The same of an OBD report."""


def masked(table: dict[int, Callable[[str], Values]], fields: list[str]) -> Values:
    """The mask is the first field of six or eight hex digits behind the device's name."""
    masks = (at for at, one in enumerate(fields[:8]) if at > 4 and MASK.fullmatch(one))
    at = next(masks, None)
    if at is None:
        return {}
    mask, told, found = int(fields[at], 16), fields[at + 1 :], Values()
    for bit, read in table.items():
        which = (mask & ((1 << bit) - 1)).bit_count()
        if mask >> bit & 1 and which < len(told):
            found |= read(told[which])
    return found

"""Values of Teltonika records by their numbers (AVL ids). Pure.

Source: the vendor's lists of parameter ids of the FMB, FMC and FMM series.
"""

from collections.abc import Callable, Mapping

from gps.protocols.binary import Short
from gps.protocols.seam import Value
from gps.protocols.teltonika_tags import LISTS

Raw = bytes
Read = Callable[[Raw], Value | None]
"""What a value says; None: nothing."""

SENSOR_FAULT = 850
"""Tenths of a degree from which a temperature is a fault of the sensor."""
WIRELESS_FAULT = 20_000
"""Hundredths of a degree from which, on both sides, it is one of a wireless sensor."""
ICCID_DIGITS = 10
"""Shorter, it is an analogue input of an older series."""


def unsigned(raw: Raw) -> int:
    """As it is."""
    return int.from_bytes(raw, "big")


def signed(raw: Raw) -> int:
    """As it is, two's complement."""
    return int.from_bytes(raw, "big", signed=True)


def percent(raw: Raw) -> int | None:
    """At most 100; more is of another series, which means something else."""
    value = unsigned(raw)
    return value if value <= 100 else None


def flag(raw: Raw) -> bool:
    """Whether it is not 0."""
    return any(raw)


def scaled(unit: float, *, minus: bool = False) -> Read:
    """`unit` each."""

    def read(raw: Raw) -> float:
        return round((signed if minus else unsigned)(raw) * unit, 3)

    return read


def text(raw: Raw) -> str | None:
    """ASCII."""
    return raw.decode("latin-1").strip("\0 ") or None


def codes(raw: Raw) -> str | None:
    """Trouble codes, between spaces instead of commas."""
    return " ".join((text(raw) or "").split(",")) or None


def wired_temperature(raw: Raw) -> float | None:
    """Tenths of a degree."""
    value = signed(raw)
    return value / 10 if value < SENSOR_FAULT else None


def wireless_temperature(raw: Raw) -> float | None:
    """Hundredths of a degree."""
    value = signed(raw)
    return value / 100 if abs(value) < WIRELESS_FAULT else None


def key(raw: Raw) -> str | None:
    """An iButton: the last byte first, in hex; zeros where none is held to the reader."""
    return raw[::-1].hex() if any(raw) else None


def card(raw: Raw) -> str | None:
    """A card, in hex."""
    return raw.hex() if any(raw) else None


def sim(raw: Raw) -> str | None:
    """The number of the SIM, or its first half."""
    told = str(unsigned(raw))
    return told if len(told) >= ICCID_DIGITS else None


ITEMS: Mapping[int, tuple[str, Read]] = {
    9: ("analog_1_v", scaled(0.001)),
    11: ("iccid", sim),
    12: ("fuel_used_l", scaled(0.001)),
    16: ("odometer_m", unsigned),
    21: ("rssi", unsigned),
    25: ("temperature_11_c", wireless_temperature),
    26: ("temperature_12_c", wireless_temperature),
    27: ("temperature_13_c", wireless_temperature),
    28: ("temperature_14_c", wireless_temperature),
    31: ("engine_load_percent", unsigned),
    32: ("coolant_c", signed),
    36: ("rpm", unsigned),
    37: ("obd_speed_kmh", unsigned),
    48: ("fuel_percent", percent),
    66: ("power_v", scaled(0.001)),
    67: ("battery_v", scaled(0.001)),
    68: ("battery_current_a", scaled(0.001, minus=True)),
    72: ("temperature_1_c", wired_temperature),
    73: ("temperature_2_c", wired_temperature),
    74: ("temperature_3_c", wired_temperature),
    75: ("temperature_4_c", wired_temperature),
    78: ("driver", key),
    89: ("fuel_percent", percent),
    113: ("battery_percent", percent),
    181: ("pdop", scaled(0.1)),
    182: ("hdop", scaled(0.1)),
    199: ("trip_m", unsigned),
    207: ("driver", card),
    239: ("ignition", flag),
    240: ("motion", flag),
    256: ("vin", text),
    281: ("trouble_codes", codes),
    325: ("vin", text),
    10800: ("temperature_11_c", wireless_temperature),
    10801: ("temperature_12_c", wireless_temperature),
    10802: ("temperature_13_c", wireless_temperature),
    10803: ("temperature_14_c", wireless_temperature),
}
"""Number → attribute."""
LINES: Mapping[int, tuple[str, int]] = {
    1: ("inputs", 1),
    2: ("inputs", 2),
    3: ("inputs", 4),
    4: ("inputs", 8),
    179: ("outputs", 1),
    180: ("outputs", 2),
}
"""Number → the attribute and its bit."""
ALARMS: Mapping[int, Mapping[int, str]] = {
    236: {1: "sos"},
    246: {1: "tow"},
    247: dict.fromkeys(range(1, 7), "accident"),
    249: {1: "jamming", 2: "jamming"},
    251: {1: "idling"},
    252: {1: "power_cut"},
    253: {1: "harsh_acceleration", 2: "harsh_braking", 3: "harsh_cornering"},
}
"""Number → value → alarm."""
OVERSPEED = 255
"""Its value is the speed."""
AREA, CELLS, OPERATOR = 206, (205, 636), 241
SIM_END = 14
"""The second half of the number of the SIM."""
SPEED = 24
"""km/h, once more."""
READ = frozenset({AREA, *CELLS, OPERATOR, OVERSPEED, SIM_END, SPEED, *ALARMS})
"""Numbers that are told in words of their own, or twice."""


def told(values: Mapping[int, bytes]) -> dict[str, Value]:
    """The attributes of a record. What is not known is `io_<number>`: a whole number, negative only
    in eight bytes, or hex.
    """
    found: dict[str, Value] = {}
    for number, raw in values.items():
        if number in LINES and len(raw) == 1:
            name, bit = LINES[number]
            found[name] = int(found.get(name, 0)) | (bit if flag(raw) else 0)
        elif number in ITEMS:
            name, read = ITEMS[number]
            if (value := read(raw)) is not None:
                found[name] = value
        elif number in LISTS:
            found |= _listed(number, raw)
        elif number not in READ:
            found[f"io_{number}"] = _plain(raw)
    if "iccid" in found and SIM_END in values:
        found["iccid"] = f"{found['iccid']}{unsigned(values[SIM_END])}"
    alarms = list(dict.fromkeys(_alarms(values)))
    if alarms:
        found["alarm"] = ",".join(alarms)
    return found | _cell(values)


def _listed(number: int, raw: bytes) -> dict[str, Value]:
    try:
        return LISTS[number](raw)
    except Short:
        return {f"io_{number}": raw.hex()}


def _plain(raw: bytes) -> Value:
    if len(raw) in (1, 2, 4):
        return unsigned(raw)
    return signed(raw) if len(raw) == 8 else raw.hex()


def _alarms(values: Mapping[int, bytes]) -> list[str]:
    found = [
        alarms[value]
        for number, alarms in ALARMS.items()
        if number in values and (value := unsigned(values[number])) in alarms
    ]
    return [*found, "overspeed"] if flag(values.get(OVERSPEED, b"")) else found


def _cell(values: Mapping[int, bytes]) -> dict[str, Value]:
    """Country and network are the digits of one number."""
    operator = unsigned(values.get(OPERATOR, b""))
    identity = next((unsigned(values[one]) for one in CELLS if one in values), 0)
    if not operator or not identity or AREA not in values:
        return {}
    country, network = divmod(operator, 1000 if operator > 99999 else 100)
    return {"cell": f"{country}-{network}-{unsigned(values[AREA])}-{identity}"}

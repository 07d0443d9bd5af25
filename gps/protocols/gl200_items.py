"""What Queclink's messages say beside the fix, by their words. Pure.

Fields whose place depends on the device are read where their look is beyond doubt (an odometer has
a decimal, hours have colons, a state is one of eight codes), else left out.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gps.protocols.gl200_bus import CAN, DECIMAL, OBD, VIN, Values, masked
from gps.protocols.objects import words
from gps.protocols.seam import Value

STATES: dict[str, Values] = {
    "11": {"ignition": False, "motion": False},
    "12": {"ignition": False, "motion": True},
    "16": {"ignition": False, "motion": True, "alarm": "tow"},
    "1A": {"ignition": False, "motion": True},
    "21": {"ignition": True, "motion": False},
    "22": {"ignition": True, "motion": True},
    "41": {"motion": False},
    "42": {"motion": True},
}
"""State of the device → ignition and motion; 1A: perhaps towed, 41 and 42: no ignition line."""
STATUS = re.compile(r"(1[126A]|2[12]|4[12])([0-9A-F]{2})([0-9A-F]{2})")
CELL = re.compile(r"0*(\d{1,3}),0*(\d{1,3}),([0-9A-Fa-f]{1,8}),([0-9A-Fa-f]{1,8})", re.ASCII)
KILOMETRES = re.compile(r"\d{1,8}\.\d{1,2}", re.ASCII)
HOURS = re.compile(r"(\d{1,7}):(\d\d):(\d\d)", re.ASCII)
WHOLE = re.compile(r"\d{1,9}", re.ASCII)
PERCENT = re.compile(r"100|[1-9]?\d", re.ASCII)
STATION = re.compile(r"[0-9a-fA-F]{12}")
PROBE = re.compile(r"(?:^|,)[0-9A-F]{16},1,([0-9A-F]{4})(?=,|$)")
TAG = re.compile(
    r",([0-9A-F]{4}),([^,]{0,40}),([0-9A-F]{12}),[01]?,(\d{0,5}),(-?\d{0,3}(?:\.\d{1,2})?),(\d{0,3})(?=,)",
    re.ASCII,
)
"""A wireless tag: which items there are, name, address, state, millivolts, degrees, per cent."""
WHOLE_TAG = 0x3F
"""Items of a tag that stand in this order; others follow."""
SENT = re.compile(r"\d{12,14}", re.ASCII)

FIXED = ("FRI", "RTL", "GEO", "DOG", "ERI")
"""Words whose block stands after supply, report type and number."""
BATTERY_LAST = ("FRI", "RTL", "NMR", "TMP", "WIF", "GEO", "LBC", "PNL")
"""Words that portable devices end with the battery's percents."""
LINED = ("04", "35")
"""Devices (GV200) whose lines in and out stand where others tell the battery."""
BATTERY_AT = {"C3": 1, "DE": 3}
"""Devices without a state: how far behind the cell the battery's percents stand."""

HARSH = {
    "0": "harsh_braking",
    "1": "harsh_acceleration",
    "2": "harsh_cornering",
    "3": "harsh_braking",
    "4": "harsh_acceleration",
}
"""Last digit of a report of harsh driving → alarm; 3 and 4: in a curve."""


@dataclass(frozen=True, slots=True)
class Report:
    """A message: its word, the version of the protocol, all fields, where the blocks begin."""

    word: str
    version: str
    fields: list[str]
    blocks: tuple[int, ...]

    @property
    def maker(self) -> str:
        """The type of the device, as the version begins."""
        return self.version[:2]

    def field(self, at: int) -> str:
        """A field; nothing where there is none."""
        return self.fields[at] if 0 <= at < len(self.fields) else ""

    def before(self, back: int) -> str:
        """A field before the first block."""
        return self.field(self.blocks[0] - back) if self.blocks else ""

    def tail(self, which: int) -> list[str]:
        """Behind the cell of a block, up to the next one or to the time of sending."""
        following = self.blocks[which + 1 : which + 2]
        end = following[0] if following else len(self.fields)
        found = self.fields[self.blocks[which] + 7 : end]
        if not following:
            found = _unsent(found)
        found = found[_stations(found) :]
        return found[4:]

    def cell(self, which: int) -> Values:
        at = self.blocks[which] + 7
        at += _stations(self.fields[at:])
        told = CELL.fullmatch(",".join(self.fields[at : at + 4]))
        if not told or not int(told[1]):
            return {}
        return {"cell": f"{int(told[1])}-{int(told[2])}-{int(told[3], 16)}-{int(told[4], 16)}"}


def _unsent(fields: list[str]) -> list[str]:
    """Without the time of sending and the count."""
    for at in (len(fields) - 2, len(fields) - 1):
        if at >= 0 and SENT.fullmatch(fields[at]):
            return fields[:at]
    return fields


def _stations(fields: list[str]) -> int:
    """How many fields a list of Wi-Fi stations takes: their number, and five for each."""
    if len(fields) > 1 and WHOLE.fullmatch(fields[0]) and STATION.fullmatch(fields[1]):
        return 1 + 5 * int(fields[0])
    return 0


def around(report: Report, which: int) -> Values:
    """Of one block: cell, satellites, odometer."""
    found = report.cell(which)
    if report.word in ("CAN", "OBD"):
        return found
    tail = report.tail(which)
    last = 3
    if tail[:1] == ["01"]:  # which appended items there are: satellites
        last = 4
        if len(tail) > 1 and WHOLE.fullmatch(tail[1]):
            found["satellites"] = int(tail[1])
    if report.maker not in BATTERY_AT:
        distance = next((one for one in tail[:last] if KILOMETRES.fullmatch(one)), None)
        if distance:
            found["odometer_m"] = round(float(distance) * 1000)
    return found


def general(report: Report) -> Values:
    """Of the whole message: what it is, the vehicle, the engine's hours, its state, battery."""
    found: Values = {} if report.word in FIXED else {"event": report.word}
    if VIN.fullmatch(report.field(3)):
        found["vin"] = report.field(3)
    if not report.blocks:
        return found
    if report.word in FIXED:
        found |= _supply(report)
    tail = report.tail(len(report.blocks) - 1)
    for one in tail:
        if hours := HOURS.fullmatch(one):
            spent = int(hours[1]) + int(hours[2]) / 60 + int(hours[3]) / 3600
            found["engine_hours"] = round(spent, 2)
            break
    status = next((at for at, one in enumerate(tail) if STATUS.fullmatch(one)), None)
    if report.word in FIXED and status is not None:
        return found | _state(tail[status]) | _percents(tail[status - 1] if status else "")
    if report.word == "ERI" and report.maker in BATTERY_AT:
        at = BATTERY_AT[report.maker]
        return found | _percents(tail[at] if at < len(tail) else "")
    if report.word in BATTERY_LAST and report.maker not in LINED:
        found |= _percents(tail[-1] if tail else "")
    return found


def _supply(report: Report) -> Values:
    """Millivolts before report type and number; portable devices have the report's id there."""
    told = report.before(3)
    if not WHOLE.fullmatch(told) or (report.word != "ERI" and int(told) < 1000):
        return {}
    return {"power_v": int(told) / 1000}


def _state(word: str) -> Values:
    told = STATUS.fullmatch(word)
    if told is None:
        return {}
    return {**STATES[told[1]], "inputs": int(told[2], 16), "outputs": int(told[3], 16)}


def _percents(text: str) -> Values:
    return {"battery_percent": int(text)} if PERCENT.fullmatch(text) else {}


def _alarm(name: str) -> Callable[[Report], Values]:
    return lambda _report: {"alarm": name}


def _told(**values: Value) -> Callable[[Report], Values]:
    return lambda _report: dict(values)


def _harsh(report: Report) -> Values:
    """Report type: level of speed, then the kind."""
    name = HARSH.get(report.before(2)[-1:])
    return {"alarm": name} if name else {}


def _fence(report: Report) -> Values:
    """Report type: 0 leaving, 1 entering."""
    name = {"0": "geofence_exit", "1": "geofence_enter"}.get(report.before(2)[-1:])
    return {"alarm": name} if name else {}


def _motion(report: Report) -> Values:
    """Report type: 0 at rest, 1 moving."""
    moving = {"0": False, "1": True}.get(report.before(2)[-1:])
    return {} if moving is None else {"motion": moving}


def _input(report: Report) -> Values:
    """Report type: number of the input and its state."""
    told = report.before(2)
    return {f"input_{told[0]}": told[1] == "1"} if re.fullmatch("[1-9][01]", told) else {}


def _moving(report: Report) -> Values:
    """The state stands before the block."""
    return STATES.get(report.before(1), {})


def _temperature(report: Report) -> Values:
    """Alarm type (1 below, 2 within, 3 above the limits), degrees Celsius."""
    found: Values = {"alarm": "temperature"} if report.before(2) in ("1", "3") else {}
    if DECIMAL.fullmatch(report.before(1)):
        found["temperature_c"] = float(report.before(1))
    return found


def _jammed(report: Report) -> Values:
    """1: the jamming is over, 2: it begins."""
    return {"alarm": "jamming"} if report.before(1) == "2" else {}


def _driver(report: Report) -> Values:
    told = report.before(3)
    return {"driver": words(told)} if told else {}


def _tags(report: Report) -> Values:
    found: Values = {}
    tags = (one for one in TAG.finditer(",".join(report.fields)) if _is_whole(one[1]))
    for at, tag in enumerate(tags, 1):
        found[f"tag_{at}_id"] = tag[3]
        for item, text, scale in (
            ("battery_v", tag[4], 0.001),
            ("temperature_c", tag[5], 1),
            ("humidity_percent", tag[6], 1),
        ):
            if DECIMAL.fullmatch(text):
                found[f"tag_{at}_{item}"] = round(float(text) * scale, 3)
        if tag[2]:
            found[f"tag_{at}_name"] = words(tag[2])
    return found


def _is_whole(mask: str) -> bool:
    return int(mask, 16) & WHOLE_TAG == WHOLE_TAG


def _sensors(report: Report) -> Values:
    """Temperature probes on one wire: identity, 1, sixteenths of a degree Celsius; tags."""
    found = _tags(report)
    for at, raw in enumerate(PROBE.findall(",".join(report.fields)), 1):
        value = int(raw, 16)
        found[f"temperature_{at}_c"] = (value - 0x10000 if value & 0x8000 else value) / 16
    return found


def _portable(report: Report) -> Values:
    """GL500 on waking up: report, state, mode, temperature in degrees Celsius, battery."""
    found = _percents(report.field(8))
    if DECIMAL.fullmatch(report.field(7)):
        found["temperature_c"] = float(report.field(7))
    return found


def _stationed(report: Report) -> Values:
    """A list of Wi-Fi stations, which ends with the battery."""
    rest = _unsent(report.fields)
    return _percents(rest[-1])


def _information(report: Report) -> Values:
    """State, ICCID, signal, its quality, supply connected, its millivolts (portable devices:
    kilometres), a second supply, battery's volts, whether it charges.
    """
    state, iccid, signal, _quality, _connected, supply, second, battery, charging = (
        report.fields[4:13] + [""] * 9
    )[:9]
    found: Values = dict(STATES.get(state, {}))
    if re.fullmatch(r"[0-9A-Za-z]{18,22}", iccid):
        found["iccid"] = iccid
    if WHOLE.fullmatch(signal):
        found["rssi"] = int(signal)
    if KILOMETRES.fullmatch(supply):
        found["odometer_m"] = round(float(supply) * 1000)
    elif WHOLE.fullmatch(supply):
        found["power_v"] = int(supply) / 1000
        if WHOLE.fullmatch(second) and int(second) >= 1000:
            found["power_2_v"] = int(second) / 1000
    if DECIMAL.fullmatch(battery):
        found["battery_v"] = float(battery)
    if charging in ("0", "1"):
        found["charging"] = charging == "1"
    return found


def _text(report: Report) -> Values:
    """What a serial port has said."""
    return {"data": words(report.before(1))} if report.before(1) else {}


def _transfer(report: Report) -> Values:
    """Kind of data (1: hex), length, data."""
    data = report.field(8)
    if report.field(6) == "1" and re.fullmatch("(?:[0-9A-Fa-f]{2})+", data):
        data = bytes.fromhex(data).decode("latin-1")
    return {"data": words(data)} if data else {}


def _warning(report: Report) -> Values:
    """Of the camera that watches the driver."""
    return {"warning": int(report.field(4))} if WHOLE.fullmatch(report.field(4)) else {}


WORDS: dict[str, Callable[[Report], Values]] = {
    "ANT": _alarm("antenna"),
    "BPL": _alarm("low_battery"),
    "BTC": _told(charging=True),
    "CAN": lambda report: masked(CAN, report.fields),
    "CRA": _alarm("accident"),
    "CTN": _portable,
    "DAR": _warning,
    "DAT": _text,
    "DIS": _input,
    "DTT": _transfer,
    "EPF": _alarm("power_cut"),
    "EPN": _alarm("power_restored"),
    "ERI": _sensors,
    "FLA": _alarm("fuel_leak"),
    "GEO": _fence,
    "HBM": _harsh,
    "IDA": _driver,
    "IGF": _told(ignition=False),
    "IGN": _told(ignition=True),
    "INF": _information,
    "JDR": _alarm("jamming"),
    "JDS": _jammed,
    "MPF": _alarm("power_cut"),
    "MPN": _alarm("power_restored"),
    "NMR": _motion,
    "OBD": lambda report: masked(OBD, report.fields),
    "PFA": _alarm("power_off"),
    "PNA": _alarm("power_on"),
    "SOS": _alarm("sos"),
    "SPD": _alarm("overspeed"),
    "STC": _told(charging=False),
    "STR": _portable,
    "STT": _moving,
    "TEM": _temperature,
    "TMP": _alarm("temperature"),
    "TOW": _alarm("tow"),
    "VGF": _told(ignition=False),
    "VGN": _told(ignition=True),
    "WIF": _stationed,
}
"""Word of a message → what it says beside the fix; of all others, the fix is read."""

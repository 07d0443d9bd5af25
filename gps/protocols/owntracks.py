"""OwnTracks over HTTP: JSON objects by their `_type`. Pure.

Source: the OwnTracks Booklet, https://owntracks.org/booklet/tech/json (payloads) and
https://owntracks.org/booklet/tech/http (the answer is a JSON array, which may be empty; empty
payloads are best ignored).
"""

import re
from collections.abc import Callable
from typing import Any

from gps.protocols.objects import (
    attribute,
    decimal,
    identity,
    moment_of,
    parsed,
    positive,
    words,
)
from gps.protocols.reading import within
from gps.protocols.seam import Conversation, Malformed, Message, Position, Request, Value, Web

NAME = "owntracks"
ANSWER = b"[]"
"""Nothing to tell the app: no friends, cards or commands."""
KINDS = ("event", "waypoint", "waypoints", "step", "beacon", "dump", "status", "cmd", "info")
"""What the apps append to a device's topic for messages that are no location."""

TRIGGERS: dict[str, dict[str, Value]] = {
    "p": {"event": "ping"},
    "c": {"event": "region"},
    "C": {"event": "follow"},
    "b": {"event": "beacon"},
    "r": {"event": "response"},
    "u": {"event": "manual"},
    "t": {"event": "timer"},
    "v": {"event": "monitoring"},
    "1": {"event": "power_on"},
    "9": {"alarm": "low_battery"},
    "i": {"ignition": True},
    "I": {"ignition": False},
    "E": {"alarm": "power_restored"},
    "e": {"alarm": "power_cut"},
    "!": {"alarm": "tow"},
    "s": {"alarm": "overspeed"},
}
"""Why a location was sent → what that says; the last ones are of trackers in vehicles."""
HARSH = {
    0: "harsh_braking",
    1: "harsh_acceleration",
    2: "harsh_cornering",
    3: "harsh_braking",
    4: "harsh_acceleration",
    5: "harsh_cornering",
}
"""`rty` of the trigger h → alarm."""
CROSSINGS = {"enter": "geofence_enter", "leave": "geofence_exit"}
NUMBERS: dict[str, tuple[str, float]] = {
    "acc": ("accuracy_m", 1),
    "vac": ("vertical_accuracy_m", 1),
    "batt": ("battery_percent", 1),
    "uext": ("power_v", 1),
    "ubatt": ("battery_v", 1),
    "odometer": ("odometer_m", 1000),
    "hmc": ("engine_hours", 1 / 3600),
    "rpm": ("rpm", 1),
    "p": ("pressure_kpa", 1),
}
"""Key of a number → attribute and its scale."""
TEXTS = {"vin": "vin", "name": "name"}
SWITCHES = {"ign": "ignition", "motion": "motion"}
CHARGING = {1: False, 2: True, 3: True}
"""`bs`, state of the battery: 1 unplugged, 2 charging, 3 full; 0 unknown."""
SENSOR = re.compile(r"(adda|temp_c)-0*(\d{1,2})", re.ASCII)


def decode(request: Request, _conversation: Conversation) -> Message:
    """One request. Raises Malformed."""
    if not request.body.strip():
        return Message("nothing", answer=ANSWER)
    told = parsed(request.body)
    kind = told.get("_type")
    if not isinstance(kind, str):
        raise Malformed("no _type")
    read = KINDS_READ.get(kind)
    if read is None:
        return Message(words(kind)[:40], _device(told, request, needed=False), answer=ANSWER)
    attributes = read(told)
    positions = _position(told, attributes)
    return Message(
        kind,
        _device(told, request),
        positions,
        ANSWER,
        {} if positions else attributes,
    )


def _device(told: dict[str, Any], request: Request, *, needed: bool = True) -> str | None:
    """The topic of the device, else its two letters, else user and device of the headers."""
    topic = told.get("topic")
    if isinstance(topic, str) and topic:
        head, _, tail = topic.rpartition("/")
        return identity(head if head.count("/") > 1 and tail in KINDS else topic)
    user, device = (request.headers.get(f"x-limit-{one}", "") for one in "ud")
    told_by = told.get("tid") or (f"{user}/{device}" if user and device else None)
    return identity(told_by) if told_by is not None or needed else None


def _position(told: dict[str, Any], attributes: dict[str, Value]) -> tuple[Position, ...]:
    latitude, longitude = (decimal(told.get(name), name) for name in ("lat", "lon"))
    if latitude is None or longitude is None:
        return ()
    within(latitude, longitude)
    position = Position(
        time=moment_of(told.get("tst"), "tst"),
        valid=True,
        latitude=latitude,
        longitude=longitude,
        altitude_m=decimal(told.get("alt"), "alt"),
        speed_kmh=positive(told.get("vel"), "vel"),
        course=positive(told.get("cog"), "cog"),
        attributes=attributes,
    )
    return (position,)


def _location(told: dict[str, Any]) -> dict[str, Value]:
    """What stands beside the place."""
    found: dict[str, Value] = {}
    for key, (name, scale) in NUMBERS.items():
        value = decimal(told.get(key), key)
        if value is not None:
            found[name] = round(value * scale, 3)
    for key, name in TEXTS.items():
        if isinstance(text := told.get(key), str) and words(text):
            found[name] = words(text)
    for key, name in SWITCHES.items():
        if told.get(key) in (0, 1):
            found[name] = bool(told[key])
    if (battery := told.get("bs")) in (1, 2, 3):
        found["charging"] = CHARGING[battery]
    if isinstance(regions := told.get("inregions"), list):
        found["regions"] = words(", ".join(one for one in regions if isinstance(one, str)))
    return found | _sensors(told) | _cell(told) | _trigger(told)


def _trigger(told: dict[str, Any]) -> dict[str, Value]:
    trigger, kind = told.get("t"), told.get("rty")
    if trigger == "h" and isinstance(kind, int) and kind in HARSH:
        return {"alarm": HARSH[kind]}
    return TRIGGERS.get(trigger, {}) if isinstance(trigger, str) else {}


def _sensors(told: dict[str, Any]) -> dict[str, Value]:
    """Inputs and probes of trackers, by their numbers."""
    found: dict[str, Value] = {}
    for key, value in told.items():
        known = SENSOR.fullmatch(key)
        measured = attribute(value) if known else None
        if known and isinstance(measured, int | float):
            name = "analog_{}" if known[1] == "adda" else "temperature_{}_c"
            found[name.format(known[2])] = measured
    return found


def _cell(told: dict[str, Any]) -> dict[str, Value]:
    """Area and cell are told in hex where they are texts."""
    parts = [_whole(told.get(key)) for key in ("mcc", "mnc", "lac", "cid")]
    return {} if None in parts or not parts[0] else {"cell": "-".join(map(str, parts))}


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        return int(value, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,8}", value) else None
    return value if isinstance(value, int) and 0 <= value < 2**32 else None


def _transition(told: dict[str, Any]) -> dict[str, Value]:
    """The device entered or left one of its own regions."""
    happened = told.get("event")
    event = CROSSINGS.get(happened) if isinstance(happened, str) else None
    if event is None:
        raise Malformed("event: neither enter nor leave")
    found: dict[str, Value] = {"event": event}
    if isinstance(region := told.get("desc"), str) and words(region):
        found["region"] = words(region)
    accuracy = positive(told.get("acc"), "acc")
    return found if accuracy is None else {**found, "accuracy_m": accuracy}


KINDS_READ: dict[str, Callable[[dict[str, Any]], dict[str, Value]]] = {
    "location": _location,
    "transition": _transition,
}
"""`_type` → what reads it; all others are taken and say nothing of a position."""

WEB = Web(
    name=NAME,
    title="OwnTracks",
    port=5144,
    decode=decode,
)

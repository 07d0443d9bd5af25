"""OsmAnd and Traccar Client over HTTP: a query or form, or JSON. Pure.

Source: the parameters that OsmAnd's online tracking sends, https://traccar.org/osmand for the form
of Traccar Client 9, and the location object of its library. A request names its device itself, so
that several may share a connection.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from gps.protocols.objects import (
    MOST,
    attribute,
    branch,
    decimal,
    identity,
    moment_of,
    named,
    parsed,
    positive,
    typed,
    words,
)
from gps.protocols.reading import number, within
from gps.protocols.seam import (
    KNOT_KMH,
    Conversation,
    Malformed,
    Message,
    Position,
    Request,
    Value,
    Web,
)

NAME = "osmand"
MS_KMH = 3.6
FIELDS = 200
"""Parameters of one request."""
LOCATIONS = 1000
"""Locations of one request."""


@dataclass(slots=True)
class Told:
    """What a query has said so far. Speed in km/h."""

    device: str = ""
    time: datetime | None = None
    valid: bool = True
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    speed: float | None = None
    course: float | None = None
    attributes: dict[str, Value] = field(default_factory=dict)


def decode(request: Request, conversation: Conversation) -> Message:
    """One request. Raises Malformed."""
    query = request.uri.partition("?")[2].partition("#")[0]
    told = "application/json" in request.headers.get("content-type", "").lower()
    if request.body and (told or (not query and request.body.lstrip().startswith(b"{"))):
        return _object(request.body, conversation)
    return _query(query or request.body.decode("utf-8", "replace"), conversation)


def _query(query: str, conversation: Conversation) -> Message:
    try:
        pairs = parse_qsl(query.strip(), max_num_fields=FIELDS, errors="replace")
    except ValueError:
        raise Malformed("too many parameters") from None
    told = Told()
    for key, value in pairs:
        if value.strip():
            PARAMETERS.get(key, _other(key))(value.strip(), told)
    device = identity(told.device)
    if told.latitude is None or told.longitude is None:
        return Message("report", device, attributes=told.attributes)
    within(told.latitude, told.longitude)
    position = Position(
        time=told.time or conversation.now(),
        valid=told.valid,
        latitude=told.latitude,
        longitude=told.longitude,
        altitude_m=told.altitude,
        speed_kmh=told.speed,
        course=told.course,
        attributes=told.attributes,
    )
    return Message("report", device, (position,))


def _device(value: str, told: Told) -> None:
    told.device = told.device or value


def _time(value: str, told: Told) -> None:
    told.time = moment_of(value, "timestamp")


def _valid(value: str, told: Told) -> None:
    told.valid = value.lower() in ("true", "1")


def _place(value: str, told: Told) -> None:
    latitude, _, longitude = value.partition(",")
    told.latitude = number(latitude, "location")
    told.longitude = number(longitude, "location")


def _value(name: str, scale: float = 1) -> Callable[[str, Told], None]:
    def read(value: str, told: Told) -> None:
        setattr(told, name, number(value, name) * scale)

    return read


def _measured(name: str) -> Callable[[str, Told], None]:
    def read(value: str, told: Told) -> None:
        told.attributes[name] = number(value, name)

    return read


def _charging(value: str, told: Told) -> None:
    told.attributes["charging"] = value.lower() in ("true", "1")


def _text(name: str) -> Callable[[str, Told], None]:
    def read(value: str, told: Told) -> None:
        told.attributes[name] = words(value)

    return read


def _cell(value: str, told: Told) -> None:
    """`mcc,mnc,lac,cid[,signal]`; the first one serves."""
    parts = value.split(",")[:4]
    if len(parts) == 4 and all(one.isascii() and one.isdigit() for one in parts):
        told.attributes.setdefault("cell", "-".join(str(int(one[:12])) for one in parts))


def _nothing(_value: str, _told: Told) -> None:
    """The address for notices to the phone is nobody else's business; Wi-Fi is not read."""


def _other(key: str) -> Callable[[str, Told], None]:
    def read(value: str, told: Told) -> None:
        name = named(key)
        if name and len(told.attributes) < MOST:
            told.attributes.setdefault(name, typed(value))

    return read


PARAMETERS: dict[str, Callable[[str, Told], None]] = {
    "id": _device,
    "deviceid": _device,
    "timestamp": _time,
    "valid": _valid,
    "lat": _value("latitude"),
    "lon": _value("longitude"),
    "location": _place,
    "altitude": _value("altitude"),
    "speed": _value("speed", KNOT_KMH),
    "bearing": _value("course"),
    "heading": _value("course"),
    "accuracy": _measured("accuracy_m"),
    "hdop": _measured("hdop"),
    "batt": _measured("battery_percent"),
    "charge": _charging,
    "alarm": _text("alarm"),
    "driverUniqueId": _text("driver"),
    "cell": _cell,
    "wifi": _nothing,
    "notificationToken": _nothing,
}
"""Parameter of a query or form → what reads it; all others are attributes."""


def _object(body: bytes, conversation: Conversation) -> Message:
    """`{"device_id", "location": {...}}`; several locations may stand in a list."""
    told = parsed(body)
    device = identity(told.get("device_id"))
    locations = told.get("location")
    positions: list[Position] = []
    placeless: dict[str, Value] = {}
    for one in (locations if isinstance(locations, list) else [locations])[:LOCATIONS]:
        found = _location(branch(one), conversation)
        if isinstance(found, Position):
            positions.append(found)
        else:
            placeless |= found
    return Message("location", device, tuple(positions), attributes=placeless)


def _location(told: dict[str, Any], conversation: Conversation) -> Position | dict[str, Value]:
    """The position, or what is said without one."""
    coords = branch(told.get("coords"))
    attributes = _said(told, coords)
    latitude, longitude = (decimal(coords.get(name), name) for name in ("latitude", "longitude"))
    if latitude is None or longitude is None:
        return attributes
    within(latitude, longitude)
    speed = positive(coords.get("speed"), "speed")
    stamp = told.get("timestamp")
    return Position(
        time=conversation.now() if stamp is None else moment_of(stamp, "timestamp"),
        valid=True,
        latitude=latitude,
        longitude=longitude,
        altitude_m=decimal(coords.get("altitude"), "altitude"),
        speed_kmh=None if speed is None else speed * MS_KMH,
        course=positive(coords.get("heading"), "heading"),
        attributes=attributes,
    )


def _said(told: dict[str, Any], coords: dict[str, Any]) -> dict[str, Value]:
    battery, extras = branch(told.get("battery")), branch(told.get("extras"))
    level = positive(battery.get("level"), "battery")
    values = {
        "event": told.get("event"),
        "motion": told.get("is_moving"),
        "odometer_m": told.get("odometer"),
        "mock": told.get("mock"),
        "alarm": told.get("alarm"),
        "activity": branch(told.get("activity")).get("type"),
        "accuracy_m": positive(coords.get("accuracy"), "accuracy"),
        "battery_percent": None if level is None else round(level * 100, 1),
        "charging": battery.get("is_charging"),
    }
    more = {named(key): value for key, value in list(extras.items())[:MOST]}
    found = {name: attribute(value) for name, value in {**more, **values}.items() if name}
    return {name: value for name, value in found.items() if value is not None}


WEB = Web(
    name=NAME,
    title="OsmAnd, Traccar Client",
    port=5055,
    decode=decode,
)

"""Reports of the carrier as JSON, for as long as they wait to be told: pure."""

from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from telephony.rules import CarrierEvent

_TIMES = ("received_at", "carrier_at", "recording_at")
_DEFAULTS = {one.name: one.default for one in fields(CarrierEvent) if one.default is not MISSING}


def to_json(event: CarrierEvent) -> dict[str, Any]:
    """The report as JSON values; what it does not say is left out."""
    values = {one.name: getattr(event, one.name) for one in fields(CarrierEvent)}
    told = {
        name: value
        for name, value in values.items()
        if name not in _DEFAULTS or value != _DEFAULTS[name]
    }
    for name in _TIMES:
        if name in told:
            told[name] = told[name].isoformat()
    if event.leg_id is not None:
        told["leg_id"] = str(event.leg_id)
    return {**told, "params": dict(event.params)}


def from_json(told: dict[str, Any]) -> CarrierEvent:
    """The report again, equal to the one that `to_json` wrote."""
    values = dict(told)
    for name in _TIMES:
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if "leg_id" in values:
        values["leg_id"] = UUID(values["leg_id"])
    return CarrierEvent(**values)

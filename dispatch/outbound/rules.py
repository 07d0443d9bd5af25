"""Rules of what leaves the house unasked: pure. Their figures are data (`outbound.toml`)."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Literal


@dataclass(frozen=True, slots=True)
class CustomerRules:
    """Seconds, and an urgency."""

    moved_s: float
    useful_s: float
    urgent_from: int
    departed_s: float


@dataclass(frozen=True, slots=True)
class CrewRules:
    """Seconds since the order was sent, real or not as the business clock runs; counts."""

    sms_unconfirmed_s: float
    call_unconfirmed_s: float
    sms_unaccepted_s: float
    call_unaccepted_s: float
    calls: int
    between_s: float
    ring_s: int
    return_reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    customer: CustomerRules
    crew: CrewRules


@cache
def rules() -> Rules:
    """The figures that come with the product."""
    text = (resources.files("dispatch.outbound") / "outbound.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    customer, crew = CustomerRules(**data["customer"]), CrewRules(**data["crew"])
    return Rules(customer, crew)


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer was told last: when, and which time, if any."""

    asked_at: datetime
    expected_at: datetime | None


def news(before: Said | None, expected_at: datetime | None, by: timedelta) -> bool:
    """Whether a customer is to be told (again): never told, or the time has moved by more than
    `by`. A time that became unknown is no news; the first one that is known is.
    """
    if before is None:
        return True
    if expected_at is None:
        return False
    return before.expected_at is None or abs(expected_at - before.expected_at) > by


@dataclass(frozen=True, slots=True)
class Tried:
    """How far a crew has been told beside its screens. Seconds since the last call, if any."""

    told: bool = False
    calls: int = 0
    since_call_s: float = 0.0


def next_step(
    own: CrewRules, age_s: float, tried: Tried, *, confirmed: bool
) -> Literal["sms", "call", "give_up"] | None:
    """What is due for an order that was sent so long ago and that nobody has accepted.

    `confirmed`: a device of the crew has it.
    """
    sms_s = own.sms_unaccepted_s if confirmed else own.sms_unconfirmed_s
    call_s = own.call_unaccepted_s if confirmed else own.call_unconfirmed_s
    if age_s >= call_s and (tried.calls == 0 or tried.since_call_s >= own.between_s):
        return "call" if tried.calls < own.calls else "give_up"
    return "sms" if age_s >= sms_s and not tried.told else None


def first_step_s(own: CrewRules) -> float:
    """Seconds after the sending before which nothing is due."""
    return min(own.sms_unconfirmed_s, own.call_unconfirmed_s)


def spoken(number: str) -> str:
    """A number so that it is read digit by digit."""
    return " ".join(number)


def clock_words(at: datetime, now: datetime) -> str:
    """A local moment as `14:05`, with the date where it is not today's. Both in local time."""
    return at.strftime("%H:%M" if at.date() == now.date() else "%m-%d %H:%M")

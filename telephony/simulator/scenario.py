"""A scenario: numbers, phones and callers as data (TOML or JSON)."""

import json
import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telephony.simulator.phones import Phone, Span, phone_of, span_of

NUMBER_FIELDS = (
    "phone_number",
    "voice_url",
    "voice_fallback_url",
    "status_callback",
    "sms_url",
    "sms_fallback_url",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls `to` after `at_s` virtual seconds."""

    phone: Phone
    to: str
    at_s: float


@dataclass(frozen=True)
class Scenario:
    """What is there when the simulator starts, and who calls when."""

    numbers: tuple[dict[str, str], ...] = ()
    phones: tuple[Phone, ...] = ()
    callers: tuple[Caller, ...] = ()
    mischief: Mapping[str, float] = field(default_factory=dict)


def load(path: Path, seed: int) -> Scenario:
    """Read a scenario. Raises ValueError naming the field that is wrong."""
    text = path.read_text()
    data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    return scenario_of(data, seed)


def scenario_of(data: Mapping[str, Any], seed: int) -> Scenario:
    """A scenario from its data. `stream` makes many callers from one description."""
    unknown = sorted(set(data) - {"number", "phone", "caller", "stream", "mischief"})
    if unknown:
        raise ValueError(f"{unknown[0]}: must be one of number, phone, caller, stream, mischief")
    callers = [_caller(item, f"caller[{n}]") for n, item in enumerate(data.get("caller", ()))]
    for n, item in enumerate(data.get("stream", ())):
        callers += _stream(item, f"stream[{n}]", random.Random(f"stream {n} {seed}"))  # noqa: S311
    phones = (phone_of(item, where=f"phone[{n}]") for n, item in enumerate(data.get("phone", ())))
    return Scenario(
        tuple(_number(item, f"number[{n}]") for n, item in enumerate(data.get("number", ()))),
        tuple(phones),
        tuple(sorted(callers, key=lambda caller: caller.at_s)),
        dict(data.get("mischief", {})),
    )


def _number(item: Mapping[str, Any], where: str) -> dict[str, str]:
    unknown = sorted(set(item) - set(NUMBER_FIELDS))
    if unknown:
        raise ValueError(f"{where}.{unknown[0]}: must be one of {', '.join(NUMBER_FIELDS)}")
    if not item.get("phone_number"):
        raise ValueError(f"{where}.phone_number: missing")
    return {name: str(value) for name, value in item.items()}


def _caller(item: Mapping[str, Any], where: str) -> Caller:
    rest = {name: value for name, value in item.items() if name not in ("to", "at_s")}
    if not item.get("to"):
        raise ValueError(f"{where}.to: missing")
    at = span_of(item.get("at_s", 0), f"{where}.at_s")[0]
    return Caller(phone_of(rest, where=where), str(item["to"]), at)


def _stream(item: Mapping[str, Any], where: str, dice: random.Random) -> list[Caller]:
    """`calls` callers from `number` on, `gap_s` apart; the rest as in a phone."""
    own = ("to", "calls", "gap_s", "number", "first")
    rest = {name: value for name, value in item.items() if name not in own}
    for name in ("to", "calls", "number"):
        if not item.get(name):
            raise ValueError(f"{where}.{name}: missing")
    gap: Span = span_of(item.get("gap_s", 1), f"{where}.gap_s")
    base, first = phone_of(rest, where=where), str(item["number"])
    callers, at = [], 0.0
    for count in range(int(item["calls"])):
        number = f"+{int(first.lstrip('+')) + count}"
        callers.append(Caller(phone_of({"number": number}, base), str(item["to"]), at))
        at += dice.uniform(*gap)
    return callers

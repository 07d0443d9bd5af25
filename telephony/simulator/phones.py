"""How the people behind the telephones behave: data, one seed, nothing of the carrier."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

ANSWERS = ("answer", "no-answer", "busy", "failed", "voicemail", "manual")
DELIVERIES = ("delivered", "undelivered", "failed", "sent")

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone and whoever holds it. Spans are seconds of virtual time, drawn evenly.

    `number` may end with `*`. `answer`: what happens when it is called; `manual` waits for the
    control API. `keys`: what is pressed at each question, "" for nothing; the last is repeated
    when `insist`. `patience_s`: hangs up when nobody has talked with it after so long; `talk_s`:
    hangs up so long after a conversation has begun; `drop_s`: is cut off so long after answering,
    wherever it is. `sms`: what becomes of a message after `sms_s`; `reply`: what it sends back.
    """

    number: str = "*"
    answer: str = "answer"
    ring_s: Span = (2.0, 6.0)
    keys: tuple[str, ...] = ()
    insist: bool = False
    think_s: Span = (0.5, 2.0)
    patience_s: Span | None = None
    talk_s: Span | None = None
    drop_s: Span | None = None
    share_lost: float = 0.0
    sms: str = "delivered"
    sms_s: Span = (1.0, 4.0)
    sms_error: int = 30003
    reply: str | None = None

    def matches(self, number: str) -> bool:
        """Whether it is meant by this number."""
        if self.number.endswith("*"):
            return number.startswith(self.number[:-1])
        return self.number == number


SPANS = ("ring_s", "think_s", "patience_s", "talk_s", "drop_s", "sms_s")


def phone_of(data: Mapping[str, Any], base: Phone | None = None, where: str = "phone") -> Phone:
    """A phone from a scenario or a request. Raises ValueError naming the field."""
    known = {item.name for item in fields(Phone)}
    changes: dict[str, Any] = {}
    for name, value in data.items():
        if name not in known:
            raise ValueError(f"{where}.{name}: must be one of {', '.join(sorted(known))}")
        changes[name] = _value(name, value, f"{where}.{name}")
    return replace(base or Phone(), **changes)


def _value(name: str, value: Any, where: str) -> Any:
    if name in SPANS:
        return None if value is None else span_of(value, where)
    if name == "keys":
        if not isinstance(value, list | tuple) or not all(isinstance(key, str) for key in value):
            raise ValueError(f"{where}: must be a list of words of keys")
        return tuple(value)
    if name == "answer" and value not in ANSWERS:
        raise ValueError(f"{where}: must be one of {', '.join(ANSWERS)}")
    if name == "sms" and value not in DELIVERIES:
        raise ValueError(f"{where}: must be one of {', '.join(DELIVERIES)}")
    if name == "share_lost" and not (isinstance(value, int | float) and 0 <= value <= 1):
        raise ValueError(f"{where}: must be from 0 to 1")
    return value


def span_of(value: Any, where: str) -> Span:
    """A span from a number or from two. Raises ValueError."""
    pair = value if isinstance(value, list | tuple) else (value, value)
    if len(pair) != 2 or not all(
        isinstance(n, int | float) and not isinstance(n, bool) for n in pair
    ):
        raise ValueError(f"{where}: must be seconds, or the least and the most")
    low, high = float(pair[0]), float(pair[1])
    if low < 0 or high < low:
        raise ValueError(f"{where}: must not be negative, the least first")
    return low, high


class Phones:
    """All telephones outside. Whoever is not in the list answers and stays on the line."""

    def __init__(self, seed: int) -> None:
        self._list: list[Phone] = []
        self._random = random.Random(f"phones {seed}")  # noqa: S311 - no secret

    def add(self, phone: Phone) -> None:
        """The newest that matches counts."""
        self._list.insert(0, phone)

    def of(self, number: str) -> Phone:
        """The phone with this number; `share_lost` of the calls to it are not answered."""
        phone = next((p for p in self._list if p.matches(number)), Phone())
        if phone.share_lost and self._random.random() < phone.share_lost:
            return replace(phone, answer="no-answer")
        return phone

    def draw(self, span: Span) -> float:
        """A moment of a span."""
        return self._random.uniform(*span)

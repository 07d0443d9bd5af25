"""What goes wrong between carrier and product, by rates and one seed."""

import random
from dataclasses import dataclass, fields


@dataclass
class Rates:
    """Shares of 1, and how long in real seconds.

    Webhooks: `duplicate`, `delay` by up to `delay_s` (which also reorders), `drop`. REST: `busy`
    answers 429; `lost` does what was asked and closes the connection without an answer; `slow`
    does it and answers after `slow_s`. `system_error`: a caller who hangs up in the queue is
    reported with that QueueResult, as the carrier documents.
    """

    duplicate: float = 0.0
    delay: float = 0.0
    delay_s: float = 1.0
    drop: float = 0.0
    busy: float = 0.0
    lost: float = 0.0
    slow: float = 0.0
    slow_s: float = 12.0
    system_error: float = 0.0

    def set(self, **values: float) -> None:
        """Change some. Raises ValueError naming what is wrong."""
        known = {item.name for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"mischief.{name}: must be one of {', '.join(sorted(known))}")
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"mischief.{name}: must be a number")
            if value < 0 or (not name.endswith("_s") and value > 1):
                raise ValueError(f"mischief.{name}: must be from 0 to 1")
        for name, value in values.items():
            setattr(self, name, float(value))


class Mischief:
    """Throws the dice. `next_` overrules them once for the next request to which it applies."""

    def __init__(self, seed: int, rates: Rates | None = None) -> None:
        self.rates = rates or Rates()
        self.next_: list[str] = []
        self._random = random.Random(f"mischief {seed}")  # noqa: S311 - no secret

    def happens(self, what: str) -> bool:
        """Whether `what`, the name of a rate, happens now."""
        if what in self.next_:
            self.next_.remove(what)
            return True
        rate: float = getattr(self.rates, what)
        return rate > 0 and self._random.random() < rate

    def delay(self) -> float:
        """Real seconds that a webhook comes late; 0 for most."""
        return self._random.random() * self.rates.delay_s if self.happens("delay") else 0.0


def parse(words: list[str]) -> Rates:
    """Rates from words such as `drop=0.1`. Raises ValueError naming the word."""
    rates = Rates()
    for word in words:
        name, _, value = word.partition("=")
        try:
            number = float(value)
        except ValueError:
            raise ValueError(f"mischief.{name}: must be a number") from None
        rates.set(**{name: number})
    return rates

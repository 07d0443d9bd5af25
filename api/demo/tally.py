"""What the city has done, counted for the report of a load test."""

from collections import Counter
from dataclasses import dataclass, field

from sla.statistics import quantile

LAG_SHARE = 0.05


@dataclass(slots=True)
class Tally:
    """`acts`: writes that were done, by kind; `refused`: those that met a refusal, by code.

    `latencies_s`: of every answered request; `lag_s`: what one takes at present, smoothed.
    `lost`: connections that had to be made again.
    """

    acts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)
    receipts: int = 0
    fixes: int = 0
    lag_s: float = 0.0
    lost: int = 0
    calls: int = 0
    handled: int = 0
    filed: int = 0
    closed: int = 0

    def answered(self, seconds: float) -> None:
        """A request took so long. Only the last hundred thousand are kept."""
        if len(self.latencies_s) >= 100_000:
            del self.latencies_s[:50_000]
        self.latencies_s.append(seconds)
        self.lag_s += LAG_SHARE * (seconds - self.lag_s)

    def all_handled(self, calls: int) -> bool:
        """Whether so many callers have been helped, their orders closed."""
        return self.handled >= calls

    def latency_ms(self, part: float) -> float | None:
        """A quantile of the requests' latency in milliseconds; None where there was none."""
        if not self.latencies_s:
            return None
        return quantile(sorted(self.latencies_s), part) * 1000

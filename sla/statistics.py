"""Figures of many judged segments: pure. Seconds.

Quantiles interpolate linearly between the two nearest observations (Hyndman and Fan's type 7, the
default of numpy, pandas and spreadsheets), so that anybody can check them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum

from sla.segments import Segment


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` (0 … 1) of the ascending values lie. ValueError when empty."""
    if not ordered:
        raise ValueError("no values")
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set of segments amounts to.

    `count`: with both points and no contradiction; the times are over these. `judged`: of them,
    those whose limit is known; `within` of these kept it. `unjudged`: could not be judged because
    a point or the limit is not known. `anomalies`: negative durations, in no other figure.
    """

    count: int
    judged: int
    within: int
    anomalies: int
    unjudged: int
    mean_s: float | None
    median_s: float | None
    p90_s: float | None
    p95_s: float | None
    p99_s: float | None
    met: bool | None

    @property
    def share(self) -> float | None:
        """Share within the limit, 0 … 1; None where nothing could be judged."""
        return self.within / self.judged if self.judged else None


def figures(found: Iterable[Segment], statistic: str = "max") -> Figures:
    """The figures of segments of one code.

    `statistic` says what the policy asks of the limit: `max` every one within it, `mean` their
    mean, `p90` … their quantile, `min_lead` every one at least so long. Where limits differ, it is
    asked of those of each limit (town and country have means of their own). `met` is None where no
    limit is known.
    """
    everything = list(found)
    done = [one for one in everything if one.state == "done" and one.spent_s is not None]
    spent = sorted(one.spent_s for one in done if one.spent_s is not None)
    judged = [one for one in done if one.within is not None]
    anomalies = sum(one.state == "anomaly" for one in everything)
    mean = fsum(spent) / len(spent) if spent else None

    def at(share: float) -> float | None:
        return quantile(spent, share) if spent else None

    return Figures(
        count=len(done),
        judged=len(judged),
        within=sum(one.within is True for one in judged),
        anomalies=anomalies,
        unjudged=len(everything) - anomalies - len(judged),
        mean_s=mean,
        median_s=at(0.5),
        p90_s=at(0.90),
        p95_s=at(0.95),
        p99_s=at(0.99),
        met=_met(judged, statistic),
    )


def _met(judged: Sequence[Segment], statistic: str) -> bool | None:
    if not judged:
        return None
    if statistic in ("max", "min_lead"):
        return all(one.within for one in judged)
    spent: dict[float, list[float]] = {}
    for one in judged:
        if one.limit_s is not None and one.spent_s is not None:
            spent.setdefault(one.limit_s, []).append(one.spent_s)
    if not spent:
        return None
    return all(_kept(sorted(each), limit, statistic) for limit, each in spent.items())


def _kept(spent: Sequence[float], limit_s: float, statistic: str) -> bool:
    if statistic == "mean":
        return fsum(spent) / len(spent) <= limit_s
    return quantile(spent, float(statistic[1:]) / 100) <= limit_s

"""Will the promise be met, and when to say so: pure.

The time that is still to come is the sum of independent parts, one per segment that is not over and
one for the journey, each with a mean and a standard deviation in seconds. Their sum is taken as
normal, so that

    P = Φ((deadline − now − Σ mean) / √Σ variance)

docs/prediction.md tells the method and where its figures are from.
"""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Literal

from sla.policy import NAMED_INTERVALS, Policy, Prediction
from sla.segments import Segment, segments, total
from sla.slack import Spender, spender
from sla.timelines import Timeline

Level = Literal["calm", "risk", "unknown"]


@dataclass(frozen=True, slots=True)
class Part:
    """A time that is still to come: mean and standard deviation, seconds."""

    mean_s: float
    sd_s: float


@dataclass(frozen=True, slots=True)
class Eta:
    """How long a journey takes from `at` on, as dispatch hands it over. `source`: who says so."""

    mean_s: float
    sd_s: float
    at: datetime
    source: str

    def left(self, now: datetime) -> Part:
        """What of it is still to come; the doubt stays while it shrinks."""
        gone = max((now - self.at).total_seconds(), 0.0)
        return Part(max(self.mean_s - gone, 0.0), self.sd_s)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of a running promise.

    `probability`: of meeting it; None where it cannot be said, and `unknown` says why: `position`
    (the vehicle's is unknown or stale), `held` (something without an end holds the clock), `limit`
    (no limit fits). `optimistic`: it holds at best, as an interval is still open that may last.
    `journey`: whose word the journey's time is (`straight_line`, `policy`, …).
    """

    probability: float | None
    expected_at: datetime | None = None
    sd_s: float | None = None
    journey: str | None = None
    optimistic: bool = False
    unknown: str | None = None
    spender: Spender | None = None


@lru_cache(maxsize=1)
def _shipped() -> Prediction:
    text = (resources.files("sla") / "prediction.toml").read_text(encoding="utf-8")
    return Prediction.model_validate(tomllib.loads(text))


def assumed(policy: Policy) -> Prediction:
    """What is assumed under a policy: its own words, else what comes with Paidan."""
    return policy.prediction or _shipped()


def typical(limit_s: float, by: Prediction) -> Part:
    """The usual time of a step, from its limit."""
    mean = max(limit_s - by.over_typical_s, limit_s / 2)
    return Part(mean, by.spread * mean)


def rest_of(usual: Part, spent_s: float) -> Part:
    """What is to come of a step that has taken `spent_s`: the normal distribution cut off there."""
    if usual.sd_s <= 0:
        return Part(max(usual.mean_s - spent_s, 0.0), 0.0)
    reached = min((spent_s - usual.mean_s) / usual.sd_s, 8.0)
    hazard = _density(reached) / chance(-reached)
    mean = usual.mean_s + usual.sd_s * hazard - (usual.mean_s + usual.sd_s * reached)
    variance = max(1 + reached * hazard - hazard**2, 1e-4)
    return Part(max(mean, 0.0), usual.sd_s * math.sqrt(variance))


def chance(score: float) -> float:
    """Φ: that a standard normal value is at most `score`."""
    return 0.5 * math.erfc(-score / math.sqrt(2))


def _density(score: float) -> float:
    return math.exp(-(score**2) / 2) / math.sqrt(2 * math.pi)


def forecast(
    policy: Policy, timeline: Timeline, now: datetime, eta: Eta | None, *, has_vehicle: bool
) -> Forecast | None:
    """What is expected at `now`; None where no promise runs.

    `has_vehicle`: somebody is to drive, so the journey is `eta` or unknown; before that it is what
    the policy's last segment usually takes.
    """
    whole = total(policy, timeline, now)
    if whole is None or whole.state != "running":
        return None
    judged = segments(policy, timeline, now)
    blame = spender(policy, timeline, judged, now)
    if whole.limit_s is None or whole.deadline is None:
        why = "limit" if whole.limit_s is None else "held"
        return Forecast(None, unknown=why, spender=blame)
    if has_vehicle and eta is None:
        return Forecast(None, unknown="position", spender=blame)
    parts = _to_come(policy, judged, now, eta)
    if parts is None:
        return Forecast(None, unknown="limit", spender=blame)
    mean = sum(part.mean_s for part in parts)
    sd = math.sqrt(sum(part.sd_s**2 for part in parts))
    left = (whole.deadline - now).total_seconds() - mean
    return Forecast(
        probability=chance(left / sd) if sd > 0 else float(left >= 0),
        expected_at=now + timedelta(seconds=mean),
        sd_s=sd,
        journey=eta.source if eta else "policy",
        optimistic=any(
            one.end is None and one.kind in NAMED_INTERVALS for one in timeline.intervals
        ),
        spender=blame,
    )


def _to_come(
    policy: Policy, judged: Sequence[Segment], now: datetime, eta: Eta | None
) -> list[Part] | None:
    """The parts that are still to come; None where the limit of one is not known."""
    parts = []
    for one in judged:
        if one.state not in ("pending", "running"):
            continue
        if one is judged[-1] and eta is not None:
            parts.append(eta.left(now))
            continue
        limit = one.limit_s or _longest(policy, one.code)
        if limit is None:
            return None
        spent = (one.spent_s or 0.0) if one.state == "running" else 0.0
        usual = typical(limit, assumed(policy))
        parts.append(rest_of(usual, spent) if spent else usual)
    return parts


def _longest(policy: Policy, code: str) -> float | None:
    """Of a step whose limit depends on what is not known yet, such as the crew: its longest."""
    rule = next(one for one in policy.segments if one.code == code)
    lengths = [limit.length.seconds for limit in rule.limits]
    known = [seconds for seconds in lengths if seconds is not None]
    return max(known) if known and len(known) == len(lengths) else None


@dataclass(frozen=True, slots=True)
class Risk:
    """Whether an alert stands, since when, and the probability that began it.

    `changed_at` None: never, so that the first alert does not wait.
    """

    standing: bool = False
    changed_at: datetime | None = None
    reason: float | None = None


def follow(risk: Risk, probability: float | None, now: datetime, by: Prediction) -> Risk:
    """The alert after one more look. What cannot be said changes nothing."""
    if probability is None or not _may_change(risk, now, by):
        return risk
    if not risk.standing and probability < by.enter:
        return Risk(standing=True, changed_at=now, reason=probability)
    if risk.standing and probability > by.leave:
        return replace(risk, standing=False, changed_at=now, reason=None)
    return risk


def _may_change(risk: Risk, now: datetime, by: Prediction) -> bool:
    return risk.changed_at is None or (now - risk.changed_at).total_seconds() >= by.dwell_s


def level(risk: Risk, found: Forecast) -> Level:
    """What a screen shows. At best on time is not on time, so it is not shown as calm."""
    if risk.standing:
        return "risk"
    return "unknown" if found.probability is None or found.optimistic else "calm"


MOVED_SHARE = 0.05
MOVED_S = 60.0


def moved(old: Forecast | None, new: Forecast) -> bool:
    """Whether a forecast differs enough from the one that is shown to be worth showing."""
    if old is None or (old.probability is None) != (new.probability is None):
        return True
    if (old.unknown, old.journey, old.optimistic) != (new.unknown, new.journey, new.optimistic):
        return True
    if (old.spender and old.spender.code) != (new.spender and new.spender.code):
        return True
    if old.probability is None or new.probability is None:
        return False
    if old.expected_at is None or new.expected_at is None:
        return True
    shift = abs((new.expected_at - old.expected_at).total_seconds())
    return abs(new.probability - old.probability) >= MOVED_SHARE or shift >= MOVED_S


def look_again(now: datetime, left_s: float, *, closely: bool) -> datetime:
    """When a promise is looked at next though nothing happened: every 15 seconds while a vehicle is
    on its way or an alert stands, else after a twentieth of what is left, at most 5 minutes.
    """
    pause = 15.0 if closely else min(max(left_s / 20, 15.0), 300.0)
    return now + timedelta(seconds=pause)

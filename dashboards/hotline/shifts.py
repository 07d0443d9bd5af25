"""The figures of agents, from the stretches of time in each state: pure. Seconds throughout."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dashboards.hotline.figures import mean

WORK = ("on_call", "wrap_up")
READY = ("available", "reserved")
STAFFED = (*READY, *WORK)
"""States in which somebody answers calls or could; breaks are none of them."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """An agent in one state; `ended_at` is None while it lasts."""

    user_id: UUID
    state: str
    call_id: UUID | None
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """An agent was reserved for somebody; `outcome` is None while the phone rings."""

    user_id: UUID
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Time of agents within a period. `occupancy`: the share of `staffed_s` that is work."""

    worked_s: float
    staffed_s: float
    break_s: float
    occupancy: float | None


@dataclass(frozen=True, slots=True)
class Shift:
    """Figures of one agent. `handle_s`: mean of a call, on it and after it."""

    offered: int
    accepted: int
    declined: int
    no_answer: int
    calls: int
    handle_s: float | None
    handle_judged: int
    handle_unjudged: int
    on_call_s: float
    wrap_up_s: float
    ready_s: float
    break_s: float
    occupancy: float | None


def within(one: Stretch, start: datetime, end: datetime) -> float:
    """How long it lasted within [start, end), to the end where it goes on."""
    begin, stop = max(one.began_at, start), min(one.ended_at or end, end)
    return max(0.0, (stop - begin).total_seconds())


def occupancy(stretches: Iterable[Stretch], start: datetime, end: datetime) -> Occupancy:
    """Of all agents together, within [start, end)."""
    spent = _spent(stretches, start, end)
    worked, staffed = _sum(spent, WORK), _sum(spent, STAFFED)
    return Occupancy(worked, staffed, _sum(spent, ("break",)), _ratio(worked, staffed))


def wrap_up_of(stretches: Iterable[Stretch]) -> dict[UUID, float | None]:
    """Call → after-call work of all its agents; None while an agent is busy with it."""
    found: dict[UUID, float | None] = {}
    for one in stretches:
        if one.call_id is None or one.state not in WORK:
            continue
        known = found.get(one.call_id, 0.0)
        if one.ended_at is None or known is None:
            found[one.call_id] = None
        else:
            lasted = (one.ended_at - one.began_at).total_seconds()
            found[one.call_id] = round(known + (lasted if one.state == "wrap_up" else 0.0), 6)
    return found


def shift(
    stretches: Sequence[Stretch], asked: Sequence[Asked], start: datetime, end: datetime
) -> Shift:
    """Of one agent: calls are those that began in [start, end), times lie within it."""
    spent = _spent(stretches, start, end)
    outcomes = Counter(one.outcome for one in asked)
    handled = _handled(stretches, start, end)
    over = [seconds for seconds in handled.values() if seconds is not None]
    worked = _sum(spent, WORK)
    return Shift(
        offered=len(asked),
        accepted=outcomes["accepted"],
        declined=outcomes["declined"],
        no_answer=outcomes["no_answer"],
        calls=len(handled),
        handle_s=mean(over),
        handle_judged=len(over),
        handle_unjudged=len(handled) - len(over),
        on_call_s=_sum(spent, ("on_call",)),
        wrap_up_s=_sum(spent, ("wrap_up",)),
        ready_s=_sum(spent, READY),
        break_s=_sum(spent, ("break",)),
        occupancy=_ratio(worked, _sum(spent, STAFFED)),
    )


def _handled(
    stretches: Sequence[Stretch], start: datetime, end: datetime
) -> dict[UUID, float | None]:
    """Call → the agent's time with it; None while it lasts."""
    mine: defaultdict[UUID, list[Stretch]] = defaultdict(list)
    for one in stretches:
        if one.call_id is not None and one.state in WORK:
            mine[one.call_id].append(one)
    found: dict[UUID, float | None] = {}
    for call_id, parts in mine.items():
        if not start <= min(one.began_at for one in parts) < end:
            continue
        if not any(one.state == "on_call" for one in parts):
            continue
        over = all(one.ended_at is not None for one in parts)
        lasted = (one.ended_at - one.began_at for one in parts if one.ended_at)
        found[call_id] = sum(each.total_seconds() for each in lasted) if over else None
    return found


def _spent(stretches: Iterable[Stretch], start: datetime, end: datetime) -> dict[str, float]:
    spent: defaultdict[str, float] = defaultdict(float)
    for one in stretches:
        spent[one.state] += within(one, start, end)
    return spent


def _sum(spent: Mapping[str, float], states: Iterable[str]) -> float:
    return round(sum(spent.get(state, 0.0) for state in states), 3)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None

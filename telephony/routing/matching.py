"""Who speaks with whom: pure.

A caller's place is the time of entering the queue; one step of priority counts as `ageing_s` of
waiting that has been done already. So the order of any two never changes while they wait, and
nobody is passed over for ever. Of the agents who can serve a caller, the one that has been idle
longest is chosen, among those of the caller's language where there are any.

Who is to be called back stands in the same order, often before all who are on the line. So an agent
who has just called somebody back takes callers on the line first (docs/decisions/0013).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple
from uuid import UUID

from telephony.routing.queues import Plan, Queue

Skills = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits: a caller on the line, or one to be called back.

    `skills`: needed beside those of the queue, at the queue's level where it has one. `since` is
    kept by whoever is to be `called` back.
    """

    id: UUID
    queue: str
    since: datetime
    priority: int = 0
    skills: frozenset[str] = frozenset()
    language: str | None = None
    called: bool = False


@dataclass(frozen=True, slots=True)
class Free:
    """An agent who is available since `since`. Without `languages`: speaks every one. `called`: has
    called somebody back, and not taken as many callers since as the plan wants between two.
    """

    id: UUID
    since: datetime
    skills: Skills
    languages: frozenset[str] = frozenset()
    called: bool = False


class Match(NamedTuple):
    """`queue`: whose needs the agent meets; another than the caller's after overflow."""

    waiting: Waiting
    agent: Free
    queue: str


def place(one: Waiting, plan: Plan) -> datetime:
    """The moment by which those who wait are served, earliest first."""
    queue = plan.of(one.queue)
    return one.since - timedelta(seconds=queue.ageing_s * (queue.priority + one.priority))


def in_order(waiting: Iterable[Waiting], plan: Plan) -> list[Waiting]:
    """Those who wait, the next to be served first."""
    return sorted(waiting, key=lambda one: (place(one, plan), one.since, one.id))


def needs(one: Waiting, plan: Plan, now: datetime) -> list[tuple[str, Skills]]:
    """(queue, skills) that an agent must have, the first best; either will do."""
    waited_s = (now - one.since).total_seconds()
    own = plan.of(one.queue)
    asked = {skill: own.skills.get(skill, 1) for skill in one.skills}
    found = [(own.code, _relaxed({**own.skills, **asked}, own, waited_s))]
    if own.overflow and waited_s >= own.overflow.after_s:
        other = plan.of(own.overflow.to)
        found.append((other.code, _relaxed(other.skills, other, waited_s)))
    return found


def _relaxed(skills: Skills, queue: Queue, waited_s: float) -> Skills:
    reached = [step.level for step in queue.relax if waited_s >= step.after_s]
    if not reached:
        return skills
    return {skill: min(level, reached[-1]) for skill, level in skills.items()}


def able(has: Skills, skills: Skills) -> bool:
    """Whether somebody has all of these, each at its level or above."""
    return all(has.get(skill, 0) >= level for skill, level in skills.items())


def serves(has: Skills, plan: Plan) -> list[str]:
    """Queues whose callers may come to somebody who has these skills, at once or after a wait."""
    return [
        queue.code
        for queue in plan.queue
        if any(able(has, _relaxed(one.skills, one, inf)) for one in _ways(queue, plan))
    ]


def _ways(queue: Queue, plan: Plan) -> list[Queue]:
    return [queue, plan.of(queue.overflow.to)] if queue.overflow else [queue]


def match(
    waiting: Iterable[Waiting], free: Iterable[Free], plan: Plan, now: datetime
) -> list[Match]:
    """Pairs; no one is in two of them. In the order of the waiting, but agents who have just called
    somebody back call another one only when nobody is left on the line whom they can serve.
    """
    left = sorted(free, key=lambda agent: (agent.since, agent.id))
    found: list[Match] = []
    later: list[Waiting] = []
    for one in in_order(waiting, plan):
        able_to = [agent for agent in left if not agent.called] if one.called else left
        chosen = _choose(one, able_to, plan, now)
        if chosen is not None:
            left.remove(chosen.agent)
            found.append(chosen)
        elif one.called:
            later.append(one)
    for one in later:
        chosen = _choose(one, left, plan, now)
        if chosen is not None:
            left.remove(chosen.agent)
            found.append(chosen)
    return found


def _choose(one: Waiting, left: Sequence[Free], plan: Plan, now: datetime) -> Match | None:
    strict = (now - one.since).total_seconds() < plan.language_s
    for queue, skills in needs(one, plan, now):
        able_ones = [agent for agent in left if able(agent.skills, skills)]
        speakers = [agent for agent in able_ones if speaks(agent, one)]
        best = speakers or ([] if strict else able_ones)
        if best:
            return Match(one, best[0], queue)
    return None


def speaks(agent: Free, one: Waiting) -> bool:
    """Whether the agent has the caller's language; who named none is understood by all."""
    return one.language is None or not agent.languages or one.language in agent.languages


def next_change(waiting: Iterable[Waiting], plan: Plan, now: datetime) -> datetime | None:
    """When somebody who waits can be served by others than now, or has waited too long."""
    moments = (
        one.since + timedelta(seconds=after)
        for one in waiting
        for after in _steps(plan.of(one.queue), plan)
    )
    return min((moment for moment in moments if moment > now), default=None)


def _steps(queue: Queue, plan: Plan) -> list[float]:
    steps = [plan.language_s, queue.max_wait_s, *(step.after_s for step in queue.relax)]
    if queue.overflow:
        steps.append(queue.overflow.after_s)
        steps += [step.after_s for step in plan.of(queue.overflow.to).relax]
    return steps


def waited_out(waiting: Iterable[Waiting], plan: Plan, now: datetime) -> list[Waiting]:
    """Those who have waited as long as their queue lets anybody wait."""
    return [
        one for one in waiting if (now - one.since).total_seconds() >= plan.of(one.queue).max_wait_s
    ]
